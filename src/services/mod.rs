//! What the service does between the book and GraphQL.

pub mod catalog;
pub mod deliveries;
pub mod documents;
pub mod external_ids;
mod flights;
pub mod keyed_cache;
pub mod marking;
pub mod payments;
mod turns;

pub use catalog::Catalog;
pub use documents::{DocumentError, Documents, Pdf};
pub use keyed_cache::{CacheError, CachePolicy, Cached, KeyedCache};
pub use payments::Payments;
