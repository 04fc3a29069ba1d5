//! The book's invoices as lists: filtered, in any order, cut into pages.

use std::sync::Arc;

use super::filter::{Beside, CompiledFilter};
use super::order::OrderKey;
use super::page::window;
use super::{
    CombinedInvoice, Cursor, Direction, InvoiceBook, InvoiceFilter, InvoiceOrder, OrderField, Page,
    PageRequest,
};

/// Where a filter names candidates that are at most one part in so many of all rows, those are sorted;
/// else all rows are walked in their order.
const CANDIDATE_PART: usize = 8;

impl InvoiceBook {
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
        self.rows().iter().filter(move |row| filter.matches(row))
    }

    fn matching(&self, filter: &CompiledFilter<'_>, field: OrderField) -> Vec<u32> {
        if let Some(candidates) = filter.candidates(self.rows().len() / CANDIDATE_PART) {
            let positions = candidates.iter().filter_map(|id| self.position_of(*id));
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
            let all = 0..u32::try_from(self.rows().len()).unwrap_or(u32::MAX);
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
}
