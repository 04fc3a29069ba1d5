//! Our own writes on their way into the book: counted when they are noted, published together.
//!
//! Making a large book takes a while, and a batch of sends writes often. So notes that come while a
//! book is made wait for the next one, and after each book there is a pause in proportion to what it
//! cost: a small book is made at once, a large one a few times a second at most.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::own_writes::{LookBegan, NotedAt, OwnWrite};
use crate::domain::SharedClock;

/// The pause after a book is this many times what making it took.
const PAUSE_PER_COST: u32 = 2;

/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_millis(400);

/// Notes that wait for the next book.
pub(super) struct NoteQueue {
    clock: SharedClock,
    state: Mutex<State>,
    /// Number of the last note that is published.
    published: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    /// Notes made so far.
    made: u64,
    waiting: Vec<(OwnWrite, NotedAt)>,
    /// Whether somebody publishes what waits.
    is_served: bool,
    /// Monotonic time before which no further book is made for notes alone.
    pause_until: Duration,
}

/// Notes taken for the next book.
pub(super) struct Taken<'a> {
    pub(super) writes: Vec<(OwnWrite, NotedAt)>,
    /// To be dropped when the book is published; also where that failed, so that nobody waits for ever.
    pub(super) published: Published<'a>,
}

/// Tells those who wait that their notes are published, when dropped.
pub(super) struct Published<'a> {
    queue: &'a NoteQueue,
    up_to: u64,
}

impl Drop for Published<'_> {
    fn drop(&mut self) {
        self.queue.published.send_if_modified(|published| {
            let is_further = *published < self.up_to;
            *published = self.up_to.max(*published);
            is_further
        });
    }
}

impl NoteQueue {
    pub(super) fn new(clock: SharedClock) -> Self {
        Self { clock, state: Mutex::default(), published: watch::Sender::new(0) }
    }

    /// Takes a note; its number, and whether the caller is to see to its publication.
    pub(super) fn push(&self, write: OwnWrite) -> (u64, bool) {
        let elapsed = self.clock.elapsed();
        let mut state = self.lock();
        state.made += 1;
        let number = state.made;
        state.waiting.push((write, NotedAt { number, elapsed }));
        (number, !std::mem::replace(&mut state.is_served, true))
    }

    /// Waits until the note of this number is published.
    pub(super) async fn published(&self, number: u64) {
        // The sender lives as long as this, so it cannot fail.
        drop(self.published.subscribe().wait_for(|published| *published >= number).await);
    }

    /// Waits until every note that was made so far is published.
    pub(super) async fn all_published(&self) {
        let made = self.lock().made;
        self.published(made).await;
    }

    /// All that waits, for the book that is made now. One at a time: under the lock of what is held.
    pub(super) fn take(&self) -> Taken<'_> {
        let mut state = self.lock();
        let up_to = state.made;
        Taken { writes: std::mem::take(&mut state.waiting), published: Published { queue: self, up_to } }
    }

    /// The moment at which a look begins.
    pub(super) fn look_begins(&self) -> LookBegan {
        LookBegan { notes_made: self.lock().made, elapsed: self.clock.elapsed() }
    }

    /// Whether nothing waits any more; then whoever notes next sees to the publication.
    pub(super) fn is_done(&self) -> bool {
        let mut state = self.lock();
        state.is_served = !state.waiting.is_empty();
        !state.is_served
    }

    /// Makes a book and remembers what that cost.
    pub(super) fn timed<R>(&self, make: impl FnOnce() -> R) -> R {
        let before = self.clock.elapsed();
        let book = make();
        let after = self.clock.elapsed();
        let pause = after.saturating_sub(before).saturating_mul(PAUSE_PER_COST).min(PAUSE_MAX);
        self.lock().pause_until = after + pause;
        book
    }

    /// Waits until the next book may be made for notes alone.
    pub(super) async fn pause(&self) {
        let pause = self.lock().pause_until.saturating_sub(self.clock.elapsed());
        if !pause.is_zero() {
            tokio::time::sleep(pause.min(PAUSE_MAX)).await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
