//! What the service does between the book and GraphQL.

pub mod keyed_cache;
