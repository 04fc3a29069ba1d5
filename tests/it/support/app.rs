//! The real service over a real simulator on real sockets, with a clock that only the test moves.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use invoice_gateway::app::App;
use invoice_gateway::book::{BookService, Source};
use invoice_gateway::config::Config;
use invoice_gateway::domain::ManualClock;
use invoice_gateway::services::ConnectionTester;
use invoice_gateway::services::connect::ConnectService;
use invoice_gateway::services::deliveries::DeliveryService;
use invoice_gateway::services::marking::MarkingService;
use invoice_gateway::services::payment_sync::PaymentSyncService;
use invoice_gateway::store::Store;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use upstream_simulator::clock::SimClock;
use upstream_simulator::seed::SeedOptions;
use upstream_simulator::traffic::Upstream;
use upstream_simulator::{Simulator, SimulatorOptions};

/// Where every test's clocks stand at first: a Monday morning in winter.
pub const START: &str = "2026-03-02T08:00:00Z";

/// The key of every test that stores tokens.
pub const SECRETS_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// No access tokens, and both apps as the simulator knows them.
pub const OAUTH_APPS: [(&str, &str); 6] = [
    ("BEXIO_ACCESS_TOKEN", ""),
    ("BEXIO_CLIENT_ID", "simulated-app"),
    ("BEXIO_CLIENT_SECRET", "simulated-secret"),
    ("PSOHUB_ACCESS_TOKEN", ""),
    ("PSOHUB_CLIENT_ID", "psohub-simulator-client"),
    ("PSOHUB_CLIENT_SECRET", "psohub-simulator-secret"),
];

/// How to start; the default is an empty company.
#[derive(Default)]
pub struct TestOptions {
    simulator: SimulatorOptions,
    settings: BTreeMap<String, String>,
    is_guarded: bool,
}

impl TestOptions {
    /// A company with so many PSOhub invoices, the documented example first.
    pub fn company(invoices: usize) -> Self {
        Self::default().simulator(|options| options.seed = Some(SeedOptions { invoices, seed: 1 }))
    }

    /// Changes how the simulator starts.
    pub fn simulator(mut self, change: impl FnOnce(&mut SimulatorOptions)) -> Self {
        change(&mut self.simulator);
        self
    }

    /// Sets a configuration variable.
    pub fn set(mut self, name: &str, value: impl Into<String>) -> Self {
        self.settings.insert(name.to_owned(), value.into());
        self
    }

    /// With access control: nobody is served without a key or a token.
    pub fn guarded(mut self) -> Self {
        self.is_guarded = true;
        self
    }

    /// Without access tokens, with both apps set up as the simulator knows them: the accounts are to be
    /// connected.
    pub fn oauth(self) -> Self {
        OAUTH_APPS
            .into_iter()
            .fold(self.set("SECRETS_KEY", SECRETS_KEY), |options, (name, value)| options.set(name, value))
    }

    /// Starts simulator and service. Nothing has been read yet.
    pub async fn start(self) -> TestApp {
        let Self { mut simulator, settings, is_guarded } = self;
        let sim_clock = SimClock::standing_at(START.parse().unwrap());
        simulator.clock = sim_clock.clone();
        let simulator = Simulator::start(simulator).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(START.parse().unwrap()));
        let http = client();
        let config = config(&simulator, &folder, &settings).await;
        let service = Service::start(config, Arc::clone(&clock), is_guarded).await;
        TestApp { simulator, http, clock, sim_clock, settings, is_guarded, folder, service }
    }
}

/// One run of the service.
struct Service {
    app: Arc<App>,
    url: String,
    stop: DropGuard,
    serving: JoinHandle<()>,
}

impl Service {
    /// A service on `listener`, where the configuration says that browsers reach it.
    async fn start(
        (config, listener): (Config, TcpListener),
        clock: Arc<ManualClock>,
        is_guarded: bool,
    ) -> Self {
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = App::build(&config, clock).await.unwrap();
        let app = Arc::new(if is_guarded { app } else { app.open_to_everybody() });
        let stop = CancellationToken::new();
        let serving = tokio::spawn({
            let (app, stop) = (Arc::clone(&app), stop.clone());
            async move { app.run_without_background(listener, stop).await }
        });
        Self { app, url, stop: stop.drop_guard(), serving }
    }

