//! Real operations on a small book, asserted on what a client receives.

mod examples;
mod filters;
mod killers;
mod merging;
mod paging;
mod reads;
mod refusals;
mod reuse;
mod sender;
mod sending;
mod support;
