//! Real operations on a small book, asserted on what a client receives.

mod bad_sends;
mod batches;
mod deliveries;
mod examples;
mod filters;
mod killers;
mod merging;
mod mutations;
mod no_syncing;
mod paging;
mod progress;
mod reads;
mod refusals;
mod resolving;
mod reuse;
mod sender;
mod sending;
mod subscriptions;
mod support;
mod time;
