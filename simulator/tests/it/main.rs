//! The simulator over real HTTP, as a gateway meets it.

mod control;
mod faults;
mod outage;
mod psohub;
mod psohub_oauth;
mod support;
mod traffic;