    async fn stop(self) {
        drop(self.stop);
        self.serving.await.unwrap();
    }
}

/// The configuration of a service on a port of its own, which the simulator takes browsers back to.
async fn config(
    simulator: &Simulator,
    folder: &TempDir,
    settings: &BTreeMap<String, String>,
) -> (Config, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let callback = format!("{url}/connect/bexio/callback");
    simulator.world().bexio().options_mut().client.redirect_urls.push(callback);
    let settings = |name: &str| match name {
        "PUBLIC_URL" => Some(url.clone()),
        _ => setting(name, simulator, folder, settings),
    };
    (Config::from_env_map(settings).unwrap(), listener)
}

fn setting(
    name: &str,
    simulator: &Simulator,
    folder: &TempDir,
    settings: &BTreeMap<String, String>,
) -> Option<String> {
    if let Some(value) = settings.get(name) {
        return Some(value.clone());
    }
    if let Some((_, value)) = simulator.environment().into_iter().find(|(variable, _)| *variable == name) {
        return Some(value);
    }
    match name {
        "DATABASE_URL" => Some(format!("sqlite:{}", folder.path().join("gateway.db").display())),
        // The clock stands still, so an upstream that was left alone would stay so: a matter of `circuit`.
        "UPSTREAM_BREAKER_FAILURES" => Some("1000000".to_owned()),
        // Failing calls are repeated at once: the clock stands still, real time need not pass.
        "RETRY_BASE_SECONDS" => Some("0.1".to_owned()),
        _ => None,
    }
}

/// A client that follows no redirect, as a test wants to see what it is told.
pub fn client() -> reqwest::Client {
    // Ignored when another test was first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap()
}

/// A running service with its simulator.
pub struct TestApp {
    /// The upstreams.
    pub simulator: Simulator,
    /// Sends to the service.
    pub http: reqwest::Client,
    clock: Arc<ManualClock>,
    sim_clock: SimClock,
    settings: BTreeMap<String, String>,
    is_guarded: bool,
    folder: TempDir,
    service: Service,
}

impl TestApp {
    /// An empty company.
    pub async fn start() -> Self {
        TestOptions::default().start().await
    }

    /// The service's base URL.
    pub fn url(&self) -> &str {
        &self.service.url
    }

    /// Where the service listens.
    pub fn address(&self) -> SocketAddr {
        self.url().trim_start_matches("http://").parse().unwrap()
    }

    /// The service's clock, which only the test moves.
    pub fn clock(&self) -> &ManualClock {
        &self.clock
    }

    /// The same clock, to be handed around.
    pub fn shared_clock(&self) -> Arc<ManualClock> {
        Arc::clone(&self.clock)
    }

    /// Another process on the same database and with the same clock, which serves nobody.
    pub async fn other_process(&self) -> App {
        let setting = |name: &str| setting(name, &self.simulator, &self.folder, &self.settings);
        let config = Config::from_env_map(setting).unwrap();
        App::build(&config, self.shared_clock()).await.unwrap()
    }

