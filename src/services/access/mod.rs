//! Who asks: API keys and bearer tokens, checked without asking the database or an issuer for each request.
//!
//! [`AccessService::admit`] makes of what somebody presents a caller with a [`Tenure`], which ends when the
//! key or the token does. Keys are a set in memory that is read again every few seconds (`keys`); tokens are
//! checked against their issuer's keys (`jwt`), which are kept too.

mod atomic_instant;
mod error;
mod jwt;
mod key;
mod keys;
mod service;
mod tenure;

pub use error::{AccessError, TokenFault};
pub use jwt::JwtRules;
pub use key::FreshKey;
pub use keys::{KEYS_LIFE, KEYS_READ_EVERY};
pub use service::{AccessParts, AccessService, Admitted};
pub use tenure::Tenure;
