//! Why a change in Bexio was not confirmed, named by what the caller does next.

use std::time::Duration;

use crate::bexio::error::{FieldError, read_refusal, words};
use crate::transport::{TransportError, WriteFailure};

/// Why a change was not confirmed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum WriteError {
    /// It never left: make it again, after [`WriteError::wait`] where that says something.
    #[error("{0}")]
    NotSent(TransportError),
    /// Bexio refused it and changed nothing. A 401 or 429 may succeed later; for anything else a person
    /// has to look.
    #[error("Bexio refused it with status {status}{}", words(message.as_deref(), fields))]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Bexio's `message`.
        message: Option<String>,
        /// What is wrong with which field.
        fields: Vec<FieldError>,
        /// How long Bexio asked to wait.
        retry_after: Option<Duration>,
    },
    /// It may have been applied: learn what happened before anything else. An e-mail's fate cannot be
    /// learned from Bexio.
    #[error("{why}; it may have been applied")]
    OutcomeUnknown {
        /// What happened.
        why: String,
    },
}

impl From<TransportError> for WriteError {
    fn from(error: TransportError) -> Self {
        match WriteFailure::from(error) {
            WriteFailure::NotSent(error) => Self::NotSent(error),
            WriteFailure::Refused { status, body, wait } => {
                let (message, fields) = read_refusal(body.as_str());
                Self::Refused { status, message, fields, retry_after: wait }
            }
            WriteFailure::OutcomeUnknown { why } => Self::OutcomeUnknown { why },
        }
    }
}

impl WriteError {
    /// How long to wait before the next try, where Bexio or our own rate limit says so.
    pub const fn wait(&self) -> Option<Duration> {
        match self {
            Self::NotSent(error) => error.wait(),
            Self::Refused { retry_after, .. } => *retry_after,
            Self::OutcomeUnknown { .. } => None,
        }
    }
}
