//! Begins a run, once for each idempotency key.

use jiff::Timestamp;
use sqlx::AnyConnection;

use super::{column, json, read};
use crate::domain::payment::run::{Calls, Counts, RunStatus, SyncRun, SyncRunId, Trigger};
use crate::store::counters::{self, Counter};
use crate::store::{Store, StoreError};

/// A run that is to begin.
#[derive(Debug, Clone, Copy)]
pub struct NewRun<'a> {
    /// What begins it.
    pub trigger: &'a Trigger,
    /// Whether it only shows what it would do.
    pub is_dry_run: bool,
    /// Who holds the lease that it runs under.
    pub holder: &'a str,
    /// The person's key, if they gave one.
    pub key: Option<&'a str>,
    /// When.
    pub at: Timestamp,
}

/// What became of a run that was to begin. Only [`BegunRun::Began`] wrote something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BegunRun {
    /// It began.
    Began(SyncRun),
    /// The key stands for this run: the same request, repeated.
    KeyUsed(SyncRun),
    /// The key was used for a run of the other kind: dry, or not.
    KeyConflict,
}

impl Store {
    /// Begins a run.
    pub async fn begin_sync_run(&self, new: NewRun<'_>) -> Result<BegunRun, StoreError> {
        let mut transaction = self.write().await?;
        // First: its row is the lock of all who begin.
        let id = counters::next(&mut transaction, Counter::SyncRun).await?;
        if let Some(used) = of_key(&mut transaction, &new).await? {
            let same = used.is_dry_run == new.is_dry_run;
            return Ok(if same { BegunRun::KeyUsed(used) } else { BegunRun::KeyConflict });
        }
        let id = SyncRunId::new(id).ok_or(StoreError::Counter { name: "sync_run" })?;
        let run = SyncRun {
            id,
            trigger: new.trigger.clone(),
            is_dry_run: new.is_dry_run,
            started_at: new.at,
            ended_at: None,
            status: RunStatus::Running,
            failure: None,
            counts: Counts::default(),
            reported_beyond: 0,
            calls: Calls::default(),
            next_run: None,
        };
        insert(&mut transaction, &run, &new).await?;
        transaction.commit().await?;
        Ok(BegunRun::Began(run))
    }

    /// The run that a person's key stands for; `None` if it was never used.
    pub async fn sync_run_of_key(&self, actor: &str, key: &str) -> Result<Option<SyncRun>, StoreError> {
        let mut connection = self.readers.acquire().await?;
        find(&mut connection, actor, key).await
    }
}

/// Whose key it is, where somebody gave one.
fn actor(trigger: &Trigger) -> Option<String> {
    match trigger {
        Trigger::Manual { by } => Some(column(by)),
        Trigger::Schedule | Trigger::Start => None,
    }
}

async fn of_key(connection: &mut AnyConnection, new: &NewRun<'_>) -> Result<Option<SyncRun>, StoreError> {
    match (actor(new.trigger), new.key) {
        (Some(actor), Some(key)) => find(connection, &actor, key).await,
        _ => Ok(None),
    }
}

async fn find(connection: &mut AnyConnection, actor: &str, key: &str) -> Result<Option<SyncRun>, StoreError> {
    let record: Option<String> =
        sqlx::query_scalar("SELECT record FROM sync_runs WHERE actor = $1 AND idempotency_key = $2")
            .bind(column(actor))
            .bind(column(key))
            .fetch_optional(connection)
            .await?;
    Ok(record.and_then(|record| read::readable(&record)))
}

async fn insert(connection: &mut AnyConnection, run: &SyncRun, new: &NewRun<'_>) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO sync_runs
         (id, status, is_dry_run, started_at_ms, holder, actor, idempotency_key, record)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(run.id.get())
    .bind(run.status.word())
    .bind(i64::from(run.is_dry_run))
    .bind(run.started_at.as_millisecond())
    .bind(new.holder)
    .bind(actor(new.trigger))
    .bind(new.key.map(column))
    .bind(json(run, || format!("run {} of the payment sync", run.id))?)
    .execute(connection)
    .await?;
    Ok(())
}
