//! The payment sync, through the service and through GraphQL, against the simulator.

mod runs;
mod support;
