//! Behaviour through the real HTTP surface, against the simulator. One binary: it links once.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]
#![expect(unreachable_pub, reason = "nothing is public outside of a test binary")]

mod access;
mod calls;
mod circuit;
mod connect;
mod connection_test;
#[cfg(test)]
mod cross_origin;
mod doctor;
mod graphiql;
mod hostile;
mod javascript;
#[cfg(test)]
mod limits;
mod marking;
mod memory;
mod on_disk;
mod operations;
mod outage;
mod own_writes;
mod payment_sync;
mod reconciliation;
mod schema;
mod sending;
mod sending_graphql;
mod services;
mod settings;
mod store;
mod store_access_keys;
mod store_deliveries;
mod store_leases;
mod store_migration;
mod store_rows;
mod store_settings;
mod store_sync_runs;
mod store_tokens;
mod support;
mod tidy;
mod tolerance;
#[cfg(test)]
mod trusted_documents;
mod wire_bexio;
mod wire_bexio_writes;
mod wire_psohub;

#[cfg(test)]
mod http_cache;
#[cfg(test)]
mod http_connection;
#[cfg(test)]
mod http_documents;
#[cfg(test)]
mod http_gateway;
#[cfg(test)]
mod http_graphql;
#[cfg(test)]
mod http_refusals;
#[cfg(test)]
mod http_routes;
#[cfg(test)]
mod http_stand_in;
#[cfg(test)]
mod live_changes;
#[cfg(test)]
mod live_client;
#[cfg(test)]
mod live_crowd;
#[cfg(test)]
mod live_event_stream;
#[cfg(test)]
mod live_websocket;
mod wire_transport;
mod wire_upstream;
