//! The mirror: the book's rows as last seen upstream, so that a restart serves at once.
//!
//! A cache and nothing else: a mirror of another format, or one that cannot be read, counts as
//! never written, and the refreshers fetch everything again. Nothing here may be the only copy.
//!
//! One database row an invoice. `benches/mirror.rs`, 100,000 invoices of five lines with a detail
//! each (112 MB), two cores under other load (8 at a time):
//!
//! | | SQLite | PostgreSQL 15 |
//! |---|---|---|
//! | load all | 0.7 s | 0.6 to 0.9 s |
//! | write all | 2.3 s | 2.5 to 4.6 s |
//! | write 1, 100 | 0.2 ms, 1.7 ms | 1 to 2.5 ms, 4 to 10 ms |
//! | open, with SQLite's check of the whole file | 140 ms | 9 ms |
//!
//! Of the load's 0.5 s of CPU time reading the rows through `Any` takes 0.13 s; the rest makes the
//! invoices, which costs no more than cloning them in memory. Packing 64 invoices into a row would
//! save 0.08 s and cost 64 times the bytes of each change.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt};
use jiff::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};
use tokio::task::JoinHandle;

use super::codec::{self, FORMAT};
use super::keyring::Place;
use super::{Keyring, Store, StoreError, placeholders};
use crate::domain::{AccountingInvoice, BexioInvoiceId, Invoice, PsohubInvoiceId};

/// How far a mirror is. Instants are kept to the millisecond, rounded down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MirrorState {
    /// When the source was last looked at with success.
    pub fetched_at: Timestamp,
    /// From where the next look asks for changes. Bexio: the start of the last look.
    pub watermark: Option<Timestamp>,
    /// When everything was last read.
    pub full_pass_at: Option<Timestamp>,
    /// What else the book needs to serve after a restart, by name.
    pub extra: BTreeMap<String, String>,
}

/// A mirror as it was written.
#[derive(Debug)]
pub struct Mirrored<T> {
    /// All rows, in no order.
    pub rows: Vec<Arc<T>>,
    /// How far they are.
    pub state: MirrorState,
}

/// A change of a mirror; rows and state change together or not at all.
#[derive(Debug)]
pub struct MirrorWrite<T, Id> {
    /// Rows to add, or to put in place of the one with their id. Of two with one id the last wins.
    pub upserts: Vec<Arc<T>>,
    /// Rows to remove. A row that is also in `upserts` stays.
    pub deletes: Vec<Id>,
    /// Whether `upserts` is the whole mirror.
    pub replace_all: bool,
    /// How far the mirror is with this change.
    pub state: MirrorState,
}

impl Store {
    /// PSOhub's invoices as last written; `None` when there are none of this format.
    pub async fn load_psohub_mirror(&self) -> Result<Option<Mirrored<Invoice>>, StoreError> {
        load(self).await
    }

    /// Bexio's invoices as last written; `None` when there are none of this format.
    pub async fn load_bexio_mirror(&self) -> Result<Option<Mirrored<AccountingInvoice>>, StoreError> {
        load(self).await
    }

    /// Changes the mirror of PSOhub's invoices in one transaction.
    ///
    /// # Errors
    /// [`StoreError::NoBase`] without `replace_all` when [`Store::load_psohub_mirror`] is `None`.
    pub async fn write_psohub_mirror(
        &self,
        write: MirrorWrite<Invoice, PsohubInvoiceId>,
    ) -> Result<(), StoreError> {
        let deletes = write.deletes.iter().map(|id| id.get()).collect();
        store(self, write.upserts, deletes, write.replace_all, write.state).await
    }

    /// Changes the mirror of Bexio's invoices in one transaction.
    ///
    /// # Errors
    /// [`StoreError::NoBase`] without `replace_all` when [`Store::load_bexio_mirror`] is `None`.
    pub async fn write_bexio_mirror(
        &self,
        write: MirrorWrite<AccountingInvoice, BexioInvoiceId>,
    ) -> Result<(), StoreError> {
        let deletes = write.deletes.iter().map(|id| id.get()).collect();
        store(self, write.upserts, deletes, write.replace_all, write.state).await
    }
}

/// What a source's rows are called, and how they become bytes.
trait Mirrorable: Sized + Send + Sync + 'static {
    const SOURCE: &'static str;
    /// Where the bodies belong.
    const COLUMN: &'static str;
    const SELECT: &'static str;
    const CLEAR: &'static str;
    /// In front of the values.
    const INSERT: &'static str;
    /// In front of the ids.
    const DELETE: &'static str;

    fn id(&self) -> i64;
    fn encode(&self) -> Result<Vec<u8>, postcard::Error>;
    fn decode(bytes: &[u8]) -> Result<Self, postcard::Error>;
}

