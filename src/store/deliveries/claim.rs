//! The claim: one of many callers gets the invoice, and the others get what it made.

use jiff::Timestamp;
use sqlx::AnyConnection;

use super::records::{self, StoredDelivery};
use super::{INVOICE, IdempotencyKey, KeyUse, PLAN, batches, keys, log, sealed_recipient, version_number};
use crate::domain::delivery::{Acceptance, DeliveryId, LogEntry, LogKind, accept};
use crate::domain::plan::Plan;
use crate::domain::{BatchId, BexioInvoiceId, Invoice};
use crate::store::columns::{column, json, sealed_json};
use crate::store::counters::{self, Counter};
use crate::store::{Keyring, Store, StoreError, hand_links};

/// A send that is asked for.
#[derive(Debug)]
pub struct NewDelivery<'a> {
    /// What it is accepted for ([`Plan::acceptance`]).
    pub acceptance: Acceptance,
    /// What is sent.
    pub plan: &'a Plan,
    /// PSOhub's invoice as it is now.
    pub invoice: &'a Invoice,
    /// The caller's key, if it has one.
    pub key: Option<IdempotencyKey<'a>>,
    /// Who asks.
    pub by: &'a str,
    /// The batch that it belongs to, if it does; the invoice must be one of its items.
    pub batch: Option<BatchId>,
    /// When.
    pub at: Timestamp,
}

/// Who got the invoice. Only [`Claim::Claimed`] wrote something.
#[derive(Debug)]
pub enum Claim {
    /// This caller: the delivery as stored, at version 1.
    Claimed(Box<StoredDelivery>),
    /// Somebody else, earlier.
    InvoiceTaken(Box<StoredDelivery>),
    /// The key stands for this delivery already: the same request, repeated.
    KeyUsed(DeliveryId),
    /// The key was used for another request.
    KeyConflict,
    /// Its batch was cancelled before: the item waits no more.
    BatchCancelled,
    /// A person has linked the invoice to this Bexio invoice meanwhile.
    Linked(BexioInvoiceId),
}

impl Store {
    /// Takes an invoice on: record, plan, first history entry, key and the batch's item, together or
    /// not at all.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] if the invoice is taken by a delivery that cannot be read.
    pub async fn claim_delivery(&self, new: NewDelivery<'_>) -> Result<Claim, StoreError> {
        let mut transaction = self.write().await?;
        let change = counters::next(&mut transaction, Counter::Change).await?;
        if let Some(key) = &new.key
            && let Some(used) = keys::look_up(&mut transaction, key).await?
        {
            return Ok(match used {
                KeyUse::Delivery(id) => Claim::KeyUsed(id),
                KeyUse::Batch(_) | KeyUse::Conflict => Claim::KeyConflict,
            });
        }
        if let Some(stored) =
            records::of_invoice(&mut transaction, &self.keys, new.acceptance.invoice_id).await?
        {
            return Ok(Claim::InvoiceTaken(Box::new(stored)));
        }
        if let Some(link) = hand_links::of_invoice(&mut transaction, new.acceptance.invoice_id).await? {
            return Ok(Claim::Linked(link.bexio_invoice_id));
        }
        let Some(stored) = insert(&mut transaction, &self.keys, new, change).await? else {
            return Ok(Claim::BatchCancelled);
        };
        transaction.commit().await?;
        Ok(Claim::Claimed(Box::new(stored)))
    }
}

/// `None`: its batch was cancelled.
async fn insert(
    connection: &mut AnyConnection,
    sealing: &Keyring,
    new: NewDelivery<'_>,
    change: i64,
) -> Result<Option<StoredDelivery>, StoreError> {
    let NewDelivery { acceptance, plan, invoice, key, by, batch, at } = new;
    let id = counters::next(connection, Counter::Delivery).await?;
    let id = DeliveryId::new(id).ok_or(StoreError::Counter { name: "delivery" })?;
    let delivery = accept(id, acceptance, at);
    if let Some(batch) = batch
        && !batches::begin_item(connection, batch, delivery.invoice_id(), id).await?
    {
        return Ok(None);
    }
    let stored = StoredDelivery {
        delivery,
        plan: plan.clone(),
        invoice: invoice.clone(),
        accepted_by: by.into(),
        batch,
    };
    insert_record(connection, sealing, &stored, change).await?;
    insert_plan(connection, sealing, &stored).await?;
    log::append(connection, &stored.delivery, &first_entry(&stored)).await?;
    if let Some(key) = &key {
        keys::insert(connection, key, KeyUse::Delivery(id), at).await?;
    }
    Ok(Some(stored))
}

fn first_entry(stored: &StoredDelivery) -> LogEntry {
    let delivery = &stored.delivery;
    LogEntry {
        delivery: delivery.id(),
        version: delivery.version(),
        at: delivery.accepted_at(),
        kind: LogKind::Accepted,
        state: delivery.state(),
        actor: Some(stored.accepted_by.clone()),
        detail: None,
    }
}

async fn insert_record(
    connection: &mut AnyConnection,
    sealing: &Keyring,
    stored: &StoredDelivery,
    change: i64,
) -> Result<(), StoreError> {
    let delivery = &stored.delivery;
    sqlx::query(
        "INSERT INTO deliveries (id, psohub_invoice_id, version, change, state, accepted_at_ms, changed_at_ms,
         accepted_by, invoice_number, recipient, batch_id, record)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(delivery.id().get())
    .bind(delivery.invoice_id().get())
    .bind(version_number(delivery.version()))
    .bind(change)
    .bind(delivery.state().word())
    .bind(delivery.accepted_at().as_millisecond())
    .bind(delivery.changed_at().as_millisecond())
    .bind(column(&stored.accepted_by))
    .bind(column(&stored.plan.invoice_number))
    .bind(sealed_recipient(sealing, delivery.id().get(), &stored.plan)?)
    .bind(stored.batch.map(BatchId::get))
    .bind(json(delivery, || format!("delivery {}", delivery.id()))?)
    .execute(connection)
    .await?;
    Ok(())
}

async fn insert_plan(
    connection: &mut AnyConnection,
    sealing: &Keyring,
    stored: &StoredDelivery,
) -> Result<(), StoreError> {
    let id = stored.delivery.id();
    let plan = sealed_json(sealing, PLAN, id.get(), &stored.plan, || format!("the plan of delivery {id}"))?;
    let invoice =
        sealed_json(sealing, INVOICE, id.get(), &stored.invoice, || format!("the invoice of delivery {id}"))?;
    sqlx::query("INSERT INTO delivery_plans (delivery_id, plan, invoice) VALUES ($1, $2, $3)")
        .bind(id.get())
        .bind(plan)
        .bind(invoice)
        .execute(connection)
        .await?;
    Ok(())
}
