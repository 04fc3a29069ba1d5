//! The book itself: all combined invoices, found by any of their names and listed in any order.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use jiff::civil::Date;

use super::filter::CompiledFilter;
use super::order::OrderKey;
use super::{CombinedInvoice, Cursor, Direction, InvoiceFilter, InvoiceOrder, OrderField, Page, PageRequest};
use crate::domain::{AccountingInvoice, BexioInvoiceId, PsohubInvoiceId};

/// An immutable, indexed set of combined invoices.
///
/// A book is never changed, only replaced; whoever holds one reads one consistent state.
#[derive(Debug)]
pub struct InvoiceBook {
    version: u64,
    rows: Box<[Arc<CombinedInvoice>]>,
    by_id: HashMap<PsohubInvoiceId, u32>,
    by_number: HashMap<Box<str>, u32>,
    by_bexio_id: HashMap<BexioInvoiceId, u32>,
    by_document_number: HashMap<Box<str>, u32>,
    unlinked: Box<[Arc<AccountingInvoice>]>,
    /// Row positions in ascending order of each field, made when first asked for.
    orders: [OnceLock<Box<[u32]>>; OrderField::ALL.len()],
}

impl InvoiceBook {
    /// Indexes `rows`; `unlinked` are Bexio's invoices that stand for no row.
    pub fn new(version: u64, rows: Vec<Arc<CombinedInvoice>>, unlinked: Vec<Arc<AccountingInvoice>>) -> Self {
        let mut by_id = HashMap::with_capacity(rows.len());
        let mut by_number = HashMap::with_capacity(rows.len());
        let mut by_bexio_id = HashMap::new();
        let mut by_document_number = HashMap::new();
        for (position, row) in (0u32..).zip(&rows) {
            by_id.insert(row.psohub.id, position);
            if !row.psohub.number.is_empty() {
                by_number.insert(folded(&row.psohub.number), position);
            }
            if let Some(bexio) = &row.bexio {
                by_bexio_id.insert(bexio.id, position);
                by_document_number.insert(folded(&bexio.document_number), position);
            }
        }
        Self {
            version,
            rows: rows.into(),
            by_id,
            by_number,
            by_bexio_id,
            by_document_number,
            unlinked: unlinked.into(),
            orders: Default::default(),
        }
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

    /// The invoice with this PSOhub id.
    pub fn by_psohub_id(&self, id: PsohubInvoiceId) -> Option<&Arc<CombinedInvoice>> {
        self.at(self.by_id.get(&id))
    }

    /// The invoice with this PSOhub number, whatever the case.
    pub fn by_number(&self, number: &str) -> Option<&Arc<CombinedInvoice>> {
        self.at(self.by_number.get(&folded(number)))
    }

    /// The invoice that this Bexio invoice stands for.
    pub fn by_bexio_id(&self, id: BexioInvoiceId) -> Option<&Arc<CombinedInvoice>> {
        self.at(self.by_bexio_id.get(&id))
    }

    /// The invoice that the Bexio document of this number stands for, whatever the case.
    pub fn by_document_number(&self, number: &str) -> Option<&Arc<CombinedInvoice>> {
        self.at(self.by_document_number.get(&folded(number)))
    }

    /// The page of the invoices that match `filter`, in `order`; `today` decides what is overdue.
    pub fn page(
        &self,
        filter: &InvoiceFilter,
        order: InvoiceOrder,
        request: &PageRequest,
        today: Date,
    ) -> Page {
        let filter = filter.compile(today);
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
        today: Date,
    ) -> Vec<Arc<CombinedInvoice>> {
        let request = PageRequest { after: None, before: None, size: usize::MAX, from_end: false };
        self.page(filter, order, &request, today).rows
    }

    fn matching(&self, filter: &CompiledFilter<'_>, field: OrderField) -> Vec<u32> {
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
        let window = start..end.max(start);
        let size = request.size.min(window.len());
        let taken = if request.from_end == descending {
            window.start..window.start + size
        } else {
            window.end - size..window.end
        };
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
            let mut keyed: Vec<(OrderKey, i64, u32)> = (0u32..)
                .zip(&self.rows)
                .map(|(position, row)| (OrderKey::of(row, field), row.psohub.id.get(), position))
                .collect();
            keyed.sort_unstable();
            keyed.into_iter().map(|(_, _, position)| position).collect()
        })
    }

    fn at(&self, position: Option<&u32>) -> Option<&Arc<CombinedInvoice>> {
        position.and_then(|&position| self.row(position))
    }

    fn row(&self, position: u32) -> Option<&Arc<CombinedInvoice>> {
        self.rows.get(usize::try_from(position).ok()?)
    }
}

/// A number as it is compared: trimmed and in one case.
fn folded(number: &str) -> Box<str> {
    number.trim().to_lowercase().into()
}
