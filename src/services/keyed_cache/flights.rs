//! What a cache holds and what is on its way into it: one flight a key, which lands or is cut off.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use moka::sync::Cache;
use tokio::sync::watch;

use super::{CachePolicy, Cached};
use crate::domain::SharedClock;
use crate::trace::TraceExt as _;

/// Keys whose failure is remembered at a time.
const FAILURES_MAX: u64 = 10_000;

/// What the clones of a cache share.
pub(super) struct Shared<K, V, E> {
    pub(super) policy: CachePolicy,
    clock: SharedClock,
    pub(super) values: Cache<K, Kept<V>>,
    failures: Cache<K, Failure<E>>,
    /// Entries of an earlier epoch are as good as gone. Changed under the lock of `flights`.
    epoch: AtomicU64,
    flights: Mutex<Flights<K, V, E>>,
}

/// What is on its way.
pub(super) struct Flights<K, V, E> {
    /// Never used twice, so that a flight that was cut off does not take the next one for itself.
    next: u64,
    pub(super) by_key: HashMap<K, Flight<V, E>>,
}

/// One load on its way.
pub(super) struct Flight<V, E> {
    number: u64,
    outcome: watch::Receiver<Option<Outcome<V, E>>>,
}

pub(super) type Outcome<V, E> = Result<Kept<V>, Arc<E>>;

/// A value as it is kept.
#[derive(Clone)]
pub(super) struct Kept<V> {
    pub(super) value: V,
    asked_at: Duration,
    epoch: u64,
}

struct Failure<E> {
    error: Arc<E>,
    at: Duration,
    epoch: u64,
}

impl<E> Clone for Failure<E> {
    fn clone(&self) -> Self {
        Self { error: Arc::clone(&self.error), at: self.at, epoch: self.epoch }
    }
}

/// What whoever asks for a key finds.
pub(super) enum Boarded<V, E> {
    Kept(Cached<V>),
    Failed(Arc<E>),
    Flight(watch::Receiver<Option<Outcome<V, E>>>),
}

impl<K, V, E> Shared<K, V, E>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    E: std::error::Error + Send + Sync + 'static,
{
    /// A cache that holds nothing.
    pub(super) fn new(policy: CachePolicy, clock: SharedClock, values: Cache<K, Kept<V>>) -> Self {
        let flights = Mutex::new(Flights { next: 0, by_key: HashMap::new() });
        let failures = Cache::new(FAILURES_MAX);
        Self { policy, clock, values, failures, epoch: AtomicU64::new(0), flights }
    }

    pub(super) fn invalidate(&self, key: &K) {
        let mut flights = self.flights();
        flights.by_key.remove(key);
        self.values.invalidate(key);
        self.failures.invalidate(key);
    }

    pub(super) fn invalidate_all(&self) {
        let mut flights = self.flights();
        flights.by_key.clear();
        // moka compares instants here, and two can be equal: the epoch decides, moka makes room.
        self.epoch.fetch_add(1, Ordering::SeqCst);
        self.values.invalidate_all();
        self.failures.invalidate_all();
    }

    /// What is kept for a key, if it may be served.
    pub(super) fn kept(&self, key: &K, max_age: Duration) -> Option<Cached<V>> {
        let kept = self.values.get(key)?;
        if kept.epoch != self.epoch.load(Ordering::SeqCst) {
            return None;
        }
        let cached = self.aged(kept, max_age);
        (!cached.stale || cached.age <= self.policy.stale_max).then_some(cached)
    }

    pub(super) fn aged(&self, kept: Kept<V>, max_age: Duration) -> Cached<V> {
        let age = self.clock.elapsed().saturating_sub(kept.asked_at);
        Cached { value: kept.value, age, stale: age > max_age }
    }

    fn failed(&self, key: &K) -> Option<Arc<E>> {
        let failure = self.failures.get(key)?;
        let current = failure.epoch == self.epoch.load(Ordering::SeqCst);
        let recent = self.clock.elapsed().saturating_sub(failure.at) < self.policy.error_ttl;
        (current && recent).then_some(failure.error)
    }

