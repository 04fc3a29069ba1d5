//! Counters of one upstream's calls, for `connections` and the metrics.

use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// The counters at one instant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StatsSnapshot {
    /// Requests that were tried, each repeat counted.
    pub calls: u64,
    /// Those that failed in a way that speaks against the upstream or the connection to it.
    pub failures: u64,
    /// Repeats among the calls.
    pub retries: u64,
    /// Bytes of answers, after decompression.
    pub bytes_received: u64,
    /// When a call last succeeded.
    pub last_success_at: Option<Timestamp>,
    /// By how much the upstream's clock was ahead of ours in its last answer that told its time.
    pub date_offset: Option<SignedDuration>,
    /// The last failure of any kind.
    pub last_error: Option<LastError>,
}

/// A failure with its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastError {
    /// When.
    pub at: Timestamp,
    /// What, in words without URL, token or body.
    pub message: String,
}

/// The counters.
#[derive(Debug, Default)]
pub(super) struct Stats(Mutex<StatsSnapshot>);

impl Stats {
    pub(super) fn snapshot(&self) -> StatsSnapshot {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn update(&self, change: impl FnOnce(&mut StatsSnapshot)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
