//! When something last happened, as many tasks at a time see and note it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const NEVER: u64 = u64::MAX;

/// An instant of the monotonic clock in milliseconds, or never.
#[derive(Debug)]
pub(super) struct AtomicInstant(AtomicU64);

impl AtomicInstant {
    /// It never happened.
    pub(super) const fn never() -> Self {
        Self(AtomicU64::new(NEVER))
    }

    /// It happened.
    pub(super) fn at(instant: Duration) -> Self {
        Self(AtomicU64::new(millis(instant)))
    }

    /// Notes that it happened.
    pub(super) fn set(&self, now: Duration) {
        self.0.store(millis(now), Ordering::Release);
    }

    /// Whether it never happened, or `period` ago at least.
    pub(super) fn is_past(&self, now: Duration, period: Duration) -> bool {
        is_past(self.0.load(Ordering::Acquire), now, period)
    }

    /// The same, and notes that it happens now: of those who ask at the same time one is told so.
    pub(super) fn claim(&self, now: Duration, period: Duration) -> bool {
        let last = self.0.load(Ordering::Acquire);
        is_past(last, now, period)
            && self.0.compare_exchange(last, millis(now), Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }
}

fn is_past(last: u64, now: Duration, period: Duration) -> bool {
    last == NEVER || now.saturating_sub(Duration::from_millis(last)) >= period
}

fn millis(elapsed: Duration) -> u64 {
    u64::try_from(elapsed.as_millis()).unwrap_or(NEVER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_passes_once() {
        let seconds = Duration::from_secs;
        let last = AtomicInstant::never();
        assert!(last.is_past(Duration::ZERO, seconds(30)));
        assert!(last.claim(seconds(1), seconds(30)));
        assert!(!last.is_past(seconds(30), seconds(30)) && !last.claim(seconds(30), seconds(30)));
        assert!(last.is_past(seconds(31), seconds(30)));
        assert!(last.claim(seconds(31), seconds(30)) && !last.claim(seconds(31), seconds(30)));
        last.set(seconds(40));
        assert!(!last.is_past(seconds(41), seconds(2)) && last.is_past(seconds(42), seconds(2)));
        assert!(!AtomicInstant::at(seconds(5)).is_past(seconds(4), seconds(1)), "a clock that was set back");
    }
}