macro_rules! mirrorable {
    ($type:ty, $source:literal, $table:literal) => {
        impl Mirrorable for $type {
            const SOURCE: &'static str = $source;
            const COLUMN: &'static str = concat!($table, ".body");
            const SELECT: &'static str = concat!("SELECT body, invoice_id FROM ", $table);
            const CLEAR: &'static str = concat!("DELETE FROM ", $table);
            const INSERT: &'static str = concat!("INSERT INTO ", $table, " (invoice_id, body) VALUES");
            const DELETE: &'static str = concat!("DELETE FROM ", $table, " WHERE invoice_id IN");

            fn id(&self) -> i64 {
                self.id.get()
            }
            fn encode(&self) -> Result<Vec<u8>, postcard::Error> {
                codec::encode(self)
            }
            fn decode(bytes: &[u8]) -> Result<Self, postcard::Error> {
                codec::decode(bytes)
            }
        }
    };
}

mirrorable!(Invoice, "psohub", "mirror_psohub");
mirrorable!(AccountingInvoice, "bexio", "mirror_bexio");

/// Rows decoded at a time on a thread of its own: about half a megabyte, which fits its cache.
const ROWS_PER_DECODE: usize = 512;
/// Such parts in memory as bytes at a time: the mirror's bytes are never all in memory.
const DECODES_MAX: usize = 8;

async fn load<T: Mirrorable>(store: &Store) -> Result<Option<Mirrored<T>>, StoreError> {
    let mut transaction = store.read().await?;
    let Some(state) = read_state(&mut transaction, T::SOURCE, format_of(&store.keys)).await? else {
        return Ok(None);
    };
    match read_rows(&mut transaction, &store.keys).await {
        Ok(rows) => Ok(Some(Mirrored { rows, state })),
        Err(ReadError::Store(error)) => Err(error),
        Err(ReadError::Body(error)) => {
            tracing::warn!(%error, mirror = T::SOURCE, "the mirror of {} cannot be read: dropped", T::SOURCE);
            Ok(None)
        }
    }
}

/// Why rows were not read: the database's fault, or that of what stands in a row.
enum ReadError {
    Store(StoreError),
    Body(BodyError),
}

#[derive(Debug, thiserror::Error)]
enum BodyError {
    #[error(transparent)]
    Column(sqlx::Error),
    #[error(transparent)]
    Bytes(#[from] postcard::Error),
    #[error("{0}")]
    Sealed(String),
}

impl From<sqlx::Error> for ReadError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => Self::Body(BodyError::Column(error)),
            _ => Self::Store(error.into()),
        }
    }
}

/// Decodes on other threads while the next rows are read.
async fn read_rows<T: Mirrorable>(
    connection: &mut AnyConnection,
    keys: &Keyring,
) -> Result<Vec<Arc<T>>, ReadError> {
    let mut decoded = Vec::new();
    let mut decoding = VecDeque::with_capacity(DECODES_MAX);
    let mut parts = sqlx::query(T::SELECT).fetch(connection).try_chunks(ROWS_PER_DECODE);
    while let Some(part) = parts.next().await {
        let part = part.map_err(|error| ReadError::from(error.1))?;
        if decoding.len() == DECODES_MAX {
            take_decoded(&mut decoding, &mut decoded).await?;
        }
        let keys = keys.clone();
        decoding.push_back(tokio::task::spawn_blocking(move || decode_all(&part, &keys)));
    }
    while !decoding.is_empty() {
        take_decoded(&mut decoding, &mut decoded).await?;
    }
    Ok(decoded)
}

type Decoding<T> = JoinHandle<Result<Vec<Arc<T>>, BodyError>>;

async fn take_decoded<T: Mirrorable>(
    decoding: &mut VecDeque<Decoding<T>>,
    decoded: &mut Vec<Arc<T>>,
) -> Result<(), ReadError> {
    let Some(part) = decoding.pop_front() else { return Ok(()) };
    let part = part.await.map_err(|_| ReadError::Store(StoreError::Interrupted))?;
    decoded.extend(part.map_err(ReadError::Body)?);
    Ok(())
}

fn decode_all<T: Mirrorable>(rows: &[AnyRow], keys: &Keyring) -> Result<Vec<Arc<T>>, BodyError> {
    rows.iter()
        .map(|row| {
            let body: &[u8] = row.try_get(0).map_err(BodyError::Column)?;
            if !keys.seals() {
                return Ok(Arc::new(T::decode(body)?));
            }
            let id: i64 = row.try_get(1).map_err(BodyError::Column)?;
            let place = Place { column: T::COLUMN, row: &id.to_string() };
            let body = keys.open_bytes(place, body).map_err(|error| BodyError::Sealed(error.to_string()))?;
            Ok(Arc::new(T::decode(&body)?))
        })
        .collect()
}

/// Bodies under a key are of another format than those in clear: a mirror is never both.
const fn format_of(keys: &Keyring) -> i64 {
    if keys.seals() { SEALED_FORMAT } else { FORMAT }
}

/// Whether the mirror of `source` was written under a key, in today's format.
pub(super) async fn is_sealed(connection: &mut AnyConnection, source: &str) -> Result<bool, StoreError> {
    let row = sqlx::query("SELECT 1 FROM mirror_state WHERE source = $1 AND format = $2")
        .bind(source)
        .bind(SEALED_FORMAT)
        .fetch_optional(connection)
        .await?;
    Ok(row.is_some())
}

