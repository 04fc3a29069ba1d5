//! The simulator over real HTTP, as a gateway meets it.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod control;
mod faults;
mod outage;
mod psohub;
mod psohub_oauth;
mod support;
mod traffic;
