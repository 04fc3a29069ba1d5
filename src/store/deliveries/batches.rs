//! Batches: many invoices asked for by one request, and what became of each.
//!
//! An item's progress is written once. An item that waits becomes a delivery inside the claim itself,
//! so a batch that was cancelled begins nothing more, and a crash leaves no delivery that its batch
//! does not know.

use jiff::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::{IdempotencyKey, KeyUse, OPTIONS, keys};
use crate::domain::delivery::DeliveryId;
use crate::domain::plan::SendOptions;
use crate::domain::{Batch, BatchId, BatchItem, BatchProgress, PsohubInvoiceId};
use crate::store::columns::{column, instant, json, opened_json, sealed_json};
use crate::store::counters::{self, Counter};
use crate::store::{Keyring, Store, StoreError, placeholders};

/// A batch that is asked for.
#[derive(Debug)]
pub struct NewBatch<'a> {
    /// Its invoices in order, each once, at least one.
    pub invoices: &'a [PsohubInvoiceId],
    /// How they are to be sent.
    pub options: &'a SendOptions,
    /// The caller's key, if it has one.
    pub key: Option<IdempotencyKey<'a>>,
    /// Who asks.
    pub by: &'a str,
    /// When; kept to the millisecond.
    pub at: Timestamp,
}

/// What became of a batch that was asked for. Only [`BatchClaim::Created`] wrote something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BatchClaim {
    /// It was made, as it is stored.
    Created(Batch),
    /// The key stands for this batch already: the same request, repeated.
    KeyUsed(BatchId),
    /// The key was used for another request.
    KeyConflict,
}

/// Batches with their items: a row an item, with the batch's own columns on each.
macro_rules! select {
    ($batches:literal) => {
        concat!(
            "SELECT b.id, b.created_at_ms, b.created_by, b.options, b.cancelled_at_ms, \
             i.psohub_invoice_id, i.progress FROM (SELECT * FROM batches ",
            $batches,
            ") b JOIN batch_items i ON i.batch_id = b.id ORDER BY b.id DESC, i.position"
        )
    };
}

impl Store {
    /// Makes a batch with all its items waiting, together with its key.
    pub async fn create_batch(&self, new: NewBatch<'_>) -> Result<BatchClaim, StoreError> {
        let mut transaction = self.write().await?;
        let id = counters::next(&mut transaction, Counter::Batch).await?;
        if let Some(key) = &new.key
            && let Some(used) = keys::look_up(&mut transaction, key).await?
        {
            return Ok(match used {
                KeyUse::Batch(id) => BatchClaim::KeyUsed(id),
                KeyUse::Delivery(_) | KeyUse::Conflict => BatchClaim::KeyConflict,
            });
        }
        let id = BatchId::new(id).ok_or(StoreError::Counter { name: "batch" })?;
        insert(&mut transaction, &self.keys, id, &new).await?;
        let batch = load(&mut transaction, &self.keys, id).await?;
        transaction.commit().await?;
        batch.map(BatchClaim::Created).ok_or(StoreError::Refused(sqlx::Error::RowNotFound))
    }

    /// The batch with this id.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] if it is there and cannot be read.
    pub async fn batch(&self, id: BatchId) -> Result<Option<Batch>, StoreError> {
        let mut connection = self.readers.acquire().await?;
        load(&mut connection, &self.keys, id).await
    }

