//! The payment sync, through the service and through GraphQL, against the simulator.

mod calls;
mod command;
mod faults;
mod job;
mod life;
mod progress;
mod replicas;
mod runs;
mod support;
