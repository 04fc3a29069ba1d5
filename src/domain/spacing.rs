//! How often something may happen: a steady rate with a burst, told from one time (GCRA, ITU-T I.371).
//!
//! Holds no state and reads no clock: who uses it keeps the next time and hands both in.

use std::time::Duration;

/// One event each `interval` in the long run, `burst` of them at once after a pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spacing {
    /// The time between two events in the long run.
    pub interval: Duration,
    /// How many may come at once.
    pub burst: u32,
}

impl Spacing {
    /// `per_second` events a second; none is counted as one.
    pub fn per_second(per_second: u32, burst: u32) -> Self {
        Self { interval: Duration::from_secs(1) / per_second.max(1), burst }
    }

    /// How long an event has to wait at `now`, where `next` is the time at which it would come if all were
    /// spaced evenly.
    pub fn wait(&self, next: Duration, now: Duration) -> Duration {
        let ahead = self.interval.saturating_mul(self.burst.saturating_sub(1));
        next.saturating_sub(ahead).saturating_sub(now)
    }

    /// The time of the next event, when one comes `at`.
    pub fn after(&self, next: Duration, at: Duration) -> Duration {
        next.max(at).saturating_add(self.interval)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever the pattern of asking, no more pass in a period than the rate and the burst allow.
        #[test]
        fn no_more_pass_than_the_rate_and_the_burst(
            per_second in 1_u32..200,
            burst in 1_u32..50,
            pauses_ms in proptest::collection::vec(0_u64..500, 1..400),
        ) {
            let spacing = Spacing::per_second(per_second, burst);
            let (mut now, mut next, mut passed) = (Duration::ZERO, Duration::ZERO, 0_u128);
            for pause in pauses_ms {
                now += Duration::from_millis(pause);
                if spacing.wait(next, now).is_zero() {
                    next = spacing.after(next, now);
                    passed += 1;
                }
            }
            let allowed = u128::from(burst) + now.as_nanos() / spacing.interval.as_nanos();
            prop_assert!(passed <= allowed, "{passed} of {allowed}");
        }

        /// Who waits as long as was said may pass then, and not a millisecond before.
        #[test]
        fn a_wait_is_exact(per_second in 1_u32..100, burst in 1_u32..10, taken in 0_u32..30) {
            let spacing = Spacing::per_second(per_second, burst);
            let mut next = Duration::ZERO;
            for _ in 0..taken {
                next = spacing.after(next, Duration::ZERO);
            }
            let wait = spacing.wait(next, Duration::ZERO);
            prop_assert!(spacing.wait(next, wait).is_zero());
            prop_assert!(wait.is_zero() || !spacing.wait(next, wait.saturating_sub(Duration::from_nanos(1))).is_zero());
        }
    }
}
