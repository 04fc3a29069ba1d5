//! The events of `invoiceChanged`.

use std::collections::VecDeque;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use tokio::sync::broadcast;

use super::event::{Event, Subscriber};
use crate::book::{InvoiceChange as Change, InvoiceChanges, InvoiceFilter, Presence};
use crate::graphql::types::{InvoiceChange, SeenChange};

/// How many events are looked up ahead of the listener: the first look at a large company can change a
/// hundred thousand invoices at once.
const EVENTS_AHEAD: usize = 64;

struct Watch {
    subscriber: Arc<Subscriber>,
    filter: InvoiceFilter,
    changes: broadcast::Receiver<Arc<InvoiceChanges>>,
    /// The state being told, and the place in it to go on from.
    told: (Arc<InvoiceChanges>, usize),
    ahead: VecDeque<(Change, Presence)>,
}

/// Every change from now on that `filter` lets through. Ends when the listener was too slow.
pub(super) fn watch(
    subscriber: Arc<Subscriber>,
    filter: InvoiceFilter,
) -> BoxStream<'static, Event<InvoiceChange>> {
    let changes = subscriber.deps.changes.invoices();
    let watch = Watch { subscriber, filter, changes, told: Default::default(), ahead: VecDeque::new() };
    stream::unfold(watch, |mut watch| async move { Some((watch.next().await?, watch)) }).boxed()
}

impl Watch {
    async fn next(&mut self) -> Option<Event<InvoiceChange>> {
        loop {
            if let Some((change, presence)) = self.ahead.pop_front() {
                return Some(self.event(&change, presence));
            }
            if self.told.1 < self.told.0.all().len() {
                self.look_ahead();
                continue;
            }
            match self.changes.recv().await {
                Ok(changes) => self.told = (changes, 0),
                Err(broadcast::error::RecvError::Lagged(_)) => {
                    self.subscriber.note_too_slow();
                    return None;
                }
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }

    fn look_ahead(&mut self) {
        let today = self.subscriber.deps.book.peek().today;
        let (changes, place) = &self.told;
        let (seen, place) = changes.seen_through(&self.filter, today, *place, EVENTS_AHEAD);
        self.told.1 = place;
        self.ahead = seen.into();
    }

    /// The invoice is told as it is by now, so that a listener never goes back to an older state.
    fn event(&self, change: &Change, presence: Presence) -> Event<InvoiceChange> {
        let (id, kinds) = (change.id, change.kinds);
        self.subscriber.event_from(|operation| {
            let invoice = operation.snapshot.book.by_psohub_id(id).cloned();
            SeenChange { id, invoice, kinds, presence }
        })
    }
}
