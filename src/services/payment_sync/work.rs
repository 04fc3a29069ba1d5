//! One run, from its look at the books to its last invoice.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::journal::Journal;
use super::service::PaymentSyncParts;
use super::settle::{self, Settling};
use super::tenure::Tenure;
use super::{look, pace};
use crate::book::{CombinedInvoice, Snapshot};
use crate::domain::PsohubInvoiceId;
use crate::domain::payment::run::{Failure, FailureCode, RunStatus};
use crate::domain::payment::{SkipReason, obstacle};
use crate::services::marking::Marked;

/// Failures in a row that speak against an upstream, after which the run gives up: the others would
/// fail alike.
const GIVE_UP_AFTER: u32 = 5;

/// How a run ended, with the reason where it failed.
pub(super) type Ended = (RunStatus, Option<Failure>);

/// A run under way.
pub(super) struct Work<'a> {
    pub(super) parts: &'a PaymentSyncParts,
    pub(super) tenure: &'a Tenure,
    pub(super) stop: &'a CancellationToken,
    pub(super) journal: &'a mut Journal,
}

/// Why no further invoice is taken up.
enum Halt {
    /// The process stops, or another run has the lease.
    Interrupted,
    Failed(Failure),
}

impl Work<'_> {
    pub(super) async fn run(mut self) -> Ended {
        let gone = self.go().await;
        // Who reads that the run has ended reads its marks as well.
        self.parts.book.notes_shown().await;
        match gone {
            Err(Halt::Interrupted) => (RunStatus::Interrupted, None),
            Err(Halt::Failed(failure)) => (RunStatus::Failed, Some(failure)),
            Ok(()) if self.journal.run.counts.failed > 0 => (RunStatus::SucceededWithFailures, None),
            Ok(()) => (RunStatus::Succeeded, None),
        }
    }

    async fn go(&mut self) -> Result<(), Halt> {
        let snapshot = look::look(self.parts, &mut self.journal.run.calls).await.map_err(Halt::Failed)?;
        let candidates = self.sort_out(&snapshot);
        drop(snapshot);
        self.write().await?;
        let mut failures_in_a_row = 0;
        for (place, id) in candidates.iter().enumerate() {
            self.may_go_on().await?;
            match self.take_up(*id).await? {
                Some(failure) if settle::is_general(failure.code) => failures_in_a_row += 1,
                _ => failures_in_a_row = 0,
            }
            self.write().await?;
            if failures_in_a_row == GIVE_UP_AFTER {
                return Err(self.give_up(&candidates[place + 1..]));
            }
        }
        Ok(())
    }

    /// Counts what simply waits, notes what people should know, and gives what Bexio calls paid.
    fn sort_out(&mut self, snapshot: &Snapshot) -> Vec<PsohubInvoiceId> {
        let mut candidates = Vec::new();
        for row in snapshot.book.unsettled() {
            self.journal.run.counts.checked += 1;
            let delivery = snapshot.deliveries.of_invoice(row.psohub.id).map(|entry| entry.state());
            match obstacle(&snapshot.book.payment_evidence(row, delivery)) {
                Some(reason) => self.journal.skip(&row.psohub, row.bexio.as_deref(), reason),
                None => candidates.push(row.psohub.id),
            }
        }
        candidates.sort_unstable();
        self.rotate(&mut candidates);
        candidates
    }

    /// Every run begins at another place: what fails in front each time must not keep others for ever.
    fn rotate(&self, candidates: &mut [PsohubInvoiceId]) {
        if !candidates.is_empty() {
            let run = usize::try_from(self.journal.run.id.get()).unwrap_or_default();
            candidates.rotate_left(run % candidates.len());
        }
    }

    /// Whether the next invoice may be taken up: the process goes on, and nobody else runs.
    async fn may_go_on(&self) -> Result<(), Halt> {
        if self.stop.is_cancelled() {
            return Err(Halt::Interrupted);
        }
        tokio::select! {
            () = pace::give_way(self.parts) => {}
            () = self.stop.cancelled() => return Err(Halt::Interrupted),
        }
        if self.tenure.holds().await { Ok(()) } else { Err(Halt::Interrupted) }
    }

    /// Settles one invoice as the book shows it now; gives the failure where it failed.
    async fn take_up(&mut self, id: PsohubInvoiceId) -> Result<Option<Failure>, Halt> {
        let Some(row) = self.newest(id) else { return Ok(None) };
        let (invoice, bexio) = (&row.psohub, row.bexio.as_deref());
        let settled = match settle::judge(self.parts, &row, &mut self.journal.run.calls).await {
            Settling::Mark(settled) => settled,
            Settling::Stay(reason) => {
                self.journal.skip(invoice, bexio, reason);
                return Ok(None);
            }
            Settling::Failed(failure) => {
                self.journal.failed(invoice, bexio, failure.clone());
                return Ok(Some(failure));
            }
        };
        if self.journal.run.is_dry_run {
            self.journal.paid(invoice, bexio, settled);
            return Ok(None);
        }
        if !self.tenure.holds().await {
            return Err(Halt::Interrupted);
        }
        let run = self.journal.run.clone();
        match settle::mark(self.parts, &row, &run, &mut self.journal.run.calls).await {
            Ok(Marked::Paid) => self.journal.paid(invoice, bexio, settled),
            Ok(Marked::AlreadyPaid) => {
                self.journal.skip(invoice, bexio, SkipReason::AlreadyPaid);
            }
            Err(error) => {
                let failure = settle::failure(&error);
                self.journal.failed(invoice, bexio, failure.clone());
                return Ok(Some(failure));
            }
        }
        Ok(None)
    }

    fn newest(&self, id: PsohubInvoiceId) -> Option<Arc<CombinedInvoice>> {
        self.parts.book.reader().peek().book.by_psohub_id(id).cloned()
    }

    fn give_up(&mut self, rest: &[PsohubInvoiceId]) -> Halt {
        let message =
            format!("{GIVE_UP_AFTER} invoices failed one after the other; the next run tries all again");
        for id in rest {
            if let Some(row) = self.newest(*id) {
                let failure = Failure { code: FailureCode::NotTried, message: message.as_str().into() };
                self.journal.failed(&row.psohub, row.bexio.as_deref(), failure);
            }
        }
        Halt::Failed(Failure { code: FailureCode::NotTried, message: message.into() })
    }

    async fn write(&mut self) -> Result<(), Halt> {
        match self.journal.write().await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Halt::Interrupted),
            Err(error) => {
                let message = format!("what was done could not be written down: {error}").into();
                Err(Halt::Failed(Failure { code: FailureCode::StoreUnavailable, message }))
            }
        }
    }
}
