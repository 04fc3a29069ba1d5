//! Stands in for PSOhub and Bexio: stateful, seeded, with faults on demand.
//!
//! [`Simulator`] runs three listeners (PSOhub, Bexio with its issuer, control) on real sockets; [`world::World`] is
//! what they share. It is written from the vendors' documentation and shares no type with the gateway: a stand-in
//! that reused its wire types would repeat its mistakes.

pub mod bexio;
pub mod clock;
pub mod faults;
pub mod pdf;
pub mod psohub;
pub mod seed;
pub mod server;
mod simulator;
pub mod traffic;
pub mod world;

pub use simulator::{Simulator, SimulatorOptions};
