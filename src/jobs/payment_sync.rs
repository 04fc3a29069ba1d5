//! Runs the payment sync when it is due: at the times of its schedule, and at start when the last good
//! run is further back than they are apart.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::Ticks;
use crate::domain::SharedClock;
use crate::domain::payment::run::{RunStatus, SyncRunId, Trigger};
use crate::domain::schedule::{DueWatch, LastTime, Schedule};
use crate::services::payment_sync::{PaymentSyncService, RunError, RunRequest, Started};
use crate::services::settings::SetSchedule;

/// Longest time between two looks whether it is due: a tick may be lost, and clocks are set.
const NAP_MAX: Duration = Duration::from_mins(1);
/// The same before the first run: the lease of a process that was killed ends soon.
const NAP_AT_START: Duration = Duration::from_secs(5);
/// How long an end is waited for at a time.
const PATIENCE: Duration = Duration::from_mins(10);

/// The payment sync's place in the background.
pub struct PaymentSyncJob<T> {
    service: PaymentSyncService,
    clock: SharedClock,
    ticks: T,
    watch: DueWatch,
    stop: CancellationToken,
    schedule: watch::Receiver<SetSchedule>,
}

impl<T: Ticks> PaymentSyncJob<T> {
    /// The job, whose `ticks` come at the times of `schedule`. Nothing runs yet.
    pub fn new(
        service: PaymentSyncService,
        clock: SharedClock,
        (ticks, schedule): (T, Schedule),
        stop: CancellationToken,
    ) -> Self {
        let (watch, schedule) = (DueWatch::new(schedule), service.schedule());
        Self { service, clock, ticks, watch, stop, schedule }
    }

    /// Runs until `stop`; gives the ticks back.
    pub async fn run(mut self) -> T {
        while !self.guarded(Trigger::Start).await && self.rest(NAP_AT_START).await {}
        while self.rest(NAP_MAX).await {
            self.guarded(Trigger::Schedule).await;
        }
        self.ticks
    }

    /// Waits until it may be due; whether the service goes on.
    async fn rest(&mut self, nap: Duration) -> bool {
        tokio::select! {
            () = self.ticks.next() => {}
            () = self.clock.sleep(nap) => {}
            // The sender lives in the service, which this holds.
            _ = self.schedule.changed() => {}
            () = self.stop.cancelled() => {}
        }
        !self.stop.is_cancelled()
    }

    /// Goes by the schedule that is set now, here or in another process.
    async fn follow_schedule(&mut self) {
        if let Err(error) = self.service.look_at_schedule().await {
            tracing::warn!(%error, "whether the schedule was changed could not be read");
        }
        let set = self.schedule.borrow_and_update().clone();
        match set {
            Ok(schedule) => {
                if self.watch.follow(schedule, self.clock.now()) {
                    let schedule = self.watch.schedule();
                    self.ticks.follow(schedule).await;
                    tracing::info!(schedule = schedule.as_str(), "the payment sync goes by another schedule");
                }
            }
            Err(error) => tracing::error!(%error, "the schedule that is set cannot be used"),
        }
    }

    /// Looks, and says whether that settled it. A fault of ours must not end the job: nobody would notice
    /// for days.
    async fn guarded(&mut self, trigger: Trigger) -> bool {
        match AssertUnwindSafe(self.look(trigger)).catch_unwind().await {
            Ok(Ok(is_settled)) => return is_settled,
            Ok(Err(error)) => tracing::error!(%error, "the payment sync could not begin: {error}"),
            Err(_) => tracing::error!("the payment sync's job met a fault of ours; it goes on"),
        }
        false
    }

    /// Runs what is due. `false` while somebody has the lease: a process that was killed keeps it for a
    /// while, and then its run is to be made up for.
    async fn look(&mut self, trigger: Trigger) -> Result<bool, RunError> {
        self.follow_schedule().await;
        let is_start = trigger == Trigger::Start;
        if is_start {
            self.service.close_interrupted().await?;
        }
        let last = self.service.last().await?;
        // At start what counts is that the books were looked at; later a failed run has had its turn.
        let counted = if is_start { self.service.last_good().await? } else { last };
        if !self.watch.is_due(counted, self.clock.now()) {
            return Ok(true);
        }
        let request = RunRequest { trigger, is_dry_run: false, key: None };
        let nobody_else_ran = move |newest: Option<LastTime>| newest == last;
        match self.service.start_if(request, nobody_else_ran).await? {
            Started::Began(run) => self.wait_for(run.id).await?,
            Started::Running(_) => return Ok(false),
            Started::Repeated(_) | Started::NotDue => {}
        }
        Ok(true)
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
