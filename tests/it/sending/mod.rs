//! Sending end to end: the service over the simulated upstreams, asked as GraphQL asks it.

mod batches;
mod callers;
pub(crate) mod company;
mod contacts;
mod doubts;
mod plain;
mod replicas;
mod restarts;
mod settings;
mod surprises;
mod throughput;
