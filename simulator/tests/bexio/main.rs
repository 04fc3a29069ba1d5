//! Bexio over real HTTP: what it accepts, what it refuses, and in which words.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod contacts;
mod gate;
mod invoices;
mod lookups;
mod money_states;
mod oauth;
mod search;
mod sending;
mod size;
mod support;
