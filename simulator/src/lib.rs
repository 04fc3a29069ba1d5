//! Stands in for PSOhub and Bexio: stateful, seeded, with faults on demand.
//!
//! [`Simulator`] runs three listeners (PSOhub, Bexio with its issuer, control) on real sockets; [`world::World`] is
//! what they share. It is written from the vendors' documentation and shares no type with the gateway: a stand-in
//! that reused its wire types would repeat its mistakes.

mod accountant;
pub mod bexio;
pub mod clock;
mod control;
pub mod faults;
mod life;
pub mod pdf;
pub mod psohub;
pub mod seed;
pub mod server;
mod simulator;
pub mod traffic;
pub mod world;

pub use life::Event;
pub use simulator::{Simulator, SimulatorOptions};
