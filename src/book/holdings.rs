//! What has been read of both sides so far: the refreshers change it, and books are made from it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::links::{Tie, tie};
use super::{CombinedInvoice, ExternalId, InvoiceBook};
use crate::domain::{AccountingInvoice, BexioInvoiceId, Invoice, InvoiceStatus, PsohubInvoiceId};

/// What a look changed: rows to write and rows to remove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Changes<T, I> {
    pub(super) upserts: Vec<Arc<T>>,
    pub(super) deletes: Vec<I>,
}

impl<T, I> Changes<T, I> {
    pub(super) const fn is_empty(&self) -> bool {
        self.upserts.is_empty() && self.deletes.is_empty()
    }
}

/// All rows of both sides, and our own record of what belongs together.
#[derive(Debug, Default)]
pub(super) struct Holdings {
    psohub: HashMap<PsohubInvoiceId, Arc<Invoice>>,
    bexio: HashMap<BexioInvoiceId, Arc<AccountingInvoice>>,
    recorded: HashMap<PsohubInvoiceId, BexioInvoiceId>,
    /// Whether an invoice had an external id when last looked; what is missing was not looked at.
    has_external_id: HashMap<PsohubInvoiceId, bool>,
}

impl Holdings {
    /// Takes in what PSOhub answered; tells what differs from before.
    pub(super) fn apply_psohub(
        &mut self,
        read: impl IntoIterator<Item = Arc<Invoice>>,
        gone: impl IntoIterator<Item = PsohubInvoiceId>,
    ) -> Changes<Invoice, PsohubInvoiceId> {
        apply(&mut self.psohub, read.into_iter().map(|invoice| (invoice.id, invoice)), gone)
    }

    /// Takes in what Bexio answered; tells what differs from before.
    pub(super) fn apply_bexio(
        &mut self,
        read: impl IntoIterator<Item = Arc<AccountingInvoice>>,
        gone: impl IntoIterator<Item = BexioInvoiceId>,
    ) -> Changes<AccountingInvoice, BexioInvoiceId> {
        apply(&mut self.bexio, read.into_iter().map(|invoice| (invoice.id, invoice)), gone)
    }

    /// Takes in which of `asked` have no external id; tells whether that changed anything.
    pub(super) fn apply_without_external_id(
        &mut self,
        asked: &HashSet<PsohubInvoiceId>,
        absent: &HashSet<PsohubInvoiceId>,
    ) -> bool {
        let known: HashMap<_, _> = asked.iter().map(|id| (*id, !absent.contains(id))).collect();
        let changed = known != self.has_external_id;
        self.has_external_id = known;
        changed
    }

    /// Replaces our own record of pairs.
    pub(super) fn set_recorded(
        &mut self,
        pairs: impl IntoIterator<Item = (PsohubInvoiceId, BexioInvoiceId)>,
    ) {
        self.recorded = pairs.into_iter().collect();
    }

    /// All PSOhub invoices held.
    pub(super) fn psohub(&self) -> impl Iterator<Item = &Arc<Invoice>> {
        self.psohub.values()
    }

    /// All Bexio invoices held.
    pub(super) fn bexio(&self) -> impl Iterator<Item = &Arc<AccountingInvoice>> {
        self.bexio.values()
    }

    /// Ids of all PSOhub invoices held.
    pub(super) fn psohub_ids(&self) -> HashSet<PsohubInvoiceId> {
        self.psohub.keys().copied().collect()
    }

    /// Ids of all Bexio invoices held.
    pub(super) fn bexio_ids(&self) -> HashSet<BexioInvoiceId> {
        self.bexio.keys().copied().collect()
    }

    /// The PSOhub invoices that may still change and are not in `seen`: they left the open lists, or
    /// have a status that stands in none. The latter come last, since they come again every time.
    pub(super) fn left_open_lists(&self, seen: &HashSet<PsohubInvoiceId>) -> Vec<Arc<Invoice>> {
        let open = self.psohub.values().filter(|invoice| invoice.status.is_open());
        let mut left: Vec<_> = open.filter(|invoice| !seen.contains(&invoice.id)).cloned().collect();
        left.sort_by_key(|invoice| (invoice.status == InvoiceStatus::Unknown, invoice.id));
        left
    }

    /// A book of what is held, sharing every row with `previous` that did not change.
    pub(super) fn combine(&self, version: u64, previous: &InvoiceBook) -> InvoiceBook {
        let mut ties = tie(&self.psohub, &self.bexio, &self.recorded);
        let mut linked: HashSet<BexioInvoiceId> = HashSet::with_capacity(ties.len());
        let mut rows = Vec::with_capacity(self.psohub.len());
        for invoice in self.psohub.values() {
            let row = self.combined(invoice, ties.remove(&invoice.id));
            linked.extend(row.bexio.iter().map(|bexio| bexio.id));
            linked.extend(row.duplicates.iter().copied());
            rows.push(match previous.by_psohub_id(invoice.id) {
                Some(same) if **same == row => Arc::clone(same),
                _ => Arc::new(row),
            });
        }
        let unlinked = self.bexio.values().filter(|invoice| !linked.contains(&invoice.id)).cloned().collect();
        InvoiceBook::new(version, rows, unlinked)
    }

    fn combined(&self, invoice: &Arc<Invoice>, tie: Option<Tie>) -> CombinedInvoice {
        let external_id = match (&invoice.external_id, self.has_external_id.get(&invoice.id)) {
            (Some(value), _) => ExternalId::Present(Some(value.clone())),
            (None, Some(true)) => ExternalId::Present(None),
            (None, Some(false)) => ExternalId::Absent,
            (None, None) => ExternalId::Unknown,
        };
        let (bexio, link, duplicates) = match tie {
            Some(Tie { bexio, origin, duplicates }) => (Some(bexio), Some(origin), duplicates),
            None => (None, None, Box::default()),
        };
        CombinedInvoice { psohub: Arc::clone(invoice), bexio, link, duplicates, external_id }
    }
}

fn apply<T: PartialEq, I: Copy + Eq + std::hash::Hash>(
    held: &mut HashMap<I, Arc<T>>,
    read: impl Iterator<Item = (I, Arc<T>)>,
    gone: impl IntoIterator<Item = I>,
) -> Changes<T, I> {
    let mut upserts = Vec::new();
    for (id, row) in read {
        if held.get(&id).is_none_or(|before| **before != *row) {
            held.insert(id, Arc::clone(&row));
            upserts.push(row);
        }
    }
    let deletes = gone.into_iter().filter(|id| held.remove(id).is_some()).collect();
    Changes { upserts, deletes }
}
