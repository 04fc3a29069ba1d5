//! Bexio: invoices, payments, contacts and the company's set-up, read as [`crate::domain`] types, and the
//! changes that sending needs ([`WriteError`] says how one failed).
//!
//! <https://docs.bexio.com>. One file a resource, the vendor's page named on each method. What Bexio
//! does beside its documentation stands in docs/quirks.md. Wire types do not leave this module.

mod catalog;
mod client;
mod company;
mod contacts;
mod error;
mod invoices;
mod oauth;
mod payments;
mod pdf;
mod rows;
mod time;
mod writes;

pub use client::{BexioClient, ROWS_MAX, SEARCH_BUCKET, transport_config};
pub use error::{BexioError, FieldError, message_in, words};
pub use oauth::{BexioApp, BexioIssuer};
pub use pdf::Pdf;
pub use rows::{Page, Rows};
pub use writes::{WriteError, refused_parts};
