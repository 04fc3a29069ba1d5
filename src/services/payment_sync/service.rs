//! The door: begins runs, and tells of them.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::journal::Shown;
use super::request::{RunError, RunRequest, Started, SyncStatus};
use super::tenure::Tenure;
use crate::bexio::BexioClient;
use crate::book::BookService;
use crate::domain::SharedClock;
use crate::domain::payment::run::{RunStatus, SyncRun, SyncRunId};
use crate::domain::schedule::LastTime;
use crate::psohub::PsohubClient;
use crate::services::Catalog;
use crate::services::accounts::Accounts;
use crate::services::marking::MarkingService;
use crate::services::settings::{SetSchedule, SettingsService};
use crate::store::{Store, StoreError};

/// How often a run of another process is looked at by those who wait for it.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What the payment sync works with.
#[derive(Clone)]
pub struct PaymentSyncParts {
    /// Where runs are kept, and the lease.
    pub store: Store,
    /// The invoices.
    pub book: Arc<BookService>,
    /// Bexio's currencies.
    pub catalog: Catalog,
    /// Bexio.
    pub bexio: BexioClient,
    /// PSOhub.
    pub psohub: PsohubClient,
    /// What marks.
    pub marking: MarkingService,
    /// The time.
    pub clock: SharedClock,
    /// When it runs by itself.
    pub settings: SettingsService,
    /// How often the service looks at PSOhub when nobody asks.
    pub psohub_refresh: Duration,
    /// How long a process that has stopped keeps the others from running.
    pub lease: Duration,
}

impl PaymentSyncParts {
    /// The two accounts that a run reads and writes.
    pub(super) fn accounts(&self) -> Accounts {
        Accounts { bexio: self.bexio.clone(), psohub: self.psohub.clone() }
    }
}

/// The payment sync. Cloning shares it.
#[derive(Clone)]
pub struct PaymentSyncService(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) parts: PaymentSyncParts,
    pub(super) shown: Shown,
    pub(super) stop: CancellationToken,
    pub(super) tasks: TaskTracker,
}

impl PaymentSyncService {
    /// The service. Nothing runs yet.
    pub fn new(parts: PaymentSyncParts) -> Self {
        let inner = Inner {
            parts,
            shown: Shown::default(),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        Self(Arc::new(inner))
    }

    /// Begins a run and returns; it goes on by itself, whoever goes away.
    ///
    /// # Errors
    /// [`RunError`].
    pub async fn start(&self, request: RunRequest) -> Result<Started, RunError> {
        self.start_if(request, |_| true).await
    }

    /// Like [`Self::start`], where `is_due` says so of the last run that was no dry one, once nobody
    /// else can begin one.
    ///
    /// # Errors
    /// [`RunError`].
    pub async fn start_if(
        &self,
        request: RunRequest,
        is_due: impl FnOnce(Option<LastTime>) -> bool + Send + 'static,
    ) -> Result<Started, RunError> {
        if self.0.stop.is_cancelled() {
            return Err(RunError::Stopping);
        }
        let this = self.clone();
        // In a task of its own: a lease must not be left behind by a caller who goes away.
        let begun = self.0.tasks.spawn(async move { this.begin(request, is_due).await });
        begun.await.unwrap_or(Err(RunError::Stopping))
    }

    /// Closes what an earlier process left, unless somebody runs.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn close_interrupted(&self) -> Result<(), StoreError> {
        let parts = &self.0.parts;
        let Some(tenure) = Tenure::take(&parts.store, &parts.clock, parts.lease).await? else {
            return Ok(());
        };
        let closed = parts.store.close_interrupted_sync_runs(parts.clock.now()).await;
        tenure.release().await;
        closed.map(|_| ())
    }

    /// The last run that was no dry one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn last(&self) -> Result<Option<LastTime>, StoreError> {
        Ok(self.0.parts.store.last_sync_run().await?.as_ref().map(last_time))
    }

    /// The last run that looked at the books whole.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn last_good(&self) -> Result<Option<LastTime>, StoreError> {
        Ok(self.0.parts.store.last_good_sync_run().await?.as_ref().map(last_time))
    }

    /// Where it stands.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn status(&self) -> Result<SyncStatus, StoreError> {
        let PaymentSyncParts { store, settings, .. } = &self.0.parts;
        // Another process may have changed it.
        let current = settings.current().await?;
        Ok(SyncStatus {
            next_run: self.next_run(),
            schedule: current.settings.payment_sync_cron.clone().unwrap_or_default(),
            last_good: store.last_good_sync_run().await?,
            running: self.running().await?,
        })
    }

    /// The run under way, here or in another process.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn running(&self) -> Result<Option<SyncRun>, StoreError> {
        match self.running_here() {
            Some(run) => Ok(Some((*run).clone())),
            None => self.0.parts.store.running_sync_run().await,
        }
    }

    /// The newest run of this process as it goes on; `None` before the first.
    pub fn progress(&self) -> watch::Receiver<Option<Arc<SyncRun>>> {
        self.0.shown.subscribe()
    }

    /// The run as it is when it has ended, or after `patience`; `None` where there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn ended(&self, id: SyncRunId, patience: Duration) -> Result<Option<SyncRun>, StoreError> {
        let parts = &self.0.parts;
        let waiting = async {
            let mut shown = self.progress();
            loop {
                if let Some(run) = self.stored_or_shown(id).await?
                    && run.status != RunStatus::Running
                {
                    return Ok(());
                }
                tokio::select! {
                    _ = shown.changed() => {}
                    () = parts.clock.sleep(LOOK_EVERY) => {}
                    () = tokio::time::sleep(LOOK_EVERY) => {}
                }
            }
        };
        if let Ok(Err(error)) = tokio::time::timeout(patience, waiting).await {
            return Err(error);
        }
        self.stored_or_shown(id).await
    }

    /// Takes up no further invoice, and waits for the calls under way, at most `grace`.
    pub async fn drain(&self, grace: Duration) {
        self.0.stop.cancel();
        self.0.tasks.close();
        if tokio::time::timeout(grace, self.0.tasks.wait()).await.is_err() {
            tracing::warn!("the payment sync did not end in time; the next start closes its run");
        }
    }

    /// When it runs by itself, and every change of it.
    pub fn schedule(&self) -> watch::Receiver<SetSchedule> {
        self.0.parts.settings.schedule()
    }

    /// Looks whether another process changed when it runs.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn look_at_schedule(&self) -> Result<(), StoreError> {
        self.0.parts.settings.current().await.map(drop)
    }

    /// When the schedule that is set has the next run.
    pub(super) fn next_run(&self) -> Option<Timestamp> {
        self.schedule().borrow().as_ref().ok()?.next_after(self.0.parts.clock.now())
    }

    async fn stored_or_shown(&self, id: SyncRunId) -> Result<Option<SyncRun>, StoreError> {
        let shown = self.0.shown.borrow().clone().filter(|run| run.id == id);
        match shown {
            Some(run) => Ok(Some((*run).clone())),
            None => Ok(self.0.parts.store.sync_runs_by_id(&[id]).await?.pop()),
        }
    }

    fn running_here(&self) -> Option<Arc<SyncRun>> {
        self.0.shown.borrow().clone().filter(|run| run.status == RunStatus::Running)
    }
}

const fn last_time(run: &SyncRun) -> LastTime {
    LastTime { number: run.id.get(), at: run.started_at }
}
