//! Takes an invoice on: plans it, claims it, or lets the delivery that it has go on.

use std::sync::Arc;

use super::SendError;
use super::planning::{Planned, Planner};
use super::queue::lane_of;
use super::record::{Change, Records, entry_of};
use crate::book::DeliveryEntry;
use crate::domain::delivery::{Delivery, Halt, LogKind, Review, resume};
use crate::domain::plan::{Plan, SendOptions};
use crate::domain::{BatchId, BexioInvoiceId, ContentHash, PsohubInvoiceId, SharedClock};
use crate::services::accounts::{Accounts, Closed};
use crate::store::{Claim, IdempotencyKey, KeyUse, NewDelivery, Saved, StoredDelivery};

/// Changes by others that are waited out while a delivery is to go on.
const TRIES_MAX: usize = 5;

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Order<'a> {
    pub(super) invoice: PsohubInvoiceId,
    pub(super) options: &'a SendOptions,
    pub(super) key: Option<IdempotencyKey<'a>>,
    pub(super) expected_plan: Option<ContentHash>,
    pub(super) by: &'a str,
    pub(super) batch: Option<BatchId>,
    /// The version of the invoice's delivery when the request came, where it had one.
    pub(super) seen: Option<u64>,
}

/// What became of it.
#[derive(Debug)]
pub(super) enum Begun {
    /// It was taken on, or goes on.
    Fresh(Arc<DeliveryEntry>),
    /// The delivery was there before, and this request changed nothing.
    Replayed(Arc<DeliveryEntry>),
    /// Its batch was cancelled before its turn.
    BatchCancelled,
}

/// Takes invoices on.
#[derive(Clone)]
pub(super) struct Beginner {
    pub(super) accounts: Accounts,
    pub(super) planner: Planner,
    pub(super) records: Records,
    pub(super) clock: SharedClock,
}

impl Beginner {
    pub(super) async fn begin(&self, order: Order<'_>) -> Result<Begun, SendError> {
        if let Some(key) = &order.key
            && let Some(used) = self.records.store.key(key).await?
        {
            return self.replay_key(used).await;
        }
        let existing = self.records.store.delivery_of_invoice(order.invoice).await?;
        match existing {
            Some(stored) => self.go_on(order, stored).await,
            None => self.claim(order).await,
        }
    }

    async fn plan(&self, order: &Order<'_>, delivery: Option<&Delivery>) -> Result<Planned, SendError> {
        self.accounts.require().await?;
        let lane = lane_of(order.batch.is_some());
        self.planner.plan(order.invoice, order.options, delivery, lane).await
    }

    async fn claim(&self, order: Order<'_>) -> Result<Begun, SendError> {
        let Planned { plan, invoice, outdated } = self.plan(&order, None).await?;
        let plan = accepted(plan, &order)?;
        let Some(acceptance) = plan.acceptance() else { return Err(SendError::Refused(Box::new(plan))) };
        self.planner.contacts.forget(outdated).await?;
        let new = NewDelivery {
            acceptance,
            plan: &plan,
            invoice: &invoice,
            key: order.key,
            by: order.by,
            batch: order.batch,
            at: self.clock.now(),
        };
        tracing::debug!(target: "invoice_gateway::delivery", invoice = order.invoice.get(), "claiming");
        let claim = self.records.store.claim_delivery(new).await?;
        if let Claim::Claimed(stored) = &claim {
            tracing::debug!(
                target: "invoice_gateway::delivery",
                delivery = stored.delivery.id().get(),
                invoice = order.invoice.get(),
                "claimed"
            );
        }
        match claim {
            Claim::Claimed(stored) => Ok(Begun::Fresh(self.records.show(&stored))),
            Claim::InvoiceTaken(stored) => self.replay(order, &stored).await,
            Claim::KeyUsed(id) => self.replay_key(KeyUse::Delivery(id)).await,
            Claim::KeyConflict => Err(SendError::KeyConflict),
            Claim::BatchCancelled => Ok(Begun::BatchCancelled),
            Claim::Linked(bexio) => Err(self.linked(&order, bexio).await?),
        }
    }

