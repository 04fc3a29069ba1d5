//! Why an invoice was not marked as paid, by what may be done next.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::{InvoiceStatus, PsohubInvoiceId};
use crate::store::StoreError;

/// Why an invoice was not marked as paid. Cloned for everybody who asked at the same time.
#[derive(Debug, Clone, thiserror::Error)]
pub enum MarkError {
    /// The book has no such invoice. Nothing was called.
    #[error("no invoice with the PSOhub id {0} is known")]
    UnknownInvoice(PsohubInvoiceId),
    /// Only an approved or sent invoice can be marked. Nothing was changed.
    #[error("invoice {number} is {raw} in PSOhub; only an approved or sent invoice can be marked as paid")]
    NotAllowed {
        /// PSOhub's number.
        number: Box<str>,
        /// The status that stands against it.
        status: InvoiceStatus,
        /// The status as PSOhub wrote it.
        raw: Box<str>,
    },
    /// PSOhub refused it and changed nothing.
    #[error(
        "PSOhub refused to mark invoice {number} as paid (status {status}){}",
        message.as_deref().map(|words| format!(": {words}")).unwrap_or_default()
    )]
    Refused {
        /// PSOhub's number.
        number: Box<str>,
        /// The HTTP status.
        status: u16,
        /// PSOhub's own words, where its answer held some.
        message: Option<String>,
        /// How long PSOhub asked to wait.
        retry_after: Option<Duration>,
    },
    /// A person has to connect an account first. Nothing was called.
    #[error("invoice {number} was not marked as paid: {why}")]
    NotConnected {
        /// PSOhub's number.
        number: Box<str>,
        /// Which account, why, and where to connect it.
        why: String,
    },
    /// The call never left: nothing was changed, and the same may be asked again.
    #[error("invoice {number} was not marked as paid: {why}")]
    NotSent {
        /// PSOhub's number.
        number: Box<str>,
        /// What stopped it.
        why: String,
        /// How long to wait, where our own rate limit says so.
        retry_after: Option<Duration>,
    },
    /// Nobody knows whether it was applied. Asking again is safe: it begins with a look.
    #[error("it is not known whether invoice {number} was marked as paid: {why}")]
    OutcomeUnknown {
        /// PSOhub's number.
        number: Box<str>,
        /// What happened.
        why: String,
    },
    /// The database could not be written before the call, which was not made.
    #[error("the action could not be written down, so nothing was done: {0}")]
    Store(#[source] Arc<StoreError>),
}

impl MarkError {
    /// How long to wait before asking again, where somebody says so.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } | Self::NotSent { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}
