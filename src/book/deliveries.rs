//! The deliveries, as readers see them: every record that was stored, its newest version, beside the
//! book. One change costs the logarithm of their number, so each step of a send can be published.

use std::sync::Arc;

use arc_swap::ArcSwap;
use imbl::OrdMap;
use imbl::ordmap::DiffItem;
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
    by_id: OrdMap<DeliveryId, Arc<DeliveryEntry>>,
    by_invoice: OrdMap<PsohubInvoiceId, DeliveryId>,
}

impl Deliveries {
    /// The one with this id.
    pub fn by_id(&self, id: DeliveryId) -> Option<&Arc<DeliveryEntry>> {
        self.by_id.get(&id)
    }

    /// The one of this invoice.
    pub fn of_invoice(&self, invoice: PsohubInvoiceId) -> Option<&Arc<DeliveryEntry>> {
        self.by_id.get(self.by_invoice.get(&invoice)?)
    }

    /// All of them, the oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Arc<DeliveryEntry>> {
        self.by_id.values()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// Those that are new since `earlier`, an earlier state of the same, or another version. Costs what
    /// changed, since the two share the rest.
    pub fn changed_since<'a>(&'a self, earlier: &'a Self) -> impl Iterator<Item = &'a Arc<DeliveryEntry>> {
        earlier.by_id.diff(&self.by_id).filter_map(|difference| match difference {
            DiffItem::Add(_, entry) | DiffItem::Update { new: (_, entry), .. } => Some(entry),
            DiffItem::Remove(..) => None,
        })
    }

    /// Takes in `entry` unless a version as new is held; tells whether it did.
    fn put(&mut self, entry: Arc<DeliveryEntry>) -> bool {
        let id = entry.delivery.id();
        if self.by_id.get(&id).is_some_and(|held| held.delivery.version() >= entry.delivery.version()) {
            return false;
        }
        self.by_invoice.insert(entry.delivery.invoice_id(), id);
        self.by_id.insert(id, entry);
        true
    }
}

/// Changes that a slow reader may lag behind before it has to look at all of them again.
const CHANGES_HELD: usize = 1024;

/// Holds the newest [`Deliveries`] and tells of each change.
#[derive(Debug)]
pub struct DeliveryBoard {
    current: ArcSwap<Deliveries>,
    changes: broadcast::Sender<Arc<DeliveryEntry>>,
    versions: watch::Sender<u64>,
}

impl Default for DeliveryBoard {
    fn default() -> Self {
        Self {
            current: ArcSwap::default(),
            changes: broadcast::Sender::new(CHANGES_HELD),
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
