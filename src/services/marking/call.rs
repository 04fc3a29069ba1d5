//! The call that marks an invoice, and what is learned where its answer leaves a doubt.
//!
//! Paid is one value and PSOhub takes it once, so a second call can do no harm; still none is made
//! before the invoice was read. A late first call then finds the invoice paid and changes nothing.

use super::{MarkError, Marked};
use crate::domain::{Invoice, InvoiceStatus};
use crate::psohub::{PsohubClient, WriteError};
use crate::services::invoice_write::InvoiceWriteFailure;

/// Calls for one request: the second one only where the invoice was read and is still open.
const CALLS_MAX: u32 = 2;

/// Refusals that say nothing about the invoice: reading it would not help.
const ABOUT_THE_CALLER: [u16; 2] = [401, 429];

/// What PSOhub says of the invoice now.
enum Now {
    Paid,
    /// Approved or sent.
    Open,
    Closed(MarkError),
    /// It could not be read.
    Unread(String),
}

/// Marks `invoice` in PSOhub.
pub(super) async fn mark(psohub: &PsohubClient, invoice: &Invoice) -> Result<Marked, MarkError> {
    let mut doubt: Option<String> = None;
    for _ in 0..CALLS_MAX {
        match psohub.mark_paid(invoice.id).await {
            Ok(()) => return Ok(Marked::Paid),
            Err(WriteError::OutcomeUnknown { why }) => match now(psohub, invoice).await {
                // By whom cannot be told; we asked for it.
                Now::Paid => return Ok(Marked::Paid),
                Now::Closed(error) => return Err(error),
                Now::Open => {
                    let shown = invoice.status_raw.as_ref();
                    doubt = Some(format!("{why}. PSOhub still showed it as {shown} right after"));
                }
                Now::Unread(unread) => return Err(unknown(invoice, format!("{why}. {unread}"))),
            },
            Err(error) => return after_refusal(psohub, invoice, error, doubt).await,
        }
    }
    Err(unknown(invoice, doubt.unwrap_or_default()))
}

/// A call that changed nothing. `doubt` is left of an earlier one, which may have.
async fn after_refusal(
    psohub: &PsohubClient,
    invoice: &Invoice,
    error: WriteError,
    doubt: Option<String>,
) -> Result<Marked, MarkError> {
    let says_nothing = match &error {
        WriteError::Refused { status, .. } => ABOUT_THE_CALLER.contains(status),
        _ => true,
    };
    if !says_nothing {
        match now(psohub, invoice).await {
            Now::Paid if doubt.is_some() => return Ok(Marked::Paid),
            Now::Paid => return Ok(Marked::AlreadyPaid),
            Now::Closed(error) => return Err(error),
            Now::Open | Now::Unread(_) => {}
        }
    }
    Err(match doubt {
        Some(doubt) => unknown(invoice, doubt),
        None => MarkError::not_written(&*invoice.number, error),
    })
}

fn unknown(invoice: &Invoice, why: String) -> MarkError {
    MarkError::not_written(&*invoice.number, InvoiceWriteFailure::OutcomeUnknown { why })
}

/// Reads the invoice: PSOhub has no call for one invoice, so it is looked up by its number.
async fn now(psohub: &PsohubClient, invoice: &Invoice) -> Now {
    let found = match psohub.find_by_number(&invoice.number).await {
        Ok(found) => found.into_iter().find(|found| found.id == invoice.id),
        Err(error) => return Now::Unread(format!("It could not be read either: {error}")),
    };
    match found {
        Some(found) => judge(&found),
        None => Now::Unread("PSOhub did not show it under its number right after".to_owned()),
    }
}

fn judge(found: &Invoice) -> Now {
    match found.status {
        InvoiceStatus::Paid => Now::Paid,
        status if status.is_receivable() => Now::Open,
        status => Now::Closed(MarkError::NotAllowed {
            number: found.number.clone(),
            status,
            raw: found.status_raw.clone(),
        }),
    }
}
