//! Works through batches: the oldest first, their invoices in order, a few at a time. Nothing is
//! remembered here but in the store, so a restart goes on where it stopped, and a batch that was
//! cancelled begins nothing more.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt};
use tokio::sync::Notify;

use super::begin::{Beginner, Begun, Order};
use super::gate::Gate;
use super::keys;
use super::queue::Lane;
use super::request::{BatchError, SendError, SendManyRequest};
use super::runner::{Feeding, Runner};
use crate::domain::delivery::Delivery;
use crate::domain::plan::Severity;
use crate::domain::{BATCH_INVOICES_MAX, Batch, BatchId, BatchProgress, PsohubInvoiceId, SharedClock};
use crate::services::accounts::Closed;
use crate::services::turns::Turns;
use crate::store::{Backend, BatchClaim, IdempotencyKey, KeyScope, NewBatch, Store, StoreError};

/// Invoices of batches that are under way at once: fewer than the transport makes calls at once, so
/// that a slow upstream leaves room for people.
pub(super) const AT_ONCE: usize = 3;
/// How often the store is asked for batches that another process took on.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The same where there is none: after a failure of the store.
const LOOK_EVERY_ALONE: Duration = Duration::from_mins(1);
/// Waits before an invoice is tried again that could not be planned.
const RETRY: Duration = Duration::from_secs(5);
const RETRY_MAX: Duration = Duration::from_mins(5);

/// Works through batches. Cloning shares it.
#[derive(Clone)]
pub(super) struct Batches {
    pub(super) store: Store,
    pub(super) beginner: Beginner,
    pub(super) runner: Runner,
    pub(super) turns: Arc<Turns>,
    pub(super) gate: Arc<Gate>,
    pub(super) clock: SharedClock,
    pub(super) bell: Arc<Bell>,
}

/// Tells that there may be a new batch.
#[derive(Default)]
pub(super) struct Bell {
    rung: Notify,
    /// From the ringing until it is answered.
    feeding: Mutex<Option<Feeding>>,
}

/// One batch while it is worked through.
struct Work<'a> {
    batches: &'a Batches,
    batch: &'a Batch,
    is_over: AtomicBool,
}

impl Batches {
    /// Takes a batch on.
    pub(super) async fn create(&self, request: SendManyRequest) -> Result<Batch, BatchError> {
        let SendManyRequest { mut invoices, options, idempotency_key, by } = request;
        let mut seen = std::collections::HashSet::new();
        invoices.retain(|invoice| seen.insert(*invoice));
        if !(1..=BATCH_INVOICES_MAX).contains(&invoices.len()) {
            return Err(BatchError::Size(invoices.len()));
        }
        let key = idempotency_key.as_deref();
        if key.is_some_and(|key| !keys::is_usable(key)) {
            return Err(BatchError::BadKey);
        }
        let arguments = keys::of_send_many(&invoices, &options);
        let key =
            key.map(|key| IdempotencyKey { key, scope: KeyScope::SendInvoices, caller: &by, arguments });
        self.require_accounts(key.as_ref()).await?;
        let new = NewBatch { invoices: &invoices, options: &options, key, by: &by, at: self.clock.now() };
        match self.store.create_batch(new).await? {
            BatchClaim::Created(batch) => {
                self.ring();
                Ok(batch)
            }
            BatchClaim::KeyUsed(id) => self.store.batch(id).await?.ok_or(BatchError::Unknown(id)),
            BatchClaim::KeyConflict => Err(BatchError::KeyConflict),
        }
    }

    /// A batch that could not begin is not taken on. One that was taken on before is given again.
    async fn require_accounts(&self, key: Option<&IdempotencyKey<'_>>) -> Result<(), BatchError> {
        if let Some(key) = key
            && self.store.key(key).await?.is_some()
        {
            return Ok(());
        }
        match self.beginner.accounts.require().await {
            Err(Closed::NotConnected(words)) => Err(BatchError::NotConnected(words)),
            Ok(()) | Err(Closed::Unavailable(_)) => Ok(()),
        }
    }

    /// Cancels what has not begun.
    pub(super) async fn cancel(&self, id: BatchId) -> Result<Batch, BatchError> {
        let cancelled = self.store.cancel_batch(id, self.clock.now()).await?;
        self.beginner.records.book.deliveries().tell_batch(id);
        cancelled.ok_or(BatchError::Unknown(id))
    }

    /// There may be a new batch.
    pub(super) fn ring(&self) {
        let mut feeding = self.bell.feeding.lock().unwrap_or_else(PoisonError::into_inner);
        feeding.get_or_insert_with(|| self.runner.feeding());
        self.bell.rung.notify_one();
    }

