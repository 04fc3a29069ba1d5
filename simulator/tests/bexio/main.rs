//! Bexio over real HTTP: what it accepts, what it refuses, and in which words.

mod contacts;
mod gate;
mod invoices;
mod lookups;
mod money_states;
mod oauth;
mod search;
mod sending;
mod support;
