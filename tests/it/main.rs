//! Behaviour through the real HTTP surface, against the simulator. One binary: it links once.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

mod calls;
mod graphiql;
mod hostile;
mod javascript;
mod memory;
mod outage;
mod schema;
mod services;
mod store;
mod store_rows;
mod support;
mod tidy;
mod wire_bexio;
mod wire_psohub;

mod http_cache;
mod http_connection;
mod http_documents;
mod http_gateway;
mod http_graphql;
mod http_refusals;
mod http_routes;
mod http_stand_in;
mod wire_transport;
mod wire_upstream;
