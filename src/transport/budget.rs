//! The rate limit of one upstream, kept on our side so that it is rarely met on theirs.
//!
//! Where answers carry `ratelimit-remaining` and `ratelimit-reset`, a bucket follows them and
//! leaves the last fifth of a window to writes and to reads that somebody waits for. Where they do not (they vanished for a time), a
//! token bucket spaces the calls. A 429 holds back every call of the bucket, not only its own.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::domain::spacing::Spacing;

/// One rate bucket of an upstream.
#[derive(Debug, Clone)]
pub struct BucketConfig {
    /// What calls name it by.
    pub name: &'static str,
    /// Time between two calls in the long run while the upstream names no limit.
    pub interval: Duration,
    /// Calls that may go at once after a pause.
    pub burst: u32,
}

impl BucketConfig {
    /// Five calls a second, ten at once: what is reported to work in production everywhere.
    pub const fn new(name: &'static str) -> Self {
        Self { name, interval: Duration::from_millis(200), burst: 10 }
    }
}

/// What the upstream last said of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BucketSnapshot {
    /// The bucket's name.
    pub name: &'static str,
    /// `ratelimit-limit`.
    pub limit: Option<u32>,
    /// Calls left in the window, by the upstream's last word minus ours since. `None` when it
    /// never said, or the window is over.
    pub remaining: Option<u32>,
    /// Time until the window ends.
    pub resets_in: Option<Duration>,
}

/// The rate-limit headers of one answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct RateHeaders {
    pub(super) limit: Option<u32>,
    pub(super) remaining: Option<u32>,
    pub(super) reset: Option<Duration>,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    limit: Option<u32>,
    remaining: u32,
    ends: Duration,
}

#[derive(Debug, Default)]
struct State {
    window: Option<Window>,
    /// Theoretical arrival time of the next call (GCRA), by the monotonic clock.
    next: Duration,
    /// No call before this time: a 429 said so.
    blocked_until: Duration,
    /// It is at least this late: a call has waited until then.
    waited_until: Duration,
}

/// How much of a window a call may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Share {
    /// All but its last fifth.
    Ordinary,
    /// All of it.
    Whole,
}

/// The right to one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Turn {
    /// Wait this long first.
    pub(super) wait: Duration,
    at: Duration,
}

/// One bucket. Times are the monotonic clock's.
#[derive(Debug)]
pub(super) struct Budget {
    config: BucketConfig,
    state: Mutex<State>,
}

impl Budget {
    pub(super) fn new(config: BucketConfig) -> Self {
        Self { config, state: Mutex::default() }
    }

    pub(super) const fn name(&self) -> &'static str {
        self.config.name
    }

    /// Takes the right to one call. `Ok(turn)`: make it after the turn's wait. `Err(wait)`: that
    /// would be longer than `wait_max`, nothing was taken.
    pub(super) fn take(&self, now: Duration, share: Share, wait_max: Duration) -> Result<Turn, Duration> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = now.max(state.waited_until);
        if state.window.is_some_and(|window| window.ends <= now) {
            state.window = None;
        }
        let blocked = state.blocked_until.saturating_sub(now);
        let wait = match &state.window {
            Some(window) if window.remaining > window.reserve(share) => blocked,
            Some(window) => blocked.max(window.ends.saturating_sub(now)),
            None => blocked.max(self.spacing().wait(state.next, now)),
        };
        if wait > wait_max {
            return Err(wait);
        }
        let at = now.saturating_add(wait);
        match &mut state.window {
            Some(window) if window.remaining > window.reserve(share) => window.remaining -= 1,
            // Those who wait for the next window go through the spacing there, not all at once.
            _ => state.next = self.spacing().after(state.next, at),
        }
        Ok(Turn { wait, at })
    }

    /// Notes that a turn's wait was waited: a clock that stands still would keep it for the next.
    pub(super) fn waited(&self, turn: Turn) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.waited_until = state.waited_until.max(turn.at);
    }

    const fn spacing(&self) -> Spacing {
        Spacing { interval: self.config.interval, burst: self.config.burst }
    }

    /// Learns from an answer's headers.
    pub(super) fn learn(&self, now: Duration, headers: RateHeaders) {
        let (Some(remaining), Some(reset)) = (headers.remaining, headers.reset) else { return };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = now.max(state.waited_until);
        let ends = now.saturating_add(reset);
        let same_window =
            state.window.filter(|window| window.ends > now && window.ends.abs_diff(ends) < SAME_WINDOW);
        // Answers overtake each other: within one window the count only falls.
        let remaining = same_window.map_or(remaining, |window| window.remaining.min(remaining));
        state.window = Some(Window { limit: headers.limit, remaining, ends });
    }

    /// Holds back every call for `wait`: the upstream answered 429.
    pub(super) fn block(&self, now: Duration, wait: Duration) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let until = now.max(state.waited_until).saturating_add(wait);
        state.blocked_until = state.blocked_until.max(until);
    }

    pub(super) fn snapshot(&self, now: Duration) -> BucketSnapshot {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let window = state.window.filter(|window| window.ends > now);
        BucketSnapshot {
            name: self.config.name,
            limit: state.window.and_then(|window| window.limit),
            remaining: window.map(|window| window.remaining),
            resets_in: window.map(|window| window.ends.saturating_sub(now)),
        }
    }
}

