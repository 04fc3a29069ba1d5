//! Writes down what a run does as it does it, and shows how far it is.

use std::sync::Arc;

use tokio::sync::watch;

use super::tenure::Tenure;
use crate::domain::payment::run::{Failure, ItemResult, RunItem, RunStatus, SyncRun};
use crate::domain::payment::{Settled, SkipReason};
use crate::domain::{AccountingInvoice, Invoice, SharedClock};
use crate::store::{Store, StoreError};

/// Reported invoices that one run writes down; the others are counted. Those that were marked or failed
/// are all written down.
const REPORTED_MAX: usize = 500;

/// What the newest run of this process is, for those who watch.
pub(super) type Shown = watch::Sender<Option<Arc<SyncRun>>>;

/// The record of a run under way.
pub(super) struct Journal {
    store: Store,
    clock: SharedClock,
    tenure: Arc<Tenure>,
    shown: Shown,
    /// The run as it is now.
    pub(super) run: SyncRun,
    items: usize,
    reported: usize,
    /// Noted and not yet written.
    waiting: Vec<RunItem>,
}

impl Journal {
    pub(super) fn new(
        store: Store,
        clock: SharedClock,
        tenure: Arc<Tenure>,
        shown: Shown,
        run: SyncRun,
    ) -> Self {
        let journal = Self { store, clock, tenure, shown, run, items: 0, reported: 0, waiting: Vec::new() };
        journal.show();
        journal
    }

    /// An invoice is left as it is.
    pub(super) fn skip(&mut self, invoice: &Invoice, bexio: Option<&AccountingInvoice>, reason: SkipReason) {
        self.run.counts.skip(reason);
        if !reason.is_reported() {
            return;
        }
        if self.reported == REPORTED_MAX {
            self.run.reported_beyond += 1;
            return;
        }
        self.reported += 1;
        self.note(invoice, bexio, ItemResult::Reported(reason));
    }

    /// An invoice was marked, or would be.
    pub(super) fn paid(&mut self, invoice: &Invoice, bexio: Option<&AccountingInvoice>, settled: Settled) {
        self.run.counts.paid += 1;
        self.note(invoice, bexio, ItemResult::Paid(settled));
    }

    /// An invoice failed.
    pub(super) fn failed(&mut self, invoice: &Invoice, bexio: Option<&AccountingInvoice>, failure: Failure) {
        tracing::warn!(
            invoice.id = %invoice.id,
            invoice.number = %invoice.number,
            run = %self.run.id,
            "the payment sync could not mark {}: {}", invoice.number, failure.message
        );
        self.run.counts.failed += 1;
        self.note(invoice, bexio, ItemResult::Failed(failure));
    }

    /// Writes down what was noted, with the run as it is now. Returns whether the run was not closed by
    /// another one meanwhile.
    pub(super) async fn write(&mut self) -> Result<bool, StoreError> {
        self.show();
        self.keep().await
    }

    async fn keep(&mut self) -> Result<bool, StoreError> {
        let holder = self.tenure.holder();
        let is_open = self.store.add_sync_items(&self.run, holder, self.items, &self.waiting).await?;
        self.items += self.waiting.len();
        self.waiting.clear();
        Ok(is_open)
    }

    /// Ends the run and gives it; it is shown when the lease was given back, so that who sees its end can
    /// begin the next one.
    pub(super) async fn end(mut self, status: RunStatus, failure: Option<Failure>) -> SyncRun {
        self.run.status = status;
        self.run.failure = failure;
        self.run.ended_at = Some(self.clock.now());
        if let Err(error) = self.keep().await {
            // Its row stays RUNNING until the next holder of the lease closes it.
            tracing::error!(run = %self.run.id, %error, "the end of payment sync run {} was not written", self.run.id);
        }
        self.run
    }

    fn note(&mut self, invoice: &Invoice, bexio: Option<&AccountingInvoice>, result: ItemResult) {
        self.waiting.push(RunItem {
            invoice: invoice.id,
            number: invoice.number.clone(),
            bexio: bexio.map(|bexio| bexio.id),
            document_number: bexio.map(|bexio| bexio.document_number.clone()),
            at: self.clock.now(),
            result,
        });
    }

    fn show(&self) {
        self.shown.send_replace(Some(Arc::new(self.run.clone())));
    }
}
