//! The door: who asks for the same invoice at the same time shares one call.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::{MarkCause, MarkError, call};
use crate::book::BookService;
use crate::domain::{
    ActionChange, ActionOutcome, Invoice, InvoiceStatus, NewAction, PsohubInvoiceId, SharedClock,
};
use crate::services::accounts::Accounts;
use crate::services::flights::Flights;
use crate::services::invoice_write::InvoiceWriteFailure;
use crate::store::Store;

/// What marking works with.
#[derive(Clone)]
pub struct MarkingParts {
    /// Where it is written down.
    pub store: Store,
    /// The invoices, and where the new status is shown.
    pub book: Arc<BookService>,
    /// The two accounts: PSOhub is written to, and what Bexio says is why.
    pub accounts: Accounts,
    /// The time.
    pub clock: SharedClock,
}

/// A request to mark an invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkPaid {
    /// Which.
    pub invoice: PsohubInvoiceId,
    /// Who asks.
    pub actor: Box<str>,
    /// What made them ask.
    pub cause: MarkCause,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marked {
    /// It is paid now.
    Paid,
    /// It was paid already: nothing was changed.
    AlreadyPaid,
}

/// Marks invoices as paid. Cloning shares it.
#[derive(Clone)]
pub struct MarkingService {
    parts: Arc<MarkingParts>,
    flights: Flights<PsohubInvoiceId, Result<Marked, MarkError>>,
}

impl MarkingService {
    /// The service.
    pub fn new(parts: MarkingParts) -> Self {
        Self { parts: Arc::new(parts), flights: Flights::default() }
    }

    /// Marks an invoice that the book shows as approved or sent; one that is paid already stays as it
    /// is. Who asks while another call for the same invoice is under way shares its outcome, and who
    /// goes away does not end it. When this returns, readers see the invoice as paid.
    ///
    /// # Errors
    /// [`MarkError`], by what may be done next.
    pub async fn mark_paid(&self, request: MarkPaid) -> Result<Marked, MarkError> {
        let (ahead, _) = oneshot::channel();
        self.fly(request, ahead).await
    }

    /// As [`Self::mark_paid`], but for who marks many: returns when the call took effect and that is
    /// written down. Readers see it soon after, many marks in one book; until then the invoice counts as
    /// under way. `BookService::notes_shown` waits for all of them.
    ///
    /// # Errors
    /// [`MarkError`], by what may be done next.
    pub async fn mark_paid_ahead(&self, request: MarkPaid) -> Result<Marked, MarkError> {
        let (ahead, told) = oneshot::channel();
        tokio::select! {
            biased;
            // Not told where somebody else's call is shared.
            Ok(marked) = told => marked,
            marked = self.fly(request, ahead) => marked,
        }
    }

    async fn fly(
        &self,
        request: MarkPaid,
        ahead: oneshot::Sender<Result<Marked, MarkError>>,
    ) -> Result<Marked, MarkError> {
        let (parts, id) = (Arc::clone(&self.parts), request.invoice);
        let cut_short = || MarkError::not_written(id.to_string(), InvoiceWriteFailure::cut_short());
        let work = || async move { parts.mark(request, ahead).await };
        self.flights.join(id, work).await.unwrap_or_else(|| Err(cut_short()))
    }

    /// Waits for the calls that are under way, at most `grace`.
    pub async fn drain(&self, grace: Duration) {
        if !self.flights.drain(grace).await {
            tracing::warn!("some invoices were being marked as paid; the next look shows what became of it");
        }
    }
}

impl MarkingParts {
    /// Marks, tells of it `ahead`, and returns when readers see it.
    async fn mark(
        &self,
        request: MarkPaid,
        ahead: oneshot::Sender<Result<Marked, MarkError>>,
    ) -> Result<Marked, MarkError> {
        let Self { store, book, accounts, clock } = self;
        let row = book.reader().peek().book.by_psohub_id(request.invoice).cloned();
        let invoice = Arc::clone(&row.ok_or(MarkError::UnknownInvoice(request.invoice))?.psohub);
        if let Some(outcome) = without_a_call(&invoice) {
            return outcome;
        }
        accounts.require().await.map_err(|closed| MarkError::not_written(&*invoice.number, closed))?;
        let begun = NewAction {
            invoice: invoice.id,
            at: clock.now(),
            actor: request.actor,
            cause: request.cause,
            change: ActionChange::MarkPaid { before: invoice.status },
        };
        let action = store.begin_action(begun).await.map_err(|error| MarkError::Store(Arc::new(error)))?;
        let id = action.id;
        let marked = call::mark(&accounts.psohub, &invoice).await;
        let shown = marked.is_ok().then(|| book.note_status(invoice.id, InvoiceStatus::Paid));
        if let Err(error) = store.end_action(action, outcome(&marked), clock.now()).await {
            // What took effect holds: the record then says that its end is not known.
            tracing::error!(%error, action = %id, "how action {id} ended could not be written down");
        }
        // Nobody listens where nobody is ahead of the readers.
        drop(ahead.send(marked.clone()));
        if let Some(shown) = shown {
            shown.await;
        }
        marked
    }
}

/// What can be said by the status that the book shows.
fn without_a_call(invoice: &Invoice) -> Option<Result<Marked, MarkError>> {
    match invoice.status {
        InvoiceStatus::Paid => Some(Ok(Marked::AlreadyPaid)),
        status if status.is_receivable() => None,
        status => Some(Err(MarkError::NotAllowed {
            number: invoice.number.clone(),
            status,
            raw: invoice.status_raw.clone(),
        })),
    }
}

fn outcome(marked: &Result<Marked, MarkError>) -> ActionOutcome {
    match marked {
        Ok(Marked::Paid) => ActionOutcome::Done,
        Ok(Marked::AlreadyPaid) => ActionOutcome::AlreadySo,
        Err(MarkError::NotAllowed { raw, .. }) => ActionOutcome::NotAllowed { status_raw: raw.clone() },
        Err(MarkError::NotWritten { failure, .. }) => failure.action_outcome(),
        Err(MarkError::UnknownInvoice(_) | MarkError::Store(_)) => ActionOutcome::Unknown,
    }
}
