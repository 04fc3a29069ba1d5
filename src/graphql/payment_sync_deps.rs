//! What GraphQL asks of the payment sync.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::watch;

use super::errors::Fault;
use crate::domain::payment::run::{RunItem, SyncRun, SyncRunId};
use crate::services::payment_sync::{RunError, RunRequest, Started, SyncStatus};

/// The payment sync, and what is kept of it.
pub trait SyncPayments: Send + Sync {
    /// Begins a run, which goes on by itself.
    fn start(&self, request: RunRequest) -> BoxFuture<'_, Result<Started, RunError>>;

    /// The run as it is when it has ended, or after `patience`.
    fn ended(&self, id: SyncRunId, patience: Duration) -> BoxFuture<'_, Result<Option<SyncRun>, Fault>>;

    /// Where the payment sync stands.
    fn status(&self) -> BoxFuture<'_, Result<SyncStatus, Fault>>;

    /// The run under way, here or in another process.
    fn running(&self) -> BoxFuture<'_, Result<Option<SyncRun>, Fault>>;

    /// The newest run of this process as it goes on.
    fn progress(&self) -> watch::Receiver<Option<Arc<SyncRun>>>;

    /// The runs before `before`, the newest first, at most `limit`.
    fn runs(&self, before: Option<SyncRunId>, limit: usize) -> BoxFuture<'_, Result<Vec<SyncRun>, Fault>>;

    /// These runs, as far as they exist, in any order.
    fn runs_by_id(&self, ids: Vec<SyncRunId>) -> BoxFuture<'_, Result<Vec<(SyncRunId, SyncRun)>, Fault>>;

    /// What these runs did; of each, in the order in which it happened.
    fn items(&self, ids: Vec<SyncRunId>) -> BoxFuture<'_, Result<Vec<(SyncRunId, RunItem)>, Fault>>;
}
