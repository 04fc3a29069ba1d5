//! The GraphQL API: thin objects over the book, behind [`GraphqlService::execute`] and, for transports that
//! can stream, [`GraphqlService::subscribe`].
//!
//! An operation goes: text checked → parsed → document checked → one snapshot of the book taken →
//! validated and executed by async-graphql → errors coded. Root fields are async-graphql
//! resolvers; everything below them is written by `output` straight from the snapshot.
//!
//! Names, nullability and conventions follow `schema.graphql`, which is printed by [`sdl`]. Only
//! this module and `http` know GraphQL.

mod accounting;
mod cursor;
mod deps;
mod errors;
mod export;
mod inputs;
mod limits;
mod mark;
mod metrics;
mod mutation;
mod needs;
mod operation;
mod output;
mod payment_sync_deps;
mod query;
mod response;
mod rights;
mod scalars;
mod service;
mod subscription;
#[cfg(test)]
mod tests;
mod trusted;
mod types;

pub use deps::{
    CatalogList, Deliver, Deps, ManageSettings, ManageUpstreams, ReadBook, ReadCatalog, ReadPayments,
    TestConnections, UpstreamCounters, WatchChanges,
};
pub use errors::{ErrorCode, Fault};
pub use export::{ExportList, ExportRequest};
pub use limits::Limits;
pub use mark::Mark;
pub use metrics::OperationMetrics;
pub use operation::{Caller, Role};
pub use payment_sync_deps::SyncPayments;
pub use response::write_response;
pub use service::{Events, Executed, GraphqlService, Reusable, Subscribed, TooSlow, sdl};
pub use trusted::{DocumentHash, ManifestFault, TrustedDocuments};
