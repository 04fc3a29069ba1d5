//! HTTP: the accept loop, GraphQL over HTTP, WebSocket and server-sent events, documents, health.
//!
//! May name `graphql` and `services` and what they hand out. Holds no rule about invoices: a request
//! becomes a call of a service, and what comes back becomes bytes.

mod access;
mod admission;
mod body;
mod connect;
mod connection;
mod content_disposition;
mod cors;
mod documents;
mod encoding;
mod etag;
mod event_stream;
mod executor;
mod export;
mod fault;
pub mod graphiql;
mod graphql;
mod health;
mod hosts;
mod live;
mod media_type;
mod metrics;
mod nesting;
mod origin;
mod persisted;
mod private_cache;
mod quality;
mod range;
mod rate;
mod request;
mod request_id;
mod response;
mod response_cache;
mod router;
mod schema;
mod security;
mod server;
mod service;
mod stall;
mod status;
mod websocket;

use std::sync::Arc;

pub use access::Access;
pub use connect::ConnectFlow;
pub use documents::{Document, DocumentFault, DocumentKey, DocumentSource};
pub use executor::Executor;
pub use export::ExportSource;
pub use fault::HttpFault;
pub use graphql::GraphqlConfig;
pub use health::{Check, Readiness};
pub use hosts::Hosts;
pub use live::LiveConfig;
pub use metrics::{MetricsSource, PREFIX as METRICS_PREFIX};
pub use origin::AllowedOrigins;
pub use persisted::{DocumentsConfig, Trust};
pub use server::{ServerConfig, serve};
pub use service::Gateway;

use crate::domain::SharedClock;

/// What the HTTP surface stands on.
#[derive(Clone)]
pub struct HttpState {
    /// Says who is let in.
    pub access: Access,
    /// Runs operations.
    pub executor: Arc<dyn Executor>,
    /// Delivers PDFs.
    pub documents: Arc<dyn DocumentSource>,
    /// Delivers lists as CSV.
    pub exports: Arc<dyn ExportSource>,
    /// Says whether requests should be sent here.
    pub readiness: Arc<dyn Readiness>,
    /// Tells how long kept answers hold.
    pub clock: SharedClock,
    /// Limits of `/graphql`.
    pub graphql_config: GraphqlConfig,
}
