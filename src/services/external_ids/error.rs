//! Why an external id was not set, by what may be done next.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::PsohubInvoiceId;
use crate::store::StoreError;

/// Why an external id was not set. Cloned for everybody who asked at the same time.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ExternalIdError {
    /// The book has no such invoice. Nothing was called.
    #[error("no invoice with the PSOhub id {0} is known")]
    UnknownInvoice(PsohubInvoiceId),
    /// A delivery of the invoice is under way and writes one at its end. Nothing was called.
    #[error("invoice {number} is being sent: its delivery is going to write the external id")]
    UnderDelivery {
        /// PSOhub's number.
        number: Box<str>,
    },
    /// It has another one, which was not to be replaced. Nothing was called.
    #[error(
        "invoice {number} has {} in PSOhub already",
        value.as_deref().map_or_else(
            || "an external id that the gateway does not know".to_owned(),
            |value| format!("the external id '{value}'"),
        )
    )]
    HasAnother {
        /// PSOhub's number.
        number: Box<str>,
        /// The value, where it is known.
        value: Option<Box<str>>,
    },
    /// PSOhub could not be asked whether it has one, and it was not to be replaced. Nothing was called.
    #[error(
        "it is not known whether invoice {number} has an external id in PSOhub already: PSOhub could not be asked"
    )]
    Unread {
        /// PSOhub's number.
        number: Box<str>,
    },
    /// PSOhub refused it and changed nothing.
    #[error(
        "PSOhub refused the external id of invoice {number} (status {status}){}",
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
    #[error("the external id of invoice {number} was not set: {why}")]
    NotConnected {
        /// PSOhub's number.
        number: Box<str>,
        /// Which account, why, and where to connect it.
        why: String,
    },
    /// The call never left: nothing was changed, and the same may be asked again.
    #[error("the external id of invoice {number} was not set: {why}")]
    NotSent {
        /// PSOhub's number.
        number: Box<str>,
        /// What stopped it.
        why: String,
        /// How long to wait, where our own rate limit says so.
        retry_after: Option<Duration>,
    },
    /// Nobody knows whether it was applied. Asking again is safe: it is one value.
    #[error("it is not known whether the external id of invoice {number} was set: {why}")]
    OutcomeUnknown {
        /// PSOhub's number.
        number: Box<str>,
        /// What happened.
        why: String,
    },
    /// The database could not be read or written before the call, which was not made.
    #[error("the action could not be written down, so nothing was done: {0}")]
    Store(#[source] Arc<StoreError>),
}

impl From<StoreError> for ExternalIdError {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}
