//! What an unconfirmed write allows to conclude, judged in one place for every vendor.

use std::time::Duration;

use super::error::{Excerpt, TransportError};

/// A write that was not confirmed, by what may be done next. The vendors' clients put it into their
/// own words.
#[derive(Debug, Clone)]
pub enum WriteFailure {
    /// No byte left: the same write may be made again.
    NotSent(TransportError),
    /// The upstream refused it before it had any effect. A 401 or 429 may succeed when it is made again.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The start of the answer's body.
        body: Excerpt,
        /// How long the upstream asked to wait.
        wait: Option<Duration>,
    },
    /// It may have been applied: learn what happened before anything else.
    OutcomeUnknown {
        /// What happened.
        why: String,
    },
}

impl From<TransportError> for WriteFailure {
    fn from(error: TransportError) -> Self {
        let surely_not_applied = error.surely_not_applied();
        match error {
            error @ TransportError::NotSent { .. } => Self::NotSent(error),
            TransportError::Status { status, body, wait, .. } if surely_not_applied => {
                Self::Refused { status, body, wait }
            }
            other => Self::OutcomeUnknown { why: other.to_string() },
        }
    }
}
