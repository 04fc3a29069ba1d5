//! Records of deliveries, read.

use futures_util::TryStreamExt;
use serde::de::DeserializeOwned;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::{INVOICE, PLAN, RECIPIENT};
use crate::domain::delivery::{Delivery, DeliveryId};
use crate::domain::plan::Plan;
use crate::domain::{BatchId, Invoice, PsohubInvoiceId};
use crate::store::columns::opened_json;
use crate::store::keyring::Place;
use crate::store::{Keyring, Store, StoreError};

/// A delivery with all that executing it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDelivery {
    /// The record.
    pub delivery: Delivery,
    /// What is sent.
    pub plan: Plan,
    /// PSOhub's invoice as it was accepted.
    pub invoice: Invoice,
    /// Who asked for the send first.
    pub accepted_by: Box<str>,
    /// The batch that it was accepted in, if it was.
    pub batch: Option<BatchId>,
}

/// A delivery with what its readers want beside the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRow {
    /// The record.
    pub delivery: Delivery,
    /// PSOhub's number of the invoice, when it was last accepted.
    pub invoice_number: Box<str>,
    /// To whom the e-mail goes, where one is wanted.
    pub recipient: Option<Box<str>>,
    /// Who asked for the send first.
    pub accepted_by: Box<str>,
    /// The batch that it was accepted in, if it was.
    pub batch: Option<BatchId>,
}

/// A delivery whose record is there and cannot be read. Nothing may execute it, and its invoice stays
/// taken; a person has to be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("delivery {id} of PSOhub invoice {invoice} ({state}) cannot be read: {problem}")]
pub struct UnreadableDelivery {
    /// The delivery, as the column says.
    pub id: i64,
    /// Its invoice, as the column says.
    pub invoice: i64,
    /// Its state when it was stored, as the column says.
    pub state: String,
    /// What is wrong with it.
    pub problem: String,
}

/// Deliveries as of one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliveryRows {
    /// In the order of their last change.
    pub rows: Vec<DeliveryRow>,
    /// Those that cannot be read. They count as seen: the next look does not name them again unless
    /// they changed.
    pub unreadable: Vec<UnreadableDelivery>,
    /// From where the next look goes on.
    pub change: i64,
}

macro_rules! select {
    ($($rest:literal),*) => {
        concat!(
            "SELECT d.id, d.psohub_invoice_id, d.version, d.state, d.invoice_number, d.recipient, \
             d.accepted_by, d.batch_id, d.record", $($rest),*
        )
    };
}

impl Store {
    /// The delivery with this id, for its execution.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] if it is there and cannot be read.
    pub async fn delivery(&self, id: DeliveryId) -> Result<Option<StoredDelivery>, StoreError> {
        let row = sqlx::query(select!(
            ", p.plan, p.invoice FROM deliveries d JOIN delivery_plans p ON p.delivery_id = d.id WHERE d.id = $1"
        ))
        .bind(id.get())
        .fetch_optional(&self.readers)
        .await?;
        row.map(|row| stored(&row, &self.keys)).transpose()
    }

    /// The delivery of this invoice, for its execution.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] if it is there and cannot be read.
    pub async fn delivery_of_invoice(
        &self,
        invoice: PsohubInvoiceId,
    ) -> Result<Option<StoredDelivery>, StoreError> {
        let mut connection = self.readers.acquire().await?;
        of_invoice(&mut connection, &self.keys, invoice).await
    }

    /// All deliveries.
    pub async fn deliveries(&self) -> Result<DeliveryRows, StoreError> {
        self.deliveries_changed_since(0).await
    }

    /// The deliveries that changed after `change` ([`DeliveryRows::change`] of the look before), each
    /// at its newest version. No change is passed over, whoever made it.
    pub async fn deliveries_changed_since(&self, change: i64) -> Result<DeliveryRows, StoreError> {
        let mut found = DeliveryRows { change, ..DeliveryRows::default() };
        let mut rows =
            sqlx::query(select!(", d.change FROM deliveries d WHERE d.change > $1 ORDER BY d.change"))
                .bind(change)
                .fetch(&self.readers);
        while let Some(row) = rows.try_next().await? {
            found.change = row.try_get("change")?;
            match listed(&row, &self.keys) {
                Ok(row) => found.rows.push(row),
                Err(problem) => found.unreadable.push(unreadable(&row, problem)?),
            }
        }
        Ok(found)
    }
}

/// The delivery of this invoice, inside a transaction.
pub(super) async fn of_invoice(
    connection: &mut AnyConnection,
    keys: &Keyring,
    invoice: PsohubInvoiceId,
) -> Result<Option<StoredDelivery>, StoreError> {
    let row = sqlx::query(select!(
        ", p.plan, p.invoice FROM deliveries d JOIN delivery_plans p ON p.delivery_id = d.id \
         WHERE d.psohub_invoice_id = $1"
    ))
    .bind(invoice.get())
    .fetch_optional(connection)
    .await?;
    row.map(|row| stored(&row, keys)).transpose()
}

fn stored(row: &AnyRow, keys: &Keyring) -> Result<StoredDelivery, StoreError> {
    let read = || {
        let DeliveryRow { delivery, accepted_by, batch, .. } = listed(row, keys)?;
        let id = delivery.id().get();
        let plan = opened_json(keys, PLAN, id, field(row, "plan")?)?;
        let invoice = opened_json(keys, INVOICE, id, field(row, "invoice")?)?;
        Ok(StoredDelivery { delivery, plan, invoice, accepted_by, batch })
    };
    read().or_else(|problem| {
        let UnreadableDelivery { id, invoice, problem, .. } = unreadable(row, problem)?;
        Err(StoreError::Unreadable { record: format!("delivery {id} of PSOhub invoice {invoice}"), problem })
    })
}

/// The row, or what is wrong with it.
fn listed(row: &AnyRow, keys: &Keyring) -> Result<DeliveryRow, String> {
    let delivery: Delivery = body(row, "record")?;
    let known = (delivery.id().get(), delivery.invoice_id().get(), super::version_number(delivery.version()));
    if known != (field(row, "id")?, field(row, "psohub_invoice_id")?, field(row, "version")?) {
        return Err("its record is of another delivery or version than its columns".to_owned());
    }
    let recipient: Option<String> = field(row, "recipient")?;
    let place = Place { column: RECIPIENT, row: &delivery.id().get().to_string() };
    let recipient = recipient.map(|stored| keys.open_text(place, &stored).map(Box::from)).transpose();
    let recipient = recipient.map_err(|error| error.to_string())?;
    Ok(DeliveryRow {
        delivery,
        invoice_number: field::<String>(row, "invoice_number")?.into(),
        recipient,
        accepted_by: field::<String>(row, "accepted_by")?.into(),
        batch: field::<Option<i64>>(row, "batch_id")?.and_then(BatchId::new),
    })
}

fn unreadable(row: &AnyRow, problem: String) -> Result<UnreadableDelivery, StoreError> {
    let (id, invoice) = (row.try_get("id")?, row.try_get("psohub_invoice_id")?);
    Ok(UnreadableDelivery { id, invoice, state: row.try_get("state")?, problem })
}

fn body<T: DeserializeOwned>(row: &AnyRow, name: &str) -> Result<T, String> {
    let text: &str = field(row, name)?;
    serde_json::from_str(text).map_err(|error| format!("{name}: {error}"))
}

fn field<'r, T>(row: &'r AnyRow, name: &str) -> Result<T, String>
where
    T: sqlx::Decode<'r, sqlx::Any> + sqlx::Type<sqlx::Any>,
{
    row.try_get(name).map_err(|error| error.to_string())
}
