//! Bexio: one company's invoicing API and its OAuth issuer, written from facts.md sections 1 to 13.
//!
//! It refuses what the real service refuses. It names nothing of the gateway, and reads the time from the
//! simulator's clock only.

mod answer;
mod api;
mod call;
pub mod chart;
pub mod company;
pub mod contact;
mod error;
mod form;
pub mod invoice;
mod invoice_form;
mod invoice_pdf;
mod invoice_row;
mod journal;
mod ledger;
mod mail;
pub mod money;
mod oauth;
mod options;
mod paging;
mod payment;
pub mod position;
mod position_form;
mod rate_limit;
mod refusal;
mod reminder;
mod router;
mod search;
mod state;
pub mod taxes;
mod wire;
mod zurich;

pub use contact::NewContact;
pub use invoice::{Invoice, InvoiceChange, NewInvoice, status};
pub use journal::{Deed, Entry};
pub use mail::SentMail;
pub use options::{BexioOptions, OAuthClient, Quirk, RateLimits};
pub use payment::Payment;
pub use position::{Line, Position};
pub use refusal::Refusal;
pub use reminder::{Comment, Reminder};
pub use router::router;
pub use state::Bexio;
