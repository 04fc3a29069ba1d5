//! Real operations on a small book, asserted on what a client receives.

mod paging;
mod reads;
mod support;
