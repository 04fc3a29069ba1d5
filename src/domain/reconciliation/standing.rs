//! The statuses of both sides against one another.

use super::presence::status_of;
use super::reason::{Reason, Value};
use super::{Rule, Sides};
use crate::domain::{AccountingInvoice, AccountingStatus as B, Invoice, InvoiceStatus as P};

pub(super) fn check(
    sides: &Sides<'_>,
    psohub: &Invoice,
    bexio: &AccountingInvoice,
    reasons: &mut Vec<Reason>,
) {
    let rule = match rule(psohub.status, bexio.status) {
        Some(Rule::DraftInBexio) if sides.is_being_sent() => None,
        rule => rule,
    };
    if let Some(rule) = rule {
        reasons.push(Reason::new(rule, status_of(Some(psohub)), Some(status_in_bexio(bexio))));
    }
}

/// What a pair of statuses means; `None` where they agree. PSOhub has no word of its own for a send
/// through the API, so an approved invoice may well be issued in Bexio.
const fn rule(psohub: P, bexio: B) -> Option<Rule> {
    match (psohub, bexio) {
        (P::Unknown, _) => Some(Rule::UnknownInPsohub),
        (_, B::Unknown) => Some(Rule::UnknownInBexio),
        (P::Void | P::Draft, B::Cancelled)
        | (P::Paid, B::Paid)
        | (P::Approved | P::Sent, B::Pending | B::Partial | B::Unpaid) => None,
        (P::Approved | P::Sent | P::Paid, B::Cancelled) => Some(Rule::CancelledInBexio),
        (P::Void, B::Draft) => Some(Rule::WithdrawnDraft),
        (P::Void, B::Pending | B::Partial | B::Unpaid | B::Paid) => Some(Rule::WithdrawnInPsohub),
        (P::Draft, B::Draft | B::Pending | B::Partial | B::Unpaid | B::Paid) => Some(Rule::DraftInPsohub),
        (P::Approved | P::Sent, B::Paid) => Some(Rule::PaidOnlyInBexio),
        (P::Approved | P::Sent, B::Draft) => Some(Rule::DraftInBexio),
        (P::Paid, B::Draft | B::Pending | B::Partial | B::Unpaid) => Some(Rule::PaidOnlyInPsohub),
    }
}

fn status_in_bexio(bexio: &AccountingInvoice) -> Value {
    match bexio.status {
        B::Draft => Value::text("Draft"),
        B::Pending => Value::text("Pending"),
        B::Paid => Value::text("Paid"),
        B::Partial => Value::text("Partial"),
        B::Cancelled => Value::text("Canceled"),
        B::Unpaid => Value::text("Unpaid"),
        B::Unknown => Value::text(bexio.status_raw.to_string()),
    }
}
