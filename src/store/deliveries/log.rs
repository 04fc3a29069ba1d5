//! History: one entry for each version of a record, written with it.

use sqlx::{AnyConnection, Row};

use super::version_number;
use crate::domain::delivery::{Delivery, DeliveryId, LogEntry};
use crate::store::columns::json;
use crate::store::{Store, StoreError, placeholders};

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

fn read(delivery: i64, version: i64, entry: &str) -> Option<LogEntry> {
    match serde_json::from_str::<LogEntry>(entry) {
        Ok(entry) => Some(entry),
        Err(error) => {
            tracing::error!(
                delivery,
                version,
                %error,
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
    let entry = LogEntry { delivery: delivery.id(), version: delivery.version(), ..entry.clone() };
    let text =
        json(&entry, || format!("version {} of the history of delivery {}", entry.version, entry.delivery))?;
    sqlx::query("INSERT INTO delivery_log (delivery_id, version, entry) VALUES ($1, $2, $3)")
        .bind(entry.delivery.get())
        .bind(version_number(entry.version))
        .bind(text)
        .execute(connection)
        .await?;
    Ok(())
}
