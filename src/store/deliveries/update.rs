//! One step of a delivery, stored: a compare-and-set with everything that the step learned.

use sqlx::AnyConnection;

use super::{ContactMapping, INVOICE, PLAN, PersonMapping, contacts, log, sealed_recipient, version_number};
use crate::domain::Invoice;
use crate::domain::delivery::{Delivery, DeliveryId, LogEntry};
use crate::domain::plan::Plan;
use crate::store::columns::{column, json, sealed_json};
use crate::store::counters::{self, Counter};
use crate::store::{Keyring, Link, Store, StoreError, links};

/// A changed delivery.
#[derive(Debug)]
pub struct Update<'a> {
    /// The version that it was made from.
    pub expected_version: u64,
    /// The record as it is to be.
    pub delivery: &'a Delivery,
    /// The plan and the invoice it was made from, where it was planned anew.
    pub replan: Option<(&'a Plan, &'a Invoice)>,
    /// What happened. Delivery and version are the record's, whatever it says.
    pub log: &'a LogEntry,
    /// The contact that stands for the customer from now on.
    pub contact: Option<ContactMapping>,
    /// The contact that stands for the person from now on.
    pub person: Option<PersonMapping>,
    /// The Bexio invoice that stands for the PSOhub invoice from now on.
    pub link: Option<Link>,
}

/// Whether an update was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "what was lost must be made again from the newest version"]
pub enum Saved {
    /// It is on the disk.
    Stored,
    /// Somebody else changed the delivery first. Nothing was written: load it again.
    Lost,
}

impl Store {
    /// Stores a step: the record, its history entry and the side records, together or not at all.
    pub async fn update_delivery(&self, update: Update<'_>) -> Result<Saved, StoreError> {
        let mut transaction = self.write().await?;
        let change = counters::next(&mut transaction, Counter::Change).await?;
        if !compare_and_set(&mut transaction, &update, change).await? {
            return Ok(Saved::Lost);
        }
        if let Some((plan, invoice)) = update.replan {
            replan(&mut transaction, &self.keys, update.delivery.id(), plan, invoice).await?;
        }
        log::append(&mut transaction, update.delivery, update.log).await?;
        if let Some(mapping) = &update.contact {
            contacts::save(&mut transaction, mapping.row()).await?;
        }
        if let Some(mapping) = &update.person {
            contacts::save(&mut transaction, mapping.row()).await?;
        }
        if let Some(link) = &update.link {
            links::save(&mut transaction, link).await?;
        }
        transaction.commit().await?;
        Ok(Saved::Stored)
    }
}

async fn compare_and_set(
    connection: &mut AnyConnection,
    update: &Update<'_>,
    change: i64,
) -> Result<bool, StoreError> {
    let delivery = update.delivery;
    let changed = sqlx::query(
        "UPDATE deliveries SET version = $3, change = $4, state = $5, changed_at_ms = $6, record = $7
         WHERE id = $1 AND version = $2",
    )
    .bind(delivery.id().get())
    .bind(version_number(update.expected_version))
    .bind(version_number(delivery.version()))
    .bind(change)
    .bind(delivery.state().word())
    .bind(delivery.changed_at().as_millisecond())
    .bind(json(delivery, || format!("delivery {}", delivery.id()))?)
    .execute(connection)
    .await?
    .rows_affected();
    Ok(changed == 1)
}

async fn replan(
    connection: &mut AnyConnection,
    sealing: &Keyring,
    id: DeliveryId,
    plan: &Plan,
    invoice: &Invoice,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE delivery_plans SET plan = $2, invoice = $3 WHERE delivery_id = $1")
        .bind(id.get())
        .bind(sealed_json(sealing, PLAN, id.get(), plan, || format!("the plan of delivery {id}"))?)
        .bind(sealed_json(sealing, INVOICE, id.get(), invoice, || format!("the invoice of delivery {id}"))?)
        .execute(&mut *connection)
        .await?;
    sqlx::query("UPDATE deliveries SET invoice_number = $2, recipient = $3 WHERE id = $1")
        .bind(id.get())
        .bind(column(&plan.invoice_number))
        .bind(sealed_recipient(sealing, id.get(), plan)?)
        .execute(connection)
        .await?;
    Ok(())
}
