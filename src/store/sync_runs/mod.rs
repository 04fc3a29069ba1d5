//! Runs of the payment sync, and what each did with which invoice.
//!
//! Who runs holds a lease ([`super::leases`]); a run carries its lease's holder, and only that holder
//! changes it. A run that is RUNNING while the lease is free was interrupted, and is closed as such by
//! the next holder. Records are JSON, as those of deliveries.

mod begin;
mod items;
mod read;

pub use begin::{BegunRun, NewRun};

use std::time::Duration;

use jiff::Timestamp;

use super::columns::{column, json};
use super::{Store, StoreError};
use crate::domain::payment::run::{RunStatus, SyncRun};

/// How long runs are kept.
pub const RUNS_KEPT: Duration = Duration::from_hours(90 * 24);

impl Store {
    /// Stores a run as it is now. Returns whether it did: a run that another holder closed stays closed.
    pub async fn save_sync_run(&self, run: &SyncRun, holder: &str) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        let saved = update(&mut transaction, run, holder).await?;
        transaction.commit().await?;
        Ok(saved)
    }

    /// Closes the runs that their processes left behind. To be called by the lease's holder, before it
    /// begins a run. Returns how many.
    pub async fn close_interrupted_sync_runs(&self, now: Timestamp) -> Result<usize, StoreError> {
        let mut transaction = self.write().await?;
        let rows = sqlx::query_as::<_, (String, String)>(
            "SELECT holder, record FROM sync_runs WHERE status = 'RUNNING'",
        )
        .fetch_all(&mut *transaction)
        .await?;
        for (holder, record) in &rows {
            let Some(mut run) = read::readable(record) else { continue };
            run.status = RunStatus::Interrupted;
            run.ended_at = Some(now);
            update(&mut transaction, &run, holder).await?;
        }
        transaction.commit().await?;
        Ok(rows.len())
    }

    /// Forgets runs that began before [`RUNS_KEPT`]. Returns how many.
    pub async fn prune_sync_runs(&self, now: Timestamp) -> Result<u64, StoreError> {
        let before = now.checked_sub(RUNS_KEPT).unwrap_or(Timestamp::MIN).as_millisecond();
        let mut transaction = self.write().await?;
        sqlx::query(
            "DELETE FROM sync_run_items WHERE run_id IN
             (SELECT id FROM sync_runs WHERE started_at_ms < $1 AND status <> 'RUNNING')",
        )
        .bind(before)
        .execute(&mut *transaction)
        .await?;
        let pruned = sqlx::query("DELETE FROM sync_runs WHERE started_at_ms < $1 AND status <> 'RUNNING'")
            .bind(before)
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        transaction.commit().await?;
        Ok(pruned)
    }
}

/// Whether the run was still `holder`'s to change.
async fn update(
    connection: &mut sqlx::AnyConnection,
    run: &SyncRun,
    holder: &str,
) -> Result<bool, StoreError> {
    let changed = sqlx::query(
        "UPDATE sync_runs SET status = $3, record = $4 WHERE id = $1 AND holder = $2 AND status = 'RUNNING'",
    )
    .bind(run.id.get())
    .bind(holder)
    .bind(run.status.word())
    .bind(json(run, || format!("run {} of the payment sync", run.id))?)
    .execute(connection)
    .await?
    .rows_affected();
    Ok(changed > 0)
}
