//! The door: begins runs, one at a time across all processes on one database, and tells of them.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use jiff::Timestamp;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::journal::{Journal, Shown};
use super::tenure::Tenure;
use super::work::{Ended, Work};
use crate::bexio::BexioClient;
use crate::book::BookService;
use crate::domain::SharedClock;
use crate::domain::payment::run::{Failure, FailureCode, RunStatus, SyncRun, SyncRunId, Trigger};
use crate::domain::schedule::LastTime;
use crate::psohub::PsohubClient;
use crate::services::Catalog;
use crate::services::accounts::{Accounts, Closed};
use crate::services::deliveries::is_usable;
use crate::services::marking::MarkingService;
use crate::services::settings::{SetSchedule, SettingsService};
use crate::store::{BegunRun, NewRun, Store, StoreError};

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

/// A run that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRequest {
    /// What asks.
    pub trigger: Trigger,
    /// Whether it shall only show what it would do.
    pub is_dry_run: bool,
    /// The person's idempotency key.
    pub key: Option<Box<str>>,
}

/// What became of a run that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Started {
    /// It began.
    Began(SyncRun),
    /// Another one is under way: this.
    Running(SyncRun),
    /// The key was used for this run before.
    Repeated(SyncRun),
    /// It is not due any more: another process ran meanwhile.
    NotDue,
}

/// Why no run began.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The idempotency key was used for a run of the other kind: dry, or not.
    #[error("the idempotency key was used for another request")]
    KeyConflict,
    /// The idempotency key cannot be kept.
    #[error("the idempotency key is empty, too long or not printable")]
    BadKey,
    /// A person has to connect an account first.
    #[error("{0}")]
    NotConnected(String),
    /// Another run is about to begin or has just ended.
    #[error("another run of the payment sync is just beginning or ending")]
    Busy,
    /// The process is about to end.
    #[error("the service is stopping")]
    Stopping,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Where the payment sync stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncStatus {
    /// The schedule as it was configured.
    pub schedule: Box<str>,
    /// When the schedule has the next run.
    pub next_run: Option<Timestamp>,
    /// The last run that looked at the books whole.
    pub last_good: Option<SyncRun>,
    /// The run under way.
    pub running: Option<SyncRun>,
}

/// The payment sync. Cloning shares it.
#[derive(Clone)]
pub struct PaymentSyncService(Arc<Inner>);

struct Inner {
    parts: PaymentSyncParts,
    shown: Shown,
    stop: CancellationToken,
    tasks: TaskTracker,
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
    fn next_run(&self) -> Option<Timestamp> {
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

    async fn begin(
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

const fn last_time(run: &SyncRun) -> LastTime {
    LastTime { number: run.id.get(), at: run.started_at }
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
