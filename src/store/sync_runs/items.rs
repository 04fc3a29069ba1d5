//! What a run did with which invoice.

use sqlx::AnyConnection;

use super::{json, update};
use crate::domain::payment::run::{ItemResult, RunItem, SyncRun, SyncRunId};
use crate::store::{Store, StoreError, placeholders};

/// Columns of an item.
const COLUMNS: usize = 5;
/// Items a statement.
const PER_STATEMENT: usize = 100;

impl Store {
    /// Writes down what a run did with invoices, the first of them at `position`, and the run as it is
    /// then. Returns whether the run was still `holder`'s: the items are written either way, since they
    /// happened. Items that are there already stay: the answer to a commit can be lost.
    pub async fn add_sync_items(
        &self,
        run: &SyncRun,
        holder: &str,
        position: usize,
        items: &[RunItem],
    ) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        for (part, items) in items.chunks(PER_STATEMENT).enumerate() {
            insert(&mut transaction, run.id, position + part * PER_STATEMENT, items).await?;
        }
        let is_held = update(&mut transaction, run, holder).await?;
        transaction.commit().await?;
        Ok(is_held)
    }

    /// What these runs did, by run, in the order in which it happened. What cannot be read is left out
    /// and logged.
    pub async fn sync_run_items(&self, runs: &[SyncRunId]) -> Result<Vec<(SyncRunId, RunItem)>, StoreError> {
        let mut items = Vec::new();
        for part in runs.chunks(placeholders::PER_STATEMENT) {
            let sql = format!(
                "SELECT run_id, item FROM sync_run_items WHERE run_id IN {} ORDER BY run_id, position",
                placeholders::list(part.len())
            );
            let query =
                part.iter().fold(placeholders::query(sql, part.len()), |query, id| query.bind(id.get()));
            for row in query.fetch_all(&self.readers).await? {
                let (run, item): (i64, String) = sqlx::FromRow::from_row(&row)?;
                items.extend(SyncRunId::new(run).zip(readable(run, &item)));
            }
        }
        Ok(items)
    }
}

fn readable(run: i64, item: &str) -> Option<RunItem> {
    serde_json::from_str(item)
        .inspect_err(
            |error| tracing::error!(run, %error, "an invoice of payment sync run {run} cannot be read: left out"),
        )
        .ok()
}

async fn insert(
    connection: &mut AnyConnection,
    run: SyncRunId,
    position: usize,
    items: &[RunItem],
) -> Result<(), StoreError> {
    let sql = format!(
        "INSERT INTO sync_run_items (run_id, position, psohub_invoice_id, kind, item) VALUES {} \
         ON CONFLICT (run_id, position) DO NOTHING",
        placeholders::rows(items.len(), COLUMNS)
    );
    let mut query = placeholders::query(sql, items.len());
    for (position, item) in (position..).zip(items) {
        query = query
            .bind(run.get())
            .bind(i64::try_from(position).unwrap_or(i64::MAX))
            .bind(item.invoice.get())
            .bind(kind(&item.result))
            .bind(json(item, || format!("{} in run {run} of the payment sync", item.number))?);
    }
    query.execute(connection).await?;
    Ok(())
}

const fn kind(result: &ItemResult) -> &'static str {
    match result {
        ItemResult::Paid(_) => "PAID",
        ItemResult::Reported(_) => "REPORTED",
        ItemResult::Failed(_) => "FAILED",
    }
}
