//! What changed between one state of the invoices and the next: compared once, told to everybody who
//! listens.
//!
//! Books share each row that did not change, so comparing two is comparing pointers. One task does it
//! for all listeners, while there are any; a state that nobody could see is passed over.

mod compare;

use std::sync::{Arc, Mutex, PoisonError};

use jiff::civil::Date;
use tokio::sync::broadcast;

use super::filter::{Beside, CompiledFilter};
use super::publisher::Publisher;
use super::{CombinedInvoice, Deliveries, DeliveryBoard, InvoiceBook, InvoiceFilter};
use crate::domain::PsohubInvoiceId;
pub use compare::{ChangeKind, ChangeKinds};

/// States that a listener may be behind before it is told that it missed some.
const STATES_HELD: usize = 1024;

/// How one invoice differs from what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoiceChange {
    /// Which.
    pub id: PsohubInvoiceId,
    /// The invoice as it was; `None` when it is new.
    pub before: Option<Arc<CombinedInvoice>>,
    /// The invoice as it became; `None` when PSOhub has it no more.
    pub after: Option<Arc<CombinedInvoice>>,
    /// What differs; never empty.
    pub kinds: ChangeKinds,
}

/// How a change looks to somebody who watches the invoices of a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Presence {
    /// It did not match and does now, or is new.
    Entered,
    /// It matched and does so still.
    Stayed,
    /// It matched and does not any more, or is gone.
    Left,
}

/// The changes from one state to the next.
#[derive(Debug, Default)]
pub struct InvoiceChanges {
    changes: Vec<InvoiceChange>,
    /// The deliveries before and after: a filter may ask for them.
    deliveries: (Deliveries, Deliveries),
}

impl InvoiceChanges {
    /// The changes, in no particular order.
    pub fn all(&self) -> &[InvoiceChange] {
        &self.changes
    }

    /// The changes from the place `start` on that somebody who watches `filter` should know of, at most
    /// `most` of them, and the place to go on from. `today` decides what is overdue.
    pub fn seen_through(
        &self,
        filter: &InvoiceFilter,
        today: Date,
        start: usize,
        most: usize,
    ) -> (Vec<(InvoiceChange, Presence)>, usize) {
        let beside = |deliveries| Beside { today, deliveries, comparing: None };
        let before = filter.compile(beside(&self.deliveries.0));
        let after = filter.compile(beside(&self.deliveries.1));
        let is_match = |filter: &CompiledFilter<'_>, row: Option<&Arc<CombinedInvoice>>| {
            row.is_some_and(|row| filter.matches(row))
        };
        let mut seen = Vec::new();
        for (place, change) in self.changes.iter().enumerate().skip(start) {
            let presence =
                match (is_match(&before, change.before.as_ref()), is_match(&after, change.after.as_ref())) {
                    (false, false) => continue,
                    (false, true) => Presence::Entered,
                    (true, true) => Presence::Stayed,
                    (true, false) => Presence::Left,
                };
            seen.push((change.clone(), presence));
            if seen.len() == most {
                return (seen, place + 1);
            }
        }
        (seen, self.changes.len())
    }
}

impl FromIterator<InvoiceChange> for InvoiceChanges {
    fn from_iter<I: IntoIterator<Item = InvoiceChange>>(changes: I) -> Self {
        Self { changes: changes.into_iter().collect(), ..Self::default() }
    }
}

/// Compares states and tells of the changes.
pub(super) struct ChangeFeed {
    publisher: Arc<Publisher>,
    deliveries: Arc<DeliveryBoard>,
    told: broadcast::Sender<Arc<InvoiceChanges>>,
    /// Whether the task runs that compares.
    is_comparing: Mutex<bool>,
}

/// What is compared.
struct State {
    book: Arc<InvoiceBook>,
    deliveries: Deliveries,
}

impl ChangeFeed {
    pub(super) fn new(publisher: Arc<Publisher>, deliveries: Arc<DeliveryBoard>) -> Arc<Self> {
        let told = broadcast::Sender::new(STATES_HELD);
        Arc::new(Self { publisher, deliveries, told, is_comparing: Mutex::new(false) })
    }

    /// Every change from now on.
    pub(super) fn subscribe(self: &Arc<Self>) -> broadcast::Receiver<Arc<InvoiceChanges>> {
        let mut is_comparing = self.is_comparing.lock().unwrap_or_else(PoisonError::into_inner);
        let receiver = self.told.subscribe();
        if !*is_comparing {
            *is_comparing = true;
            tokio::spawn(Arc::clone(self).compare_while_heard(self.state()));
        }
        receiver
    }

    /// How many listen.
    pub(super) fn listeners(&self) -> usize {
        self.told.receiver_count()
    }

    fn state(&self) -> State {
        State { book: self.publisher.current(), deliveries: self.deliveries.current() }
    }

    async fn compare_while_heard(self: Arc<Self>, mut before: State) {
        let mut books = self.publisher.versions();
        let mut steps = self.deliveries.versions();
        // What was published since `before` was taken is looked at first.
        books.mark_changed();
        loop {
            tokio::select! {
                // Neither sender ends before this does.
                _ = books.changed() => {}
                _ = steps.changed() => {}
                () = self.told.closed() => if self.has_ended() { return },
            }
            let after = self.state();
            let changes = changes_between(before, &after).await;
            before = after;
            if !changes.all().is_empty() {
                // Whoever listened may have gone meanwhile.
                let _ = self.told.send(Arc::new(changes));
            }
        }
    }

    /// Ends the task if nobody listens: under the lock, so that whoever comes next starts another.
    fn has_ended(&self) -> bool {
        let mut is_comparing = self.is_comparing.lock().unwrap_or_else(PoisonError::into_inner);
        *is_comparing = self.told.receiver_count() > 0;
        !*is_comparing
    }
}

/// Comparing two books of a large company takes long for an async task, so it gets a thread of its own.
async fn changes_between(before: State, after: &State) -> InvoiceChanges {
    let (book, deliveries) = (Arc::clone(&after.book), after.deliveries.clone());
    if Arc::ptr_eq(&before.book, &book) {
        return compare::compare((&book, &before.deliveries), (&book, &deliveries));
    }
    let comparing = tokio::task::spawn_blocking(move || {
        compare::compare((&before.book, &before.deliveries), (&book, &deliveries))
    });
    comparing.await.unwrap_or_else(|error| {
        tracing::error!(%error, "two states of the invoices could not be compared; their changes are not told");
        InvoiceChanges::default()
    })
}

#[cfg(test)]
mod tests;
