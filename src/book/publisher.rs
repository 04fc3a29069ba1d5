//! Holds the newest book and makes the next one.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use tokio::sync::watch;

use super::InvoiceBook;
use super::holdings::Holdings;
use super::note_queue::NoteQueue;
use super::own_writes::{LookBegan, OwnWrite};
use crate::domain::SharedClock;

/// The newest book, and what the next one is made of.
pub(super) struct Publisher {
    current: ArcSwap<InvoiceBook>,
    holdings: Mutex<Holdings>,
    versions: watch::Sender<u64>,
    notes: NoteQueue,
}

impl Publisher {
    /// Publishes the first book, of what is held already.
    pub(super) fn new(mut holdings: Holdings, clock: SharedClock) -> Self {
        let empty = InvoiceBook::new(0, Vec::new(), Vec::new());
        let first = holdings.combine(1, &empty);
        holdings.take_changed();
        Self {
            current: ArcSwap::from_pointee(first),
            holdings: Mutex::new(holdings),
            versions: watch::Sender::new(1),
            notes: NoteQueue::new(clock),
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

    /// Marks the beginning of a look: to be called before it asks anything.
    pub(super) fn look_begins(&self) -> LookBegan {
        self.notes.look_begins()
    }

    /// Notes a write of ours at once; what is returned ends when a book with it is published. Who goes
    /// away meanwhile does not end it.
    pub(super) fn note(self: &Arc<Self>, write: OwnWrite) -> impl Future<Output = ()> + use<'_> {
        let (number, must_publish) = self.notes.push(write);
        if must_publish {
            let this = Arc::clone(self);
            tokio::spawn(async move { this.publish_notes().await });
        }
        self.notes.published(number)
    }

    /// Returns when a book with every write noted so far is published.
    pub(super) async fn notes_published(&self) {
        self.notes.all_published().await;
    }

    /// Publishes what waits until nothing does. Notes that come while a book is made go into the
    /// next one together.
    async fn publish_notes(self: Arc<Self>) {
        loop {
            self.notes.pause().await;
            if self.change(|_| ()).await.is_err() {
                tracing::error!("the book with our own writes could not be made; the next look makes it");
            }
            if self.notes.is_done() {
                return;
            }
        }
    }

    /// Applies a change to what is held and publishes the book that follows, if it differs. Indexing
    /// a large book takes long for an async task, so this runs on a thread of its own.
    pub(super) async fn change<R: Send + 'static>(
        self: &Arc<Self>,
        change: impl FnOnce(&mut Holdings) -> R + Send + 'static,
    ) -> Result<R, tokio::task::JoinError> {
        let this = Arc::clone(self);
        tokio::task::spawn_blocking(move || {
            let mut holdings = this.lock();
            // Before the change: what a look read is newer than every note that was made before it began.
            let noted = this.notes.take();
            for (write, at) in noted.writes {
                holdings.note(write, at);
            }
            let result = change(&mut holdings);
            if holdings.take_changed() {
                this.publish(&holdings);
            }
            drop(noted.published);
            result
        })
        .await
    }

    /// Makes and shows the next book. Under the lock of what is held, so that a later change never
    /// publishes before an earlier one.
    fn publish(&self, holdings: &Holdings) {
        let previous = self.current.load_full();
        let next = self.notes.timed(|| holdings.combine(previous.version() + 1, &previous));
        let version = next.version();
        self.current.store(Arc::new(next));
        self.versions.send_replace(version);
    }

    fn lock(&self) -> MutexGuard<'_, Holdings> {
        // A panic half-way through a change leaves rows that were all read from an upstream: the
        // next look mends the rest.
        self.holdings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
