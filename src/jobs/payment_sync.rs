//! Runs the payment sync when it is due: at the times of its schedule, and at start when the last good
//! run is further back than they are apart.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use tokio_util::sync::CancellationToken;

use super::Ticks;
use crate::domain::SharedClock;
use crate::domain::payment::run::{RunStatus, SyncRunId, Trigger};
use crate::domain::schedule::{DueWatch, LastTime};
use crate::services::payment_sync::{PaymentSyncService, RunError, RunRequest, Started};

/// Longest time between two looks whether it is due: a tick may be lost, and clocks are set.
const NAP_MAX: Duration = Duration::from_mins(1);
/// How long an end is waited for at a time.
const PATIENCE: Duration = Duration::from_mins(10);

/// The payment sync's place in the background.
pub struct PaymentSyncJob<T> {
    service: PaymentSyncService,
    clock: SharedClock,
    ticks: T,
    watch: DueWatch,
    stop: CancellationToken,
}

impl<T: Ticks> PaymentSyncJob<T> {
    /// The job. Nothing runs yet.
    pub fn new(service: PaymentSyncService, clock: SharedClock, ticks: T, stop: CancellationToken) -> Self {
        let watch = DueWatch::new(service.schedule().clone());
        Self { service, clock, ticks, watch, stop }
    }

    /// Runs until `stop`; gives the ticks back.
    pub async fn run(mut self) -> T {
        self.guarded(Trigger::Start).await;
        while self.rest().await {
            self.guarded(Trigger::Schedule).await;
        }
        self.ticks
    }

    /// Waits until it may be due; whether the service goes on.
    async fn rest(&mut self) -> bool {
        tokio::select! {
            () = self.ticks.next() => {}
            () = self.clock.sleep(NAP_MAX) => {}
            () = self.stop.cancelled() => {}
        }
        !self.stop.is_cancelled()
    }

    /// A fault of ours must not end the job: nobody would notice for days.
    async fn guarded(&mut self, trigger: Trigger) {
        match AssertUnwindSafe(self.look(trigger)).catch_unwind().await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "the payment sync could not begin: {error}"),
            Err(_) => tracing::error!("the payment sync's job met a fault of ours; it goes on"),
        }
    }

    async fn look(&mut self, trigger: Trigger) -> Result<(), RunError> {
        let is_start = trigger == Trigger::Start;
        if is_start {
            self.service.close_interrupted().await?;
        }
        let last = self.service.last().await?;
        // At start what counts is that the books were looked at; later a failed run has had its turn.
        let counted = if is_start { self.service.last_good().await? } else { last };
        if !self.watch.is_due(counted, self.clock.now()) {
            return Ok(());
        }
        let request = RunRequest { trigger, is_dry_run: false, key: None };
        let nobody_else_ran = move |newest: Option<LastTime>| newest == last;
        if let Started::Began(run) = self.service.start_if(request, nobody_else_ran).await? {
            self.wait_for(run.id).await?;
        }
        Ok(())
    }

    async fn wait_for(&self, id: SyncRunId) -> Result<(), RunError> {
        loop {
            let run = self.service.ended(id, PATIENCE).await?;
            if self.stop.is_cancelled() || run.is_none_or(|run| run.status != RunStatus::Running) {
                return Ok(());
            }
        }
    }
}
