//! Sending as a person's page does it: over HTTP, against the simulator.

mod batches;
mod company;
mod refusals;
mod story;
mod together;
