//! Keeps what a look has read: in the book first, then in the mirror.
//!
//! The mirror is a cache of the upstreams: a write that fails costs nothing but the next restart's
//! head start. It is then written whole with the next look, since a change that builds on a missing
//! one would leave a hole. Only what an upstream told goes into the mirror, never a note of our own writes.

use std::marker::PhantomData;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::publisher::Publisher;
use super::shown::Brought;
use super::side::Side;
use crate::store::{MirrorState, MirrorWrite, Store};

/// What one look read.
pub(super) struct LookRead<S: Side> {
    pub(super) brought: Brought<S::Row, S::Id>,
    /// How far the side is with this look; `None` when the look did not end well, so that what it
    /// read is kept but nothing is claimed.
    pub(super) reached: Option<MirrorState>,
}

/// Where the mirror of one side stands.
#[derive(Debug, Default)]
struct Mirror {
    /// How far the side was read; `None` until its first whole look.
    state: Option<MirrorState>,
    /// Whether the next write has to be the whole mirror.
    incomplete: bool,
}

/// Keeps one side.
pub(super) struct Keeper<S: Side> {
    publisher: Arc<Publisher>,
    store: Store,
    mirror: Mutex<Mirror>,
    side: PhantomData<S>,
}

impl<S: Side> Keeper<S> {
    /// A keeper that goes on from `state`; `None` when nothing was mirrored.
    pub(super) fn new(publisher: Arc<Publisher>, store: Store, state: Option<MirrorState>) -> Self {
        let mirror = Mirror { incomplete: state.is_none(), state };
        Self { publisher, store, mirror: Mutex::new(mirror), side: PhantomData }
    }

    /// How far the side was read.
    pub(super) fn state(&self) -> Option<MirrorState> {
        self.lock().state.clone()
    }

    /// What is held of both sides.
    pub(super) const fn publisher(&self) -> &Arc<Publisher> {
        &self.publisher
    }

    /// Publishes what changed and mirrors it.
    pub(super) async fn keep(&self, read: LookRead<S>) -> Result<(), String> {
        let LookRead { brought, reached } = read;
        let applied = self.publisher.change(move |holdings| S::apply(holdings, brought));
        let changes = applied.await.map_err(|_| "the book could not be made; see the log".to_owned())?;
        let unchanged = changes.is_empty() && reached.is_none();
        let (state, replace_all) = {
            let mut mirror = self.lock();
            if reached.is_some() {
                mirror.state = reached;
            }
            (mirror.state.clone(), mirror.incomplete)
        };
        let Some(state) = state.filter(|_| !unchanged) else { return Ok(()) };
        let upserts = if replace_all { self.publisher.read(S::told) } else { changes.upserts };
        let write = MirrorWrite { upserts, deletes: changes.deletes, replace_all, state };
        let written = S::write(&self.store, write).await;
        if let Err(error) = &written {
            tracing::error!(source = S::SOURCE.name(), %error, "the mirror was not written; a restart would read the upstream again");
        }
        self.lock().incomplete = written.is_err();
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Mirror> {
        self.mirror.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The state after a look that began at `began`, with everything else as before.
pub(super) fn reached(before: Option<MirrorState>, began: Timestamp) -> MirrorState {
    match before {
        Some(state) => MirrorState { fetched_at: began, ..state },
        None => MirrorState {
            fetched_at: began,
            watermark: None,
            full_pass_at: None,
            extra: std::collections::BTreeMap::new(),
        },
    }
}
