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

mod flights;
#[cfg(test)]
mod tests;

use std::fmt;
use std::future::Future;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;

use self::flights::{Boarded, Kept, Shared};
use crate::domain::SharedClock;

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
        Self { shared: Arc::new(Shared::new(policy, clock, values)) }
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
        self.shared.invalidate(key);
    }

    /// Forgets every key, and what is on its way.
    pub fn invalidate_all(&self) {
        self.shared.invalidate_all();
    }

    /// Bytes of what is kept, after the evictions that are due.
    pub fn bytes(&self) -> u64 {
        self.shared.values.run_pending_tasks();
        self.shared.values.weighted_size()
    }
}
