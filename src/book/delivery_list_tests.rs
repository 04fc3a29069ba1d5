//! Lists of deliveries and of invoices by their deliveries, against the plain way of finding them.

use proptest::prelude::*;

use super::*;
use crate::book::{Beside, InvoiceBook, InvoiceFilter, InvoiceOrder, fixtures};

/// Ids fall out of order, and every state stands somewhere.
fn entries() -> impl Strategy<Value = Vec<DeliveryEntry>> {
    let entry = (0..State::ALL.len(), 0i64..4, 0i64..5);
    proptest::collection::vec(entry, 0..40).prop_map(|specs| {
        let entries = (1i64..).zip(specs).map(|(id, (state, batch, second))| {
            let mut entry = fixtures::delivery(id, 100 + id, State::ALL[state]);
            entry.batch = BatchId::new(batch);
            entry.accepted_by = if second % 2 == 0 { "eva".into() } else { "urs".into() };
            entry
        });
        entries.collect()
    })
}

fn held(entries: &[DeliveryEntry]) -> Deliveries {
    let mut deliveries = Deliveries::default();
    for entry in entries {
        if entry.state() != State::Accepted {
            // Reached over another state, so that an index that keeps the old one is seen.
            let (id, invoice) = (entry.delivery.id().get(), entry.delivery.invoice_id().get());
            let before = fixtures::delivery(id, invoice, State::Accepted);
            deliveries.put(Arc::new(DeliveryEntry { batch: BatchId::new(3), ..before }));
        }
        deliveries.put(Arc::new(entry.clone()));
    }
    deliveries
}

fn states() -> impl Strategy<Value = Option<Vec<State>>> {
    proptest::option::of(proptest::sample::subsequence(State::ALL.to_vec(), 0..6))
}

fn filters() -> impl Strategy<Value = DeliveryFilter> {
    let invoices = proptest::option::weighted(0.2, proptest::collection::vec(95i64..145, 0..6));
    let by = proptest::option::weighted(0.2, Just("eva".to_owned()));
    (states(), any::<Option<bool>>(), proptest::option::weighted(0.3, 1i64..5), invoices, by).prop_map(
        |(state, is_settled, batch, invoices, accepted_by)| DeliveryFilter {
            state,
            is_settled,
            batch: batch.and_then(BatchId::new),
            invoice: invoices.map(|ids| ids.into_iter().filter_map(PsohubInvoiceId::new).collect()),
            accepted_by,
            ..DeliveryFilter::default()
        },
    )
}

fn ids(rows: &[Arc<DeliveryEntry>]) -> Vec<i64> {
    rows.iter().map(|entry| entry.delivery.id().get()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn pages_walked_in_either_direction_give_what_each_delivery_was_asked_for(
        entries in entries(), filter in filters(), size in 1usize..6,
    ) {
        let deliveries = held(&entries);
        let mut expected: Vec<_> = entries
            .iter()
            .filter(|entry| filter.matches(entry))
            .map(|entry| entry.delivery.id().get())
            .collect();
        expected.reverse();

        let mut forward = Vec::new();
        let mut request = DeliveryPageRequest { after: None, before: None, size, from_end: false };
        loop {
            let page = deliveries.page(&filter, &request);
            prop_assert_eq!(page.total_count, expected.len());
            prop_assert_eq!(page.has_previous, !forward.is_empty());
            forward.extend(ids(&page.rows));
            prop_assert_eq!(page.has_next, forward.len() < expected.len());
            let Some(last) = page.rows.last().filter(|_| page.has_next) else { break };
            request.after = Some(last.delivery.id());
        }
        prop_assert_eq!(&forward, &expected);

        let mut backward = Vec::new();
        let mut request = DeliveryPageRequest { after: None, before: None, size, from_end: true };
        loop {
            let page = deliveries.page(&filter, &request);
            backward.splice(0..0, ids(&page.rows));
            prop_assert_eq!(page.has_previous, backward.len() < expected.len());
            let Some(first) = page.rows.first().filter(|_| page.has_previous) else { break };
            request.before = Some(first.delivery.id());
        }
        prop_assert_eq!(&backward, &expected);
    }

    #[test]
    fn every_state_is_counted_once(entries in entries()) {
        let deliveries = held(&entries);
        for state in State::ALL {
            let expected = entries.iter().filter(|entry| entry.state() == state).count();
            prop_assert_eq!(deliveries.count(state), expected);
        }
    }

    /// Half of the invoices have a delivery; few or many candidates are found in different ways.
    #[test]
    fn invoices_are_found_by_their_deliveries(
        entries in entries(), delivery in states(), needs_review: Option<bool>, has_delivery: Option<bool>,
    ) {
        let deliveries = held(&entries);
        let rows = (101..=180).map(|id| fixtures::row(fixtures::invoice(id))).collect();
        let book = InvoiceBook::new(1, rows, Vec::new());
        let filter = InvoiceFilter { delivery, needs_review, has_delivery, ..InvoiceFilter::default() };
        let beside = Beside { today: jiff::civil::date(2026, 3, 1), deliveries: &deliveries, comparing: None };
        let mut found: Vec<_> = book
            .list(&filter, InvoiceOrder::default(), beside)
            .iter()
            .map(|row| row.psohub.id.get())
            .collect();
        // All have one date, so the id decides, from its end.
        prop_assert!(found.is_sorted_by(|a, b| a > b));
        found.reverse();
        let expected: Vec<i64> = (101..=180)
            .filter(|id| {
                let state = PsohubInvoiceId::new(*id)
                    .and_then(|id| deliveries.of_invoice(id))
                    .map(|entry| entry.state());
                filter.delivery.as_ref().is_none_or(|wanted| state.is_some_and(|state| wanted.contains(&state)))
                    && needs_review.is_none_or(|wanted| wanted == (state == Some(State::NeedsReview)))
                    && has_delivery.is_none_or(|wanted| wanted == state.is_some())
            })
            .collect();
        prop_assert_eq!(found, expected);
    }
}
