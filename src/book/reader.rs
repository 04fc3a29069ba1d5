//! Gives out snapshots: decides per source whether what is held is young enough, is to be
//! refreshed behind the answer, or must be waited for.

use std::sync::Arc;
use std::time::Duration;

use super::publisher::Publisher;
use super::refresher::{RefreshState, Refresher};
use super::{DeliveryBoard, FreshnessState, ReadRequest, Snapshot, Source, SourceFreshness};
use crate::domain::SharedClock;

/// An answer is taken for live, and given again to an equal question, for this long.
const LIVE_WITHIN: Duration = Duration::from_secs(1);

/// How old what is served may be.
#[derive(Debug, Clone, Copy)]
pub struct ReadPeriods {
    /// Older PSOhub data is refreshed.
    pub psohub_age_max: Duration,
    /// Older Bexio data is refreshed.
    pub bexio_age_max: Duration,
    /// Older data is waited for instead of served while it is refreshed.
    pub stale_max: Duration,
    /// Longest wait for a refresh, counted from its start.
    pub refresh_wait: Duration,
}

impl ReadPeriods {
    const fn age_max(&self, source: Source) -> Duration {
        match source {
            Source::Psohub | Source::PsohubExternalIds => self.psohub_age_max,
            Source::Bexio => self.bexio_age_max,
        }
    }
}

/// What a source needs before a snapshot may be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    Nothing,
    RefreshBehind,
    Wait,
}

/// The one door to the book. Cheap to clone.
#[derive(Clone)]
pub struct BookReader {
    publisher: Arc<Publisher>,
    deliveries: Arc<DeliveryBoard>,
    refreshers: Arc<[Arc<Refresher>; Source::ALL.len()]>,
    periods: ReadPeriods,
    clock: SharedClock,
}

impl BookReader {
    pub(super) fn new(
        publisher: Arc<Publisher>,
        deliveries: Arc<DeliveryBoard>,
        refreshers: Arc<[Arc<Refresher>; Source::ALL.len()]>,
        periods: ReadPeriods,
        clock: SharedClock,
    ) -> Self {
        Self { publisher, deliveries, refreshers, periods, clock }
    }

    /// Grows whenever what a snapshot says may have changed: with every book, with every step of a
    /// delivery, and with every look, which changes how fresh the same book is.
    pub fn version(&self) -> u64 {
        self.publisher.version() + self.deliveries.version() + self.looks_ended().iter().sum::<u64>()
    }

    /// One consistent state, as young as `request` asks if that can be had within the waiting time;
    /// never an error: what could not be refreshed is served as it is, and marked.
    pub async fn read(&self, request: ReadRequest) -> Snapshot {
        let ended_before = self.looks_ended();
        futures_util::future::join_all(
            Source::ALL
                .into_iter()
                .filter(|source| *source != Source::PsohubExternalIds || request.external_ids)
                .map(|source| self.provide(source, &request)),
        )
        .await;
        self.snapshot(&request, ended_before)
    }

    /// What is held now, without asking for anything.
    pub fn peek(&self) -> Snapshot {
        self.snapshot(&ReadRequest::default(), self.looks_ended())
    }

    async fn provide(&self, source: Source, request: &ReadRequest) {
        let refresher = &self.refreshers[source as usize];
        match refresher.with_state(|state| self.need(source, state, request)) {
            Need::Nothing => {}
            Need::RefreshBehind => refresher.start(),
            Need::Wait => {
                refresher.start();
                // Everybody who waits for one look gives up together, so that a source that hangs
                // costs one waiting time and not one a query.
                let since = refresher.with_state(|state| state.running_since);
                let Some(since) = since else { return };
                let waited = self.clock.elapsed().saturating_sub(since);
                if let Some(patience) = self.periods.refresh_wait.checked_sub(waited) {
                    refresher.ended(patience).await;
                }
            }
        }
    }

    fn need(&self, source: Source, state: &RefreshState, request: &ReadRequest) -> Need {
        let now = self.clock.elapsed();
        let Some(age) = state.looked.map(|looked| looked.age(now)) else { return Need::Wait };
        let configured = self.periods.age_max(source);
        match request.max_age {
            Some(asked) if asked < configured && age > asked => Need::Wait,
            _ if age <= configured => Need::Nothing,
            _ if age <= self.periods.stale_max => Need::RefreshBehind,
            _ => Need::Wait,
        }
    }

    fn snapshot(&self, request: &ReadRequest, ended_before: [u64; Source::ALL.len()]) -> Snapshot {
        // Version, then freshness, then the book: what comes in between is newer than said, never older.
        let version = self.version();
        let now = self.clock.elapsed();
        let mut reusable_until = now + LIVE_WITHIN;
        let freshness = Source::ALL.map(|source| {
            let state = self.refreshers[source as usize].state();
            let looked_just_now = state.looks_ended != ended_before[source as usize];
            let configured = self.periods.age_max(source);
            let age_max = request.max_age.map_or(configured, |asked| asked.min(configured));
            let age = state.looked.map(|looked| looked.age(now));
            if let Some(left) = age.and_then(|age| configured.checked_sub(age)) {
                reusable_until = reusable_until.min(now + left);
            }
            SourceFreshness {
                source,
                state: classify(&state, age, age_max, looked_just_now),
                fetched_at: state.looked.map(|looked| looked.instant),
                age,
                last_error: state.failure.map(|failure| failure.words),
            }
        });
        let taken_at = self.clock.now();
        Snapshot {
            version,
            book: self.publisher.current(),
            deliveries: self.deliveries.current(),
            freshness,
            taken_at,
            today: self.clock.today(),
            reusable_until,
        }
    }

    fn looks_ended(&self) -> [u64; Source::ALL.len()] {
        Source::ALL.map(|source| self.refreshers[source as usize].with_state(|state| state.looks_ended))
    }
}

fn classify(
    state: &RefreshState,
    age: Option<Duration>,
    age_max: Duration,
    looked_just_now: bool,
) -> FreshnessState {
    let Some(age) = age else { return FreshnessState::Unavailable };
    match &state.failure {
        None if looked_just_now || age <= LIVE_WITHIN => FreshnessState::Live,
        _ if age <= age_max => FreshnessState::Cached,
        None => FreshnessState::Stale,
        Some(_) => FreshnessState::StaleOnError,
    }
}

#[cfg(test)]
#[path = "reader_tests.rs"]
mod tests;
