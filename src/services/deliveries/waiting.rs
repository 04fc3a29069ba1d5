//! Waits for a delivery on behalf of a caller.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::book::{DeliveryBoard, DeliveryEntry};
use crate::domain::SharedClock;
use crate::domain::delivery::{Delivery, Timing};

/// Waits for deliveries to settle.
#[derive(Debug, Clone)]
pub(super) struct Waiting {
    pub(super) board: Arc<DeliveryBoard>,
    pub(super) clock: SharedClock,
    pub(super) timing: Timing,
    pub(super) stop: CancellationToken,
}

impl Waiting {
    /// The delivery as soon as it is settled, waits for later than `wait`, or `wait` is over.
    pub(super) async fn settled(&self, entry: Arc<DeliveryEntry>, wait: Duration) -> Arc<DeliveryEntry> {
        let until = self.clock.now().checked_add(wait).unwrap_or(Timestamp::MAX);
        let over = self.clock.sleep(wait);
        let watched = self.watch(Arc::clone(&entry), until);
        tokio::select! {
            biased;
            entry = watched => entry,
            () = over => self.newest(&entry),
            () = self.stop.cancelled() => self.newest(&entry),
        }
    }

    async fn watch(&self, entry: Arc<DeliveryEntry>, until: Timestamp) -> Arc<DeliveryEntry> {
        let mut versions = self.board.versions();
        loop {
            versions.mark_unchanged();
            let newest = self.newest(&entry);
            if self.is_over(&newest.delivery, until) || versions.changed().await.is_err() {
                return newest;
            }
        }
    }

    fn newest(&self, entry: &Arc<DeliveryEntry>) -> Arc<DeliveryEntry> {
        let shown = self.board.current().by_id(entry.delivery.id()).cloned();
        shown.unwrap_or_else(|| Arc::clone(entry))
    }

    /// Nothing to see before `until`. An open call is no wait: its answer may come at any moment.
    fn is_over(&self, delivery: &Delivery, until: Timestamp) -> bool {
        let waits_longer =
            || delivery.waits_until(self.clock.now(), &self.timing).is_some_and(|wakes| wakes > until);
        delivery.state().is_settled() || (delivery.intent().is_none() && waits_longer())
    }
}
