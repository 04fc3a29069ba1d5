//! The events of `paymentSyncProgress`.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use tokio::sync::watch;

use super::event::{Event, Subscriber};
use crate::domain::payment::run::{RunStatus, SyncRun};
use crate::graphql::types::PaymentSyncRun;

/// How often it is looked whether another process runs: nobody tells of that.
const LOOK_EVERY: Duration = Duration::from_secs(2);

struct Progress {
    subscriber: Arc<Subscriber>,
    here: watch::Receiver<Option<Arc<SyncRun>>>,
    told: Option<SyncRun>,
}

/// The run under way at once, then each run as it goes on: always its newest state, so that nothing is
/// kept for a slow listener.
pub(super) fn watch(subscriber: Arc<Subscriber>) -> BoxStream<'static, Event<PaymentSyncRun>> {
    let here = subscriber.deps.payment_sync.progress();
    let progress = Progress { subscriber, here, told: None };
    stream::unfold(progress, |mut progress| async move { Some((progress.next().await?, progress)) }).boxed()
}

impl Progress {
    async fn next(&mut self) -> Option<Event<PaymentSyncRun>> {
        loop {
            if let Some(run) = self.newest().await
                && self.told.as_ref() != Some(&run)
            {
                self.told = Some(run.clone());
                return Some(self.subscriber.event(run));
            }
            tokio::select! {
                changed = self.here.changed() => changed.ok()?,
                () = self.subscriber.deps.changes.wait(LOOK_EVERY) => {}
            }
        }
    }

    /// The run that is to be told, if any: one that goes on, or the end of the one that was told last. A
    /// store that does not answer is asked again.
    async fn newest(&mut self) -> Option<SyncRun> {
        let payment_sync = &self.subscriber.deps.payment_sync;
        let here = self.here.borrow_and_update().clone();
        let going_on = self.told.as_ref().filter(|told| told.status == RunStatus::Running);
        if let Some(run) = here
            && (run.status == RunStatus::Running || going_on.is_some_and(|told| told.id == run.id))
        {
            return Some((*run).clone());
        }
        if let Ok(Some(run)) = payment_sync.running().await {
            return Some(run);
        }
        let ended = payment_sync.runs_by_id(vec![going_on?.id]).await.ok()?.pop()?;
        Some(ended.1)
    }
}
