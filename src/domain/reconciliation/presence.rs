//! Whether the invoice is on both sides, once, and what its send has to do with that.

use super::reason::{Reason, Value};
use super::{Knowledge, Rule, Sides};
use crate::domain::delivery::State;
use crate::domain::{AccountingInvoice, AccountingStatus, ExternalId, Invoice, InvoiceStatus};

pub(super) fn check(sides: &Sides<'_>, reasons: &mut Vec<Reason>) {
    match (sides.psohub, sides.bexio) {
        (Some(psohub), None) => reasons.extend(without_bexio(sides, psohub)),
        (None, Some(bexio)) => reasons.push(without_psohub(sides, bexio)),
        (Some(_), Some(_)) => duplicates(sides, reasons),
        (None, None) => return,
    }
    reasons.extend(send(sides));
}

fn without_bexio(sides: &Sides<'_>, psohub: &Invoice) -> Option<Reason> {
    if sides.is_being_sent() {
        return None;
    }
    let rule = match (psohub.status, sides.external_id) {
        // What nobody owes belongs in no books.
        (InvoiceStatus::Draft, _) => Rule::DraftOnly,
        (InvoiceStatus::Void, _) => Rule::WithdrawnOnly,
        (InvoiceStatus::Unknown, _) => Rule::UnknownInPsohub,
        _ if sides.bexio_known != Knowledge::Read => Rule::BexioNotRead,
        _ if matches!(sides.delivery, Some(State::Done | State::Sweep)) => Rule::GoneFromBexio,
        (_, ExternalId::Present(value)) => {
            let value = value.as_deref().map_or_else(|| Value::text("an external id"), Value::text);
            return Some(Reason::new(Rule::ExternalIdWithoutInvoice, Some(value), None));
        }
        // The failed send says it.
        (InvoiceStatus::Approved, _) if sides.delivery == Some(State::Failed) => return None,
        (InvoiceStatus::Approved, _) if psohub.due_date.is_some_and(|due| due < sides.today) => {
            Rule::NotSentInTime
        }
        (InvoiceStatus::Approved, _) => Rule::NotSentYet,
        (InvoiceStatus::Sent, _) => Rule::SentWithoutBexio,
        (InvoiceStatus::Paid, _) => Rule::PaidWithoutBexio,
    };
    Some(Reason::new(rule, status_of(Some(psohub)), None))
}

fn without_psohub(sides: &Sides<'_>, bexio: &AccountingInvoice) -> Reason {
    let rule = match bexio.status {
        AccountingStatus::Cancelled => Rule::NoPsohubInvoiceCancelled,
        _ if sides.psohub_known != Knowledge::Read => Rule::PsohubNotRead,
        AccountingStatus::Draft => Rule::NoPsohubInvoiceDraft,
        _ => Rule::NoPsohubInvoice,
    };
    Reason::new(rule, None, number_of(Some(bexio)))
}

/// What its send has to say.
fn send(sides: &Sides<'_>) -> Option<Reason> {
    let rule = match sides.delivery {
        Some(State::Failed) if sides.bexio.is_none() => Rule::SendFailed,
        Some(State::Failed) => Rule::SendStopped,
        Some(State::NeedsReview) => Rule::SendNeedsReview,
        Some(_) if sides.is_being_sent() => Rule::BeingSent,
        _ => return None,
    };
    Some(Reason::new(rule, status_of(sides.psohub), number_of(sides.bexio)))
}

fn duplicates(sides: &Sides<'_>, reasons: &mut Vec<Reason>) {
    let is_booked = |status| !matches!(status, AccountingStatus::Draft | AccountingStatus::Cancelled);
    let chosen_is_booked = sides.bexio.is_some_and(|bexio| is_booked(bexio.status));
    for other in sides.duplicates {
        let rule = match other.status {
            AccountingStatus::Cancelled => Rule::DuplicateCancelled,
            // A send cleans up after itself.
            AccountingStatus::Draft if sides.is_being_sent() => continue,
            AccountingStatus::Draft => Rule::DuplicateDraft,
            // The one that was chosen is no invoice: then this one is not one too many.
            _ if !chosen_is_booked => Rule::DuplicateDraft,
            _ => Rule::Duplicate,
        };
        reasons.push(Reason::new(rule, number_of(sides.bexio), number_of(Some(other))));
    }
}

/// PSOhub's own word, since an unknown one says most.
pub(super) fn status_of(psohub: Option<&Invoice>) -> Option<Value> {
    psohub.map(|invoice| Value::text(&*invoice.status_raw))
}

fn number_of(bexio: Option<&AccountingInvoice>) -> Option<Value> {
    bexio.map(|invoice| Value::text(&*invoice.document_number))
}
