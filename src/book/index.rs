//! The book itself: all combined invoices, found by any of their names.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use super::both::both;
use super::contacts::CustomerContacts;
use super::link_index::LinkIndex;
use super::settlement::SettlementIndex;
use super::{CombinedInvoice, OrderField};
use crate::domain::payment::Claim;
use crate::domain::{
    AccountingInvoice, BexioContactId, BexioInvoiceId, PsohubCustomerId, PsohubInvoiceId, RoundingTolerance,
};

/// An immutable, indexed set of combined invoices.
///
/// A book is never changed, only replaced; whoever holds one reads one consistent state.
#[derive(Debug)]
pub struct InvoiceBook {
    version: u64,
    rows: Box<[Arc<CombinedInvoice>]>,
    psohub: PsohubNames,
    bexio: BexioNames,
    unlinked: Box<[Arc<AccountingInvoice>]>,
    tolerance: RoundingTolerance,
    /// Bexio's invoices that no row has as its own, be they another's duplicates or unlinked.
    others: HashMap<BexioInvoiceId, Arc<AccountingInvoice>>,
    /// Row positions in ascending order of each field, made when first asked for.
    pub(super) orders: [OnceLock<Box<[u32]>>; OrderField::ALL.len()],
    /// The contact of each customer, made when first asked for.
    contacts: OnceLock<CustomerContacts>,
    links: OnceLock<LinkIndex>,
}

impl InvoiceBook {
    /// Indexes `rows`; `others` are Bexio's invoices that no row has as its own.
    pub fn new(version: u64, rows: Vec<Arc<CombinedInvoice>>, others: Vec<Arc<AccountingInvoice>>) -> Self {
        let (psohub, bexio) = both(rows.len(), || PsohubNames::of(&rows), || BexioNames::of(&rows));
        let duplicates: HashSet<_> = rows.iter().flat_map(|row| row.duplicates.iter().copied()).collect();
        let unlinked = others.iter().filter(|invoice| !duplicates.contains(&invoice.id)).cloned().collect();
        Self {
            version,
            rows: rows.into(),
            psohub,
            bexio,
            unlinked,
            tolerance: RoundingTolerance::STANDARD,
            others: others.into_iter().map(|invoice| (invoice.id, invoice)).collect(),
            orders: Default::default(),
            contacts: OnceLock::new(),
            links: OnceLock::new(),
        }
    }

    /// The same book, compared within another amount.
    #[must_use]
    pub fn within(self, tolerance: RoundingTolerance) -> Self {
        Self { tolerance, ..self }
    }

    /// Within which amount both sides' totals count as equal.
    pub const fn tolerance(&self) -> RoundingTolerance {
        self.tolerance
    }

    /// Grows with every published book; 0 is the empty book before anything was read.
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// All rows, in no particular order.
    pub fn rows(&self) -> &[Arc<CombinedInvoice>] {
        &self.rows
    }

    /// Bexio's invoices that stand for no PSOhub invoice.
    pub fn unlinked(&self) -> &[Arc<AccountingInvoice>] {
        &self.unlinked
    }

    /// The invoices whose settlement is open: PSOhub calls them Approved or Sent, or Paid while Bexio has
    /// them and does not.
    pub fn unsettled(&self) -> impl ExactSizeIterator<Item = &Arc<CombinedInvoice>> {
        self.bexio.settlement.positions().iter().map(|&position| &self.rows[position as usize])
    }

    /// How firmly a row and its Bexio invoice belong together.
    pub fn claim(&self, row: &CombinedInvoice) -> Claim {
        let status = |id: &BexioInvoiceId| self.bexio_invoice(*id).map(|invoice| invoice.status);
        self.bexio.settlement.claim(row, status)
    }

    /// The Bexio invoice with this id, whatever it stands for.
    pub fn bexio_invoice(&self, id: BexioInvoiceId) -> Option<&Arc<AccountingInvoice>> {
        let own = self.by_bexio_id(id).and_then(|row| row.bexio.as_ref());
        own.or_else(|| self.others.get(&id))
    }

    /// The Bexio contacts under which the customers' invoices stand.
    pub(super) fn contacts(&self) -> &CustomerContacts {
        self.contacts.get_or_init(|| CustomerContacts::of(&self.rows))
    }

    /// The Bexio contact under which most of a customer's invoices stand.
    pub fn contact_of(&self, customer: PsohubCustomerId) -> Option<BexioContactId> {
        self.contacts().of_customer(customer)
    }