    /// Works through whatever is open, now and whenever there is something new, until the process
    /// stops.
    pub(super) async fn work(self) {
        while !self.gate.stop().is_cancelled() {
            let feeding = self.bell.feeding.lock().unwrap_or_else(PoisonError::into_inner).take();
            if self.gate.is_open()
                && let Err(error) = self.work_through_all().await
            {
                tracing::error!(%error, "batches pause: {error}");
            }
            drop(feeding);
            tokio::select! {
                () = self.bell.rung.notified() => {}
                () = self.clock.sleep(self.look_every()) => {}
                () = self.gate.stop().cancelled() => {}
            }
        }
    }

    const fn look_every(&self) -> Duration {
        match self.store.backend() {
            Backend::Sqlite => LOOK_EVERY_ALONE,
            Backend::Postgres => LOOK_EVERY,
        }
    }

    async fn work_through_all(&self) -> Result<(), StoreError> {
        // The store names the newest first.
        for batch in self.store.open_batches().await?.iter().rev() {
            let _feeding = self.runner.feeding();
            let work = Work { batches: self, batch, is_over: AtomicBool::new(false) };
            let waiting = batch.items.iter().filter(|item| item.progress == BatchProgress::Waiting);
            let items: Vec<BoxFuture<'_, ()>> = waiting.map(|item| work.item(item.invoice).boxed()).collect();
            futures_util::stream::iter(items).buffer_unordered(AT_ONCE).collect::<()>().await;
        }
        Ok(())
    }
}

impl Work<'_> {
    /// Takes one invoice on and waits until its delivery has done what it can.
    async fn item(&self, invoice: PsohubInvoiceId) {
        let mut pause = RETRY;
        while self.goes_on() {
            match self.begin(invoice).await {
                Ok(()) => return,
                Err(error) => {
                    tracing::warn!(batch = %self.batch.id, %invoice, %error, "an invoice of a batch has to wait");
                }
            }
            tokio::select! {
                () = self.batches.clock.sleep(pause) => {}
                () = self.batches.gate.stop().cancelled() => {}
            }
            pause = pause.saturating_mul(2).min(RETRY_MAX);
        }
    }

    fn goes_on(&self) -> bool {
        self.batches.gate.is_open() && !self.is_over.load(Ordering::SeqCst)
    }

    /// # Errors
    /// [`SendError`] that may pass: the invoice waits on.
    async fn begin(&self, invoice: PsohubInvoiceId) -> Result<(), SendError> {
        let Self { batches, batch, .. } = self;
        let begun = {
            let _turn = batches.turns.take(invoice).await;
            let existing = batches.store.delivery_of_invoice(invoice).await?;
            let order = Order {
                invoice,
                options: &batch.options,
                key: None,
                expected_plan: None,
                by: &batch.created_by,
                batch: Some(batch.id),
                seen: existing.as_ref().map(|stored| Delivery::version(&stored.delivery)),
            };
            batches.beginner.begin(order).await
        };
        match begun {
            Ok(Begun::Fresh(entry) | Begun::Replayed(entry)) => {
                let id = entry.delivery.id();
                self.set(invoice, &BatchProgress::Delivery(id)).await?;
                batches.runner.wake(id, Lane::Batch);
                batches.runner.at_rest(id).await;
            }
            Ok(Begun::BatchCancelled) => self.is_over.store(true, Ordering::SeqCst),
            Err(error @ (SendError::Unavailable(_) | SendError::NotConnected(_) | SendError::Store(_))) => {
                return Err(error);
            }
            Err(error) => {
                self.set(invoice, &refused(&error)).await?;
                batches.beginner.records.book.deliveries().tell_batch(batch.id);
            }
        }
        Ok(())
    }

    async fn set(&self, invoice: PsohubInvoiceId, progress: &BatchProgress) -> Result<(), StoreError> {
        self.batches.store.set_batch_item(self.batch.id, invoice, progress).await.map(drop)
    }
}

/// What a batch says of an invoice that was not taken on.
fn refused(error: &SendError) -> BatchProgress {
    let by_itself = |code: &str, hint: &str| BatchProgress::Refused {
        code: code.into(),
        message: error.to_string().into(),
        hint: hint.into(),
    };
    match error {
        SendError::Refused(plan) | SendError::PlanChanged(plan) => {
            let refusal = plan.problems.iter().find(|problem| problem.severity == Severity::Refusal);
            refusal.map_or_else(
                || by_itself("PLAN_CHANGED", "Look at the preview and send the invoice alone."),
                |problem| BatchProgress::Refused {
                    code: problem.code.to_string().into(),
                    message: problem.what.clone(),
                    hint: problem.mend.clone(),
                },
            )
        }
        SendError::UnknownInvoice(_) => by_itself("INVOICE_NOT_FOUND", "Check the id in PSOhub."),
        SendError::NotResumable { state, .. } => by_itself("ALREADY_UNDER_DELIVERY", state.hint()),
        SendError::KeyConflict
        | SendError::BadKey
        | SendError::NotConnected(_)
        | SendError::Unavailable(_)
        | SendError::Store(_) => by_itself("INTERNAL", "Send the invoice alone to see why."),
    }
}
