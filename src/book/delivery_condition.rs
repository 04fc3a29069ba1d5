//! What an invoice filter asks of the invoice's delivery.

use super::{Deliveries, InvoiceFilter};
use crate::domain::PsohubInvoiceId;
use crate::domain::delivery::State;

/// The conditions of an [`InvoiceFilter`] on deliveries, as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DeliveryCondition {
    /// A delivery in one of these states matches.
    states: Vec<State>,
    /// Having none matches.
    none: bool,
}

impl DeliveryCondition {
    /// The conditions of `filter`; `None` where it has none.
    pub(super) fn of(filter: &InvoiceFilter) -> Option<Self> {
        let InvoiceFilter { delivery, needs_review, has_delivery, .. } = filter;
        if delivery.is_none() && needs_review.is_none() && has_delivery.is_none() {
            return None;
        }
        let matches = |state: &State| {
            delivery.as_ref().is_none_or(|wanted| wanted.contains(state))
                && needs_review.is_none_or(|wanted| wanted == (*state == State::NeedsReview))
                && *has_delivery != Some(false)
        };
        Some(Self {
            states: State::ALL.into_iter().filter(matches).collect(),
            none: delivery.is_none() && *needs_review != Some(true) && *has_delivery != Some(true),
        })
    }

    /// Whether this invoice meets it.
    pub(super) fn matches(&self, invoice: PsohubInvoiceId, deliveries: &Deliveries) -> bool {
        match deliveries.of_invoice(invoice) {
            Some(entry) => self.states.contains(&entry.state()),
            None => self.none,
        }
    }

    /// All invoices that meet it, where they are found without asking each, and are at most `max`.
    pub(super) fn few_invoices(&self, deliveries: &Deliveries, max: usize) -> Option<Vec<PsohubInvoiceId>> {
        if self.none {
            return None;
        }
        let entries = self.states.iter().flat_map(|state| deliveries.in_state(*state));
        let mut invoices: Vec<_> =
            entries.take(max.saturating_add(1)).map(|entry| entry.delivery.invoice_id()).collect();
        // One delivery for each invoice is the rule; a list without doubles does not rest on it.
        invoices.sort_unstable();
        invoices.dedup();
        (invoices.len() <= max).then_some(invoices)
    }
}
