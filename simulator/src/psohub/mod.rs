//! PSOhub: invoices, their two PATCH calls and the OAuth pages.
//! Vendor's page: <https://help.psohub.com/psohub-api-invoices>. What it does not say is a switch
//! ([`PsohubOptions`]) and named in docs/simulator.md.

mod api;
mod error;
mod id_text;
mod invoice;
mod list;
mod oauth;
mod options;
mod row;
mod state;

pub use api::router;
pub use invoice::{Customer, Detail, Invoice, Line, NewPsohubInvoice, Status, Text};
pub use options::{ErrorShape, LimitBehaviour, ListShape, OauthOptions, PsohubOptions, Quirk};
pub use row::pdf;
pub use state::{EditPsohubInvoice, Psohub, Refusal};