    /// Batches with smaller ids than `before`, the newest first. One that cannot be read is left out
    /// and logged.
    pub async fn batches(&self, before: Option<BatchId>, limit: usize) -> Result<Vec<Batch>, StoreError> {
        let rows = sqlx::query(select!("WHERE id < $1 ORDER BY id DESC LIMIT $2"))
            .bind(before.map_or(i64::MAX, BatchId::get))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&self.readers)
            .await?;
        Ok(readable(&rows, &self.keys))
    }

    /// The batches with these ids, as far as they exist, the newest first. One that cannot be read is
    /// left out and logged.
    pub async fn batches_by_id(&self, ids: &[BatchId]) -> Result<Vec<Batch>, StoreError> {
        let mut batches = Vec::with_capacity(ids.len());
        for part in ids.chunks(placeholders::PER_STATEMENT) {
            let sql = format!(select!("WHERE id IN {}"), placeholders::list(part.len()));
            let query =
                part.iter().fold(placeholders::query(sql, part.len()), |query, id| query.bind(id.get()));
            batches.extend(readable(&query.fetch_all(&self.readers).await?, &self.keys));
        }
        Ok(batches)
    }

    /// Batches with items that wait, the newest first. One that cannot be read is left out and logged.
    pub async fn open_batches(&self) -> Result<Vec<Batch>, StoreError> {
        let rows =
            sqlx::query(select!("WHERE id IN (SELECT batch_id FROM batch_items WHERE state = 'WAITING')"))
                .fetch_all(&self.readers)
                .await?;
        Ok(readable(&rows, &self.keys))
    }

    /// Says what became of an item that waits. Returns whether it did: what is settled stays.
    pub async fn set_batch_item(
        &self,
        batch: BatchId,
        invoice: PsohubInvoiceId,
        progress: &BatchProgress,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        let was_waiting = settle_item(&mut transaction, batch, invoice, progress).await?;
        transaction.commit().await?;
        Ok(was_waiting)
    }

    /// Cancels what waits: none of it begins once this returned. Returns the batch as it is then.
    pub async fn cancel_batch(&self, id: BatchId, at: Timestamp) -> Result<Option<Batch>, StoreError> {
        let mut transaction = self.write().await?;
        sqlx::query("UPDATE batches SET cancelled_at_ms = $2 WHERE id = $1 AND cancelled_at_ms IS NULL")
            .bind(id.get())
            .bind(at.as_millisecond())
            .execute(&mut *transaction)
            .await?;
        sqlx::query(
            "UPDATE batch_items SET state = $2, progress = $3 WHERE batch_id = $1 AND state = 'WAITING'",
        )
        .bind(id.get())
        .bind(state_word(&BatchProgress::Cancelled))
        .bind(progress_json(id, &BatchProgress::Cancelled)?)
        .execute(&mut *transaction)
        .await?;
        let batch = load(&mut transaction, &self.keys, id).await?;
        transaction.commit().await?;
        Ok(batch)
    }
}

/// Gives an item that waits its delivery, as part of the claim. Returns whether it waited.
pub(super) async fn begin_item(
    connection: &mut AnyConnection,
    batch: BatchId,
    invoice: PsohubInvoiceId,
    delivery: DeliveryId,
) -> Result<bool, StoreError> {
    settle_item(connection, batch, invoice, &BatchProgress::Delivery(delivery)).await
}

async fn settle_item(
    connection: &mut AnyConnection,
    batch: BatchId,
    invoice: PsohubInvoiceId,
    progress: &BatchProgress,
) -> Result<bool, StoreError> {
    let changed = sqlx::query(
        "UPDATE batch_items SET state = $3, progress = $4
         WHERE batch_id = $1 AND psohub_invoice_id = $2 AND state = 'WAITING'",
    )
    .bind(batch.get())
    .bind(invoice.get())
    .bind(state_word(progress))
    .bind(progress_json(batch, progress)?)
    .execute(connection)
    .await?
    .rows_affected();
    Ok(changed > 0)
}

async fn insert(
    connection: &mut AnyConnection,
    sealing: &Keyring,
    id: BatchId,
    new: &NewBatch<'_>,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO batches (id, created_at_ms, created_by, options) VALUES ($1, $2, $3, $4)")
        .bind(id.get())
        .bind(new.at.as_millisecond())
        .bind(column(new.by))
        .bind(sealed_json(sealing, OPTIONS, id.get(), new.options, || format!("the options of batch {id}"))?)
        .execute(&mut *connection)
        .await?;
    insert_items(connection, id, new.invoices).await?;
    if let Some(key) = &new.key {
        keys::insert(connection, key, KeyUse::Batch(id), new.at).await?;
    }
    Ok(())
}