    /// Somebody linked the invoice while it was being planned, perhaps in another process: the plan that
    /// knows it says so.
    async fn linked(&self, order: &Order<'_>, bexio: BexioInvoiceId) -> Result<SendError, SendError> {
        self.records.book.note_link(order.invoice, Some(bexio)).await;
        let plan = self.plan(order, None).await?.plan;
        Ok(match plan.acceptance() {
            None => SendError::Refused(Box::new(plan)),
            Some(_) => SendError::Unavailable("its link was changed while it was planned".to_owned()),
        })
    }

    /// The invoice has a delivery. What failed goes on with a new plan; what is under way is shown.
    async fn go_on(&self, order: Order<'_>, mut stored: StoredDelivery) -> Result<Begun, SendError> {
        for _ in 0..TRIES_MAX {
            let delivery = &stored.delivery;
            // Whoever asked for it had not seen what became of it: another request was faster.
            let is_news = order.seen != Some(delivery.version());
            if is_news || !delivery.state().is_settled() {
                return self.replay(order, &stored).await;
            }
            if !delivery.may_resume() {
                let (delivery, state) = (self.records.show(&stored), delivery.state());
                return Err(SendError::NotResumable { delivery, state });
            }
            let planned = self.plan(&order, Some(delivery)).await?;
            if self.resume(&order, &mut stored, planned).await? {
                return self.remember(order, &stored).await.map(Begun::Fresh);
            }
            if let Some(newest) = self.records.load(stored.delivery.id()).await? {
                stored = newest;
            }
        }
        self.replay(order, &stored).await
    }

    /// Whether the delivery goes on with the new plan now.
    async fn resume(
        &self,
        order: &Order<'_>,
        stored: &mut StoredDelivery,
        planned: Planned,
    ) -> Result<bool, SendError> {
        let plan = accepted(planned.plan, order)?;
        let Some(acceptance) = plan.acceptance() else { return Err(SendError::Refused(Box::new(plan))) };
        let asks = matches!(
            stored.delivery.halt(),
            Some(Halt::Review(Review::ContactAmbiguous(_) | Review::Differs(_)))
        );
        if asks && acceptance == *stored.delivery.accepted() {
            // The same question would be asked again.
            let (delivery, state) = (self.records.show(stored), stored.delivery.state());
            return Err(SendError::NotResumable { delivery, state });
        }
        self.planner.contacts.forget(planned.outdated).await?;
        let Ok(next) = resume(&stored.delivery, acceptance, self.clock.now()) else { return Ok(false) };
        let change = Change {
            actor: Some(order.by),
            replan: Some((&plan, &planned.invoice)),
            ..Change::by_itself(LogKind::SentAgain)
        };
        Ok(self.records.store(stored, next, change).await? == Saved::Stored)
    }

    async fn replay(&self, order: Order<'_>, stored: &StoredDelivery) -> Result<Begun, SendError> {
        self.remember(order, stored).await.map(Begun::Replayed)
    }

    /// The delivery of a key that was used before.
    async fn replay_key(&self, used: KeyUse) -> Result<Begun, SendError> {
        let KeyUse::Delivery(id) = used else { return Err(SendError::KeyConflict) };
        match self.records.load(id).await? {
            Some(stored) => Ok(Begun::Replayed(self.records.show(&stored))),
            None => Err(SendError::KeyConflict),
        }
    }

    /// Ties the request's key to the delivery that answers it.
    async fn remember(
        &self,
        order: Order<'_>,
        stored: &StoredDelivery,
    ) -> Result<Arc<DeliveryEntry>, SendError> {
        if let Some(key) = &order.key {
            let id = stored.delivery.id();
            let used = self.records.store.remember_key(key, id, self.clock.now()).await?;
            if used != KeyUse::Delivery(id) {
                return Err(SendError::KeyConflict);
            }
        }
        self.records.show(stored);
        Ok(Arc::new(entry_of(stored)))
    }
}

impl From<Closed> for SendError {
    fn from(closed: Closed) -> Self {
        match closed {
            Closed::NotConnected(words) => Self::NotConnected(words),
            Closed::Unavailable(words) => Self::Unavailable(words),
        }
    }
}

/// The plan, if it may be sent and is the one that the caller saw.
fn accepted(plan: Plan, order: &Order<'_>) -> Result<Plan, SendError> {
    if !plan.is_sendable() {
        return Err(SendError::Refused(Box::new(plan)));
    }
    if order.expected_plan.is_some_and(|expected| expected != plan.content_hash()) {
        return Err(SendError::PlanChanged(Box::new(plan)));
    }
    Ok(plan)
}
