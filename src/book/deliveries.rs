//! The deliveries, as readers see them: every record that was stored, its newest version, beside the
//! book. One change costs the logarithm of their number, so each step of a send can be published.

use std::sync::Arc;

use arc_swap::ArcSwap;
use imbl::ordmap::DiffItem;
use imbl::{OrdMap, OrdSet};
use tokio::sync::{broadcast, watch};

use crate::domain::delivery::{Delivery, DeliveryId, State};
use crate::domain::{BatchId, PsohubInvoiceId};

/// A delivery with what its readers want beside the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryEntry {
    /// The record.
    pub delivery: Delivery,
    /// PSOhub's number of the invoice, when it was last accepted.
    pub invoice_number: Box<str>,
    /// To whom the e-mail goes, where one is wanted.
    pub recipient: Option<Box<str>>,
    /// Who asked for the send first.
    pub accepted_by: Box<str>,
    /// The batch that it was accepted in, if it was.
    pub batch: Option<BatchId>,
}

impl DeliveryEntry {
    /// The state in one word.
    pub fn state(&self) -> State {
        self.delivery.state()
    }
}

/// All deliveries at one moment. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Deliveries {
    entries: OrdMap<DeliveryId, Arc<DeliveryEntry>>,
    by_invoice: OrdMap<PsohubInvoiceId, DeliveryId>,
    /// So that the few that are under way or need a person are found among the many that are done.
    by_state: OrdMap<State, OrdSet<DeliveryId>>,
    by_batch: OrdMap<BatchId, OrdSet<DeliveryId>>,
}

impl Deliveries {
    /// The one with this id.
    pub fn by_id(&self, id: DeliveryId) -> Option<&Arc<DeliveryEntry>> {
        self.entries.get(&id)
    }

    /// The one of this invoice.
    pub fn of_invoice(&self, invoice: PsohubInvoiceId) -> Option<&Arc<DeliveryEntry>> {
        self.entries.get(self.by_invoice.get(&invoice)?)
    }

    /// All of them, the oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Arc<DeliveryEntry>> {
        self.entries.values()
    }

    pub(super) fn iter_by_id(&self) -> impl DoubleEndedIterator<Item = (DeliveryId, &Arc<DeliveryEntry>)> {
        self.entries.iter().map(|(id, entry)| (*id, entry))
    }

    /// Those in this state, the oldest first.
    pub fn in_state(&self, state: State) -> impl DoubleEndedIterator<Item = &Arc<DeliveryEntry>> {
        self.of(self.by_state.get(&state))
    }

    /// How many are in this state.
    pub fn count(&self, state: State) -> usize {
        self.by_state.get(&state).map_or(0, OrdSet::len)
    }

    /// Those that were accepted in this batch, the oldest first.
    pub fn in_batch(&self, batch: BatchId) -> impl DoubleEndedIterator<Item = &Arc<DeliveryEntry>> {
        self.of(self.by_batch.get(&batch))
    }

    fn of<'a>(
        &'a self,
        ids: Option<&'a OrdSet<DeliveryId>>,
    ) -> impl DoubleEndedIterator<Item = &'a Arc<DeliveryEntry>> {
        ids.into_iter().flatten().filter_map(|id| self.entries.get(id))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Those that are new since `earlier`, an earlier state of the same, or another version. Costs what
    /// changed, since the two share the rest.
    pub fn changed_since<'a>(&'a self, earlier: &'a Self) -> impl Iterator<Item = &'a Arc<DeliveryEntry>> {
        earlier.entries.diff(&self.entries).filter_map(|difference| match difference {
            DiffItem::Add(_, entry) | DiffItem::Update { new: (_, entry), .. } => Some(entry),
            DiffItem::Remove(..) => None,
        })
    }

    /// Takes in `entry` unless a version as new is held; tells whether it did.
    pub(super) fn put(&mut self, entry: Arc<DeliveryEntry>) -> bool {
        let id = entry.delivery.id();
        let held = self.entries.get(&id);
        if held.is_some_and(|held| held.delivery.version() >= entry.delivery.version()) {
            return false;
        }
        let (old_state, old_batch) = (held.map(|held| held.state()), held.and_then(|held| held.batch));
        move_to(&mut self.by_state, id, old_state, Some(entry.state()));
        move_to(&mut self.by_batch, id, old_batch, entry.batch);
        self.by_invoice.insert(entry.delivery.invoice_id(), id);
        self.entries.insert(id, entry);
        true
    }
}

/// Moves `id` from one set of an index to another.
fn move_to<K: Ord + Clone>(
    index: &mut OrdMap<K, OrdSet<DeliveryId>>,
    id: DeliveryId,
    from: Option<K>,
    to: Option<K>,
) {
    if from == to {
        return;
    }
    if let Some(ids) = from.and_then(|key| index.get_mut(&key)) {
        ids.remove(&id);
    }
    if let Some(key) = to {
        index.entry(key).or_default().insert(id);
    }
}

/// Changes that a slow reader may lag behind before it has to look at all of them again.
const CHANGES_HELD: usize = 1024;

/// Holds the newest [`Deliveries`] and tells of each change.
#[derive(Debug)]
pub struct DeliveryBoard {
    current: ArcSwap<Deliveries>,
    changes: broadcast::Sender<Arc<DeliveryEntry>>,
    batches: broadcast::Sender<BatchId>,
    versions: watch::Sender<u64>,
}

impl Default for DeliveryBoard {
    fn default() -> Self {
        Self {
            current: ArcSwap::default(),
            changes: broadcast::Sender::new(CHANGES_HELD),
            batches: broadcast::Sender::new(CHANGES_HELD),
            versions: watch::Sender::new(0),
        }
    }
}

impl DeliveryBoard {
    /// What is held now.
    pub fn current(&self) -> Deliveries {
        Deliveries::clone(&self.current.load())
    }

    /// Counts the changes: an answer from before one is not to be given again.
    pub fn version(&self) -> u64 {
        *self.versions.borrow()
    }

    /// Tells of every new version.
    pub fn versions(&self) -> watch::Receiver<u64> {
        self.versions.subscribe()
    }

    /// Every change from now on.
    pub fn changes(&self) -> broadcast::Receiver<Arc<DeliveryEntry>> {
        self.changes.subscribe()
    }

    /// From now on, each batch of which an invoice will have no delivery: it was refused, or the batch was
    /// cancelled. What has a delivery is told by [`Self::changes`].
    pub fn batches(&self) -> broadcast::Receiver<BatchId> {
        self.batches.subscribe()
    }

    /// Tells that an invoice of `batch` will have no delivery.
    pub fn tell_batch(&self, batch: BatchId) {
        // Nobody listens: nobody is told.
        let _ = self.batches.send(batch);
    }

    /// Shows what the store holds. An older version than the one shown is passed over, so that
    /// writers need not wait for one another.
    pub fn put(&self, entries: impl IntoIterator<Item = Arc<DeliveryEntry>>) {
        // The sender's lock is the writers' lock: whoever holds it publishes before the next.
        let mut taken = Vec::new();
        self.versions.send_if_modified(|version| {
            let mut next = self.current();
            taken.extend(entries.into_iter().filter(|entry| next.put(Arc::clone(entry))));
            if taken.is_empty() {
                return false;
            }
            self.current.store(Arc::new(next));
            *version += 1;
            true
        });
        for entry in taken {
            // Nobody listens: nobody is told.
            let _ = self.changes.send(entry);
        }
    }
}
