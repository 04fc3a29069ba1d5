//! Lists of deliveries, the newest first: which are wanted, and one page of them.

use std::sync::Arc;

use jiff::Timestamp;

use super::page::window;
use super::{Bounds, Deliveries, DeliveryEntry};
use crate::domain::delivery::{DeliveryId, Reason, State};
use crate::domain::{BatchId, PsohubInvoiceId};

/// Conditions on a delivery; `None` and open bounds ask for nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliveryFilter {
    /// Its state is one of these.
    pub state: Option<Vec<State>>,
    /// Whether it has come to rest.
    pub is_settled: Option<bool>,
    /// The [`Reason::code`] for which it stands still is one of these.
    pub reason: Option<Vec<&'static str>>,
    /// It was accepted in this batch.
    pub batch: Option<BatchId>,
    /// It is the one of one of these invoices.
    pub invoice: Option<Vec<PsohubInvoiceId>>,
    /// When it was accepted.
    pub accepted_at: Bounds<Timestamp>,
    /// When it last changed.
    pub changed_at: Bounds<Timestamp>,
    /// Who asked for it, by the whole name.
    pub accepted_by: Option<String>,
}

impl DeliveryFilter {
    /// Whether `entry` meets every condition.
    pub fn matches(&self, entry: &DeliveryEntry) -> bool {
        let delivery = &entry.delivery;
        let code = || delivery.reason().map(|reason: Reason<'_>| reason.code());
        self.is_state_wanted(entry.state())
            && self.batch.is_none_or(|wanted| Some(wanted) == entry.batch)
            && self.invoice.as_ref().is_none_or(|wanted| wanted.contains(&delivery.invoice_id()))
            && self.accepted_at.contains(Some(&delivery.accepted_at()))
            && self.changed_at.contains(Some(&delivery.changed_at()))
            && self.accepted_by.as_deref().is_none_or(|wanted| wanted == &*entry.accepted_by)
            && self.reason.as_ref().is_none_or(|wanted| code().is_some_and(|code| wanted.contains(&code)))
    }

    fn is_state_wanted(&self, state: State) -> bool {
        self.state.as_ref().is_none_or(|wanted| wanted.contains(&state))
            && self.is_settled.is_none_or(|wanted| wanted == state.is_settled())
    }
}

/// Which part of a list is wanted. Both ends may be bounded; a bound need not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryPageRequest {
    /// Deliveries behind this one only: older ones.
    pub after: Option<DeliveryId>,
    /// Deliveries before this one only: younger ones.
    pub before: Option<DeliveryId>,
    /// Number of deliveries wanted.
    pub size: usize,
    /// Whether they are taken from the end (`last`) and not from the start (`first`).
    pub from_end: bool,
}

/// The deliveries of one page, the newest first.
#[derive(Debug, Clone)]
pub struct DeliveryPage {
    /// The deliveries.
    pub rows: Vec<Arc<DeliveryEntry>>,
    /// Whether deliveries follow behind the last one.
    pub has_next: bool,
    /// Whether deliveries stand before the first one.
    pub has_previous: bool,
    /// How many deliveries the filter matches, on all pages together.
    pub total_count: usize,
}

impl Deliveries {
    /// One page of the deliveries that match `filter`.
    pub fn page(&self, filter: &DeliveryFilter, request: &DeliveryPageRequest) -> DeliveryPage {
        let matching = self.matching(filter);
        // Ids fall along the list.
        let start = request.after.map_or(0, |after| matching.partition_point(|(id, _)| *id >= after));
        let end =
            request.before.map_or(matching.len(), |before| matching.partition_point(|(id, _)| *id > before));
        let page = window(start, end, request.size, request.from_end);
        DeliveryPage {
            has_next: page.end < matching.len(),
            has_previous: page.start > 0,
            total_count: matching.len(),
            rows: matching.get(page).unwrap_or_default().iter().map(|(_, entry)| Arc::clone(entry)).collect(),
        }
    }

    /// All that match, the newest first, by the narrowest index: of a hundred thousand that are done,
    /// the few that are not are found without asking each.
    fn matching(&self, filter: &DeliveryFilter) -> Vec<(DeliveryId, &Arc<DeliveryEntry>)> {
        if *filter == DeliveryFilter::default() {
            return self.iter_by_id().rev().collect();
        }
        let mut found: Vec<_> = if let Some(invoices) = &filter.invoice {
            keyed(invoices.iter().filter_map(|invoice| self.of_invoice(*invoice)), filter)
        } else if let Some(batch) = filter.batch {
            keyed(self.in_batch(batch), filter)
        } else {
            let states = State::ALL.into_iter().filter(|state| filter.is_state_wanted(*state));
            keyed(states.flat_map(|state| self.in_state(state)), filter)
        };
        found.sort_unstable_by_key(|(id, _)| std::cmp::Reverse(*id));
        // An invoice may be named twice.
        found.dedup_by_key(|(id, _)| *id);
        found
    }
}

fn keyed<'a>(
    entries: impl Iterator<Item = &'a Arc<DeliveryEntry>>,
    filter: &DeliveryFilter,
) -> Vec<(DeliveryId, &'a Arc<DeliveryEntry>)> {
    entries.filter(|entry| filter.matches(entry)).map(|entry| (entry.delivery.id(), entry)).collect()
}

#[cfg(test)]
#[path = "delivery_list_tests.rs"]
mod tests;
