//! The API keys in memory: read again every few seconds, so that no request waits for the database and a
//! revoked key is refused soon, also by another process than the one that revoked it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use super::atomic_instant::AtomicInstant;
use super::error::AccessError;
use super::key::Presented;
use crate::domain::{AccessKey, Caller, SharedClock};
use crate::services::flights::Flights;
use crate::store::{KEY_USE_NOTED_EVERY_MS, Store, StoreError, StoredAccessKey};

/// How long what was read of the keys is gone by: a revoked key is refused after this time at the latest.
pub const KEYS_LIFE: Duration = Duration::from_secs(5);

/// How often they are read while the service runs.
pub const KEYS_READ_EVERY: Duration = Duration::from_secs(2);

/// How often an unknown key may make them be read: a new key is taken soon, and whoever sends inventions cannot
/// keep the database busy.
const UNKNOWN_EVERY: Duration = Duration::from_secs(1);

/// The keys. Cloning shares them.
#[derive(Clone)]
pub(super) struct KeySet(Arc<Inner>);

struct Inner {
    store: Store,
    clock: SharedClock,
    known: ArcSwap<Known>,
    /// When the last reading ended, well or not.
    tried_at: AtomicInstant,
    /// When an unknown key last made them be read.
    unknown_at: AtomicInstant,
    readings: Flights<(), ()>,
    /// Counts the readings that changed something.
    changes: watch::Sender<u64>,
    notes: TaskTracker,
}

type Known = HashMap<Box<str>, Arc<Entry>>;

/// A key as it is checked against.
pub(super) struct Entry {
    stored: StoredAccessKey,
    pub(super) caller: Caller,
    /// When its use was last noted; `i64::MIN` for never.
    noted_at_ms: AtomicI64,
}

impl Entry {
    pub(super) const fn key(&self) -> &AccessKey {
        &self.stored.key
    }
}

impl KeySet {
    /// The keys as they are now.
    pub(super) async fn read(store: Store, clock: SharedClock) -> Result<Self, StoreError> {
        let known = entries(store.access_keys().await?);
        let tried_at = AtomicInstant::at(clock.elapsed());
        Ok(Self(Arc::new(Inner {
            store,
            clock,
            known: ArcSwap::from_pointee(known),
            tried_at,
            unknown_at: AtomicInstant::never(),
            readings: Flights::default(),
            changes: watch::Sender::new(0),
            notes: TaskTracker::new(),
        })))
    }

    /// Whether any key is good.
    pub(super) fn has_any(&self) -> bool {
        let now = self.0.clock.now();
        self.0.known.load().values().any(|entry| entry.key().is_good(now))
    }

    /// The key that was presented, if it is good.
    pub(super) async fn check(&self, text: &str) -> Result<Arc<Entry>, AccessError> {
        let presented = Presented::parse(text).ok_or(AccessError::Unknown)?;
        if self.0.tried_at.is_past(self.0.clock.elapsed(), KEYS_LIFE) {
            self.read_again().await;
        }
        let mut entry = self.known(presented.id);
        if entry.is_none() && self.0.unknown_at.claim(self.0.clock.elapsed(), UNKNOWN_EVERY) {
            self.read_again().await;
            entry = self.known(presented.id);
        }
        let entry = entry.filter(|entry| presented.is_of(&entry.stored.secret_sha256));
        let entry = entry.ok_or(AccessError::Unknown)?;
        let key = entry.key();
        let name = key.name.clone();
        match (key.revoked_at, key.expires_at) {
            (Some(_), _) => Err(AccessError::Revoked { name }),
            (None, Some(at)) if at <= self.0.clock.now() => Err(AccessError::Expired { name, at }),
            _ => {
                self.note_use(&entry);
                Ok(entry)
            }
        }
    }

    /// Waits until this key is not good any more.
    pub(super) async fn ended(&self, id: &str) {
        let mut changes = self.0.changes.subscribe();
        loop {
            let now = self.0.clock.now();
            let Some(entry) = self.known(id).filter(|entry| entry.key().is_good(now)) else { return };
            let left =
                entry.key().expires_at.and_then(|end| Duration::try_from(end.duration_since(now)).ok());
            let end = async {
                match left {
                    Some(left) => self.0.clock.sleep(left).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = end => {}
                // The sender lives as long as this set.
                _ = changes.changed() => {}
            }
        }
    }

    /// Reads the keys from time to time.
    pub(super) async fn keep_current(&self) {
        loop {
            self.0.clock.sleep(KEYS_READ_EVERY).await;
            self.read_again().await;
        }
    }

    /// Waits until every use is noted.
    pub(super) async fn drain(&self) {
        self.0.notes.close();
        self.0.notes.wait().await;
    }

    fn known(&self, id: &str) -> Option<Arc<Entry>> {
        self.0.known.load().get(id).cloned()
    }

    /// Reads the keys, once for everybody who wants it. What cannot be read stays as it is: a key cannot be
    /// revoked while the database is away either.
    async fn read_again(&self) {
        let inner = Arc::clone(&self.0);
        self.0.readings.join((), || async move { inner.read_again().await }).await;
    }

    /// Notes a use, at most once a minute, behind the request.
    fn note_use(&self, entry: &Arc<Entry>) {
        let now = self.0.clock.now();
        let noted = entry.noted_at_ms.load(Ordering::Relaxed);
        let at = now.as_millisecond();
        let is_due = at.saturating_sub(noted) >= KEY_USE_NOTED_EVERY_MS;
        let noted_here =
            || entry.noted_at_ms.compare_exchange(noted, at, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if is_due && noted_here() {
            let (store, id) = (self.0.store.clone(), entry.key().id.clone());
            self.0.notes.spawn(async move {
                if let Err(error) = store.note_access_key_use(&id, now).await {
                    tracing::warn!(key.id = &*id, %error, "the use of an access key could not be noted");
                }
            });
        }
    }
}

impl Inner {
    async fn read_again(&self) {
        match self.store.access_keys().await {
            Ok(stored) => self.publish(stored),
            Err(error) => {
                tracing::warn!(%error, "the access keys could not be read again; those known are gone by");
            }
        }
        self.tried_at.set(self.clock.elapsed());
    }

    fn publish(&self, stored: Vec<StoredAccessKey>) {
        let before = self.known.load_full();
        let known = entries(stored);
        for (id, entry) in &known {
            if let Some(old) = before.get(id) {
                let noted = old.noted_at_ms.load(Ordering::Relaxed);
                entry.noted_at_ms.fetch_max(noted, Ordering::Relaxed);
            }
        }
        let is_same = known.len() == before.len()
            && known.iter().all(|(id, entry)| {
                before.get(id).is_some_and(|old| old.key().revoked_at == entry.key().revoked_at)
            });
        self.known.store(Arc::new(known));
        if !is_same {
            self.changes.send_modify(|count| *count += 1);
        }
    }
}

fn entries(stored: Vec<StoredAccessKey>) -> Known {
    let entry = |stored: StoredAccessKey| {
        let key = &stored.key;
        let caller = Caller { role: key.role, name: key.name.as_ref().into() };
        let noted = key.last_used_at.map_or(i64::MIN, jiff::Timestamp::as_millisecond);
        (key.id.clone(), Arc::new(Entry { caller, noted_at_ms: AtomicI64::new(noted), stored }))
    };
    stored.into_iter().map(entry).collect()
}
