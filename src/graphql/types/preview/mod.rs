//! What would be sent, and what stands against it: a plan, in words.

mod contact;
mod enums;
mod header;
mod position;
mod problem;

pub(in crate::graphql) use problem::SendProblem;

use self::contact::PlannedContact;
use self::header::{PlannedEmail, PlannedHeader};
use self::position::{PlannedPosition, PlannedTotals};
use super::delivery::ExternalIdKind;
use super::invoice::Invoice;
use crate::domain::plan::Plan;
use crate::graphql::output::{Root, object};

object! {
    /// Exactly what sending an invoice would do: sending carries out this plan and nothing else.
    "SendPreview" SendPreview<'a> from &'a Plan {
        /// Stands for the whole plan. Given to sendInvoice as `expectedPlan`, it makes sure that nothing
        /// else is sent than what was seen.
        "planHash": String = |plan, out| out.plain(plan.content_hash());
        /// Whether the invoice may be sent: no problem is a REFUSAL.
        "isSendable": bool = |plan, out| out.boolean(plan.is_sendable());
        /// The invoice. Null only where PSOhub does not show it any more.
        "invoice": Option<Invoice> = |plan, out| {
            let book = &out.scope().snapshot.book;
            out.opt::<Invoice>(book.by_psohub_id(plan.invoice_id).map(|row| &**row));
        };
        /// PSOhub's number of the invoice, such as INV-2024-33.
        "invoiceNumber": String = |plan, out| out.text(&plan.invoice_number);
        /// The customer's contact in Bexio.
        "contact": PlannedContact = |plan, out| out.object::<PlannedContact>(&plan.contact);
        /// The head of the Bexio invoice.
        "header": PlannedHeader = |plan, out| out.object::<PlannedHeader>(&plan.header);
        /// The positions of the Bexio invoice, one for each line of PSOhub's and in its order.
        "positions": Vec<PlannedPosition> = |plan, out| {
            let currency = plan.header.currency;
            out.list::<PlannedPosition>(plan.positions.iter().map(|position| (position, currency)));
        };
        /// The totals on both sides.
        "totals": PlannedTotals = |plan, out| {
            out.object::<PlannedTotals>((&plan.totals, plan.header.currency));
        };
        /// The e-mail; null where none is sent.
        "email": Option<PlannedEmail> = |plan, out| out.opt::<PlannedEmail>(plan.email.as_ref());
        /// What is written back to PSOhub as the invoice's external id.
        "externalIdKind": ExternalIdKind = |plan, out| out.member(ExternalIdKind::from(plan.external_id));
        /// What stands against it or should be known, the heaviest first.
        "problems": Vec<SendProblem> = |plan, out| out.list::<SendProblem>(&plan.problems);
    }
}

impl Root for SendPreview {
    type Owned = Box<Plan>;

    fn source(owned: &Self::Owned) -> Self::Source<'_> {
        owned
    }
}
