//! That PSOhub did not confirm a change, as a user error: one place for every mutation that makes one.

use std::error::Error;
use std::time::Duration;

use super::refusal::{input, not_connected, refused};
use crate::graphql::errors::Fault;
use crate::graphql::types::{UserError, UserErrorCode, UserErrorOutcome};
use crate::services::invoice_write::InvoiceWriteFailure;

/// The user error, whose `message` names the invoice.
pub(super) fn unwritten(failure: &InvoiceWriteFailure, message: String) -> UserError {
    let invoice = || input(&["invoice"]);
    match failure {
        InvoiceWriteFailure::Refused { status: 429, retry_after, .. }
        | InvoiceWriteFailure::NotSent { retry_after, .. } => {
            refused(invoice(), UserErrorCode::UpstreamUnavailable, message, try_again(*retry_after))
        }
        InvoiceWriteFailure::Refused { status: 401 | 403, .. } => {
            let hint = "Check the connection to PSOhub and its rights.";
            refused(invoice(), UserErrorCode::RefusedByUpstream, message, hint)
        }
        InvoiceWriteFailure::Refused { .. } => {
            let hint =
                "Look at the invoice in PSOhub; its own words, where it gave some, stand in the message.";
            refused(invoice(), UserErrorCode::RefusedByUpstream, message, hint)
        }
        InvoiceWriteFailure::NotConnected { .. } => not_connected(invoice(), &message),
        InvoiceWriteFailure::OutcomeUnknown { .. } => {
            let hint = "Ask again in a moment: asking for the same twice does no harm.";
            let error = refused(invoice(), UserErrorCode::OutcomeUnknown, message, hint);
            UserError { outcome: UserErrorOutcome::Uncertain, retryable: true, ..error }
        }
    }
}

/// That the database could not be written, so that nothing was done. The cause is logged and not shown.
pub(super) fn not_written_down(cause: &(dyn Error + 'static)) -> UserError {
    let message = Fault::internal(cause).message;
    let hint = "Nothing was done. Try again; if it stays, give the operator the request id.";
    let error = refused(input(&["invoice"]), UserErrorCode::Internal, message, hint);
    UserError { retryable: true, ..error }
}

fn try_again(wait: Option<Duration>) -> String {
    match wait {
        Some(wait) => format!("Nothing was changed. Try again in {} s.", wait.as_secs().saturating_add(1)),
        None => "Nothing was changed. Try again in a moment.".to_owned(),
    }
}
