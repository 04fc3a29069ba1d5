//! Why an invoice was not marked as paid, by what may be done next.

use std::sync::Arc;

use crate::domain::{InvoiceStatus, PsohubInvoiceId};
use crate::services::invoice_write::{ChangeInWords, InvoiceWriteFailure};
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
    /// The call was not made or not confirmed. Asking again is safe: it begins with a look.
    #[error("{}", failure.sentence(&in_words(number)))]
    NotWritten {
        /// PSOhub's number.
        number: Box<str>,
        /// Why.
        failure: InvoiceWriteFailure,
    },
    /// The database could not be written before the call, which was not made.
    #[error("the action could not be written down, so nothing was done: {0}")]
    Store(#[source] Arc<StoreError>),
}

impl MarkError {
    pub(super) fn not_written(number: impl Into<Box<str>>, failure: impl Into<InvoiceWriteFailure>) -> Self {
        Self::NotWritten { number: number.into(), failure: failure.into() }
    }
}

fn in_words(number: &str) -> ChangeInWords {
    ChangeInWords {
        refused: format!("to mark invoice {number} as paid"),
        not_done: format!("invoice {number} was not marked as paid"),
        whether_done: format!("whether invoice {number} was marked as paid"),
    }
}
