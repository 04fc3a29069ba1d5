//! Idempotency keys: a request repeated under its key gets the first one's delivery or batch.
//!
//! A key belongs to its caller and to the mutation it was used for. Keys are kept for [`KEYS_KEPT`];
//! that an invoice has one delivery does not rest on them and has no end.

use std::time::Duration;

use jiff::Timestamp;
use sqlx::{AnyConnection, Row};

use crate::domain::delivery::DeliveryId;
use crate::domain::{BatchId, ContentHash};
use crate::store::columns::column;
use crate::store::{Store, StoreError};

/// How long a key is remembered.
pub const KEYS_KEPT: Duration = Duration::from_hours(90 * 24);

/// Which mutation a key was given to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyScope {
    /// `sendInvoice`.
    SendInvoice,
    /// `sendInvoices`.
    SendInvoices,
}

impl KeyScope {
    const fn word(self) -> &'static str {
        match self {
            Self::SendInvoice => "SEND_INVOICE",
            Self::SendInvoices => "SEND_INVOICES",
        }
    }
}

/// A key as a request brings it.
#[derive(Debug, Clone, Copy)]
pub struct IdempotencyKey<'a> {
    /// The caller's text.
    pub key: &'a str,
    /// What it was given to.
    pub scope: KeyScope,
    /// Whose key it is: another caller's same text is another key.
    pub caller: &'a str,
    /// Fingerprint of everything else in the request.
    pub arguments: ContentHash,
}

/// What a key stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyUse {
    /// A `sendInvoice` with these arguments.
    Delivery(DeliveryId),
    /// A `sendInvoices` with these arguments.
    Batch(BatchId),
    /// A request with other arguments.
    Conflict,
}

impl Store {
    /// What the key stands for; `None` if it was never used.
    pub async fn key(&self, key: &IdempotencyKey<'_>) -> Result<Option<KeyUse>, StoreError> {
        let mut connection = self.readers.acquire().await?;
        look_up(&mut connection, key).await
    }

    /// Remembers a key for a delivery that was there before its request. Returns what the key stands
    /// for: another request may have used it meanwhile.
    pub async fn remember_key(
        &self,
        key: &IdempotencyKey<'_>,
        delivery: DeliveryId,
        at: Timestamp,
    ) -> Result<KeyUse, StoreError> {
        let mut transaction = self.write().await?;
        let used = KeyUse::Delivery(delivery);
        if insert(&mut transaction, key, used, at).await? {
            transaction.commit().await?;
            return Ok(used);
        }
        Ok(look_up(&mut transaction, key).await?.unwrap_or(KeyUse::Conflict))
    }

    /// Forgets keys that are older than [`KEYS_KEPT`]. Returns how many.
    pub async fn prune_keys(&self, now: Timestamp) -> Result<u64, StoreError> {
        let before = now.checked_sub(KEYS_KEPT).unwrap_or(Timestamp::MIN);
        let mut transaction = self.write().await?;
        let pruned = sqlx::query("DELETE FROM idempotency_keys WHERE created_at_ms < $1")
            .bind(before.as_millisecond())
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        transaction.commit().await?;
        Ok(pruned)
    }
}

/// What the key stands for, inside a transaction.
pub(super) async fn look_up(
    connection: &mut AnyConnection,
    key: &IdempotencyKey<'_>,
) -> Result<Option<KeyUse>, StoreError> {
    let row = sqlx::query(
        "SELECT arguments, delivery_id, batch_id FROM idempotency_keys
         WHERE scope = $1 AND caller = $2 AND idempotency_key = $3",
    )
    .bind(key.scope.word())
    .bind(column(key.caller))
    .bind(column(key.key))
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let arguments: &str = row.try_get(0)?;
    if arguments.parse() != Ok(key.arguments) {
        return Ok(Some(KeyUse::Conflict));
    }
    let delivery: Option<i64> = row.try_get(1)?;
    let batch: Option<i64> = row.try_get(2)?;
    let delivery = delivery.and_then(DeliveryId::new).map(KeyUse::Delivery);
    let batch = batch.and_then(BatchId::new).map(KeyUse::Batch);
    Ok(Some(delivery.or(batch).unwrap_or(KeyUse::Conflict)))
}

/// Remembers what the key stands for, unless it is in use. Returns whether it was not.
pub(super) async fn insert(
    connection: &mut AnyConnection,
    key: &IdempotencyKey<'_>,
    used: KeyUse,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let (delivery, batch) = match used {
        KeyUse::Delivery(id) => (Some(id.get()), None),
        KeyUse::Batch(id) => (None, Some(id.get())),
        KeyUse::Conflict => (None, None),
    };
    let inserted = sqlx::query(
        "INSERT INTO idempotency_keys
         (scope, caller, idempotency_key, arguments, delivery_id, batch_id, created_at_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
    )
    .bind(key.scope.word())
    .bind(column(key.caller))
    .bind(column(key.key))
    .bind(key.arguments.to_string())
    .bind(delivery)
    .bind(batch)
    .bind(at.as_millisecond())
    .execute(connection)
    .await?
    .rows_affected();
    Ok(inserted > 0)
}
