//! What the service does between the book and GraphQL.

pub mod catalog;
pub mod connect;
pub mod deliveries;
pub mod documents;
pub mod export;
pub mod external_ids;
mod flights;
pub mod keyed_cache;
pub mod linking;
pub mod marking;
pub mod payment_sync;
pub mod payments;
mod turns;

pub use catalog::Catalog;
pub use documents::{DocumentError, Documents, Pdf};
pub use keyed_cache::{CacheError, CachePolicy, Cached, KeyedCache};
pub use payments::Payments;
