//! That PSOhub did not confirm a change, as a user error: one place for every mutation that makes one.

use std::error::Error;
use std::time::Duration;

use super::refusal::{input, refused};
use crate::graphql::errors::Fault;
use crate::graphql::types::{UserError, UserErrorCode, UserErrorOutcome};

/// How a change was not confirmed.
pub(super) enum Unwritten {
    /// PSOhub refused it with this status and asked to wait so long.
    Refused(u16, Option<Duration>),
    /// It never left; our own rate limit may say how long to wait.
    NotSent(Option<Duration>),
    /// Nobody knows whether it was applied.
    OutcomeUnknown,
}

impl Unwritten {
    /// The user error, whose `message` names the invoice.
    pub(super) fn user_error(&self, message: String) -> UserError {
        let invoice = || input(&["invoice"]);
        match self {
            Self::Refused(429, wait) | Self::NotSent(wait) => {
                refused(invoice(), UserErrorCode::UpstreamUnavailable, message, try_again(*wait))
            }
            Self::Refused(401 | 403, _) => {
                let hint = "Check the connection to PSOhub and its rights.";
                refused(invoice(), UserErrorCode::RefusedByUpstream, message, hint)
            }
            Self::Refused(..) => {
                let hint =
                    "Look at the invoice in PSOhub; its own words, where it gave some, stand in the message.";
                refused(invoice(), UserErrorCode::RefusedByUpstream, message, hint)
            }
            Self::OutcomeUnknown => {
                let hint = "Ask again in a moment: asking for the same twice does no harm.";
                let error = refused(invoice(), UserErrorCode::OutcomeUnknown, message, hint);
                UserError { outcome: UserErrorOutcome::Uncertain, retryable: true, ..error }
            }
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
