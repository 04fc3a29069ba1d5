//! The payment sync, put together: its service, its place in the background, and what GraphQL asks of it.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::error::or_fault;
use crate::domain::SharedClock;
use crate::domain::payment::run::{RunItem, SyncRun, SyncRunId};
use crate::graphql::{Fault, SyncPayments};
use crate::jobs::{CronTicks, PaymentSyncJob};
use crate::services::payment_sync::{PaymentSyncService, RunError, RunRequest, Started, SyncStatus};
use crate::store::Store;

/// Runs the payment sync when it is due, until `stop`.
pub(super) async fn keep_synced(service: PaymentSyncService, clock: SharedClock, stop: CancellationToken) {
    let set = service.schedule().borrow().clone();
    let started = match set {
        Ok(schedule) => CronTicks::start(&schedule)
            .await
            .map(|ticks| (ticks, schedule))
            .map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    match started {
        Ok(ticks) => PaymentSyncJob::new(service, clock, ticks, stop).run().await.stop().await,
        Err(error) => tracing::error!(error, "payments are not synchronised by themselves: {error}"),
    }
}

/// The payment sync, and what is kept of it.
pub(super) struct Syncing {
    pub(super) service: PaymentSyncService,
    pub(super) store: Store,
}

impl SyncPayments for Syncing {
    fn start(&self, request: RunRequest) -> BoxFuture<'_, Result<Started, RunError>> {
        self.service.start(request).boxed()
    }

    fn ended(
        &self,
        id: SyncRunId,
        patience: std::time::Duration,
    ) -> BoxFuture<'_, Result<Option<SyncRun>, Fault>> {
        async move { or_fault(self.service.ended(id, patience).await) }.boxed()
    }

    fn status(&self) -> BoxFuture<'_, Result<SyncStatus, Fault>> {
        async move { or_fault(self.service.status().await) }.boxed()
    }

    fn running(&self) -> BoxFuture<'_, Result<Option<SyncRun>, Fault>> {
        async move { or_fault(self.service.running().await) }.boxed()
    }

    fn progress(&self) -> watch::Receiver<Option<Arc<SyncRun>>> {
        self.service.progress()
    }

    fn runs(&self, before: Option<SyncRunId>, limit: usize) -> BoxFuture<'_, Result<Vec<SyncRun>, Fault>> {
        async move { or_fault(self.store.sync_runs(before, limit).await) }.boxed()
    }

    fn runs_by_id(&self, ids: Vec<SyncRunId>) -> BoxFuture<'_, Result<Vec<(SyncRunId, SyncRun)>, Fault>> {
        async move {
            let runs = or_fault(self.store.sync_runs_by_id(&ids).await)?;
            Ok(runs.into_iter().map(|run| (run.id, run)).collect())
        }
        .boxed()
    }

    fn items(&self, ids: Vec<SyncRunId>) -> BoxFuture<'_, Result<Vec<(SyncRunId, RunItem)>, Fault>> {
        async move { or_fault(self.store.sync_run_items(&ids).await) }.boxed()
    }
}
