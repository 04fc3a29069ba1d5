//! One GraphQL API over PSOhub invoices and their Bexio accounting status.
//!
//! Dependencies point one way; `tests/it/tidy.rs` holds the table:
//! wire → [`domain`] → decision → service → store → book → graphql.

pub mod app;
pub mod bexio;
pub mod book;
pub mod config;
mod cpu_bound;
pub mod domain;
pub mod graphql;
pub mod http;
pub mod jobs;
pub mod psohub;
pub mod services;
pub mod store;
pub mod telemetry;
pub mod trace;
pub mod transport;
