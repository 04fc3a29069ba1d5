//! Holds the newest book and makes the next one.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use tokio::sync::watch;

use super::InvoiceBook;
use super::holdings::Holdings;

/// The newest book, and what the next one is made of.
pub(super) struct Publisher {
    current: ArcSwap<InvoiceBook>,
    holdings: Mutex<Holdings>,
    versions: watch::Sender<u64>,
}

impl Publisher {
    /// Publishes the first book, of what is held already.
    pub(super) fn new(holdings: Holdings) -> Self {
        let empty = InvoiceBook::new(0, Vec::new(), Vec::new());
        let first = holdings.combine(1, &empty);
        Self {
            current: ArcSwap::from_pointee(first),
            holdings: Mutex::new(holdings),
            versions: watch::Sender::new(1),
        }
    }

    pub(super) fn current(&self) -> Arc<InvoiceBook> {
        self.current.load_full()
    }

    pub(super) fn version(&self) -> u64 {
        self.current.load().version()
    }

    /// Tells of every new version.
    pub(super) fn versions(&self) -> watch::Receiver<u64> {
        self.versions.subscribe()
    }

    pub(super) fn read<R>(&self, read: impl FnOnce(&Holdings) -> R) -> R {
        read(&self.lock())
    }

    /// Applies a change to what is held and publishes the book that follows, if `change` says that
    /// it changed anything. Indexing a large book takes long for an async task, so this runs on a
    /// thread of its own.
    pub(super) async fn change<R: Send + 'static>(
        self: &Arc<Self>,
        change: impl FnOnce(&mut Holdings) -> (R, bool) + Send + 'static,
    ) -> Result<R, tokio::task::JoinError> {
        let this = Arc::clone(self);
        tokio::task::spawn_blocking(move || {
            let mut holdings = this.lock();
            let (result, changed) = change(&mut holdings);
            if changed {
                // Under the lock, so that a later change never publishes before an earlier one.
                let previous = this.current.load_full();
                let next = holdings.combine(previous.version() + 1, &previous);
                let version = next.version();
                this.current.store(Arc::new(next));
                this.versions.send_replace(version);
            }
            result
        })
        .await
    }

    fn lock(&self) -> MutexGuard<'_, Holdings> {
        // A panic half-way through a change leaves rows that were all read from an upstream: the
        // next look mends the rest.
        self.holdings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
