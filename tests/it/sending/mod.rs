//! Sending end to end: the service over the simulated upstreams, asked as GraphQL asks it.

mod batches;
pub(crate) mod company;
mod contacts;
mod doubts;
mod plain;
mod throughput;
