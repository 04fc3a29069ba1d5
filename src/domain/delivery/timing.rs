//! How long to wait, and for what. Durations only: instants are handed in.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Call, DeliveryId};

/// The periods that the rules of sending rest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// From the announcement of a call to the moment its worker must have given up on it. Counts from
    /// the commit, so it holds the call's own deadline and the time to begin it.
    pub call_max: Duration,
    /// How long after a worker gave up on a request the upstream may still apply it. No second create,
    /// and no judgement on what a first one left, before this has passed.
    pub quiet: Duration,
    /// How old a reading may be for a step to rest on it; older ones are repeated first.
    pub fresh: Duration,
    /// A step that only fails, however often, is given up (FAILED) after this long.
    pub give_up: Duration,
    /// Between two looks for left-over drafts once a send is over.
    pub sweep_every: Duration,
    /// How long these looks go on.
    pub sweep_for: Duration,
}

impl Timing {
    /// What production runs with: calls end within 30 s, requests die within 2 minutes.
    pub const STANDARD: Self = Self {
        call_max: Duration::from_secs(45),
        quiet: Duration::from_mins(2),
        fresh: Duration::from_mins(1),
        give_up: Duration::from_hours(24),
        sweep_every: Duration::from_hours(24),
        sweep_for: Duration::from_hours(7 * 24),
    };
}

impl Default for Timing {
    fn default() -> Self {
        Self::STANDARD
    }
}

/// `instant` plus `period`, at most the last instant there is.
pub(super) fn after(instant: Timestamp, period: Duration) -> Timestamp {
    instant.checked_add(period).unwrap_or(Timestamp::MAX)
}

/// What the last failed call of a track came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// Which call.
    pub call: Call,
    /// When.
    pub at: Timestamp,
    /// What it came to.
    pub kind: TroubleKind,
}

/// How a call failed that will be tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TroubleKind {
    /// It never left.
    NotSent,
    /// It may have been applied.
    Unknown,
    /// The upstream answered with this HTTP status.
    Status(u16),
}

/// The seconds between tries; the last one repeats until [`Timing::give_up`].
const LADDER_SECONDS: [u64; 7] = [1, 5, 30, 2 * 60, 10 * 60, 30 * 60, 2 * 3600];

/// Tries of one track of a delivery.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    /// Failures since the last progress.
    pub attempts: u32,
    /// When the first of them was.
    pub failing_since: Option<Timestamp>,
    /// Nothing is tried before this.
    pub not_before: Option<Timestamp>,
    /// The last of them.
    pub last: Option<Trouble>,
}

impl Retry {
    /// Counts a failure and sets the next try: by the ladder, later if the upstream asked for it.
    /// Returns whether the time for tries is over.
    pub(super) fn fail(
        &mut self,
        trouble: Trouble,
        wait: Option<Duration>,
        delivery: DeliveryId,
        timing: &Timing,
    ) -> bool {
        let now = trouble.at;
        let pause = self.pause(delivery).max(wait.unwrap_or_default());
        self.attempts = self.attempts.saturating_add(1);
        let since = *self.failing_since.get_or_insert(now);
        self.not_before = Some(after(now, pause));
        self.last = Some(trouble);
        now >= after(since, timing.give_up)
    }

    /// The next pause, up to a quarter longer by the delivery's id: fifty deliveries that failed in
    /// the same outage do not come back in the same second.
    fn pause(&self, delivery: DeliveryId) -> Duration {
        let rung = usize::try_from(self.attempts).unwrap_or(usize::MAX).min(LADDER_SECONDS.len() - 1);
        let base = Duration::from_secs(LADDER_SECONDS.get(rung).copied().unwrap_or(1));
        let spread = delivery.get().unsigned_abs().wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56;
        base + base * u32::try_from(spread).unwrap_or(0) / 1024
    }

    /// Whether the next try has to wait.
    pub(super) fn waits(&self, now: Timestamp) -> Option<Timestamp> {
        self.not_before.filter(|not_before| *not_before > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ladder_climbs_to_two_hours_and_ends_after_a_day() {
        let id = DeliveryId::new(1).unwrap();
        let mut now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let mut retry = Retry::default();
        let mut pauses = Vec::new();
        loop {
            let trouble = Trouble { call: Call::FindOwn, at: now, kind: TroubleKind::NotSent };
            if retry.fail(trouble, None, id, &Timing::STANDARD) {
                break;
            }
            let next = retry.not_before.unwrap();
            pauses.push(next.duration_since(now).as_secs());
            now = next;
        }
        assert_eq!(pauses.len(), retry.attempts as usize - 1);
        for (pause, rung) in pauses.iter().zip([1, 5, 30, 120, 600, 1800, 7200, 7200]) {
            assert!((rung..=rung + rung / 4).contains(pause), "{pauses:?}");
        }
        assert!((15..=20).contains(&pauses.len()), "{pauses:?}");
    }

    #[test]
    fn an_upstream_that_asks_for_more_time_gets_it() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let mut retry = Retry::default();
        let trouble = Trouble { call: Call::FindOwn, at: now, kind: TroubleKind::Status(429) };
        let id = DeliveryId::new(7).unwrap();
        retry.fail(trouble, Some(Duration::from_secs(58)), id, &Timing::STANDARD);
        assert_eq!(retry.waits(now), Some(after(now, Duration::from_secs(58))));
    }
}