/// `ratelimit-reset` is in whole seconds, so that one window's end is seen 1 s apart.
const SAME_WINDOW: Duration = Duration::from_secs(2);

impl Window {
    const fn reserve(&self, share: Share) -> u32 {
        match (share, self.limit) {
            (Share::Ordinary, Some(limit)) => limit / 5,
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);
    const LONG: Duration = Duration::from_mins(5);

    fn budget(interval_ms: u64, burst: u32) -> Budget {
        Budget::new(BucketConfig { name: "general", interval: Duration::from_millis(interval_ms), burst })
    }

    fn take(budget: &Budget, now: Duration, share: Share, wait_max: Duration) -> Result<Duration, Duration> {
        budget.take(now, share, wait_max).map(|turn| turn.wait)
    }

    fn headers(limit: u32, remaining: u32, reset_s: u64) -> RateHeaders {
        RateHeaders {
            limit: Some(limit),
            remaining: Some(remaining),
            reset: Some(S * u32::try_from(reset_s).unwrap()),
        }
    }

    #[test]
    fn without_headers_calls_are_spaced_after_a_burst() {
        let budget = budget(200, 3);
        let waits: Vec<u128> =
            (0..6).map(|_| take(&budget, S, Share::Ordinary, LONG).unwrap().as_millis()).collect();
        assert_eq!(waits, [0, 0, 0, 200, 400, 600]);
        // After a pause the burst is there again.
        assert_eq!(take(&budget, S * 60, Share::Ordinary, LONG), Ok(Duration::ZERO));
    }

    #[test]
    fn a_wait_that_is_too_long_takes_nothing() {
        let budget = budget(1000, 1);
        assert_eq!(take(&budget, S, Share::Ordinary, S), Ok(Duration::ZERO));
        assert_eq!(take(&budget, S, Share::Ordinary, Duration::from_millis(999)), Err(S));
        assert_eq!(take(&budget, S, Share::Ordinary, Duration::from_millis(999)), Err(S));
        assert_eq!(take(&budget, S, Share::Ordinary, S), Ok(S));
    }

    #[test]
    fn under_a_clock_that_stands_still_waits_do_not_add_up() {
        let budget = budget(200, 1);
        for _ in 0..50 {
            let turn = budget.take(S, Share::Ordinary, LONG).unwrap();
            assert!(turn.wait <= Duration::from_millis(200), "{turn:?}");
            budget.waited(turn);
        }
    }

    #[test]
    fn with_headers_reads_leave_a_fifth_to_writes() {
        let budget = budget(200, 1);
        budget.learn(S, headers(10, 4, 30));
        assert_eq!(take(&budget, S, Share::Ordinary, LONG), Ok(Duration::ZERO));
        assert_eq!(take(&budget, S, Share::Ordinary, LONG), Ok(Duration::ZERO));
        assert_eq!(take(&budget, S, Share::Ordinary, S), Err(S * 30));
        assert_eq!(take(&budget, S, Share::Whole, S), Ok(Duration::ZERO));
        assert_eq!(take(&budget, S, Share::Whole, S), Ok(Duration::ZERO));
        assert_eq!(take(&budget, S, Share::Whole, S), Err(S * 30));
    }

    #[test]
    fn an_answer_that_was_overtaken_gives_nothing_back() {
        let budget = budget(200, 1);
        budget.learn(S, headers(1000, 500, 30));
        budget.learn(S, headers(1000, 510, 30));
        assert_eq!(budget.snapshot(S).remaining, Some(500));
        // The next window does.
        budget.learn(S * 32, headers(1000, 999, 59));
        assert_eq!(budget.snapshot(S * 32).remaining, Some(999));
    }

    #[test]
    fn a_window_that_is_over_says_nothing() {
        let budget = budget(200, 1);
        budget.learn(S, headers(1000, 0, 10));
        assert_eq!(take(&budget, S * 2, Share::Whole, LONG), Ok(S * 9));
        assert_eq!(budget.snapshot(S * 12).remaining, None);
    }

    #[test]
    fn a_429_holds_back_every_call() {
        let budget = budget(200, 5);
        budget.block(S, S * 7);
        assert_eq!(take(&budget, S * 3, Share::Whole, S), Err(S * 5));
        assert_eq!(take(&budget, S * 8, Share::Whole, S), Ok(Duration::ZERO));
    }
}
