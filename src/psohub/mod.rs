//! PSOhub: its invoices as [`crate::domain`] types, and the two writes it offers.
//!
//! <https://help.psohub.com/psohub-api-invoices>. PSOhub documents no error bodies, no rate limit,
//! no paging and no single GET: what is assumed instead stands in docs/quirks.md. Wire types do not
//! leave this module.

mod client;
mod document;
mod error;
mod list;
mod oauth;
mod pdf;
mod scan;
mod wire;
mod write;

pub use client::{InvoiceListFilter, ListReport, PsohubClient, PsohubOptions, StatusFilter};
pub use error::{PsohubError, WriteError};
pub use oauth::{PsohubApp, PsohubAuthority};
pub use pdf::PdfFault;
pub use write::message_in;
