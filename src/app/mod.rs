//! The composition root: `Config` → clients, store, book, services, router. The commands and the
//! tests use it; nothing else puts parts together.

mod access;
mod build;
mod callers;
mod check;
mod clients;
mod commands;
mod demo;
mod doctor;
mod error;
mod health;
mod keys;
mod limits;
mod marking;
mod metrics;
mod periods;
mod readiness;
mod secrets;
mod sending;
mod settings;
mod sources;
mod sync_command;
mod syncing;

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use crate::domain::Role;
pub use check::check;
use commands::described;
pub use commands::{
    Access, DemoOptions, demo, migrate, new_secrets_key, print_schema, report, rotate_secrets, serve,
    use_config_file,
};
pub use doctor::{DoctorOptions, doctor};
pub use error::AppError;
pub use health::{HealthQuestion, health};
pub use keys::{KeysError, NewKey, add_key, list_keys, revoke_key};
pub use sync_command::{SyncOptions, sync};

use crate::book::BookService;
use crate::domain::SharedClock;
use crate::http::{self, Gateway, Hosts, HttpState, ServerConfig};
use crate::services::ConnectionTester;
use crate::services::access::AccessService;
use crate::services::connect::ConnectService;
use crate::services::deliveries::DeliveryService;
use crate::services::external_ids::ExternalIdService;
use crate::services::marking::MarkingService;
use crate::services::payment_sync::PaymentSyncService;
use crate::services::settings::{SettingsCheck, SettingsService};
use crate::store::Store;
use metrics::ServiceMetrics;

/// The service, put together and not yet listening.
pub struct App {
    /// The read model.
    pub book: Arc<BookService>,
    /// The two accounts.
    pub connect: ConnectService,
    /// Sending.
    pub deliveries: DeliveryService,
    /// Tests of both connections.
    pub connection_tests: ConnectionTester,
    /// The settings for sending.
    pub settings: SettingsService,
    settings_check: SettingsCheck,
    /// Marking invoices as paid.
    pub marking: MarkingService,
    external_ids: ExternalIdService,
    /// Carrying payments from Bexio to PSOhub.
    pub payment_sync: PaymentSyncService,
    clock: SharedClock,
    store: Store,
    access: AccessService,
    http: HttpState,
    metrics: Arc<ServiceMetrics>,
    hosts: Hosts,
    server: ServerConfig,
    shutdown_grace: Duration,
    /// Cancelled when the process begins to end.
    stopping: CancellationToken,
    /// Where it is watched.
    monitoring: Option<TcpListener>,
}

impl App {
    /// Holds the settings against what Bexio has set up now.
    ///
    /// # Errors
    /// Why it could not be told.
    pub async fn check_settings(&self) -> Result<(), String> {
        self.settings.check(&self.settings_check).await.map(drop)
    }

    /// Checks the settings now and once a day until `stop`.
    pub fn keep_settings_checked(&self, tasks: &TaskTracker, stop: &CancellationToken) {
        self.settings.keep_checked(self.settings_check.clone(), tasks, stop);
    }

    /// Serves everybody who reaches it as the local administrator. Only for a loopback address: that is what
    /// keeps others out, and only requests for names of this machine are answered.
    #[must_use]
    pub fn open_to_everybody(mut self) -> Self {
        self.http.access = http::Access::Everybody;
        self.hosts = Hosts::Local;
        self
    }

    /// Whether anybody at all could be let in.
    pub fn can_admit(&self) -> bool {
        matches!(self.http.access, http::Access::Everybody) || self.access.can_admit()
    }

    /// The database.
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// The same, with its metrics and its health on an address of their own, until it has ended.
    #[must_use]
    pub fn monitored_on(self, listener: TcpListener) -> Self {
        Self { monitoring: Some(listener), ..self }
    }

    /// Serves on `listener`, keeps the book fresh, executes deliveries and synchronises payments until
    /// `stop`; then finishes what is under way, and parks in the store what would take longer than the grace.
    pub async fn run(mut self, listener: TcpListener, stop: CancellationToken) {
        let tasks = TaskTracker::new();
        let ended = CancellationToken::new();
        let gateway = self.gateway();
        let watched = self.monitoring.take().map(|listener| {
            let monitoring = gateway.for_monitoring();
            tokio::spawn(crate::http::serve(listener, monitoring, self.server.clone(), ended.clone()))
        });
        self.book.keep_fresh(&tasks, &stop);
        self.connection_tests.keep_swept(&tasks, &stop);
        self.keep_settings_checked(&tasks, &stop);
        tasks.spawn(syncing::keep_synced(self.payment_sync.clone(), Arc::clone(&self.clock), stop.clone()));
        let connect = self.connect.clone();
        let stopped = stop.clone();
        tasks.spawn(async move { stopped.run_until_cancelled(connect.learn()).await });
        let began = async {
            stop.cancelled().await;
            self.clock.elapsed()
        };
        let (began, ()) = tokio::join!(began, self.serve(gateway, listener, stop.clone()));
        let left = || {
            let spent = self.clock.elapsed().saturating_sub(began);
            self.shutdown_grace.saturating_sub(spent).max(LAST_GRACE)
        };
        tasks.close();
        if tokio::time::timeout(left(), tasks.wait()).await.is_err() {
            tracing::warn!("a look at an upstream did not end in time; it is left");
        }
        self.connect.drain(left()).await;
        self.store.close().await;
        ended.cancel();
        if let Some(watched) = watched {
            // It serves nothing that could be lost.
            watched.abort();
        }
    }

    /// Serves on `listener` and executes deliveries until `stop`, without looking at any upstream for
    /// the book unless asked: tests decide when to look.
    pub async fn run_without_background(&self, listener: TcpListener, stop: CancellationToken) {
        self.serve(self.gateway(), listener, stop).await;
    }

    fn gateway(&self) -> Gateway {
        Gateway::new(self.http.clone())
            .connecting(Arc::new(self.connect.clone()))
            .telling(Arc::clone(&self.metrics) as Arc<dyn http::MetricsSource>)
            .answering_to(self.hosts)
    }

    async fn serve(&self, gateway: Gateway, listener: TcpListener, stop: CancellationToken) {
        self.deliveries.start();
        let draining = async {
            stop.cancelled().await;
            self.stopping.cancel();
        };
        let requests = http::serve(listener, gateway, self.server.clone(), stop.clone());
        let access = async {
            if matches!(self.http.access, http::Access::Asked(_)) {
                stop.run_until_cancelled(self.access.keep_current()).await;
            }
        };
        let deliveries = async {
            stop.cancelled().await;
            self.deliveries.drain(self.shutdown_grace).await;
        };
        let payment_sync = async {
            stop.cancelled().await;
            self.payment_sync.drain(self.shutdown_grace).await;
        };
        tokio::join!(draining, requests, deliveries, payment_sync, access);
        self.access.drain().await;
        // Requests are over, so nobody begins anything more.
        let grace = self.shutdown_grace;
        tokio::join!(self.marking.drain(grace), self.external_ids.drain(grace));
    }
}

/// What is given to what comes last when the grace is used up.
const LAST_GRACE: Duration = Duration::from_millis(500);
