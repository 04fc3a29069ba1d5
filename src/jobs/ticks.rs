//! Where ticks come from.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::mpsc;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

use crate::domain::schedule::Schedule;

/// A source of ticks. A tick says that it is time to look whether something is due.
pub trait Ticks: Send {
    /// The next tick; never, where there will be none.
    fn next(&mut self) -> BoxFuture<'_, ()>;

    /// Gives them at the times of another schedule from now on.
    fn follow<'a>(&'a mut self, schedule: &'a Schedule) -> BoxFuture<'a, ()>;
}

/// Ticks of tokio-cron-scheduler, by the machine's clock, in UTC.
pub struct CronTicks {
    scheduler: JobScheduler,
    ticks: mpsc::Receiver<()>,
}

/// The scheduler could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("the scheduler could not be started: {0}")]
pub struct TickError(#[from] JobSchedulerError);

impl CronTicks {
    /// Ticks at the times of `schedule`.
    ///
    /// # Errors
    /// [`TickError`].
    pub async fn start(schedule: &Schedule) -> Result<Self, TickError> {
        let scheduler = JobScheduler::new().await?;
        let (sender, ticks) = mpsc::channel(1);
        let job = Job::new_async(schedule.as_str(), move |_, _| {
            // A tick that waits already says the same.
            let _ = sender.try_send(());
            Box::pin(std::future::ready(()))
        })?;
        scheduler.add(job).await?;
        scheduler.start().await?;
        Ok(Self { scheduler, ticks })
    }

    /// Ends the scheduler.
    pub async fn stop(mut self) {
        if let Err(error) = self.scheduler.shutdown().await {
            tracing::debug!(%error, "the scheduler did not end");
        }
    }
}

impl Ticks for CronTicks {
    fn next(&mut self) -> BoxFuture<'_, ()> {
        async {
            if self.ticks.recv().await.is_none() {
                std::future::pending::<()>().await;
            }
        }
        .boxed()
    }

    fn follow<'a>(&'a mut self, schedule: &'a Schedule) -> BoxFuture<'a, ()> {
        async move {
            match Self::start(schedule).await {
                Ok(new) => std::mem::replace(self, new).stop().await,
                // What is due is told by the clock as well, a minute later at most.
                Err(error) => tracing::error!(%error, "the scheduler did not take the new schedule"),
            }
        }
        .boxed()
    }
}
