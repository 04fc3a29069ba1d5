//! A cache of what is asked for by key and has to be fetched: moka for the room, our own rules
//! for time, flights and invalidation. It knows nothing of what it keeps.
//!
//! moka alone would cache a value whose load began before its invalidation, forget a load when its
//! first caller goes away, ask a failing source again at once, and let nobody have the old value
//! while the new one is on its way. Hence:
//!
//! - A load runs in a task of its own: callers join it and leave it, it ends and is kept.
//! - One flight a key. [`KeyedCache::invalidate`] cuts the flight off: those who wait for it still
//!   get its value, nobody after them does, and it is not kept.
//! - Age is measured by our clock from the start of the load, when the source was asked.
//! - moka's synchronous cache, so that a value is kept under the lock of the flights. (With its
//!   asynchronous one an invalidation fits in between the two.)

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use moka::sync::Cache;
use tokio::sync::watch;

use crate::domain::SharedClock;
use crate::trace::TraceExt as _;

/// What a cache keeps, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct CachePolicy {
    /// What it is called in logs.
    pub name: &'static str,
    /// Up to this age a value is served at once while it is fetched again behind.
    pub stale_max: Duration,
    /// How long a failure is the answer, before the source is asked again.
    pub error_ttl: Duration,
    /// Room in bytes, as the weigher counts them. What is heavier than all of it is not kept.
    pub bytes_max: u64,
}

/// A value with its age.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cached<V> {
    /// The value.
    pub value: V,
    /// Time since the source was asked for it.
    pub age: Duration,
    /// Whether it is older than was asked for.
    pub stale: bool,
}

/// Why there is no value. Cloned for everybody who waited.
#[derive(Debug, thiserror::Error)]
pub enum CacheError<E> {
    /// The source failed, now or less than [`CachePolicy::error_ttl`] ago.
    #[error(transparent)]
    Load(Arc<E>),
    /// The load came to no end: it panicked, or the runtime is going down.
    #[error("the load was cut short")]
    CutShort,
}

impl<E> Clone for CacheError<E> {
    fn clone(&self) -> Self {
        match self {
            Self::Load(error) => Self::Load(Arc::clone(error)),
            Self::CutShort => Self::CutShort,
        }
    }
}

/// A cache; clones share it.
pub struct KeyedCache<K, V, E> {
    shared: Arc<Shared<K, V, E>>,
}

impl<K, V, E> Clone for KeyedCache<K, V, E> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<K, V, E> fmt::Debug for KeyedCache<K, V, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyedCache").field("policy", &self.shared.policy).finish_non_exhaustive()
    }
}

struct Shared<K, V, E> {
    policy: CachePolicy,
    clock: SharedClock,
    values: Cache<K, Kept<V>>,
    failures: Cache<K, Failure<E>>,
    /// Entries of an earlier epoch are as good as gone. Changed under the lock of `flights`.
    epoch: AtomicU64,
    flights: Mutex<Flights<K, V, E>>,
}

struct Flights<K, V, E> {
    /// Never used twice, so that a flight that was cut off does not take the next one for itself.
    next: u64,
    by_key: HashMap<K, Flight<V, E>>,
}

struct Flight<V, E> {
    number: u64,
    outcome: watch::Receiver<Option<Outcome<V, E>>>,
}

type Outcome<V, E> = Result<Kept<V>, Arc<E>>;

#[derive(Clone)]
struct Kept<V> {
    value: V,
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

/// Keys whose failure is remembered at a time.
const FAILURES_MAX: u64 = 10_000;

impl<K, V, E> KeyedCache<K, V, E>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    E: std::error::Error + Send + Sync + 'static,
{
    /// A cache whose `weigher` tells what a key and its value take, in bytes.
    pub fn new(
        policy: CachePolicy,
        clock: SharedClock,
        weigher: impl Fn(&K, &V) -> usize + Send + Sync + 'static,
    ) -> Self {
        let values = Cache::builder()
            .name(policy.name)
            .max_capacity(policy.bytes_max)
            .weigher(move |key, kept: &Kept<V>| u32::try_from(weigher(key, &kept.value)).unwrap_or(u32::MAX))
            .build();
        let flights = Mutex::new(Flights { next: 0, by_key: HashMap::new() });
        let failures = Cache::new(FAILURES_MAX);
        let epoch = AtomicU64::new(0);
        Self { shared: Arc::new(Shared { policy, clock, values, failures, epoch, flights }) }
    }

