//! Why an external id was not set, by what may be done next.

use std::sync::Arc;

use crate::domain::PsohubInvoiceId;
use crate::services::invoice_write::{ChangeInWords, InvoiceWriteFailure};
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
    /// The call was not made or not confirmed. Asking again is safe: it is one value.
    #[error("{}", failure.sentence(&in_words(number)))]
    NotWritten {
        /// PSOhub's number.
        number: Box<str>,
        /// Why.
        failure: InvoiceWriteFailure,
    },
    /// The database could not be read or written before the call, which was not made.
    #[error("the action could not be written down, so nothing was done: {0}")]
    Store(#[source] Arc<StoreError>),
}

impl ExternalIdError {
    pub(super) fn not_written(number: impl Into<Box<str>>, failure: impl Into<InvoiceWriteFailure>) -> Self {
        Self::NotWritten { number: number.into(), failure: failure.into() }
    }
}

fn in_words(number: &str) -> ChangeInWords {
    ChangeInWords {
        refused: format!("the external id of invoice {number}"),
        not_done: format!("the external id of invoice {number} was not set"),
        whether_done: format!("whether the external id of invoice {number} was set"),
    }
}

impl From<StoreError> for ExternalIdError {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}
