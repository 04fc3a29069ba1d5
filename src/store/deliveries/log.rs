//! History: one entry for each version of a record, written with it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::{AnyConnection, Row};

use super::{json, version_number};
use crate::domain::delivery::{Delivery, DeliveryId, LogEntry, LogKind, State};
use crate::store::{Store, StoreError, placeholders};

/// An entry as it is stored; which delivery and version stands in columns.
#[derive(Serialize, Deserialize)]
struct Body {
    at: Timestamp,
    kind: LogKind,
    state: State,
    actor: Option<Box<str>>,
    detail: Option<Box<str>>,
}

impl Store {
    /// The history of these deliveries, by delivery and version. An entry that cannot be read is left
    /// out and logged.
    pub async fn delivery_log(&self, ids: &[DeliveryId]) -> Result<Vec<LogEntry>, StoreError> {
        let mut ids: Vec<i64> = ids.iter().map(|id| id.get()).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut transaction = self.read().await?;
        let mut entries = Vec::new();
        for part in ids.chunks(placeholders::PER_STATEMENT) {
            let sql = format!(
                "SELECT delivery_id, version, entry FROM delivery_log WHERE delivery_id IN {} \
                 ORDER BY delivery_id, version",
                placeholders::list(part.len())
            );
            let query = part.iter().fold(placeholders::query(sql, part.len()), |query, id| query.bind(*id));
            for row in query.fetch_all(&mut *transaction).await? {
                let (delivery, version): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
                entries.extend(read(delivery, version, row.try_get(2)?));
            }
        }
        Ok(entries)
    }
}

fn read(delivery: i64, version: i64, body: &str) -> Option<LogEntry> {
    let ids = DeliveryId::new(delivery).zip(u64::try_from(version).ok());
    match (ids, serde_json::from_str::<Body>(body)) {
        (Some((delivery, version)), Ok(Body { at, kind, state, actor, detail })) => {
            Some(LogEntry { delivery, version, at, kind, state, actor, detail })
        }
        (_, body) => {
            let error = body.err().map(|error| error.to_string());
            tracing::error!(
                delivery,
                version,
                error,
                "version {version} of the history of delivery {delivery} cannot be read: left out"
            );
            None
        }
    }
}

/// Writes the entry of the version that `delivery` has now.
pub(super) async fn append(
    connection: &mut AnyConnection,
    delivery: &Delivery,
    entry: &LogEntry,
) -> Result<(), StoreError> {
    let LogEntry { at, kind, state, actor, detail, .. } = entry.clone();
    let body = json(&Body { at, kind, state, actor, detail }, || {
        format!("version {} of the history of delivery {}", delivery.version(), delivery.id())
    })?;
    sqlx::query("INSERT INTO delivery_log (delivery_id, version, entry) VALUES ($1, $2, $3)")
        .bind(delivery.id().get())
        .bind(version_number(delivery.version()))
        .bind(body)
        .execute(connection)
        .await?;
    Ok(())
}