    /// The value of a key.
    ///
    /// - Not older than `max_age`: from the cache.
    /// - Not older than [`CachePolicy::stale_max`]: from the cache, marked as stale, and fetched
    ///   again behind, once.
    /// - Otherwise `load` is awaited, or the load of whoever asked before. It goes on if the
    ///   caller does not.
    pub async fn get<F>(
        &self,
        key: K,
        max_age: Duration,
        load: impl FnOnce() -> F + Send + 'static,
    ) -> Result<Cached<V>, CacheError<E>>
    where
        F: Future<Output = Result<V, E>> + Send + 'static,
    {
        if let Some(cached) = self.shared.kept(&key, max_age) {
            if cached.stale {
                self.shared.refresh_behind(key, load);
            }
            return Ok(cached);
        }
        let mut outcome = match self.shared.board(key, max_age, load) {
            Boarded::Kept(cached) => return Ok(cached),
            Boarded::Failed(error) => return Err(CacheError::Load(error)),
            Boarded::Flight(outcome) => outcome,
        };
        let arrived = outcome.wait_for(Option::is_some).await.map_err(|_| CacheError::CutShort)?.clone();
        match arrived {
            // Whatever it took: there is nothing newer.
            Some(Ok(kept)) => Ok(Cached { stale: false, ..self.shared.aged(kept, max_age) }),
            Some(Err(error)) => Err(CacheError::Load(error)),
            None => Err(CacheError::CutShort),
        }
    }

    /// Forgets a key, and what is on its way for it: a later [`KeyedCache::get`] asks the source.
    pub fn invalidate(&self, key: &K) {
        let mut flights = self.shared.flights();
        flights.by_key.remove(key);
        self.shared.values.invalidate(key);
        self.shared.failures.invalidate(key);
    }

    /// Forgets every key, and what is on its way.
    pub fn invalidate_all(&self) {
        let mut flights = self.shared.flights();
        flights.by_key.clear();
        // moka compares instants here, and two can be equal: the epoch decides, moka makes room.
        self.shared.epoch.fetch_add(1, Ordering::SeqCst);
        self.shared.values.invalidate_all();
        self.shared.failures.invalidate_all();
    }

    /// Bytes of what is kept, after the evictions that are due.
    pub fn bytes(&self) -> u64 {
        self.shared.values.run_pending_tasks();
        self.shared.values.weighted_size()
    }
}

enum Boarded<V, E> {
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
    /// What is kept for a key, if it may be served.
    fn kept(&self, key: &K, max_age: Duration) -> Option<Cached<V>> {
        let kept = self.values.get(key)?;
        if kept.epoch != self.epoch.load(Ordering::SeqCst) {
            return None;
        }
        let cached = self.aged(kept, max_age);
        (!cached.stale || cached.age <= self.policy.stale_max).then_some(cached)
    }

    fn aged(&self, kept: Kept<V>, max_age: Duration) -> Cached<V> {
        let age = self.clock.elapsed().saturating_sub(kept.asked_at);
        Cached { value: kept.value, age, stale: age > max_age }
    }

    fn failed(&self, key: &K) -> Option<Arc<E>> {
        let failure = self.failures.get(key)?;
        let current = failure.epoch == self.epoch.load(Ordering::SeqCst);
        let recent = self.clock.elapsed().saturating_sub(failure.at) < self.policy.error_ttl;
        (current && recent).then_some(failure.error)
    }

    fn board<F>(
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

    fn refresh_behind<F>(self: &Arc<Self>, key: K, load: impl FnOnce() -> F + Send + 'static)
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

    fn flights(&self) -> MutexGuard<'_, Flights<K, V, E>> {
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

#[cfg(test)]
mod tests;
