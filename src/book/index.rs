//! The book itself: all combined invoices, found by any of their names and listed in any order.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use super::both::both;
use super::contacts::CustomerContacts;
use super::filter::{Beside, CompiledFilter};
use super::link_index::LinkIndex;
use super::order::OrderKey;
use super::page::window;
use super::settlement::SettlementIndex;
use super::{CombinedInvoice, Cursor, Direction, InvoiceFilter, InvoiceOrder, OrderField, Page, PageRequest};
use crate::domain::payment::Claim;
use crate::domain::{
    AccountingInvoice, BexioContactId, BexioInvoiceId, PsohubCustomerId, PsohubInvoiceId, RoundingTolerance,
};

/// Where a filter names candidates that are at most one part in so many of all rows, those are sorted;
/// else all rows are walked in their order.
const CANDIDATE_PART: usize = 8;

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
    orders: [OnceLock<Box<[u32]>>; OrderField::ALL.len()],
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

    /// The page of the invoices that match `filter`, in `order`. [`super::Snapshot::page`] knows what
    /// stands beside them.
    pub fn page(
        &self,
        filter: &InvoiceFilter,
        order: InvoiceOrder,
        request: &PageRequest,
        beside: Beside<'_>,
    ) -> Page {
        let filter = filter.compile(beside);
        if filter.matches_all() {
            return self.cut(self.ascending(order.field), order, request);
        }
        let matching = self.matching(&filter, order.field);
        self.cut(&matching, order, request)
    }

    /// Every invoice that matches `filter`, in `order`.
    pub fn list(
        &self,
        filter: &InvoiceFilter,
        order: InvoiceOrder,
        beside: Beside<'_>,
    ) -> Vec<Arc<CombinedInvoice>> {
        let request = PageRequest { after: None, before: None, size: usize::MAX, from_end: false };
        self.page(filter, order, &request, beside).rows
    }

    /// Every invoice that matches `filter`, in no particular order.
    pub(super) fn select<'a>(
        &'a self,
        filter: &'a InvoiceFilter,
        beside: Beside<'a>,
    ) -> impl Iterator<Item = &'a Arc<CombinedInvoice>> {
        let filter = filter.compile(beside);
        self.rows.iter().filter(move |row| filter.matches(row))
    }

    fn matching(&self, filter: &CompiledFilter<'_>, field: OrderField) -> Vec<u32> {
        if let Some(candidates) = filter.candidates(self.rows.len() / CANDIDATE_PART) {
            let positions = candidates.iter().filter_map(|id| self.psohub.by_id.get(id).copied());
            let matching =
                positions.filter(|&position| self.row(position).is_some_and(|row| filter.matches(row)));
            return self.sorted(matching, field);
        }
        let all = self.ascending(field).iter().copied();
        all.filter(|&position| self.row(position).is_some_and(|row| filter.matches(row))).collect()
    }

    /// Cuts one page out of `positions`, which are in ascending order of `order.field`.
    fn cut(&self, positions: &[u32], order: InvoiceOrder, request: &PageRequest) -> Page {
        // A descending list is the ascending one read from its end: the rows after a cursor are
        // then those below it.
        let descending = order.direction == Direction::Descending;
        let (above, below) =
            if descending { (&request.before, &request.after) } else { (&request.after, &request.before) };
        let start = above.as_ref().map_or(0, |cursor| self.places_up_to(positions, order, cursor, true));
        let end = below
            .as_ref()
            .map_or(positions.len(), |cursor| self.places_up_to(positions, order, cursor, false));
        let taken = window(start, end, request.size, request.from_end != descending);
        let rows = positions[taken.clone()].iter().filter_map(|&position| self.row(position)).cloned();
        let (rest_below, rest_above) = (taken.start > 0, taken.end < positions.len());
        Page {
            rows: if descending { rows.rev().collect() } else { rows.collect() },
            has_next: if descending { rest_below } else { rest_above },
            has_previous: if descending { rest_above } else { rest_below },
            total_count: positions.len(),
        }
    }

    /// How many of `positions` stand before the cursor's place, the place itself included if `inclusive`.
    fn places_up_to(
        &self,
        positions: &[u32],
        order: InvoiceOrder,
        cursor: &Cursor,
        inclusive: bool,
    ) -> usize {
        positions.partition_point(|&position| {
            self.row(position).is_some_and(|row| {
                let place =
                    OrderKey::of(row, order.field).compare(row.psohub.id.get(), &cursor.key, cursor.id);
                place.is_lt() || (inclusive && place.is_eq())
            })
        })
    }

    fn ascending(&self, field: OrderField) -> &[u32] {
        self.orders[field as usize].get_or_init(|| {
            let all = 0..u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
            self.sorted(all, field).into()
        })
    }

    fn sorted(&self, positions: impl Iterator<Item = u32>, field: OrderField) -> Vec<u32> {
        let rows = positions.filter_map(|position| Some((position, self.row(position)?)));
        let mut keyed: Vec<(OrderKey, i64, u32)> =
            rows.map(|(position, row)| (OrderKey::of(row, field), row.psohub.id.get(), position)).collect();
        keyed.sort_unstable();
        keyed.into_iter().map(|(_, _, position)| position).collect()
    }

    fn at(&self, position: Option<&u32>) -> Option<&Arc<CombinedInvoice>> {
        position.and_then(|&position| self.row(position))
    }

    fn row(&self, position: u32) -> Option<&Arc<CombinedInvoice>> {
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
    use proptest::prelude::*;

    use super::*;
    use crate::book::{Deliveries, fixtures};
    use crate::domain::InvoiceStatus;

    fn beside(deliveries: &Deliveries) -> Beside<'_> {
        Beside { today: jiff::civil::date(2026, 3, 1), deliveries, comparing: None }
    }

    fn book(rows: Vec<Arc<CombinedInvoice>>) -> InvoiceBook {
        InvoiceBook::new(1, rows, Vec::new())
    }

    fn ids(rows: &[Arc<CombinedInvoice>]) -> Vec<i64> {
        rows.iter().map(|row| row.psohub.id.get()).collect()
    }

    /// Rows whose keys often collide, so that the id has to decide.
    fn rows() -> impl Strategy<Value = Vec<Arc<CombinedInvoice>>> {
        let row = (0i8..4, 0i64..5, any::<bool>(), 0usize..3);
        proptest::collection::vec(row, 0..40).prop_map(|specs| {
            let rows = (1i64..).zip(specs).map(|(id, (month, francs, paid, customer))| {
                let mut invoice = fixtures::invoice(id * 7);
                invoice.date = (month > 0).then(|| jiff::civil::date(2026, month, 1));
                invoice.total_inc_vat = francs.into();
                invoice.status = if paid { InvoiceStatus::Paid } else { InvoiceStatus::Sent };
                let names = ["Äpfel AG", "äpfel ag", "Zürcher Bau"];
                if let Some(named) = &mut invoice.customer {
                    named.name = names[customer].into();
                }
                fixtures::row(invoice)
            });
            rows.collect()
        })
    }

    fn orders() -> impl Strategy<Value = InvoiceOrder> {
        let direction = prop_oneof![Just(Direction::Ascending), Just(Direction::Descending)];
        (proptest::sample::select(&OrderField::ALL[..]), direction)
            .prop_map(|(field, direction)| InvoiceOrder { field, direction })
    }

    proptest! {
        #[test]
        fn pages_walked_in_either_direction_give_every_row_once_in_order(
            rows in rows(), order in orders(), size in 1usize..7, paid_only in any::<bool>(),
        ) {
            let filter = InvoiceFilter {
                status: paid_only.then(|| vec![InvoiceStatus::Paid]),
                ..InvoiceFilter::default()
            };
            let book = book(rows);
            let whole = book.list(&filter, order, beside(&Deliveries::default()));
            let mut expected: Vec<_> = book
                .rows()
                .iter()
                .filter(|row| !paid_only || row.psohub.status == InvoiceStatus::Paid)
                .map(|row| (OrderKey::of(row, order.field), row.psohub.id.get()))
                .collect();
            expected.sort();
            if order.direction == Direction::Descending {
                expected.reverse();
            }
            prop_assert_eq!(ids(&whole), expected.into_iter().map(|(_, id)| id).collect::<Vec<_>>());

            let mut forward = Vec::new();
            let mut after = None;
            loop {
                let request = PageRequest { after, before: None, size, from_end: false };
                let page = book.page(&filter, order, &request, beside(&Deliveries::default()));
                prop_assert_eq!(page.total_count, whole.len());
                prop_assert_eq!(page.has_previous, !forward.is_empty());
                forward.extend(ids(&page.rows));
                prop_assert_eq!(page.has_next, forward.len() < whole.len());
                let Some(last) = page.rows.last().filter(|_| page.has_next) else { break };
                after = Some(Cursor::of(last, order));
            }
            prop_assert_eq!(&forward, &ids(&whole));

            let mut backward = Vec::new();
            let mut before = None;
            loop {
                let request = PageRequest { after: None, before, size, from_end: true };
                let page = book.page(&filter, order, &request, beside(&Deliveries::default()));
                backward.splice(0..0, ids(&page.rows));
                prop_assert_eq!(page.has_previous, backward.len() < whole.len());
                let Some(first) = page.rows.first().filter(|_| page.has_previous) else { break };
                before = Some(Cursor::of(first, order));
            }
            prop_assert_eq!(&backward, &ids(&whole));
        }

        #[test]
        fn a_cursor_survives_the_text_and_the_row_it_was_taken_from(
            rows in rows(), order in orders(), nth in any::<prop::sample::Index>(),
        ) {
            prop_assume!(!rows.is_empty());
            let whole = book(rows.clone()).list(&InvoiceFilter::default(), order, beside(&Deliveries::default()));
            let at = nth.index(whole.len());
            let cursor = Cursor::decode(&Cursor::of(&whole[at], order).encode(), order);
            let without: Vec<_> = rows.into_iter().filter(|row| !Arc::ptr_eq(row, &whole[at])).collect();
            let request = PageRequest { after: Some(cursor.unwrap()), before: None, size: 100, from_end: false };
            let page = book(without).page(&InvoiceFilter::default(), order, &request, beside(&Deliveries::default()));
            prop_assert_eq!(ids(&page.rows), ids(&whole[at + 1..]));
        }

        #[test]
        fn no_text_makes_the_cursor_reader_panic(text in "\\PC{0,80}", bytes in any::<Vec<u8>>()) {
            use base64::Engine;
            let order = InvoiceOrder::default();
            let encoded = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
            drop(Cursor::decode(&text, order));
            drop(Cursor::decode(&encoded, order));
        }
    }

    #[test]
    fn a_cursor_of_another_order_is_refused() {
        let row = fixtures::row(fixtures::invoice(1));
        let by_date = Cursor::of(&row, InvoiceOrder::default()).encode();
        let other = InvoiceOrder { field: OrderField::Number, direction: Direction::Ascending };
        assert_eq!(Cursor::decode(&by_date, other), Err(super::super::CursorError::OtherOrder));
    }

    #[test]
    fn an_invoice_is_found_by_each_of_its_names() {
        let mut row = CombinedInvoice::clone(&fixtures::row(fixtures::invoice(41_939_771_881_672_249)));
        row.bexio = Some(Arc::new(fixtures::accounting(512)));
        let book = book(vec![Arc::new(row)]);
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
