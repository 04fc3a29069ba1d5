//! One invoice that Bexio calls paid: its payments, the decision, the call.

use std::time::Duration;

use super::pace;
use super::service::PaymentSyncParts;
use crate::book::CombinedInvoice;
use crate::domain::payment::run::{Calls, Failure, FailureCode, SyncRun, Trigger};
use crate::domain::payment::{Decision, Evidence, ReadOrder, Settled, SkipReason, decide, obstacle};
use crate::domain::{AccountingInvoice, Payment};
use crate::services::invoice_write::InvoiceWriteFailure;
use crate::services::marking::{MarkCause, MarkError, MarkPaid, Marked};

/// Tries for one invoice where PSOhub, or our own rate limit, says how long to wait.
const TRIES_MAX: u32 = 3;
/// What is waited at least before such a try.
const WAIT_MIN: Duration = Duration::from_secs(1);
/// Too many requests.
const TOO_MANY: u16 = 429;

/// What is to be done with an invoice, or what hindered it.
pub(super) enum Settling {
    /// Mark it.
    Mark(Settled),
    /// It stays as it is.
    Stay(SkipReason),
    /// It was not to be learned.
    Failed(Failure),
}

/// Decides by the newest book and by what is booked in Bexio now.
pub(super) async fn judge(parts: &PaymentSyncParts, row: &CombinedInvoice, calls: &mut Calls) -> Settling {
    let snapshot = parts.book.reader().peek();
    let delivery = snapshot.deliveries.of_invoice(row.psohub.id).map(|entry| entry.state());
    let evidence = snapshot.book.payment_evidence(row, delivery);
    if let Some(reason) = obstacle(&evidence) {
        return Settling::Stay(reason);
    }
    let Some(bexio) = row.bexio.as_deref() else { return Settling::Stay(SkipReason::NotLinked) };
    calls.bexio += 1;
    let payments = match parts.bexio.payments(bexio.id, bexio.currency).await {
        Ok(payments) => payments.rows,
        Err(error) => return Settling::Failed(unread("payments", bexio, &error)),
    };
    match decide(&evidence, &payments, ReadOrder::InvoiceFirst) {
        Decision::MarkPaid(settled) => Settling::Mark(settled),
        Decision::Skip(reason) => Settling::Stay(reason),
        Decision::ReadAgain => read_again(parts, evidence, bexio, &payments, calls).await,
    }
}

async fn read_again(
    parts: &PaymentSyncParts,
    evidence: Evidence<'_>,
    bexio: &AccountingInvoice,
    payments: &[Payment],
    calls: &mut Calls,
) -> Settling {
    let currencies = match parts.catalog.currencies().await {
        Ok(currencies) => currencies,
        Err(error) => return Settling::Failed(unread("currency", bexio, &error)),
    };
    calls.bexio += 1;
    let now = match parts.bexio.invoice(bexio.id, &currencies).await {
        Ok(Some(detail)) => detail.invoice,
        Ok(None) => return Settling::Stay(SkipReason::NotLinked),
        Err(error) => return Settling::Failed(unread("status", bexio, &error)),
    };
    match decide(&Evidence { bexio: Some(&now), ..evidence }, payments, ReadOrder::PaymentsFirst) {
        Decision::MarkPaid(settled) => Settling::Mark(settled),
        Decision::Skip(reason) => Settling::Stay(reason),
        Decision::ReadAgain => Settling::Stay(SkipReason::NotPaidInBexio),
    }
}

fn unread(what: &str, bexio: &AccountingInvoice, why: &dyn std::fmt::Display) -> Failure {
    let message = format!("the {what} of {} could not be read in Bexio: {why}", bexio.document_number);
    Failure { code: FailureCode::BexioUnavailable, message: message.into() }
}

/// Sets an invoice to Paid.
pub(super) async fn mark(
    parts: &PaymentSyncParts,
    row: &CombinedInvoice,
    run: &SyncRun,
    calls: &mut Calls,
) -> Result<Marked, MarkError> {
    let actor = match &run.trigger {
        Trigger::Manual { by } => by.clone(),
        Trigger::Schedule | Trigger::Start => "payment sync".into(),
    };
    let cause = MarkCause::PaymentSync { run: run.id.get() };
    for _ in 1..TRIES_MAX {
        calls.psohub += 1;
        let request = MarkPaid { invoice: row.psohub.id, actor: actor.clone(), cause };
        match parts.marking.mark_paid_ahead(request).await {
            Err(error) if let Some(wait) = asked_wait(&error) => {
                pace::rest(parts, wait.max(WAIT_MIN)).await;
            }
            other => return other,
        }
    }
    calls.psohub += 1;
    parts.marking.mark_paid_ahead(MarkPaid { invoice: row.psohub.id, actor, cause }).await
}

/// How long is to be waited before the same may be asked again; `None` where waiting would not help.
fn asked_wait(error: &MarkError) -> Option<Duration> {
    let MarkError::NotWritten { failure, .. } = error else { return None };
    match failure {
        InvoiceWriteFailure::Refused { status: TOO_MANY, retry_after, .. } => {
            Some(retry_after.unwrap_or_default())
        }
        InvoiceWriteFailure::NotSent { retry_after, .. } => *retry_after,
        _ => None,
    }
}

/// A call that did not mark, in the words of a run.
pub(super) fn failure(error: &MarkError) -> Failure {
    let code = match error {
        MarkError::NotWritten { failure, .. } => match failure {
            InvoiceWriteFailure::Refused { status: 401 | TOO_MANY, .. }
            | InvoiceWriteFailure::NotSent { .. } => FailureCode::PsohubUnavailable,
            InvoiceWriteFailure::NotConnected { .. } => FailureCode::NotConnected,
            InvoiceWriteFailure::Refused { .. } => FailureCode::PsohubRefused,
            InvoiceWriteFailure::OutcomeUnknown { .. } => FailureCode::OutcomeUnknown,
        },
        MarkError::UnknownInvoice(_) | MarkError::NotAllowed { .. } => FailureCode::PsohubRefused,
        MarkError::Store(_) => FailureCode::StoreUnavailable,
    };
    Failure { code, message: error.to_string().into() }
}

/// Whether a failure speaks against an upstream, or the database, and not against its invoice alone.
pub(super) const fn is_general(code: FailureCode) -> bool {
    !matches!(code, FailureCode::PsohubRefused)
}
