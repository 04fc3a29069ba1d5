//! Counters of one upstream's calls, for `connections` and the metrics.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::circuit::CircuitSnapshot;

/// The counters at one instant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StatsSnapshot {
    /// Requests that were tried, each repeat counted.
    pub calls: u64,
    /// Those of the last hour, to the minute.
    pub calls_last_hour: u64,
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
    /// Whether calls are made or held back.
    pub circuit: CircuitSnapshot,
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
pub(super) struct Stats(Mutex<Counted>);

#[derive(Debug, Default)]
struct Counted {
    totals: StatsSnapshot,
    hour: Hour,
}

impl Stats {
    /// The counters at `now` of the monotonic clock.
    pub(super) fn snapshot(&self, now: Duration) -> StatsSnapshot {
        let mut counted = self.lock();
        let calls_last_hour = counted.hour.count(minute_of(now));
        StatsSnapshot { calls_last_hour, ..counted.totals.clone() }
    }

    /// Counts a call that ended at `now` of the monotonic clock.
    pub(super) fn count_call(&self, now: Duration, change: impl FnOnce(&mut StatsSnapshot)) {
        let mut counted = self.lock();
        counted.totals.calls += 1;
        counted.hour.add(minute_of(now));
        change(&mut counted.totals);
    }

    pub(super) fn update(&self, change: impl FnOnce(&mut StatsSnapshot)) {
        change(&mut self.lock().totals);
    }

    fn lock(&self) -> MutexGuard<'_, Counted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const MINUTES: u64 = 60;

const fn minute_of(now: Duration) -> u64 {
    now.as_secs() / 60
}

/// Calls a minute, of the last sixty.
#[derive(Debug, Default)]
struct Hour {
    /// Minute and calls, the oldest first.
    minutes: VecDeque<(u64, u64)>,
}

impl Hour {
    fn add(&mut self, minute: u64) {
        self.forget_before(minute);
        match self.minutes.back_mut() {
            Some((last, calls)) if *last == minute => *calls += 1,
            _ => self.minutes.push_back((minute, 1)),
        }
    }

    fn count(&mut self, minute: u64) -> u64 {
        self.forget_before(minute);
        self.minutes.iter().map(|(_, calls)| calls).sum()
    }

    fn forget_before(&mut self, minute: u64) {
        while self.minutes.front().is_some_and(|(first, _)| first + MINUTES <= minute) {
            self.minutes.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_leave_the_hour_a_minute_at_a_time() {
        let stats = Stats::default();
        let minutes = |minutes| Duration::from_mins(minutes);
        let hour = |at| stats.snapshot(minutes(at)).calls_last_hour;
        assert_eq!(hour(0), 0);
        for at in [0, 0, 1, 59] {
            stats.count_call(minutes(at), |_| {});
        }
        assert_eq!([59, 60, 61, 118, 119, 500].map(hour), [4, 2, 1, 1, 0, 0]);
        assert_eq!(stats.snapshot(minutes(500)).calls, 4);
    }
}