    pub(super) fn board<F>(
        self: &Arc<Self>,
        key: K,
        max_age: Duration,
        load: impl FnOnce() -> F + Send + 'static,
    ) -> Boarded<V, E>
    where
        F: Future<Output = Result<V, E>> + Send + 'static,
    {
        let mut flights = self.flights();
        // One that landed since the caller looked.
        if let Some(cached) = self.kept(&key, max_age).filter(|cached| !cached.stale) {
            return Boarded::Kept(cached);
        }
        if let Some(flight) = flights.by_key.get(&key) {
            return Boarded::Flight(flight.outcome.clone());
        }
        if let Some(error) = self.failed(&key) {
            return Boarded::Failed(error);
        }
        Boarded::Flight(self.take_off(&mut flights, key, load))
    }

    pub(super) fn refresh_behind<F>(self: &Arc<Self>, key: K, load: impl FnOnce() -> F + Send + 'static)
    where
        F: Future<Output = Result<V, E>> + Send + 'static,
    {
        let mut flights = self.flights();
        if !flights.by_key.contains_key(&key) && self.failed(&key).is_none() {
            drop(self.take_off(&mut flights, key, load));
        }
    }

    fn take_off<F>(
        self: &Arc<Self>,
        flights: &mut Flights<K, V, E>,
        key: K,
        load: impl FnOnce() -> F + Send + 'static,
    ) -> watch::Receiver<Option<Outcome<V, E>>>
    where
        F: Future<Output = Result<V, E>> + Send + 'static,
    {
        let (sender, outcome) = watch::channel(None);
        let number = flights.next;
        flights.next += 1;
        let (shared, landing_key) = (Arc::clone(self), key.clone());
        let (asked_at, epoch) = (self.clock.elapsed(), self.epoch.load(Ordering::SeqCst));
        let work = async move {
            // Made here and not before: a runtime that goes down drops a new task at once, inside
            // `spawn`, while the flights are locked.
            let landing = Landing { shared, key: landing_key, number };
            let outcome = load().await.map(|value| Kept { value, asked_at, epoch }).map_err(Arc::new);
            landing.land(&outcome, epoch);
            drop(landing);
            // Nobody may be waiting: then it was kept for the next caller.
            sender.send_replace(Some(outcome));
        };
        tokio::spawn(work.with_current_context());
        flights.by_key.insert(key, Flight { number, outcome: outcome.clone() });
        outcome
    }

    pub(super) fn flights(&self) -> MutexGuard<'_, Flights<K, V, E>> {
        // Nothing under this lock leaves the map half changed.
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes a flight out of the map, also when its load panics.
struct Landing<K: Hash + Eq, V, E> {
    shared: Arc<Shared<K, V, E>>,
    key: K,
    number: u64,
}

impl<K, V, E> Landing<K, V, E>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    E: std::error::Error + Send + Sync + 'static,
{
    /// Keeps the outcome, unless the flight was cut off on its way.
    fn land(&self, outcome: &Outcome<V, E>, epoch: u64) {
        let shared = &self.shared;
        let flights = shared.flights();
        if flights.by_key.get(&self.key).is_none_or(|flight| flight.number != self.number) {
            return;
        }
        match outcome {
            Ok(kept) => {
                shared.failures.invalidate(&self.key);
                shared.values.insert(self.key.clone(), kept.clone());
            }
            Err(error) => {
                let failure = Failure { error: Arc::clone(error), at: shared.clock.elapsed(), epoch };
                shared.failures.insert(self.key.clone(), failure);
                let cache = shared.policy.name;
                // The waiting callers report it themselves; behind a stale value there are none.
                tracing::debug!(%error, cache, "a load for the cache {cache} failed");
            }
        }
    }
}

impl<K: Hash + Eq, V, E> Drop for Landing<K, V, E> {
    fn drop(&mut self) {
        let mut flights = self.shared.flights.lock().unwrap_or_else(PoisonError::into_inner);
        if flights.by_key.get(&self.key).is_some_and(|flight| flight.number == self.number) {
            flights.by_key.remove(&self.key);
        }
    }
}
