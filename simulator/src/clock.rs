//! The simulator's clock: the only file that reads the time.
//!
//! A clock runs in real time (shifted by what [`SimClock::advance`] added) or stands still until it is moved, so
//! that rate-limit windows, token lives and "today" can be tested without waiting. Clones share one time.

use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

static ZURICH: LazyLock<TimeZone> = LazyLock::new(|| TimeZone::get("Europe/Zurich").unwrap_or(TimeZone::UTC));

/// A clock that tests can set and advance. Clones share one time.
#[derive(Clone, Debug)]
pub struct SimClock {
    state: Arc<Mutex<State>>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Runs; the offset is what `advance` and `set` added to the real time.
    Running { offset: SignedDuration },
    /// Stands still.
    Standing { at: Timestamp },
}

impl Default for SimClock {
    fn default() -> Self {
        Self::real()
    }
}

impl SimClock {
    /// A clock that runs in real time.
    pub fn real() -> Self {
        Self::with(State::Running { offset: SignedDuration::ZERO })
    }

    /// A clock that stands at `at` until it is moved.
    pub fn standing_at(at: Timestamp) -> Self {
        Self::with(State::Standing { at })
    }

    /// The current time of this clock.
    pub fn now(&self) -> Timestamp {
        match *self.state() {
            State::Running { offset } => saturating_add(real_now(), offset),
            State::Standing { at } => at,
        }
    }

    /// Moves the clock forward; every clone sees it.
    pub fn advance(&self, by: Duration) {
        let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
        let mut state = self.state();
        match &mut *state {
            State::Running { offset } => *offset = offset.saturating_add(by),
            State::Standing { at } => *at = saturating_add(*at, by),
        }
    }

    /// Sets the clock, backwards too. A running clock runs on from there.
    pub fn set(&self, to: Timestamp) {
        let mut state = self.state();
        match &mut *state {
            State::Running { offset } => *offset = to.duration_since(real_now()),
            State::Standing { at } => *at = to,
        }
    }

    /// Wall-clock date and time in Zurich: what Bexio writes without an offset.
    pub fn zurich(&self) -> DateTime {
        ZURICH.to_datetime(self.now())
    }

    /// The calendar date in Zurich.
    pub fn today(&self) -> Date {
        self.zurich().date()
    }

    fn with(state: State) -> Self {
        Self { state: Arc::new(Mutex::new(state)) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place of the simulator that reads the time")]
fn real_now() -> Timestamp {
    Timestamp::now()
}

fn saturating_add(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(if by.is_negative() { Timestamp::MIN } else { Timestamp::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standing_clock_moves_only_when_it_is_moved_and_clones_share_it() {
        let clock = SimClock::standing_at("2026-06-18T12:55:15Z".parse().unwrap());
        let clone = clock.clone();
        clock.advance(Duration::from_mins(1));
        assert_eq!(clone.now(), "2026-06-18T12:56:15Z".parse().unwrap());
        assert_eq!(clone.zurich().to_string(), "2026-06-18T14:56:15");
    }

    #[test]
    fn a_running_clock_runs_on_from_where_it_was_set() {
        let clock = SimClock::real();
        let start: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
        clock.set(start);
        let now = clock.now();
        assert!(now >= start && now < start + SignedDuration::from_mins(5), "{now}");
    }

    #[test]
    fn an_absurd_advance_saturates() {
        let clock = SimClock::real();
        clock.advance(Duration::MAX);
        assert_eq!(clock.now(), Timestamp::MAX);
    }
}
