//! What has been read of both sides so far and what we wrote since: the refreshers and our own
//! writes change it, and books are made from it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::both::both;
use super::external_ids::ExternalIds;
use super::links::{Tie, Ties};
use super::own_writes::{BexioWrite, LookBegan, NotedAt, OwnWrite};
use super::shown::{Brought, Changes, ShownRows};
use super::{CombinedInvoice, InvoiceBook};
use crate::domain::{
    AccountingInvoice, BexioInvoiceId, Invoice, InvoiceStatus, PsohubInvoiceId, RoundingTolerance,
};

/// PSOhub's rows.
pub(super) type PsohubRows = ShownRows<PsohubInvoiceId, Invoice, InvoiceStatus>;
/// Bexio's rows.
pub(super) type BexioRows = ShownRows<BexioInvoiceId, AccountingInvoice, BexioWrite>;

/// All rows of both sides, and our own record of what belongs together.
#[derive(Debug, Default)]
pub(super) struct Holdings {
    psohub: PsohubRows,
    bexio: BexioRows,
    recorded: HashMap<PsohubInvoiceId, BexioInvoiceId>,
    external_ids: ExternalIds,
    tolerance: RoundingTolerance,
    /// Whether a book made now would differ from the last one.
    is_changed: bool,
}

impl Holdings {
    /// What an earlier process read of both sides, and our own record of pairs.
    pub(super) fn mirrored(
        psohub: PsohubRows,
        bexio: BexioRows,
        recorded: impl IntoIterator<Item = (PsohubInvoiceId, BexioInvoiceId)>,
    ) -> Self {
        Self { psohub, bexio, recorded: recorded.into_iter().collect(), is_changed: true, ..Self::default() }
    }

    /// Takes in what PSOhub answered; tells what differs from what it told before.
    pub(super) fn apply_psohub(
        &mut self,
        brought: Brought<Invoice, PsohubInvoiceId>,
    ) -> Changes<Invoice, PsohubInvoiceId> {
        for row in &brought.rows {
            self.is_changed |= self.external_ids.apply_row(row, &brought.began);
        }
        let (changes, is_changed) = self.psohub.apply(brought, |invoice| invoice.id);
        self.external_ids.forget(&changes.deletes);
        self.is_changed |= is_changed;
        changes
    }

    /// Takes in what Bexio answered; tells what differs from what it told before.
    pub(super) fn apply_bexio(
        &mut self,
        brought: Brought<AccountingInvoice, BexioInvoiceId>,
    ) -> Changes<AccountingInvoice, BexioInvoiceId> {
        let (changes, is_changed) = self.bexio.apply(brought, |invoice| invoice.id);
        self.is_changed |= is_changed;
        changes
    }

    /// Takes in which of `asked` have no external id.
    pub(super) fn apply_without_external_id(
        &mut self,
        asked: &HashSet<PsohubInvoiceId>,
        absent: &HashSet<PsohubInvoiceId>,
        began: &LookBegan,
    ) {
        self.is_changed |= self.external_ids.apply_absent(asked, absent, began);
    }

    /// Shows a write of ours over what was read.
    pub(super) fn note(&mut self, write: OwnWrite, at: NotedAt) {
        self.is_changed |= match write {
            OwnWrite::BexioInvoice(id, write) => self.bexio.note(id, write, at),
            OwnWrite::Status(id, status) => self.psohub.note(id, status, at),
            OwnWrite::ExternalId(id, value) => self.external_ids.note(id, value, at),
            OwnWrite::Link(id, Some(bexio)) => self.recorded.insert(id, bexio) != Some(bexio),
            OwnWrite::Link(id, None) => self.recorded.remove(&id).is_some(),
        };
    }

    /// Compares within another amount from now on.
    pub(super) fn compare_within(&mut self, tolerance: RoundingTolerance) {
        self.is_changed |= std::mem::replace(&mut self.tolerance, tolerance) != tolerance;
    }

    /// Whether a book made now would differ from the one made when this was last asked.
    pub(super) const fn take_changed(&mut self) -> bool {
        std::mem::replace(&mut self.is_changed, false)
    }

    /// PSOhub's rows.
    pub(super) const fn psohub(&self) -> &PsohubRows {
        &self.psohub
    }

    /// Bexio's rows.
    pub(super) const fn bexio(&self) -> &BexioRows {
        &self.bexio
    }

    /// The PSOhub invoices that may still change and are not in `seen`: they left the open lists, or
    /// have a status that stands in none. The latter come last, since they come again every time.
    pub(super) fn left_open_lists(&self, seen: &HashSet<PsohubInvoiceId>) -> Vec<Arc<Invoice>> {
        let open = self.psohub.told().filter(|invoice| invoice.status.is_open());
        let mut left: Vec<_> = open.filter(|invoice| !seen.contains(&invoice.id)).cloned().collect();
        left.sort_by_key(|invoice| (invoice.status == InvoiceStatus::Unknown, invoice.id));
        left
    }

    /// A book of what is shown, sharing every row with `previous` that did not change.
    pub(super) fn combine(&self, version: u64, previous: &InvoiceBook) -> InvoiceBook {
        let ties = Ties::of(&self.psohub, &self.bexio, &self.recorded, &self.external_ids);
        let row = |invoice: &&Arc<Invoice>| {
            let row = self.combined(invoice, ties.tie(invoice.id));
            match previous.by_psohub_id(invoice.id) {
                Some(same) if **same == row => Arc::clone(same),
                _ => Arc::new(row),
            }
        };
        let invoices: Vec<&Arc<Invoice>> = self.psohub.shown().collect();
        let (front, back) = invoices.split_at(invoices.len() / 2);
        let rows = |part: &[&Arc<Invoice>]| part.iter().map(row).collect::<Vec<_>>();
        let (back, mut all) = both(invoices.len(), || rows(back), || rows(front));
        all.extend(back);
        let linked: HashSet<BexioInvoiceId> =
            all.iter().filter_map(|row| Some(row.bexio.as_ref()?.id)).collect();
        let others = self.bexio.shown().filter(|invoice| !linked.contains(&invoice.id)).cloned().collect();
        InvoiceBook::new(version, all, others).within(self.tolerance)
    }

    fn combined(&self, invoice: &Arc<Invoice>, tie: Option<Tie>) -> CombinedInvoice {
        let external_id = self.external_ids.of(invoice);
        let (bexio, link, duplicates) = match tie {
            Some(Tie { bexio, origin, duplicates }) => (Some(bexio), Some(origin), duplicates),
            None => (None, None, Box::default()),
        };
        CombinedInvoice { psohub: Arc::clone(invoice), bexio, link, duplicates, external_id }
    }
}
