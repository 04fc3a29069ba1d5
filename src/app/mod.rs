//! The composition root: `Config` → clients, store, book, services, router. The commands and the
//! tests use it; nothing else puts parts together.

mod access;
mod callers;
mod check;
mod commands;
mod demo;
mod doctor;
mod error;
mod health;
mod keys;
mod limits;
mod marking;
mod metrics;
mod readiness;
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

use crate::bexio::{self, BexioClient};
use crate::book::{BookPeriods, BookService, BookSources, ReadPeriods};
use crate::config::Config;
use crate::domain::SharedClock;
use crate::domain::delivery::Timing;
use crate::domain::plan::SendSettings;
use crate::graphql::{self, GraphqlService, OperationMetrics};
use crate::http::{self, Gateway, Hosts, HttpState, ServerConfig};
use crate::psohub::PsohubClient;
use crate::services::access::{AccessParts, AccessService};
use crate::services::accounts::Accounts;
use crate::services::connect::{self, ConnectService};
use crate::services::deliveries::{DeliveryParts, DeliveryService};
use crate::services::documents::Documents;
use crate::services::external_ids::{ExternalIdParts, ExternalIdService};
use crate::services::linking::{LinkingParts, LinkingService};
use crate::services::marking::{MarkingParts, MarkingService};
use crate::services::payment_sync::{PaymentSyncParts, PaymentSyncService};
use crate::services::settings::{SettingsCheck, SettingsParts, SettingsService};
use crate::services::{Catalog, ConnectionTestParts, ConnectionTester, Payments};
use crate::store::{Keyring, Store, StoreOptions, TokenVault};
use crate::transport::{CallMetrics, Request, TokenHeader, TokenSource, Transport, TransportConfig};
use marking::Marking;
use metrics::{MetricsParts, ServiceMetrics};
use readiness::ServiceReadiness;
use sending::Sending;
use settings::SavedSettings;
use sources::{BexioCatalog, BexioPayments, BookDocuments, UpstreamReports};
use syncing::Syncing;

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
    /// Opens the store, brings it up to date, loads the mirror and puts the rest on top. Reads no
    /// upstream.
    #[expect(clippy::too_many_lines, reason = "the list of what there is, put together in its order")]
    pub async fn build(config: &Config, clock: SharedClock) -> Result<Self, AppError> {
        let keys = keyring(config);
        let store = Store::open(config.database_url(), StoreOptions::default()).await?;
        let store = store.with_keys(keys.clone());
        store.migrate().await?;
        let vault = TokenVault::new(store.clone(), keys);
        require_key(config, &vault)?;
        let access = access::of(config, &vault, &clock)?;
        let calls = CallMetrics::default();
        let psohub = psohub_client(config, access.psohub.token_source(), &clock, &calls)?;
        let bexio = bexio_client(config, access.bexio.token_source(), &clock, &calls)?;
        let operations = OperationMetrics::new(Arc::clone(&clock));
        let stopping = CancellationToken::new();
        let sources = BookSources {
            psohub: psohub.clone(),
            bexio: bexio.clone(),
            store: store.clone(),
            clock: Arc::clone(&clock),
        };
        let book = Arc::new(BookService::open(sources, book_periods(config)).await?);
        let reader = book.reader();
        let documents = BookDocuments {
            documents: Documents::new(psohub.clone(), bexio.clone(), Arc::clone(&clock)),
            reader: reader.clone(),
        };
        let waited_for = bexio.within(reads_max(config));
        let payments = Payments::new(waited_for.clone(), Arc::clone(&clock));
        let catalog = Catalog::new(waited_for, &clock);
        let settings = settings_service(config, Some(store.clone()), Some(Arc::clone(&book)));
        // What is saved is in effect from the start.
        settings.current().await?;
        let settings_check = SettingsCheck {
            catalog: catalog.clone(),
            base_currency: config.psohub.base_currency,
            clock: Arc::clone(&clock),
        };
        let deliveries = DeliveryService::open(DeliveryParts {
            store: store.clone(),
            book: Arc::clone(&book),
            catalog: catalog.clone(),
            bexio: bexio.clone(),
            psohub: psohub.clone(),
            clock: Arc::clone(&clock),
            settings: Arc::new(settings.clone()),
            timing: timing(config),
            write_max: write_max(config),
            reads_max: reads_max(config),
            lease: config.lease,
        })
        .await?;
        let accounts = Accounts { bexio: bexio.clone(), psohub: psohub.clone() };
        let marking = MarkingService::new(MarkingParts {
            store: store.clone(),
            book: Arc::clone(&book),
            accounts: accounts.clone(),
            clock: Arc::clone(&clock),
        });
        let external_ids = ExternalIdService::new(ExternalIdParts {
            store: store.clone(),
            book: Arc::clone(&book),
            accounts,
            clock: Arc::clone(&clock),
        });
        let linking = LinkingService::new(LinkingParts {
            store: store.clone(),
            book: Arc::clone(&book),
            bexio: bexio.clone(),
            clock: Arc::clone(&clock),
        });
        let payment_sync = PaymentSyncService::new(PaymentSyncParts {
            store: store.clone(),
            book: Arc::clone(&book),
            catalog: catalog.clone(),
            bexio: bexio.clone(),
            psohub: psohub.clone(),
            marking: marking.clone(),
            clock: Arc::clone(&clock),
            settings: settings.clone(),
            psohub_refresh: config.psohub.refresh,
            lease: config.lease,
        });
        let syncing = Syncing { service: payment_sync.clone(), store: store.clone() };
        let sending = Sending {
            service: deliveries.clone(),
            store: store.clone(),
            bexio: bexio.clone(),
            timing: timing(config),
        };
        let connection_tests =
            connection_tester(config, Some(store.clone()), settings.clone(), &psohub, &bexio, &clock);
        let connect = ConnectService::new(connect::Parts {
            psohub: access.psohub,
            bexio: access.bexio,
            client: bexio.clone(),
            book: Arc::clone(&book),
            catalog: catalog.clone(),
            vault,
            public_url: config.public_url(),
        });
        let metrics = ServiceMetrics::new(
            MetricsParts {
                book: Arc::clone(&book),
                reader: reader.clone(),
                store: store.clone(),
                psohub: psohub.clone(),
                bexio: bexio.clone(),
                connect: connect.clone(),
                clock: Arc::clone(&clock),
            },
            &calls,
            &operations,
        );
        let graphql = GraphqlService::new(
            graphql::Deps {
                book: Arc::new(reader.clone()),
                payments: Arc::new(BexioPayments(payments)),
                catalog: Arc::new(BexioCatalog(catalog)),
                upstreams: Arc::new(UpstreamReports {
                    book: Arc::clone(&book),
                    psohub,
                    bexio,
                    connect: connect.clone(),
                }),
                deliveries: Arc::new(sending),
                connection_tests: Arc::new(connection_tests.clone()),
                settings: Arc::new(SavedSettings {
                    service: settings.clone(),
                    check: settings_check.clone(),
                }),
                payment_sync: Arc::new(syncing),
                marking: Arc::new(Marking {
                    service: marking.clone(),
                    external_ids: external_ids.clone(),
                    linking,
                    store: store.clone(),
                }),
                changes: book.clone(),
            },
            limits::of_operations(config),
        );
        let graphql = graphql.measured(operations);
        let callers = AccessService::open(AccessParts {
            store: store.clone(),
            clock: Arc::clone(&clock),
            tokens: callers::tokens(config, &clock)?,
        })
        .await?;
        let graphql_config = limits::of_clients(config, &graphql).await?;
        let http = HttpState {
            access: http::Access::Asked(callers.clone()),
            executor: Arc::new(graphql.clone()),
            documents: Arc::new(documents),
            exports: Arc::new(graphql),
            readiness: Arc::new(ServiceReadiness::new(
                store.clone(),
                reader,
                Arc::clone(&clock),
                stopping.clone(),
            )),
            clock: Arc::clone(&clock),
            graphql_config,
        };
        let server = ServerConfig { shutdown_grace: config.shutdown_grace, ..ServerConfig::default() };
        let shutdown_grace = config.shutdown_grace;
        Ok(Self {
            book,
            connect,
            deliveries,
            connection_tests,
            settings,
            settings_check,
            marking,
            external_ids,
            payment_sync,
            clock,
            store,
            access: callers,
            http,
            metrics: Arc::new(metrics),
            hosts: Hosts::Any,
            server,
            shutdown_grace,
            stopping,
            monitoring: None,
        })
    }

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

