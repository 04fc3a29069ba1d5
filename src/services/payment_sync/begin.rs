//! How a run begins and ends: one at a time across all processes on one database.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;

use super::journal::Journal;
use super::request::{RunError, RunRequest, Started};
use super::service::{Inner, PaymentSyncParts, PaymentSyncService};
use super::tenure::Tenure;
use super::work::{Ended, Work};
use crate::domain::payment::run::{Failure, FailureCode, RunStatus, SyncRun, Trigger};
use crate::domain::schedule::LastTime;
use crate::services::accounts::Closed;
use crate::services::deliveries::is_usable;
use crate::store::{BegunRun, NewRun};

impl PaymentSyncService {
    /// Begins a run unless somebody else runs, it is not due, or the key was used.
    pub(super) async fn begin(
        &self,
        request: RunRequest,
        is_due: impl FnOnce(Option<LastTime>) -> bool,
    ) -> Result<Started, RunError> {
        let PaymentSyncParts { store, clock, lease, .. } = &self.0.parts;
        if let Some(used) = self.used_key(&request).await? {
            return Ok(Started::Repeated(used));
        }
        // Who asks is told at once; a scheduled run has nobody to tell and records it.
        if let (Trigger::Manual { .. }, Err(Closed::NotConnected(why))) =
            (&request.trigger, self.0.parts.accounts().require().await)
        {
            return Err(RunError::NotConnected(why));
        }
        let Some(tenure) = Tenure::take(store, clock, *lease).await? else {
            return self.running().await?.map(Started::Running).ok_or(RunError::Busy);
        };
        match self.begin_under(&tenure, &request, is_due).await {
            Ok(Started::Began(run)) => {
                let this = self.clone();
                let began = run.clone();
                self.0.tasks.spawn(async move { this.run(tenure, run).await });
                Ok(Started::Began(began))
            }
            other => {
                tenure.release().await;
                other
            }
        }
    }

    async fn used_key(&self, request: &RunRequest) -> Result<Option<SyncRun>, RunError> {
        let (Trigger::Manual { by }, Some(key)) = (&request.trigger, &request.key) else { return Ok(None) };
        if !is_usable(key) {
            return Err(RunError::BadKey);
        }
        match self.0.parts.store.sync_run_of_key(by, key).await? {
            Some(used) if used.is_dry_run != request.is_dry_run => Err(RunError::KeyConflict),
            used => Ok(used),
        }
    }

    async fn begin_under(
        &self,
        tenure: &Tenure,
        request: &RunRequest,
        is_due: impl FnOnce(Option<LastTime>) -> bool,
    ) -> Result<Started, RunError> {
        let PaymentSyncParts { store, clock, settings, .. } = &self.0.parts;
        // The tolerance that holds now: another process may have changed it.
        settings.current().await?;
        let closed = store.close_interrupted_sync_runs(clock.now()).await?;
        if closed > 0 {
            tracing::warn!(closed, "runs of the payment sync were interrupted");
        }
        if !is_due(self.last().await?) {
            return Ok(Started::NotDue);
        }
        let new = NewRun {
            trigger: &request.trigger,
            is_dry_run: request.is_dry_run,
            holder: tenure.holder(),
            key: request.key.as_deref(),
            at: clock.now(),
        };
        match store.begin_sync_run(new).await? {
            BegunRun::Began(run) => Ok(Started::Began(run)),
            BegunRun::KeyUsed(run) => Ok(Started::Repeated(run)),
            BegunRun::KeyConflict => Err(RunError::KeyConflict),
        }
    }

    async fn run(&self, tenure: Tenure, run: SyncRun) {
        let Inner { parts, shown, stop, .. } = &*self.0;
        let tenure = Arc::new(tenure);
        tracing::info!(run = %run.id, trigger = ?run.trigger, dry = run.is_dry_run, "payment sync begins");
        let mut journal =
            Journal::new(parts.store.clone(), parts.clock.clone(), tenure.clone(), shown.clone(), run);
        let work = Work { parts, tenure: &tenure, stop, journal: &mut journal };
        let (status, failure) = tokio::select! {
            ended = AssertUnwindSafe(work.run()).catch_unwind() => ended.unwrap_or_else(|_| panicked()),
            never = tenure.keep() => match never {},
        };
        if let Err(error) = parts.store.prune_sync_runs(parts.clock.now()).await {
            tracing::warn!(%error, "old runs of the payment sync were not removed");
        }
        journal.run.next_run = self.next_run();
        let run = journal.end(status, failure).await;
        tell(&run);
        tenure.release().await;
        // Somebody may have begun the next one already.
        shown.send_modify(|newest| {
            if newest.as_ref().is_none_or(|newest| newest.id <= run.id) {
                *newest = Some(Arc::new(run));
            }
        });
    }
}

fn panicked() -> Ended {
    let message = "the run ended by a fault of the gateway's own; see its log".into();
    (RunStatus::Failed, Some(Failure { code: FailureCode::Internal, message }))
}

fn tell(run: &SyncRun) {
    let counts = &run.counts;
    let why = run.failure.as_ref().map(|failure| &*failure.message).unwrap_or_default();
    tracing::info!(
        run = %run.id,
        status = run.status.word(),
        checked = counts.checked,
        paid = counts.paid,
        failed = counts.failed,
        why,
        "payment sync ended"
    );
}
