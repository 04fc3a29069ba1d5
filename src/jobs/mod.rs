//! What the service does by itself at set times.
//!
//! The scheduler gives ticks and nothing else: it loses ticks, lets runs overlap, ends a job that
//! panics, and runs nothing at start. Whether something is due is told from its last run and the clock
//! ([`crate::domain::schedule`]); that only one process runs it is a lease's matter; a stop lets it
//! finish its step.

mod payment_sync;
mod ticks;

pub use payment_sync::PaymentSyncJob;
pub use ticks::{CronTicks, TickError, Ticks};
