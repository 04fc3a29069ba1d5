//! Runs, as they are stored.

use crate::domain::payment::run::{SyncRun, SyncRunId};
use crate::store::{Store, StoreError, placeholders};

impl Store {
    /// Runs with smaller ids than `before`, the newest first. One that cannot be read is left out and
    /// logged.
    pub async fn sync_runs(
        &self,
        before: Option<SyncRunId>,
        limit: usize,
    ) -> Result<Vec<SyncRun>, StoreError> {
        let records: Vec<String> =
            sqlx::query_scalar("SELECT record FROM sync_runs WHERE id < $1 ORDER BY id DESC LIMIT $2")
                .bind(before.map_or(i64::MAX, SyncRunId::get))
                .bind(i64::try_from(limit).unwrap_or(i64::MAX))
                .fetch_all(&self.readers)
                .await?;
        Ok(records.iter().filter_map(|record| readable(record)).collect())
    }

    /// The runs with these ids, as far as they exist and can be read.
    pub async fn sync_runs_by_id(&self, ids: &[SyncRunId]) -> Result<Vec<SyncRun>, StoreError> {
        let mut runs = Vec::with_capacity(ids.len());
        for part in ids.chunks(placeholders::PER_STATEMENT) {
            let sql = format!("SELECT record FROM sync_runs WHERE id IN {}", placeholders::list(part.len()));
            let query =
                part.iter().fold(placeholders::query(sql, part.len()), |query, id| query.bind(id.get()));
            for row in query.fetch_all(&self.readers).await? {
                let (record,): (String,) = sqlx::FromRow::from_row(&row)?;
                runs.extend(readable(&record));
            }
        }
        Ok(runs)
    }

    /// The run that is under way, by what is stored: one that was interrupted counts until it is closed.
    pub async fn running_sync_run(&self) -> Result<Option<SyncRun>, StoreError> {
        self.newest("SELECT record FROM sync_runs WHERE status = 'RUNNING' ORDER BY id DESC LIMIT 1").await
    }

    /// The last run that was no dry one, however it ended.
    pub async fn last_sync_run(&self) -> Result<Option<SyncRun>, StoreError> {
        self.newest("SELECT record FROM sync_runs WHERE is_dry_run = 0 ORDER BY id DESC LIMIT 1").await
    }

    /// The last run that was no dry one and looked at the books whole.
    pub async fn last_good_sync_run(&self) -> Result<Option<SyncRun>, StoreError> {
        self.newest(
            "SELECT record FROM sync_runs WHERE is_dry_run = 0
             AND status IN ('SUCCEEDED', 'SUCCEEDED_WITH_FAILURES') ORDER BY id DESC LIMIT 1",
        )
        .await
    }

    /// How many kept runs that were no dry ones have each status, by its word.
    pub async fn sync_run_counts(&self) -> Result<Vec<(String, i64)>, StoreError> {
        let sql =
            "SELECT status, COUNT(*) FROM sync_runs WHERE is_dry_run = 0 GROUP BY status ORDER BY status";
        Ok(sqlx::query_as(sql).fetch_all(&self.readers).await?)
    }

    async fn newest(&self, sql: &'static str) -> Result<Option<SyncRun>, StoreError> {
        let record: Option<String> = sqlx::query_scalar(sql).fetch_optional(&self.readers).await?;
        Ok(record.and_then(|record| readable(&record)))
    }
}

pub(super) fn readable(record: &str) -> Option<SyncRun> {
    serde_json::from_str(record)
        .inspect_err(|error| tracing::error!(%error, "a run of the payment sync cannot be read: left out"))
        .ok()
}