    /// What may be linked, made when first asked for.
    pub(super) fn link_index(&self) -> &LinkIndex {
        self.links.get_or_init(|| LinkIndex::of(&self.unlinked))
    }

    /// The invoice with this PSOhub id.
    pub fn by_psohub_id(&self, id: PsohubInvoiceId) -> Option<&Arc<CombinedInvoice>> {
        self.at(self.psohub.by_id.get(&id))
    }

    /// The invoice with this PSOhub number, whatever the case.
    pub fn by_number(&self, number: &str) -> Option<&Arc<CombinedInvoice>> {
        self.at(self.psohub.by_number.get(&folded(number)))
    }

    /// The invoice that this Bexio invoice stands for.
    pub fn by_bexio_id(&self, id: BexioInvoiceId) -> Option<&Arc<CombinedInvoice>> {
        self.at(self.bexio.by_id.get(&id))
    }

    /// The invoice that the Bexio document of this number stands for, whatever the case.
    pub fn by_document_number(&self, number: &str) -> Option<&Arc<CombinedInvoice>> {
        self.at(self.bexio.by_document_number.get(&folded(number)))
    }

    fn at(&self, position: Option<&u32>) -> Option<&Arc<CombinedInvoice>> {
        position.and_then(|&position| self.row(position))
    }

    /// Where the invoice with this PSOhub id stands among the rows.
    pub(super) fn position_of(&self, id: PsohubInvoiceId) -> Option<u32> {
        self.psohub.by_id.get(&id).copied()
    }

    /// The row at a position.
    pub(super) fn row(&self, position: u32) -> Option<&Arc<CombinedInvoice>> {
        self.rows.get(usize::try_from(position).ok()?)
    }
}

/// Rows by what PSOhub calls them.
#[derive(Debug)]
struct PsohubNames {
    by_id: HashMap<PsohubInvoiceId, u32>,
    by_number: HashMap<Box<str>, u32>,
}

impl PsohubNames {
    fn of(rows: &[Arc<CombinedInvoice>]) -> Self {
        let mut by_id = HashMap::with_capacity(rows.len());
        let mut by_number = HashMap::with_capacity(rows.len());
        for (position, row) in (0u32..).zip(rows) {
            by_id.insert(row.psohub.id, position);
            if !row.psohub.number.is_empty() {
                by_number.insert(folded(&row.psohub.number), position);
            }
        }
        Self { by_id, by_number }
    }
}

/// Rows by what Bexio calls their invoices there, and how they are settled.
#[derive(Debug)]
struct BexioNames {
    by_id: HashMap<BexioInvoiceId, u32>,
    by_document_number: HashMap<Box<str>, u32>,
    settlement: SettlementIndex,
}

impl BexioNames {
    fn of(rows: &[Arc<CombinedInvoice>]) -> Self {
        let mut by_id = HashMap::with_capacity(rows.len());
        let mut by_document_number = HashMap::with_capacity(rows.len());
        let mut settlement = SettlementIndex::default();
        for (position, row) in (0u32..).zip(rows) {
            settlement.note(position, row);
            if let Some(bexio) = &row.bexio {
                if by_id.insert(bexio.id, position).is_some() {
                    settlement.note_shared(bexio.id);
                }
                by_document_number.insert(folded(&bexio.document_number), position);
            }
        }
        Self { by_id, by_document_number, settlement }
    }
}

/// A number as it is compared: trimmed and in one case.
fn folded(number: &str) -> Box<str> {
    number.trim().to_lowercase().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::fixtures;

    #[test]
    fn an_invoice_is_found_by_each_of_its_names() {
        let mut row = CombinedInvoice::clone(&fixtures::row(fixtures::invoice(41_939_771_881_672_249)));
        row.bexio = Some(Arc::new(fixtures::accounting(512)));
        let book = InvoiceBook::new(1, vec![Arc::new(row)], Vec::new());
        let found = [
            book.by_psohub_id("41939771881672249".parse().unwrap()),
            book.by_number(" inv-41939771881672249"),
            book.by_bexio_id("512".parse().unwrap()),
            book.by_document_number("re-512"),
        ];
        assert!(found.iter().all(Option::is_some), "{found:?}");
        assert!(book.by_number("INV-4193977188167224").is_none());
    }
}