/// Beyond every number of a format in clear.
const SEALED_FORMAT: i64 = FORMAT + 1_000_000;

async fn store<T: Mirrorable>(
    store: &Store,
    upserts: Vec<Arc<T>>,
    mut deletes: Vec<i64>,
    replace_all: bool,
    state: MirrorState,
) -> Result<(), StoreError> {
    let (format, keys) = (format_of(&store.keys), store.keys.clone());
    let rows = tokio::task::spawn_blocking(move || encode_all(&upserts, &keys))
        .await
        .map_err(|_| StoreError::Interrupted)??;
    deletes.sort_unstable();
    let mut transaction = store.write().await?;
    let based = read_state(&mut transaction, T::SOURCE, format).await?.is_some();
    // First, so that writers of one source queue here and never lock rows crosswise.
    write_state(&mut transaction, T::SOURCE, format, &state).await?;
    if replace_all {
        sqlx::query(T::CLEAR).execute(&mut *transaction).await?;
    } else if based {
        delete_rows::<T>(&mut transaction, &deletes).await?;
    } else {
        return Err(StoreError::NoBase { mirror: T::SOURCE });
    }
    upsert_rows::<T>(&mut transaction, rows).await?;
    Ok(transaction.commit().await?)
}

/// Bodies by id, one an id: PostgreSQL refuses a statement that writes a row twice.
fn encode_all<T: Mirrorable>(rows: &[Arc<T>], keys: &Keyring) -> Result<Vec<(i64, Vec<u8>)>, StoreError> {
    let last: BTreeMap<i64, &Arc<T>> = rows.iter().map(|row| (row.id(), row)).collect();
    last.into_iter()
        .map(|(id, row)| {
            let place = Place { column: T::COLUMN, row: &id.to_string() };
            Ok((id, keys.seal_bytes(place, row.encode().map_err(StoreError::Encode)?)?))
        })
        .collect()
}

async fn upsert_rows<T: Mirrorable>(
    connection: &mut AnyConnection,
    rows: Vec<(i64, Vec<u8>)>,
) -> Result<(), StoreError> {
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let part: Vec<_> = rows.by_ref().take(placeholders::PER_STATEMENT).collect();
        let values = placeholders::rows(part.len(), 2);
        let sql =
            format!("{} {values} ON CONFLICT (invoice_id) DO UPDATE SET body = excluded.body", T::INSERT);
        let mut query = placeholders::query(sql, part.len());
        for (id, body) in part {
            query = query.bind(id).bind(body);
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

async fn delete_rows<T: Mirrorable>(connection: &mut AnyConnection, ids: &[i64]) -> Result<(), StoreError> {
    for part in ids.chunks(placeholders::PER_STATEMENT) {
        let sql = format!("{} {}", T::DELETE, placeholders::list(part.len()));
        let query = part.iter().fold(placeholders::query(sql, part.len()), |query, id| query.bind(*id));
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

/// The state of a mirror of this format.
async fn read_state(
    connection: &mut AnyConnection,
    source: &'static str,
    format: i64,
) -> Result<Option<MirrorState>, StoreError> {
    let row = sqlx::query(
        "SELECT fetched_at_ms, watermark_ms, full_pass_at_ms, extra FROM mirror_state WHERE source = $1 AND format = $2",
    )
    .bind(source)
    .bind(format)
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let instant = |ms: Option<i64>| ms.and_then(|ms| Timestamp::from_millisecond(ms).ok());
    let Some(fetched_at) = instant(row.try_get(0)?) else { return Ok(None) };
    let Ok(extra) = serde_json::from_str(row.try_get(3)?) else { return Ok(None) };
    let (watermark, full_pass_at) = (instant(row.try_get(1)?), instant(row.try_get(2)?));
    Ok(Some(MirrorState { fetched_at, watermark, full_pass_at, extra }))
}

async fn write_state(
    connection: &mut AnyConnection,
    source: &'static str,
    format: i64,
    state: &MirrorState,
) -> Result<(), StoreError> {
    let extra: serde_json::Map<String, serde_json::Value> =
        state.extra.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    sqlx::query(
        "INSERT INTO mirror_state (source, format, fetched_at_ms, watermark_ms, full_pass_at_ms, extra)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (source) DO UPDATE SET format = excluded.format, fetched_at_ms = excluded.fetched_at_ms,
         watermark_ms = excluded.watermark_ms, full_pass_at_ms = excluded.full_pass_at_ms, extra = excluded.extra",
    )
    .bind(source)
    .bind(format)
    .bind(state.fetched_at.as_millisecond())
    .bind(state.watermark.map(Timestamp::as_millisecond))
    .bind(state.full_pass_at.map(Timestamp::as_millisecond))
    .bind(serde_json::Value::Object(extra).to_string())
    .execute(connection)
    .await?;
    Ok(())
}
