//! Which invoices may be sent.

use rust_decimal::Decimal;

use super::{Case, codes, decimal, line, problem, refusals, warnings};
use crate::domain::delivery::{ContactNeed, DeliveryId, InvoiceChange, State, accept};
use crate::domain::plan::{ContactResolution, FoundBy, KnownContact, ProblemCode, Severity};
use crate::domain::{BexioInvoiceId, InvoiceStatus};

#[test]
fn only_approved_and_sent_invoices_may_be_sent() {
    for (raw, allowed) in [
        ("Approved", true),
        ("Sent", true),
        ("Draft", false),
        ("Paid", false),
        ("Void", false),
        ("Odd", false),
    ] {
        let mut case = Case::default();
        case.invoice.status = InvoiceStatus::from_raw(raw);
        case.invoice.status_raw = raw.into();
        let expected: &[ProblemCode] = if allowed { &[] } else { &[ProblemCode::StatusNotSendable] };
        assert_eq!(refusals(&case), expected, "{raw}");
        assert_eq!(case.plan().acceptance().is_some(), allowed);
    }
    let mut case = Case::default();
    case.invoice.status = InvoiceStatus::Draft;
    case.invoice.status_raw = "Draft".into();
    let told = problem(&case, ProblemCode::StatusNotSendable);
    assert_eq!(&*told.what, "invoice INV-2026-33 is Draft; only approved and sent invoices can be sent");
    assert_eq!(&*told.mend, "Approve it in PSOhub, then send again.");
}

#[test]
fn what_went_over_already_is_refused_with_its_reason() {
    let mut case = Case::default();
    case.standing.linked = BexioInvoiceId::new(512);
    assert_eq!(refusals(&case), [ProblemCode::AlreadyLinked]);
    let mut case = Case::default();
    case.standing.has_external_id = true;
    assert_eq!(refusals(&case), [ProblemCode::AlreadyHasExternalId]);
    let mut case = Case::default();
    case.invoice.external_id = Some("RE-00512".into());
    assert!(problem(&case, ProblemCode::AlreadyHasExternalId).what.contains("RE-00512"));
    let mut case = Case::default();
    case.standing.delivery = Some(State::Done);
    assert_eq!(refusals(&case), [ProblemCode::AlreadyUnderDelivery]);
}

#[test]
fn a_negative_invoice_is_a_credit_and_refused_while_negative_and_zero_lines_are_sent() {
    let lines = || vec![line("150"), line("-50"), line("0")];
    assert_eq!(refusals(&Case::default().with_lines(lines(), "100", "108.10")), []);
    assert_eq!(refusals(&Case::default().with_lines(vec![line("0")], "0", "0")), []);
    let negative = Case::default().with_lines(vec![line("-100")], "-100", "-108.10");
    assert_eq!(refusals(&negative), [ProblemCode::CreditInvoice]);
    assert!(problem(&negative, ProblemCode::CreditInvoice).what.contains("no interface for credit notes"));
}

#[test]
fn an_invoice_without_lines_or_customer_is_refused() {
    let empty = Case::default().with_lines(vec![], "0", "0");
    assert_eq!(refusals(&empty), [ProblemCode::NoLines]);
    let case = Case { contact: ContactResolution::NoCustomer, ..Case::default() };
    assert_eq!(refusals(&case), [ProblemCode::CustomerMissing]);
    assert_eq!(case.plan().acceptance(), None);
}

#[test]
fn several_contacts_are_a_question_and_no_refusal() {
    let case = Case { contact: ContactResolution::Ambiguous(vec![]), ..Case::default() };
    let plan = case.plan();
    assert_eq!(codes(&plan, Severity::Question), [ProblemCode::ContactAmbiguous]);
    assert!(matches!(plan.acceptance().unwrap().contact, ContactNeed::Choose(_)));
}

#[test]
fn a_contact_of_another_address_is_told() {
    let contact = KnownContact { id: super::contact_id(31), name: None, person: None, language_id: None };
    let case =
        Case { contact: ContactResolution::Found { contact, by: FoundBy::NameAlone }, ..Case::default() };
    assert_eq!(warnings(&case), [ProblemCode::ContactEmailDiffers]);
}

#[test]
fn an_acceptance_promises_what_the_plan_says() {
    let mut case = Case::default();
    case.options.email = false;
    let plan = case.plan();
    let acceptance = plan.acceptance().unwrap();
    assert_eq!(acceptance.snapshot, case.invoice.content_hash());
    assert_eq!(&*acceptance.draft.api_reference, "psohub:41939771881672249");
    assert_eq!(acceptance.draft.positions, 1);
    assert_eq!((acceptance.draft.total_net, acceptance.draft.total), (Decimal::from(100), decimal("108.10")));
    assert_eq!(acceptance.draft.tolerance, decimal("0.05"));
    assert!(!acceptance.mail);
}

#[test]
fn a_delivery_notices_that_its_invoice_is_another() {
    let case = Case::default();
    let acceptance = case.plan().acceptance().unwrap();
    let delivery = accept(DeliveryId::new(1).unwrap(), acceptance, jiff::Timestamp::UNIX_EPOCH);
    let mut invoice = case.invoice.clone();
    invoice.status = InvoiceStatus::Sent;
    assert_eq!(delivery.change_in(&invoice), None);
    invoice.status = InvoiceStatus::Void;
    assert_eq!(delivery.change_in(&invoice), Some(InvoiceChange::Status(InvoiceStatus::Void)));
    invoice.note = None;
    assert_eq!(delivery.change_in(&invoice), Some(InvoiceChange::Content(invoice.content_hash())));
}

#[test]
fn problems_come_with_the_heaviest_first_and_each_once() {
    let lines = (0..150).map(|_| line("1")).collect();
    let mut case = Case::default().with_lines(lines, "150", "162.15");
    case.settings.tax_code = None;
    case.settings.revenue_account = Some("9999".into());
    let severities: Vec<Severity> = case.plan().problems.iter().map(|problem| problem.severity).collect();
    assert_eq!(severities, [Severity::Refusal, Severity::Warning]);
}

#[test]
fn codes_are_written_in_capitals() {
    assert_eq!(ProblemCode::AlreadyHasExternalId.to_string(), "ALREADY_HAS_EXTERNAL_ID");
}
