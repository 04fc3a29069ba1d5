//! Whether this process may execute deliveries: it holds the lease, and nobody told it to stop.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::domain::SharedClock;

/// Asked before each step, so that a process that lost its lease ends its open call and no more.
#[derive(Debug)]
pub(super) struct Gate {
    clock: SharedClock,
    stop: CancellationToken,
    /// Until when it leads, by the monotonic clock.
    leads_until: Mutex<Option<Duration>>,
}

impl Gate {
    pub(super) fn new(clock: SharedClock) -> Self {
        Self { clock, stop: CancellationToken::new(), leads_until: Mutex::default() }
    }

    /// Whether a step may be begun.
    pub(super) fn is_open(&self) -> bool {
        !self.stop.is_cancelled() && self.leads()
    }

    /// Whether this process leads.
    pub(super) fn leads(&self) -> bool {
        let until = *self.leads_until.lock().unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|until| self.clock.elapsed() < until)
    }

    /// It leads until then; `None`: no more.
    pub(super) fn lead_until(&self, until: Option<Duration>) {
        *self.leads_until.lock().unwrap_or_else(PoisonError::into_inner) = until;
    }

    /// Cancelled when the process is to stop.
    pub(super) const fn stop(&self) -> &CancellationToken {
        &self.stop
    }
}