    /// Lets time pass for the service and for both upstreams.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
        self.sim_clock.advance(by);
    }

    /// Runs an operation and gives the whole answer.
    pub async fn answer(&self, query: &str, variables: Value) -> Value {
        let body = json!({ "query": query, "variables": variables });
        let response = self.http.post(format!("{}/graphql", self.url())).json(&body).send().await.unwrap();
        response.json().await.unwrap()
    }

    /// Runs an operation without variables that must succeed, and gives its data.
    pub async fn data(&self, query: &str) -> Value {
        let mut answer = self.answer(query, json!({})).await;
        assert_eq!(answer.get("errors"), None, "{query}\n{answer:#}");
        answer["data"].take()
    }

    /// The service's two connections.
    pub fn connections(&self) -> &ConnectService {
        &self.service.app.connect
    }

    /// Where the database is.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Sending, without GraphQL around it.
    pub fn deliveries(&self) -> &DeliveryService {
        &self.service.app.deliveries
    }

    /// The tests of both connections, without GraphQL around them.
    pub fn connection_tests(&self) -> &ConnectionTester {
        &self.service.app.connection_tests
    }

    /// Holds the settings against what Bexio has set up now.
    pub async fn check_settings(&self) {
        self.service.app.check_settings().await.unwrap();
    }

    /// Lets the service check the settings as it does by itself: now and once a day. It ends with the guard.
    pub fn keep_settings_checked(&self) -> DropGuard {
        let stop = CancellationToken::new();
        self.service.app.keep_settings_checked(&TaskTracker::new(), &stop);
        stop.drop_guard()
    }

    /// Marking as paid, without GraphQL around it.
    pub fn marking(&self) -> &MarkingService {
        &self.service.app.marking
    }

    /// The service's database.
    pub fn store(&self) -> &Store {
        self.service.app.store()
    }

    /// The payment sync, without GraphQL around it.
    pub fn payment_sync(&self) -> &PaymentSyncService {
        &self.service.app.payment_sync
    }

    /// Lets the service do whatever is due, until it waits for the clock or for people.
    pub async fn settle(&self) {
        self.deliveries().settle_due().await;
    }

    /// The service's book.
    pub fn book(&self) -> Arc<BookService> {
        Arc::clone(&self.service.app.book)
    }

    /// Looks at a source now.
    pub async fn look(&self, source: Source) -> Result<(), Arc<str>> {
        self.service.app.book.refresh(source).await
    }

    /// Looks at both upstreams now, which must succeed.
    pub async fn look_at_both(&self) {
        self.look(Source::Psohub).await.unwrap();
        self.look(Source::Bexio).await.unwrap();
    }

    /// Requests that the upstream has received since the last [`Self::forget_calls`].
    pub fn calls(&self, upstream: Upstream) -> u64 {
        self.simulator.world().traffic.calls(upstream)
    }

    /// Starts counting requests anew.
    pub fn forget_calls(&self) {
        self.simulator.world().traffic.reset();
    }

    /// Another process of the service on the same database and upstreams, with a clock of its own.
    pub async fn replica(&self) -> Replica {
        self.replica_by(Arc::new(ManualClock::new(START.parse().unwrap()))).await
    }

    /// Another process of the service on the same database and upstreams, by the same clock.
    pub async fn replica_on_the_clock(&self) -> Replica {
        self.replica_by(Arc::clone(&self.clock)).await
    }

    async fn replica_by(&self, clock: Arc<ManualClock>) -> Replica {
        let config = config(&self.simulator, &self.folder, &self.settings).await;
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let service =
            runtime.spawn(Service::start(config, Arc::clone(&clock), self.is_guarded)).await.unwrap();
        Replica { service, clock, runtime: Some(runtime) }
    }

    /// Stops the service and starts it again on the same database.
    pub async fn restart(self) -> Self {
        let Self { simulator, http, clock, sim_clock, settings, is_guarded, folder, service } = self;
        service.stop().await;
        let config = config(&simulator, &folder, &settings).await;
        let service = Service::start(config, Arc::clone(&clock), is_guarded).await;
        Self { simulator, http, clock, sim_clock, settings, is_guarded, folder, service }
    }
}

/// A process beside another one: it shares no task with it, and can die.
pub struct Replica {
    service: Service,
    clock: Arc<ManualClock>,
    /// Taken when it dies.
    runtime: Option<Runtime>,
}

impl Replica {
    /// Its base URL.
    pub fn url(&self) -> &str {
        &self.service.url
    }

    /// Its two connections.
    pub fn connections(&self) -> &ConnectService {
        &self.service.app.connect
    }

    /// Sending, without GraphQL around it.
    pub fn deliveries(&self) -> &DeliveryService {
        &self.service.app.deliveries
    }

    /// The read model.
    pub fn book(&self) -> &BookService {
        &self.service.app.book
    }

    /// Its clock.
    pub fn clock(&self) -> &ManualClock {
        &self.clock
    }

    /// Looks at both upstreams now, which must succeed.
    pub async fn look_at_both(&self) {
        self.book().refresh(Source::Psohub).await.unwrap();
        self.book().refresh(Source::Bexio).await.unwrap();
    }

    /// Ends every task of it where it is, as a killed process does: nothing is given back, nothing is
    /// written, no call hears its answer.
    pub fn die(mut self) {
        self.runtime.take().unwrap().shutdown_background();
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        // A runtime that is merely dropped waits for its tasks, which blocks.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
