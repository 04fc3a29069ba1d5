//! What the service does between the book and GraphQL.

pub mod access;
pub mod accounts;
pub mod catalog;
pub mod connect;
pub mod connection_test;
pub mod deliveries;
pub mod documents;
pub mod export;
pub mod external_ids;
mod flights;
pub mod invoice_write;
pub mod keyed_cache;
pub mod linking;
pub mod marking;
pub mod payment_sync;
pub mod payments;
pub mod settings;
mod turns;

pub use catalog::Catalog;
pub use connection_test::{ConnectionTestParts, ConnectionTester};
pub use documents::{DocumentError, Documents, Pdf};
pub use keyed_cache::{CacheError, CachePolicy, Cached, KeyedCache};
pub use payments::Payments;