fn send_settings(config: &Config) -> SendSettings {
    let text = |text: &Option<String>| text.as_deref().map(Box::from);
    SendSettings {
        revenue_account: text(&config.sending.revenue_account),
        tax_code: text(&config.sending.tax_code),
        zero_tax_code: text(&config.sending.zero_tax_code),
        detail_lines: config.sending.detail_lines,
        external_id: config.sending.external_id,
        language: text(&config.sending.language),
        bank_account_id: config.sending.bank_account,
        payment_type_id: config.sending.payment_type,
        unit_id: config.sending.unit,
        subject: text(&config.sending.email_subject),
        message: text(&config.sending.email_message),
        attach_pdf: config.sending.email_attach_pdf,
        vat_mode: config.sending.vat_mode,
        rounding_tolerance: config.sending.rounding_tolerance,
        payment_sync_cron: Some(config.sending.payment_sync_cron.as_str().into()),
    }
}

/// The settings for sending: the environment's until others are saved.
fn settings_service(
    config: &Config,
    store: Option<Store>,
    book: Option<Arc<BookService>>,
) -> SettingsService {
    SettingsService::new(SettingsParts { store, first: send_settings(config), book })
}

/// Tests of the two connections, which the service and the doctor make alike.
fn connection_tester(
    config: &Config,
    store: Option<Store>,
    settings: SettingsService,
    psohub: &PsohubClient,
    bexio: &BexioClient,
    clock: &SharedClock,
) -> ConnectionTester {
    ConnectionTester::new(ConnectionTestParts {
        store,
        psohub: psohub.clone(),
        bexio: bexio.clone(),
        clock: Arc::clone(clock),
        settings,
        base_currency: config.psohub.base_currency,
        timing: timing(config),
    })
}

