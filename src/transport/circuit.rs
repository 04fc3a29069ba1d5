//! Whether an upstream is asked at all: after it failed several times it is left alone for a while, then one
//! call tries.
//!
//! The rules are [`Breaker`], which is pure; [`Circuit`] is the one of an upstream, with its lock. What is
//! refused here was never sent, so it changes nothing about what a write may conclude.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::error::TransportError;
use crate::domain::connection::CircuitState;

/// When calls are let through no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CircuitConfig {
    /// So many failures in a row open it, and half of four times as many calls within a minute.
    pub failures_max: u32,
    /// How long it stays open the first time. Each trial that fails doubles it, up to four times as long.
    pub open_for: Duration,
}

impl Default for CircuitConfig {
    fn default() -> Self {
        Self { failures_max: 5, open_for: Duration::from_secs(30) }
    }
}

/// A circuit at one instant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CircuitSnapshot {
    /// How it stands.
    pub state: CircuitState,
    /// How long until the next call may try; `None` while it is closed.
    pub retry_in: Option<Duration>,
    /// The same as an instant.
    pub retry_at: Option<Timestamp>,
    /// How often it opened, trials that failed not counted.
    pub opened: u64,
    /// Calls that were refused, which never left.
    pub refused: u64,
}

/// What a call said of the upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It answers.
    Answered,
    /// It does not: a 5xx, a time-out, a connection that failed.
    Failed,
    /// Nothing: the call was not made, or nobody waited for its end.
    Untold,
}

impl Verdict {
    /// What an attempt that ended like this says.
    pub(super) const fn of(error: Option<&TransportError>) -> Self {
        match error {
            None => Self::Answered,
            Some(error) => match error {
                TransportError::OutcomeUnknown { .. } => Self::Failed,
                TransportError::Status { status, .. } if *status >= 500 => Self::Failed,
                TransportError::Status { .. } | TransportError::Body { .. } => Self::Answered,
                TransportError::NotSent { reason, .. } => match reason {
                    super::NotSent::Unreachable(_) => Self::Failed,
                    _ => Self::Untold,
                },
            },
        }
    }
}

/// The right to one call. What it says counts only while the circuit stands as it did when it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Admission {
    generation: u64,
    /// Somebody wanted it whatever the circuit says.
    is_forced: bool,
}

/// Calls that are looked at together, for each failure in a row that opens it.
const WINDOW: u32 = 4;
/// Older than this they say nothing of now.
const WINDOW_AGE: Duration = Duration::from_mins(1);
/// How often a failed trial doubles the wait.
const DOUBLINGS_MAX: u32 = 2;

#[derive(Debug)]
enum State {
    Closed {
        failures_in_a_row: u32,
        /// When each of the newest calls ended, and whether it failed.
        newest: VecDeque<(Duration, bool)>,
    },
    /// Until then nothing is sent; then one call tries, or is trying.
    Open { until: Duration, failed_trials: u32, is_tried: bool },
}

/// The rules of a circuit. Times are the monotonic clock's.
#[derive(Debug)]
struct Breaker {
    config: CircuitConfig,
    state: State,
    /// Grows with every change from closed to open, and back, and with every trial.
    generation: u64,
    opened: u64,
    refused: u64,
}

impl Breaker {
    const fn new(config: CircuitConfig) -> Self {
        let state = State::Closed { failures_in_a_row: 0, newest: VecDeque::new() };
        Self { config, state, generation: 0, opened: 0, refused: 0 }
    }

    /// How long until a call may go; `None`: it may.
    fn closed_for(&self, now: Duration) -> Option<Duration> {
        match self.state {
            State::Open { until, .. } if now < until => Some(until.saturating_sub(now)),
            State::Open { is_tried: true, .. } => Some(Self::TRIAL_LOOK),
            State::Closed { .. } | State::Open { .. } => None,
        }
    }

    /// While another call tries, nobody knows how long: it is looked again after this.
    const TRIAL_LOOK: Duration = Duration::from_secs(1);

    /// The right to a call, or how long until there may be one.
    fn admit(&mut self, now: Duration, is_forced: bool) -> Result<Admission, Duration> {
        if !is_forced && let Some(wait) = self.closed_for(now) {
            self.refused = self.refused.saturating_add(1);
            return Err(wait);
        }
        if let State::Open { is_tried, .. } = &mut self.state
            && !is_forced
        {
            *is_tried = true;
            self.generation = self.generation.wrapping_add(1);
        }
        Ok(Admission { generation: self.generation, is_forced })
    }

