//! Bexio: one company's invoicing API and its OAuth issuer, written from facts.md sections 1 to 13.
//!
//! It refuses what the real service refuses. It names nothing of the gateway, and reads the time from the
//! simulator's clock only.

pub mod chart;
pub mod company;
pub mod contact;
pub mod invoice;
mod ledger;
mod mail;
pub mod money;
mod oauth;
mod options;
mod payment;
pub mod position;
mod rate_limit;
mod refusal;
mod reminder;
mod state;
pub mod taxes;
mod wire;
mod zurich;

use axum::Router;

pub use contact::NewContact;
pub use invoice::{Invoice, InvoiceChange, NewInvoice, status};
pub use mail::SentMail;
pub use options::{BexioOptions, OAuthClient, Quirk, RateLimits};
pub use payment::Payment;
pub use position::{Line, Position};
pub use refusal::Refusal;
pub use reminder::{Comment, Reminder};
pub use state::Bexio;

use crate::world::SharedWorld;

/// Bexio's routes.
pub fn router() -> Router<SharedWorld> {
    Router::new()
}