/// Between giving up a write and calling it lost.
const WRITE_MARGIN: Duration = Duration::from_secs(5);

/// A read that an operation waits for ends before the operation does, so that it can still say why.
fn reads_max(config: &Config) -> Duration {
    config.limits.operation_time.saturating_mul(4) / 5
}

/// A write waits for its turn and then for its answer; then its worker lets go of it.
fn write_max(config: &Config) -> Duration {
    Request::TURN_MAX + config.upstream.total_timeout
}

fn timing(config: &Config) -> Timing {
    Timing {
        call_max: write_max(config) + WRITE_MARGIN,
        quiet: config.sending.quiet_period,
        ..Timing::STANDARD
    }
}

fn psohub_client(
    config: &Config,
    token: Arc<dyn TokenSource>,
    clock: &SharedClock,
    calls: &CallMetrics,
) -> Result<PsohubClient, AppError> {
    let (name, scheme) = &config.psohub.oauth.token_header;
    let bounds = TransportConfig {
        stream_timeout: config.psohub.list_timeout,
        token_header: TokenHeader::named(name, scheme).unwrap_or_default(),
        metrics: calls.clone(),
        ..bounded(TransportConfig::new("PSOhub"), config)
    };
    let transport = Transport::new(bounds, Arc::clone(clock))?;
    let currency = config.psohub.base_currency;
    Ok(PsohubClient::new(&config.psohub.base_url, token, transport, currency)?)
}

fn bexio_client(
    config: &Config,
    token: Arc<dyn TokenSource>,
    clock: &SharedClock,
    calls: &CallMetrics,
) -> Result<BexioClient, AppError> {
    let bounds = TransportConfig { metrics: calls.clone(), ..bounded(bexio::transport_config(), config) };
    let transport = Transport::new(bounds, Arc::clone(clock))?;
    Ok(BexioClient::new(&config.bexio.base_url, token, transport)?)
}

fn bounded(mut bounds: TransportConfig, config: &Config) -> TransportConfig {
    bounds.connect_timeout = config.upstream.connect_timeout;
    bounds.read_timeout = config.upstream.read_timeout;
    bounds.total_timeout = config.upstream.total_timeout;
    bounds.retry.base = config.upstream.retry_base;
    bounds.concurrency_max = config.outage.concurrency;
    bounds.reserved = config.outage.concurrency_reserved;
    bounds.circuit.failures_max = config.outage.breaker_failures;
    bounds.circuit.open_for = config.outage.breaker_open;
    bounds
}

/// An app that is set up would have its tokens stored: not without a key.
fn require_key(config: &Config, vault: &TokenVault) -> Result<(), AppError> {
    let apps = [&config.bexio.client, &config.psohub.oauth.client];
    if apps.iter().any(|client| client.both().is_some()) {
        vault.require_key()?;
    }
    Ok(())
}

/// The keys of the configuration; none opens and seals nothing.
fn keyring(config: &Config) -> Keyring {
    config.secrets_keys.as_ref().map(Keyring::new).unwrap_or_default()
}

fn book_periods(config: &Config) -> BookPeriods {
    BookPeriods {
        read: ReadPeriods {
            psohub_age_max: config.psohub.max_age,
            bexio_age_max: config.bexio.max_age,
            stale_max: config.freshness.max_stale,
            refresh_wait: config.freshness.refresh_wait,
        },
        retry_base: config.freshness.refresh_retry,
        psohub_refresh: config.psohub.refresh,
        bexio_refresh: config.bexio.refresh,
        bexio_full_pass: config.bexio.full_pass,
    }
}
