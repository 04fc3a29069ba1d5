//! Failures of PSOhub's calls, named by what the caller does next.

use std::time::Duration;

use super::pdf::PdfFault;
use crate::transport::{BaseUrlError, TransportError};

/// Why a read failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PsohubError {
    /// The call itself failed; the transport says what may be concluded.
    #[error(transparent)]
    Call(#[from] TransportError),
    /// A 2xx answer that is no list: a login page, nothing, an error object. Nothing was delivered,
    /// and nothing may be concluded about which invoices there are.
    #[error("PSOhub answered {found} instead of a list of invoices; check its address and the access token")]
    NotAList {
        /// What it looks like.
        found: String,
    },
    /// The list began and did not end. The rows before were delivered; nothing may be concluded
    /// about the rest.
    #[error("PSOhub's list of invoices broke off after {rows} rows ({why}); it will be read again")]
    ListCut {
        /// Rows that were delivered or reported as problems.
        rows: usize,
        /// How it ended.
        why: String,
    },
    /// The one invoice asked for is not in the answer.
    #[error("PSOhub has no invoice {number} with that id")]
    NoSuchInvoice {
        /// `InvoiceNumber` asked for.
        number: String,
    },
    /// The invoice has no PDF: PSOhub makes none for drafts.
    #[error("PSOhub has no PDF of invoice {number}; a draft has none")]
    NoPdf {
        /// `InvoiceNumber` asked for.
        number: String,
    },
    /// The invoice's PDF cannot be handed out.
    #[error("PSOhub's PDF of invoice {number} cannot be used: {fault}")]
    BadPdf {
        /// `InvoiceNumber` asked for.
        number: String,
        /// What is wrong with it.
        fault: PdfFault,
    },
    /// The address configured for PSOhub cannot be used.
    #[error("PSOhub's address is {0}")]
    BadAddress(#[from] BaseUrlError),
}

/// Why a write was not confirmed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum WriteError {
    /// It never left: write again when the cause is mended.
    #[error("{0}")]
    NotSent(TransportError),
    /// PSOhub refused it and changed nothing. A 401 or 429 may succeed later; for anything else a person
    /// has to look.
    #[error("PSOhub refused it with status {status}{}", message.as_deref().map(|m| format!(": {m}")).unwrap_or_default())]
    Refused {
        /// The HTTP status.
        status: u16,
        /// PSOhub's own words, where its answer held some.
        message: Option<String>,
        /// How long PSOhub asked to wait.
        retry_after: Option<Duration>,
    },
    /// It may have been applied: read the invoice before anything else.
    #[error("{why}; read the invoice in PSOhub to learn whether it was applied")]
    OutcomeUnknown {
        /// What happened.
        why: String,
    },
}

impl WriteError {
    /// How long to wait before the next try, where PSOhub or our own rate limit says so.
    pub const fn wait(&self) -> Option<Duration> {
        match self {
            Self::NotSent(error) => error.wait(),
            Self::Refused { retry_after, .. } => *retry_after,
            Self::OutcomeUnknown { .. } => None,
        }
    }
}
