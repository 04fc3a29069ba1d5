//! Whether the invoice may be sent at all.

use rust_decimal::Decimal;

use super::problem::Problems;
use super::{ContactResolution, Field, FoundBy, Place, PlanInput, Problem, ProblemCode, Severity, Standing};
use crate::domain::{Invoice, InvoiceStatus};

pub(super) fn eligibility(input: &PlanInput<'_>, problems: &mut Problems) {
    of_invoice(input.invoice, input.standing, problems);
    contact(input, problems);
}

/// What stands against sending `invoice` whatever Bexio has set up: enough to offer a button, while a
/// plan says all.
pub fn obstacles(invoice: &Invoice, standing: &Standing) -> Vec<Problem> {
    let mut problems = Problems::default();
    of_invoice(invoice, standing, &mut problems);
    problems.into_sorted()
}

fn of_invoice(invoice: &Invoice, known: &Standing, problems: &mut Problems) {
    status(invoice, problems);
    standing(invoice, known, problems);
    if invoice.total_inc_vat < Decimal::ZERO {
        problems.refuse(
            ProblemCode::CreditInvoice,
            Place::Invoice(Field::Total),
            "the invoice is negative: Bexio offers no interface for credit notes",
            "Make the credit note by hand in Bexio.",
        );
    }
}

fn status(invoice: &Invoice, problems: &mut Problems) {
    let mend = match invoice.status {
        InvoiceStatus::Approved | InvoiceStatus::Sent => return,
        InvoiceStatus::Draft => "Approve it in PSOhub, then send again.",
        InvoiceStatus::Paid => "It is paid; there is nothing to send.",
        InvoiceStatus::Void => "It is void; there is nothing to send.",
        InvoiceStatus::Unknown => "Set it to Approved in PSOhub, then send again.",
    };
    problems.refuse(
        ProblemCode::StatusNotSendable,
        Place::Invoice(Field::Status),
        format!(
            "invoice {} is {}; only approved and sent invoices can be sent",
            invoice.number, invoice.status_raw
        ),
        mend,
    );
}

fn standing(invoice: &Invoice, known: &Standing, problems: &mut Problems) {
    let number = &invoice.number;
    if let Some(id) = known.linked {
        problems.refuse(
            ProblemCode::AlreadyLinked,
            Place::Invoice(Field::ExternalId),
            format!("invoice {number} is in Bexio already, with the id {id}"),
            "Nothing is to be done; if the link is wrong, set another one.",
        );
    }
    let external_id = invoice.external_id.as_deref().filter(|id| !id.trim().is_empty());
    if external_id.is_some() || known.has_external_id {
        let value = external_id.map(|id| format!(" ({id})")).unwrap_or_default();
        problems.refuse(
            ProblemCode::AlreadyHasExternalId,
            Place::Invoice(Field::ExternalId),
            format!("invoice {number} has an external id in PSOhub{value}: it is in accounting already"),
            "Link it to its Bexio invoice instead of sending it.",
        );
    }
    if let Some(state) = known.delivery {
        problems.refuse(
            ProblemCode::AlreadyUnderDelivery,
            Place::Invoice(Field::Status),
            format!("invoice {number} {}", state.words()),
            state.hint(),
        );
    }
}

fn contact(input: &PlanInput<'_>, problems: &mut Problems) {
    let place = Place::Invoice(Field::Customer);
    match input.contact {
        ContactResolution::NoCustomer => problems.refuse(
            ProblemCode::CustomerMissing,
            place,
            "the invoice names no customer",
            "Give the invoice a customer in PSOhub.",
        ),
        ContactResolution::Ambiguous(candidates) => problems.add(Problem {
            code: ProblemCode::ContactAmbiguous,
            severity: Severity::Question,
            place,
            what: format!("{} contacts in Bexio fit the customer", candidates.len()).into(),
            mend: "Choose one when it is asked for; the choice is remembered.".into(),
        }),
        ContactResolution::Found { contact, by: FoundBy::NameAlone } => problems.warn(
            ProblemCode::ContactEmailDiffers,
            place,
            format!("Bexio contact {} has the customer's name and another e-mail address", contact.id),
            "Check that it is the same company.",
        ),
        ContactResolution::Found { .. }
        | ContactResolution::Mapped(_)
        | ContactResolution::WouldCreate(_) => {}
    }
}
