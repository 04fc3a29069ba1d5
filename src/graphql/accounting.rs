//! Looks over all invoices at once. What takes long for an async task has a thread of its own.

use super::errors::Fault;
use super::inputs::InvoiceFilter;
use super::operation::known;
use super::types::ReconciliationVerdict;
use crate::book::{self, InvoiceOrder, Page, PageRequest, ReconciliationReport, Snapshot, Source};
use crate::cpu_bound;
use crate::domain::receivables::{Dimension, Group};
use crate::domain::reconciliation::Verdict;

/// The filter in the book's terms, where what it asks for is known.
pub(super) fn filter(
    snapshot: &Snapshot,
    given: Option<InvoiceFilter>,
) -> Result<book::InvoiceFilter, Fault> {
    let filter = given.unwrap_or_default();
    if filter.needs_bexio() {
        known(snapshot, Source::Bexio)?;
    }
    if filter.needs_external_ids() {
        known(snapshot, Source::PsohubExternalIds)?;
    }
    filter.checked()
}

/// The invoices that match `filter`, cut to a page.
pub(super) async fn page(
    snapshot: &Snapshot,
    filter: book::InvoiceFilter,
    order: InvoiceOrder,
    request: PageRequest,
) -> Result<Page, Fault> {
    if filter.looks_into_rows() {
        on_a_thread(snapshot, move |snapshot| snapshot.page(&filter, order, &request)).await
    } else {
        Ok(snapshot.page(&filter, order, &request))
    }
}

/// The comparison of all invoices that match `filter`.
pub(super) async fn report(
    snapshot: &Snapshot,
    filter: book::InvoiceFilter,
    verdicts: Option<Vec<ReconciliationVerdict>>,
) -> Result<ReconciliationReport, Fault> {
    let verdicts: Option<Vec<Verdict>> =
        verdicts.map(|verdicts| verdicts.into_iter().map(Verdict::from).collect());
    on_a_thread(snapshot, move |snapshot| snapshot.reconciliation_report(&filter, verdicts.as_deref())).await
}

/// What is owed on the invoices that match `filter`.
pub(super) async fn receivables(
    snapshot: &Snapshot,
    filter: book::InvoiceFilter,
    dimensions: Vec<Dimension>,
) -> Result<Vec<Group>, Fault> {
    on_a_thread(snapshot, move |snapshot| snapshot.receivables(&filter, &dimensions)).await
}

/// Runs `look` where it holds up nobody, in its turn.
pub(super) async fn on_a_thread<T: Send + 'static>(
    snapshot: &Snapshot,
    look: impl FnOnce(&Snapshot) -> T + Send + 'static,
) -> Result<T, Fault> {
    let snapshot = snapshot.clone();
    let looked = cpu_bound::run(move || look(&snapshot)).await;
    looked.map_err(|error| Fault::internal(&error))
}
