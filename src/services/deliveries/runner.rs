//! Runs what is due: so many deliveries at once, each in one place, people's before batches'. Waits
//! are on the clock; nothing is polled.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use jiff::Timestamp;
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use super::batches::AT_ONCE;
use super::gate::Gate;
use super::queue::{Lane, Next, Queue, Room};
use super::worker::{Ran, Worker};
use crate::domain::SharedClock;
use crate::domain::delivery::DeliveryId;

/// How many deliveries run at once. Calls have a limit of their own, in the transport.
const ROOM: Room = Room { people: 8, batch: AT_ONCE };
/// Longest sleep: the wall clock that instants are read from may be set.
const NAP_MAX: Duration = Duration::from_mins(1);
/// After a failure of our own, such as a database that is away.
const PAUSE: Duration = Duration::from_secs(5);

/// Runs deliveries. Cloning shares it.
#[derive(Clone)]
pub(super) struct Runner {
    worker: Worker,
    gate: Arc<Gate>,
    clock: SharedClock,
    queue: Arc<Mutex<Queue>>,
    /// Counts the changes of the queue.
    changes: watch::Sender<u64>,
    /// What else is under way that deliveries come from.
    feeding: Arc<AtomicUsize>,
    tasks: TaskTracker,
}

/// Something under way that deliveries come from; over when dropped.
pub(super) struct Feeding {
    runner: Runner,
}

impl Drop for Feeding {
    fn drop(&mut self) {
        self.runner.feeding.fetch_sub(1, Ordering::SeqCst);
        self.runner.tell();
    }
}

impl Runner {
    pub(super) fn new(worker: Worker, tasks: TaskTracker) -> Self {
        let (gate, clock) = (Arc::clone(&worker.gate), Arc::clone(&worker.clock));
        let queue = Arc::new(Mutex::new(Queue::new(ROOM)));
        let feeding = Arc::default();
        Self { worker, gate, clock, queue, changes: watch::Sender::new(0), feeding, tasks }
    }

    /// There may be something to do for this delivery now.
    pub(super) fn wake(&self, id: DeliveryId, lane: Lane) {
        if self.gate.is_open() {
            self.lock().wake(id, lane);
            self.start();
        }
    }

    /// There is nothing to do for this delivery before `until`.
    pub(super) fn wait(&self, id: DeliveryId, lane: Lane, until: Timestamp) {
        self.lock().wait(id, lane, until);
        self.tell();
    }

    /// Another process leads now.
    pub(super) fn clear(&self) {
        self.lock().clear();
        self.tell();
    }

    /// Starts whatever is due, now and whenever something becomes due, until the process stops.
    pub(super) async fn keep_time(self) {
        let mut changes = self.changes.subscribe();
        while !self.gate.stop().is_cancelled() {
            changes.mark_unchanged();
            self.start();
            let now = self.clock.now();
            let due = self.lock().next_due();
            let nap =
                due.map_or(NAP_MAX, |due| Duration::try_from(due.duration_since(now)).unwrap_or_default());
            tokio::select! {
                () = self.clock.sleep(nap.min(NAP_MAX)) => {}
                _ = changes.changed() => {}
                () = self.gate.stop().cancelled() => {}
            }
        }
    }

    /// Runs whatever is due now, and returns when nothing is any more: every delivery is settled or
    /// waits for a later time.
    pub(super) async fn settle_due(&self) {
        let mut changes = self.changes.subscribe();
        loop {
            changes.mark_unchanged();
            self.start();
            let is_busy = self.lock().busy() + self.feeding.load(Ordering::SeqCst) > 0;
            if !is_busy || !self.gate.is_open() || changes.changed().await.is_err() {
                return;
            }
        }
    }

    /// Returns when this delivery neither runs nor is about to.
    pub(super) async fn at_rest(&self, id: DeliveryId) {
        let mut changes = self.changes.subscribe();
        loop {
            changes.mark_unchanged();
            if !self.lock().is_busy(id) || !self.gate.is_open() || changes.changed().await.is_err() {
                return;
            }
        }
    }

    /// Until what is returned is dropped, deliveries may come: it is not all settled.
    pub(super) fn feeding(&self) -> Feeding {
        self.feeding.fetch_add(1, Ordering::SeqCst);
        Feeding { runner: self.clone() }
    }

    /// Starts as many of the due ones as there is room for.
    fn start(&self) {
        if !self.gate.is_open() {
            return;
        }
        let started: Vec<(DeliveryId, Lane)> = {
            let mut queue = self.lock();
            queue.due(self.clock.now());
            std::iter::from_fn(|| queue.take()).collect()
        };
        for (id, lane) in started {
            let this = self.clone();
            self.tasks.spawn(async move { this.run(id, lane).await });
        }
    }

    async fn run(&self, id: DeliveryId, lane: Lane) {
        let ran = AssertUnwindSafe(self.worker.run(id, lane)).catch_unwind().await;
        let Ran { next, keeps_customer } = match ran {
            Ok(Ok(ran)) => ran,
            Ok(Err(error)) => {
                tracing::error!(delivery = %id, %error, "a delivery pauses: {error}");
                self.pause()
            }
            Err(_) => {
                tracing::error!(delivery = %id, "a delivery pauses after a fault of ours");
                self.pause()
            }
        };
        let freed = if keeps_customer { Vec::new() } else { self.worker.customers.release(id) };
        {
            let mut queue = self.lock();
            queue.ended(id, next);
            for waiting in freed {
                queue.wake(waiting, Lane::Batch);
            }
        }
        self.start();
        self.tell();
    }

    fn pause(&self) -> Ran {
        let until = self.clock.now().checked_add(PAUSE).unwrap_or(Timestamp::MAX);
        Ran { next: Next::At(until), keeps_customer: true }
    }

    fn tell(&self) {
        self.changes.send_modify(|changes| *changes += 1);
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