async fn insert_items(
    connection: &mut AnyConnection,
    id: BatchId,
    invoices: &[PsohubInvoiceId],
) -> Result<(), StoreError> {
    const COLUMNS: usize = 5;
    let waiting = progress_json(id, &BatchProgress::Waiting)?;
    let mut position = 0_i64;
    for part in invoices.chunks(placeholders::PER_STATEMENT) {
        let sql = format!(
            "INSERT INTO batch_items (batch_id, position, psohub_invoice_id, state, progress) VALUES {}",
            placeholders::rows(part.len(), COLUMNS)
        );
        let mut query = placeholders::query(sql, part.len());
        for invoice in part {
            query = query.bind(id.get()).bind(position).bind(invoice.get());
            query = query.bind(state_word(&BatchProgress::Waiting)).bind(waiting.as_str());
            position += 1;
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

async fn load(
    connection: &mut AnyConnection,
    keys: &Keyring,
    id: BatchId,
) -> Result<Option<Batch>, StoreError> {
    let rows = sqlx::query(select!("WHERE id = $1")).bind(id.get()).fetch_all(connection).await?;
    group(&rows, keys).into_iter().next().transpose()
}

fn readable(rows: &[AnyRow], keys: &Keyring) -> Vec<Batch> {
    let mut batches = Vec::new();
    for batch in group(rows, keys) {
        match batch {
            Ok(batch) => batches.push(batch),
            Err(error) => tracing::error!(%error, "a batch is left out: {error}"),
        }
    }
    batches
}

/// The batches of rows that are ordered by batch.
fn group(rows: &[AnyRow], keys: &Keyring) -> Vec<Result<Batch, StoreError>> {
    rows.chunk_by(|one, next| one.try_get::<i64, _>(0).ok() == next.try_get::<i64, _>(0).ok())
        .map(|rows| {
            read(rows, keys).map_err(|problem| {
                let id = rows.first().and_then(|row| row.try_get::<i64, _>(0).ok()).unwrap_or_default();
                StoreError::Unreadable { record: format!("batch {id}"), problem }
            })
        })
        .collect()
}

/// One batch from the rows of its items, or what is wrong with it.
fn read(rows: &[AnyRow], keys: &Keyring) -> Result<Batch, String> {
    let damaged = |error: sqlx::Error| error.to_string();
    let head = rows.first().ok_or_else(|| "it has no items".to_owned())?;
    let cancelled_at: Option<i64> = head.try_get(4).map_err(damaged)?;
    let options: &str = head.try_get(3).map_err(damaged)?;
    let id: i64 = head.try_get(0).map_err(damaged)?;
    Ok(Batch {
        id: BatchId::new(id).ok_or_else(|| "its id".to_owned())?,
        created_at: instant(head.try_get(1).map_err(damaged)?)?,
        created_by: head.try_get::<String, _>(2).map_err(damaged)?.into(),
        options: opened_json(keys, OPTIONS, id, options)?,
        cancelled_at: cancelled_at.map(instant).transpose()?,
        items: rows.iter().map(read_item).collect::<Result<_, _>>()?,
    })
}

fn read_item(row: &AnyRow) -> Result<BatchItem, String> {
    let damaged = |error: sqlx::Error| error.to_string();
    let invoice: i64 = row.try_get(5).map_err(damaged)?;
    let progress: &str = row.try_get(6).map_err(damaged)?;
    Ok(BatchItem {
        invoice: PsohubInvoiceId::new(invoice).ok_or_else(|| format!("invoice {invoice}"))?,
        progress: serde_json::from_str(progress)
            .map_err(|error| format!("progress of invoice {invoice}: {error}"))?,
    })
}

fn progress_json(batch: BatchId, progress: &BatchProgress) -> Result<String, StoreError> {
    json(progress, || format!("the progress of an invoice of batch {batch}"))
}

const fn state_word(progress: &BatchProgress) -> &'static str {
    match progress {
        BatchProgress::Waiting => "WAITING",
        BatchProgress::Delivery(_) => "DELIVERY",
        BatchProgress::Refused { .. } => "REFUSED",
        BatchProgress::Cancelled => "CANCELLED",
    }
}
