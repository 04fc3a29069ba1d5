//! A payment sync that runs nothing, for tests of everything else.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::watch;

use crate::domain::payment::run::{RunItem, SyncRun, SyncRunId};
use crate::graphql::{Fault, SyncPayments};
use crate::services::payment_sync::{RunError, RunRequest, Started, SyncStatus};

/// Runs nothing.
#[derive(Debug, Default)]
pub(super) struct NoSyncing(watch::Sender<Option<Arc<SyncRun>>>);

fn now<T: Send + 'static>(value: T) -> BoxFuture<'static, T> {
    std::future::ready(value).boxed()
}

impl SyncPayments for NoSyncing {
    fn start(&self, _request: RunRequest) -> BoxFuture<'_, Result<Started, RunError>> {
        now(Err(RunError::Stopping))
    }

    fn ended(&self, _id: SyncRunId, _patience: Duration) -> BoxFuture<'_, Result<Option<SyncRun>, Fault>> {
        now(Ok(None))
    }

    fn status(&self) -> BoxFuture<'_, Result<SyncStatus, Fault>> {
        now(Ok(SyncStatus {
            schedule: "0 0 */2 * * *".into(),
            next_run: None,
            last_good: None,
            running: None,
        }))
    }

    fn running(&self) -> BoxFuture<'_, Result<Option<SyncRun>, Fault>> {
        now(Ok(None))
    }

    fn progress(&self) -> watch::Receiver<Option<Arc<SyncRun>>> {
        self.0.subscribe()
    }

    fn runs(&self, _before: Option<SyncRunId>, _limit: usize) -> BoxFuture<'_, Result<Vec<SyncRun>, Fault>> {
        now(Ok(Vec::new()))
    }

    fn runs_by_id(&self, _ids: Vec<SyncRunId>) -> BoxFuture<'_, Result<Vec<(SyncRunId, SyncRun)>, Fault>> {
        now(Ok(Vec::new()))
    }

    fn items(&self, _ids: Vec<SyncRunId>) -> BoxFuture<'_, Result<Vec<(SyncRunId, RunItem)>, Fault>> {
        now(Ok(Vec::new()))
    }
}
