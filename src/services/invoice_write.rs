//! A write to one invoice in PSOhub that brought nothing, or of which nobody knows: the same for every
//! change that PSOhub takes.

use std::time::Duration;

use super::accounts::Closed;
use crate::domain::ActionOutcome;
use crate::psohub::WriteError;

/// Why a write was not made or not confirmed, by what may be done next. Which invoice and which change it
/// was says who holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InvoiceWriteFailure {
    /// PSOhub refused it and changed nothing.
    Refused {
        /// The HTTP status.
        status: u16,
        /// PSOhub's own words, where its answer held some.
        message: Option<String>,
        /// How long PSOhub asked to wait.
        retry_after: Option<Duration>,
    },
    /// A person has to connect an account first. Nothing was called.
    NotConnected {
        /// Which account, why, and where to connect it.
        why: String,
    },
    /// The call never left: nothing was changed, and the same may be asked again.
    NotSent {
        /// What stopped it.
        why: String,
        /// How long to wait, where our own rate limit says so.
        retry_after: Option<Duration>,
    },
    /// Nobody knows whether it was applied. Asking again is safe.
    OutcomeUnknown {
        /// What happened.
        why: String,
    },
}

impl InvoiceWriteFailure {
    /// The task that wrote came to no end.
    pub(super) fn cut_short() -> Self {
        Self::OutcomeUnknown { why: "the work was cut short by the gateway".to_owned() }
    }

    /// How it is written down.
    pub(super) fn action_outcome(&self) -> ActionOutcome {
        match self {
            Self::Refused { status, message, .. } => {
                ActionOutcome::Refused { status: *status, message: message.as_deref().map(Box::from) }
            }
            Self::NotConnected { .. } | Self::NotSent { .. } => ActionOutcome::NotSent,
            Self::OutcomeUnknown { .. } => ActionOutcome::Unknown,
        }
    }

    /// It in a sentence, in the words of the change.
    pub(super) fn sentence(&self, words: &ChangeInWords) -> String {
        let ChangeInWords { refused, not_done, whether_done } = words;
        match self {
            Self::Refused { status, message, .. } => {
                let message = message.as_deref().map(|message| format!(": {message}")).unwrap_or_default();
                format!("PSOhub refused {refused} (status {status}){message}")
            }
            Self::NotConnected { why } | Self::NotSent { why, .. } => format!("{not_done}: {why}"),
            Self::OutcomeUnknown { why } => format!("it is not known {whether_done}: {why}"),
        }
    }
}

/// A change in the words that sentences on its failure are made of; each names the invoice.
pub(super) struct ChangeInWords {
    /// What PSOhub refused: "to mark invoice INV-1 as paid".
    pub(super) refused: String,
    /// That it was not done: "invoice INV-1 was not marked as paid".
    pub(super) not_done: String,
    /// Whether it was done: "whether invoice INV-1 was marked as paid".
    pub(super) whether_done: String,
}

impl From<Closed> for InvoiceWriteFailure {
    fn from(closed: Closed) -> Self {
        match closed {
            Closed::NotConnected(why) => Self::NotConnected { why },
            Closed::Unavailable(why) => Self::NotSent { why, retry_after: None },
        }
    }
}

impl From<WriteError> for InvoiceWriteFailure {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Refused { status, message, retry_after } => {
                Self::Refused { status, message, retry_after }
            }
            WriteError::NotSent(error) => Self::NotSent { why: error.to_string(), retry_after: error.wait() },
            WriteError::OutcomeUnknown { why } => Self::OutcomeUnknown { why },
        }
    }
}
