//! Reads one source again, one look at a time, however many ask.
//!
//! The look runs in a task of its own: a query that goes away neither ends nor repeats it. After a
//! failure further looks wait, ever longer up to a limit, so that an upstream in trouble is not
//! asked once a query.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::watch;

use super::Source;
use crate::domain::SharedClock;
use crate::trace::TraceExt as _;

/// Longest wait between two looks that fail.
const BACK_OFF_MAX: Duration = Duration::from_mins(1);

/// Reads the source once and publishes what changed. The error is in words, for people.
pub(super) type LookFn = Box<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// When a source was last read whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LookedAt {
    /// The instant at which the look began: what is held is at least as new.
    pub(super) instant: Timestamp,
    /// Monotonic time at which its age was `age_then`.
    pub(super) noted: Duration,
    pub(super) age_then: Duration,
}

impl LookedAt {
    /// Age of what is held at monotonic time `now`.
    pub(super) fn age(&self, now: Duration) -> Duration {
        self.age_then + now.saturating_sub(self.noted)
    }
}

/// Why the last look failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) words: Arc<str>,
    pub(super) noted: Duration,
    /// No look before this monotonic time.
    pub(super) not_before: Duration,
    in_a_row: u32,
}

/// Where a source stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct RefreshState {
    pub(super) looked: Option<LookedAt>,
    /// Set by a failed look, cleared by a good one.
    pub(super) failure: Option<Failure>,
    /// Monotonic time at which the look under way began.
    pub(super) running_since: Option<Duration>,
    /// Looks that have ended, well or not.
    pub(super) looks_ended: u64,
}

/// The single-flight refresher of one source.
pub(super) struct Refresher {
    source: Source,
    clock: SharedClock,
    retry_base: Duration,
    look: LookFn,
    state: watch::Sender<RefreshState>,
}

impl Refresher {
    pub(super) fn new(
        source: Source,
        clock: SharedClock,
        retry_base: Duration,
        looked: Option<LookedAt>,
        look: LookFn,
    ) -> Arc<Self> {
        let state = watch::Sender::new(RefreshState { looked, ..RefreshState::default() });
        Arc::new(Self { source, clock, retry_base, look, state })
    }

    pub(super) fn state(&self) -> RefreshState {
        self.state.borrow().clone()
    }

    pub(super) fn with_state<R>(&self, read: impl FnOnce(&RefreshState) -> R) -> R {
        read(&self.state.borrow())
    }

    /// Starts a look unless one is under way or a failure asks to wait.
    pub(super) fn start(self: &Arc<Self>) {
        self.start_if(|state, now| state.failure.as_ref().is_none_or(|failure| failure.not_before <= now));
    }

    /// How long until the next look is due: `period` after the last one began, or when the wait after
    /// a failure ends. Zero when it is due and none is under way.
    pub(super) fn due_in(&self, period: Duration, now: Duration) -> Duration {
        self.with_state(|state| match (&state.running_since, &state.failure, &state.looked) {
            (Some(_), _, _) => period,
            (None, Some(failure), _) => failure.not_before.saturating_sub(now),
            (None, None, Some(looked)) => period.saturating_sub(looked.age(now)),
            (None, None, None) => Duration::ZERO,
        })
    }

    /// Makes a look now, whatever failed before, or joins the one under way; answers how it ended.
    pub(super) async fn look_now(self: &Arc<Self>) -> Result<(), Arc<str>> {
        let mut states = self.state.subscribe();
        let ended_before = states.borrow_and_update().looks_ended;
        self.start_if(|_, _| true);
        let ended = states.wait_for(|state| state.looks_ended > ended_before).await;
        match ended.ok().and_then(|state| state.failure.clone()) {
            Some(failure) => Err(failure.words),
            None => Ok(()),
        }
    }

    /// Waits until the look under way has ended, or for `patience`.
    pub(super) async fn ended(&self, patience: Duration) {
        let mut states = self.state.subscribe();
        let idle = states.wait_for(|state| state.running_since.is_none());
        // Either way the caller goes on with what is held then.
        drop(tokio::time::timeout(patience, idle).await);
    }

    fn start_if(self: &Arc<Self>, due: impl FnOnce(&RefreshState, Duration) -> bool) {
        let now = self.clock.elapsed();
        let started = self.state.send_if_modified(|state| {
            let start = state.running_since.is_none() && due(state, now);
            if start {
                state.running_since = Some(now);
            }
            start
        });
        if started {
            let this = Arc::clone(self);
            tokio::spawn(async move { this.run().await }.with_current_context());
        }
    }

    async fn run(&self) {
        let began_at = self.clock.now();
        let began = self.clock.elapsed();
        let result = AssertUnwindSafe((self.look)())
            .catch_unwind()
            .await
            .unwrap_or_else(|_| Err("the look ended by a fault of ours; see the log".to_owned()));
        self.state.send_modify(|state| {
            state.running_since = None;
            state.looks_ended += 1;
            match result {
                Ok(()) => {
                    state.looked =
                        Some(LookedAt { instant: began_at, noted: began, age_then: Duration::ZERO });
                    state.failure = None;
                }
                Err(words) => self.note_failure(state, &words),
            }
        });
    }

    fn note_failure(&self, state: &mut RefreshState, words: &str) {
        let in_a_row = state.failure.as_ref().map_or(0, |failure| failure.in_a_row).saturating_add(1);
        let noted = self.clock.elapsed();
        let wait = self.retry_base.saturating_mul(1 << (in_a_row - 1).min(10)).min(BACK_OFF_MAX);
        // The same again and again says nothing new.
        if state.failure.as_ref().is_some_and(|before| *before.words == *words) {
            tracing::debug!(source = self.source.name(), in_a_row, error = words, "refresh failed again");
        } else {
            tracing::warn!(source = self.source.name(), in_a_row, error = words, "refresh failed");
        }
        let failure = Failure { words: words.into(), noted, not_before: noted + wait, in_a_row };
        state.failure = Some(failure);
    }
}
