//! The only sender of HTTP in the product.
//!
//! One [`Transport`] per upstream: it bounds every call in time, size, rate and concurrency,
//! repeats reads and never a write, follows no redirect, uses no proxy, and says of every failure
//! what the caller may conclude from it ([`TransportError`]). It knows no vendor: paths, bodies and
//! tokens are handed in. Of the crate it names [`crate::domain`] and [`crate::trace`] only.

mod admission;
mod attempt;
mod body;
mod bookkeeping;
mod budget;
mod circuit;
mod claims;
mod client;
mod config;
mod error;
mod http_client;
pub mod json;
mod metrics;
mod oauth;
mod pass;
mod plain;
mod request;
mod retry;
mod stats;
mod token;
mod write;

pub use body::BodyStream;
pub use budget::{BucketConfig, BucketSnapshot};
pub use circuit::{CircuitConfig, CircuitSnapshot};
pub use claims::claims_of;
pub use client::{Answer, Transport};
pub use config::{RetryConfig, TokenHeader, TransportConfig};
pub use error::{BodyFault, Call, Doubt, Excerpt, NotSent, TransportError};
pub use metrics::CallMetrics;
pub use oauth::{Ask, OauthServer, safe_words};
pub use plain::{PlainError, PlainSender};
pub use request::{BaseUrl, BaseUrlError, CallKind, Request, form_of};
pub use reqwest::{Method, Url};
pub use stats::{LastError, StatsSnapshot};
pub use token::{NoToken, StaticToken, TokenError, TokenSource};
pub use write::WriteFailure;