    /// Takes in what a call said.
    fn settle(&mut self, now: Duration, admission: Admission, verdict: Verdict) {
        let counts = admission.generation == self.generation;
        match (&mut self.state, verdict) {
            (State::Closed { failures_in_a_row, newest }, Verdict::Answered | Verdict::Failed) if counts => {
                let has_failed = verdict == Verdict::Failed;
                *failures_in_a_row = if has_failed { failures_in_a_row.saturating_add(1) } else { 0 };
                let window = self.config.failures_max.saturating_mul(WINDOW) as usize;
                note(newest, window, now, has_failed);
                if *failures_in_a_row >= self.config.failures_max || is_half_failed(newest, window) {
                    self.opened = self.opened.saturating_add(1);
                    self.open(now, 0);
                }
            }
            // A late answer of a call that somebody forced is as good as a trial's.
            (State::Open { .. }, Verdict::Answered) if counts || admission.is_forced => self.close(),
            (State::Open { is_tried: true, failed_trials, .. }, Verdict::Failed)
                if counts && !admission.is_forced =>
            {
                let failed_trials = failed_trials.saturating_add(1);
                self.open(now, failed_trials);
            }
            (State::Open { is_tried, .. }, Verdict::Untold) if counts && !admission.is_forced => {
                *is_tried = false;
            }
            _ => {}
        }
    }

    fn open(&mut self, now: Duration, failed_trials: u32) {
        let wait = self.config.open_for.saturating_mul(1 << failed_trials.min(DOUBLINGS_MAX));
        self.state = State::Open { until: now.saturating_add(wait), failed_trials, is_tried: false };
        self.generation = self.generation.wrapping_add(1);
    }

    fn close(&mut self) {
        self.state = State::Closed { failures_in_a_row: 0, newest: VecDeque::new() };
        self.generation = self.generation.wrapping_add(1);
    }

    fn snapshot(&self, now: Duration) -> CircuitSnapshot {
        let state = match self.state {
            State::Closed { .. } => CircuitState::Closed,
            State::Open { until, .. } if now < until => CircuitState::Open,
            State::Open { .. } => CircuitState::HalfOpen,
        };
        let retry_in = match self.state {
            State::Closed { .. } => None,
            State::Open { until, .. } => Some(until.saturating_sub(now)),
        };
        CircuitSnapshot { state, retry_in, retry_at: None, opened: self.opened, refused: self.refused }
    }
}

fn note(newest: &mut VecDeque<(Duration, bool)>, window: usize, now: Duration, has_failed: bool) {
    newest.push_back((now, has_failed));
    while newest.len() > window || newest.front().is_some_and(|(at, _)| at.saturating_add(WINDOW_AGE) < now) {
        newest.pop_front();
    }
}

/// Half of a whole window failed.
fn is_half_failed(newest: &VecDeque<(Duration, bool)>, window: usize) -> bool {
    newest.len() == window && newest.iter().filter(|(_, has_failed)| *has_failed).count() * 2 >= window
}

/// The circuit of one upstream.
#[derive(Debug)]
pub(super) struct Circuit(Mutex<Breaker>);

impl Circuit {
    pub(super) const fn new(config: CircuitConfig) -> Self {
        Self(Mutex::new(Breaker::new(config)))
    }

    /// Whether a call might go now; takes nothing. `Err` says for how long not.
    pub(super) fn check(&self, now: Duration, is_forced: bool) -> Result<(), Duration> {
        let mut breaker = self.lock();
        match breaker.closed_for(now) {
            Some(wait) if !is_forced => {
                breaker.refused = breaker.refused.saturating_add(1);
                Err(wait)
            }
            _ => Ok(()),
        }
    }

    /// The right to a call that leaves at once.
    pub(super) fn admit(&self, now: Duration, is_forced: bool) -> Result<Admission, Duration> {
        self.lock().admit(now, is_forced)
    }

    /// Takes in what a call said; whether the circuit opened or closed by that.
    pub(super) fn settle(
        &self,
        now: Duration,
        admission: Admission,
        verdict: Verdict,
    ) -> Option<CircuitState> {
        let mut breaker = self.lock();
        let before = breaker.snapshot(now).state;
        breaker.settle(now, admission, verdict);
        let after = breaker.snapshot(now).state;
        (before != after).then_some(after)
    }

    pub(super) fn snapshot(&self, now: Duration) -> CircuitSnapshot {
        self.lock().snapshot(now)
    }

    fn lock(&self) -> MutexGuard<'_, Breaker> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[path = "circuit_tests.rs"]
mod tests;
