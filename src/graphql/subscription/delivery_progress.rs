//! The events of `deliveryProgress`.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::event::{Event, Subscriber};
use super::watched::{Told, Watched};
use crate::book::{Deliveries, DeliveryEntry};
use crate::domain::BatchId;
use crate::domain::clock::Sleep;
use crate::graphql::types::Delivery;

/// Waits before a batch is looked up whose deliveries have all come to rest while some of its invoices have
/// none: another process may have refused them, and does not tell. Doubled each time that nothing has
/// happened.
const BATCH_WAIT: Duration = Duration::from_secs(2);
const BATCH_WAIT_MAX: Duration = Duration::from_secs(30);

struct Progress {
    subscriber: Arc<Subscriber>,
    watched: Watched,
    changes: Receiver<Arc<DeliveryEntry>>,
    /// Batches of which an invoice will have no delivery.
    batches: Receiver<BatchId>,
    /// What is told before anything else.
    ahead: VecDeque<Arc<DeliveryEntry>>,
    told: Told,
    /// The deliveries when it began.
    first: Deliveries,
    /// Rings when the batch is to be looked up.
    alarm: Option<Sleep>,
    /// How long the next look waits.
    batch_wait: Duration,
}

/// The newest state of `watched`, then each change, until all has been said. `changes` and `batches` began
/// before `watched` was looked up.
pub(super) fn watch(
    subscriber: Arc<Subscriber>,
    watched: Watched,
    (changes, batches): (Receiver<Arc<DeliveryEntry>>, Receiver<BatchId>),
) -> BoxStream<'static, Event<Delivery>> {
    let first = subscriber.deps.book.peek().deliveries;
    let progress = Progress {
        ahead: watched.present(&first).into(),
        subscriber,
        watched,
        changes,
        batches,
        told: Told::new(),
        first,
        alarm: None,
        batch_wait: BATCH_WAIT,
    };
    stream::unfold(progress, |mut progress| async move { Some((progress.next().await?, progress)) }).boxed()
}

impl Progress {
    async fn next(&mut self) -> Option<Event<Delivery>> {
        loop {
            while let Some(entry) = self.ahead.pop_front() {
                if self.is_new(&entry) {
                    return Some(self.tell(entry));
                }
            }
            if self.watched.is_over(&self.told) {
                return None;
            }
            self.listen().await?;
        }
    }

    /// Waits until there may be something to tell; `None` when there never will.
    async fn listen(&mut self) -> Option<()> {
        self.wind();
        let alarm = async {
            match &mut self.alarm {
                Some(alarm) => alarm.await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            change = self.changes.recv() => match change {
                Ok(entry) if self.watched.covers(&entry) => self.ahead.push_back(entry),
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => self.catch_up(),
                Err(RecvError::Closed) => return None,
            },
            batch = self.batches.recv() => match batch {
                Ok(batch) if self.watched.open_batch() != Some(batch) => {}
                Ok(_) | Err(RecvError::Lagged(_)) => self.look_batch_up().await,
                Err(RecvError::Closed) => return None,
            },
            () = alarm => self.look_batch_up().await,
        }
        Some(())
    }

    /// After changes were missed: the present state of what is watched, and whatever changes from now on.
    fn catch_up(&mut self) {
        self.changes = self.changes.resubscribe();
        let now = self.subscriber.deps.book.peek().deliveries;
        self.ahead = match self.watched {
            Watched::Every => now.changed_since(&self.first).cloned().collect(),
            _ => self.watched.present(&now).into(),
        };
    }

    /// Sets the alarm for the next look at the batch, where only that can tell how it goes on.
    fn wind(&mut self) {
        let waits = self.watched.open_batch().is_some() && Watched::rests(&self.told);
        if !waits {
            self.alarm = None;
        } else if self.alarm.is_none() {
            self.alarm = Some(self.subscriber.deps.changes.wait(self.batch_wait));
            self.batch_wait = (self.batch_wait * 2).min(BATCH_WAIT_MAX);
        }
    }

    /// What has become of the batch's invoices. A store that does not answer is asked again.
    async fn look_batch_up(&mut self) {
        self.alarm = None;
        let Some(id) = self.watched.open_batch() else { return };
        let found = self.subscriber.deps.deliveries.batches_by_id(vec![id]).await;
        if let Some((_, batch)) = found.ok().and_then(|mut found| found.pop()) {
            self.watched.renew(&batch);
            self.ahead = self.watched.present(&self.subscriber.deps.book.peek().deliveries).into();
        }
    }

    /// Whether no version as new was told: changes may come behind a state that has them already.
    fn is_new(&self, entry: &DeliveryEntry) -> bool {
        let told = self.told.get(&entry.delivery.id());
        told.is_none_or(|(version, _)| *version < entry.delivery.version())
    }

    fn tell(&mut self, entry: Arc<DeliveryEntry>) -> Event<Delivery> {
        let state = (entry.delivery.version(), entry.state().is_settled());
        self.told.insert(entry.delivery.id(), state);
        self.watched.note(&entry);
        self.batch_wait = BATCH_WAIT;
        self.subscriber.event(entry)
    }
}
