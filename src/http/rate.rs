//! How many operations each caller may send, whatever the transport.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use moka::sync::Cache;

use crate::domain::SharedClock;
use crate::domain::spacing::Spacing;
use crate::graphql::{Caller, ErrorCode, Fault};

/// Callers that are remembered at a time. Who is forgotten begins with a whole burst, which is no way around
/// the limit: names of callers are given out by administrators.
const CALLERS_MAX: u64 = 10_000;

/// Counts the operations of each caller.
#[derive(Debug)]
pub(super) struct OperationRate {
    /// `None`: nobody's are counted.
    spacing: Option<Spacing>,
    clock: SharedClock,
    /// The time of each caller's next operation if all were spaced evenly, in nanoseconds of the monotonic clock.
    next: Cache<Arc<str>, Arc<AtomicU64>>,
}

/// A caller has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooFast {
    /// For so many whole seconds, one at least.
    pub(super) retry_after_seconds: u64,
}

impl OperationRate {
    pub(super) fn new(spacing: Option<Spacing>, clock: SharedClock) -> Self {
        Self { spacing, clock, next: Cache::new(CALLERS_MAX) }
    }

    /// Counts an operation of `caller`, unless it comes too soon. One that is refused does not count.
    pub(super) fn take(&self, caller: &Caller) -> Result<(), TooFast> {
        let Some(spacing) = self.spacing else { return Ok(()) };
        let next = self.next.get_with_by_ref(&caller.name, Arc::default);
        let now = self.clock.elapsed();
        let mut seen = next.load(Ordering::Relaxed);
        loop {
            let due = Duration::from_nanos(seen);
            let wait = spacing.wait(due, now);
            if !wait.is_zero() {
                return Err(TooFast { retry_after_seconds: whole_seconds(wait) });
            }
            let after = u64::try_from(spacing.after(due, now).as_nanos()).unwrap_or(u64::MAX);
            match next.compare_exchange_weak(seen, after, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Ok(()),
                Err(other) => seen = other,
            }
        }
    }
}

fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

impl From<TooFast> for Fault {
    fn from(TooFast { retry_after_seconds }: TooFast) -> Self {
        let message = format!(
            "You send more operations than you may: wait {retry_after_seconds} s, and ask for more in one operation."
        );
        Self::new(ErrorCode::RateLimited, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ManualClock;
    use crate::graphql::Role;

    fn caller(name: &str) -> Caller {
        Caller { role: Role::Viewer, name: name.into() }
    }

    #[test]
    fn each_caller_has_a_burst_and_then_a_rate_of_its_own() {
        let clock = Arc::new(ManualClock::new("2026-01-01T00:00:00Z".parse().unwrap()));
        let rate = OperationRate::new(Some(Spacing::per_second(2, 3)), clock.clone());
        let (ada, bob) = (caller("ada"), caller("bob"));
        let passed = |who: &Caller| (0..10).filter(|_| rate.take(who).is_ok()).count();
        assert_eq!((passed(&ada), passed(&ada), passed(&bob)), (3, 0, 3));
        assert_eq!(rate.take(&ada), Err(TooFast { retry_after_seconds: 1 }));
        clock.advance(Duration::from_secs(1));
        assert_eq!((passed(&ada), passed(&bob)), (2, 2));
        clock.advance(Duration::from_mins(1));
        assert_eq!(passed(&ada), 3, "a pause gives no more than a burst");
    }

    #[test]
    fn without_a_rate_nothing_is_counted() {
        let clock = Arc::new(ManualClock::new("2026-01-01T00:00:00Z".parse().unwrap()));
        let rate = OperationRate::new(None, clock);
        assert!((0..10_000).all(|_| rate.take(&caller("ada")).is_ok()));
        assert_eq!(rate.next.entry_count(), 0);
    }
}
