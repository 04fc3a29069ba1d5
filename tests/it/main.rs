//! Behaviour through the real HTTP surface, against the simulator. One binary: it links once.

mod store;
mod support;
mod tidy;
mod wire_bexio;
mod wire_psohub;
mod wire_transport;
mod wire_upstream;
