//! What GraphQL reads from, as it needs it: the book, and what is asked for by key.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use jiff::Timestamp;
use tokio::sync::broadcast;

use super::errors::Fault;
use super::mark::Mark;
use super::payment_sync_deps::SyncPayments;
use crate::book::{
    BookReader, BookService, DeliveryEntry, InvoiceChanges, LookReport, ReadRequest, Snapshot,
};
use crate::domain::catalog::{Account, BankAccount, BexioContact, Coded, Currencies, Named, Tax};
use crate::domain::clock::Sleep;
use crate::domain::connection::CircuitState;
use crate::domain::connection_test::{ConnectionTest, TestLevel};
use crate::domain::delivery::{DeliveryId, LogEntry, Timing};
use crate::domain::plan::{Plan, SendOptions};
use crate::domain::{
    AccountingInvoice, Batch, BatchId, BexioContactId, CurrencyCode, Payment, PsohubInvoiceId, Upstream,
};
use crate::services::ConnectionTester;
use crate::services::connect::{ConnectError, ConnectionStatus, Disconnected};
use crate::services::deliveries::{
    BatchError, ResolveRefused, ResolveRequest, SendError, SendManyRequest, SendRequest, Sent,
};
use crate::services::settings::{Checked, CurrentSettings, SettingsUpdate, UpdateError};

/// What the service reads from. Cheap to clone.
#[derive(Clone)]
pub struct Deps {
    /// The book.
    pub book: Arc<dyn ReadBook>,
    /// Payments.
    pub payments: Arc<dyn ReadPayments>,
    /// Bexio's set-up.
    pub catalog: Arc<dyn ReadCatalog>,
    /// Counters of the two upstreams.
    pub upstreams: Arc<dyn ManageUpstreams>,
    /// Sending, and what the board of deliveries does not show.
    pub deliveries: Arc<dyn Deliver>,
    /// Tests of both connections.
    pub connection_tests: Arc<dyn TestConnections>,
    /// The settings for sending.
    pub settings: Arc<dyn ManageSettings>,
    /// Carrying payments from Bexio to PSOhub.
    pub payment_sync: Arc<dyn SyncPayments>,
    /// Marking single invoices, and the record of it.
    pub marking: Arc<dyn Mark>,
    /// Changes as they happen.
    pub changes: Arc<dyn WatchChanges>,
}

/// Where snapshots of the book come from.
pub trait ReadBook: Send + Sync {
    /// One consistent state of both sides, as young as `request` asks if it can be had in time.
    fn read(&self, request: ReadRequest) -> BoxFuture<'_, Snapshot>;

    /// What is held now, without asking an upstream for anything.
    fn peek(&self) -> Snapshot;

    /// Version of the newest book.
    fn version(&self) -> u64;
}

impl ReadBook for BookReader {
    fn read(&self, request: ReadRequest) -> BoxFuture<'_, Snapshot> {
        self.read(request).boxed()
    }

    fn peek(&self) -> Snapshot {
        self.peek()
    }

    fn version(&self) -> u64 {
        self.version()
    }
}

/// Where payments of Bexio invoices come from.
pub trait ReadPayments: Send + Sync {
    /// The payments booked on one invoice, in the state that the book has of it.
    fn payments(&self, invoice: Arc<AccountingInvoice>) -> BoxFuture<'_, Result<Arc<[Payment]>, Fault>>;
}

/// A list of Bexio's set-up.
pub type CatalogList<T> = BoxFuture<'static, Result<Arc<T>, Fault>>;

/// Where Bexio's set-up comes from.
pub trait ReadCatalog: Send + Sync {
    /// The chart of accounts.
    fn accounts(&self) -> CatalogList<Vec<Account>>;
    /// Taxes.
    fn taxes(&self) -> CatalogList<Vec<Tax>>;
    /// Currencies.
    fn currencies(&self) -> CatalogList<Currencies>;
    /// Units.
    fn units(&self) -> CatalogList<Vec<Named>>;
    /// Payment types.
    fn payment_types(&self) -> CatalogList<Vec<Named>>;
    /// Languages.
    fn languages(&self) -> CatalogList<Vec<Coded>>;
    /// Bank accounts.
    fn bank_accounts(&self) -> CatalogList<Vec<BankAccount>>;
}

/// What was counted of an upstream since the gateway started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpstreamCounters {
    /// Requests that were sent, repeats counted.
    pub requests: u64,
    /// Requests of the last hour.
    pub requests_last_hour: u64,
    /// Requests that failed.
    pub failures: u64,
    /// Requests that the upstream still allows in its current window, where it says so.
    pub rate_limit_remaining: Option<u32>,
    /// Whether requests are made, or held back since they failed.
    pub circuit: CircuitState,
    /// When the next request tries, while they are held back.
    pub circuit_retry_at: Option<Timestamp>,
    /// What the last look could not understand.
    pub report: LookReport,
}

/// How the two accounts stand, and the end of a connection.
pub trait ManageUpstreams: Send + Sync {
    /// How the connection to one upstream stands. Asks the upstream nothing.
    fn status(&self, upstream: Upstream) -> BoxFuture<'_, ConnectionStatus>;

    /// Disconnects the account in one upstream for the administrator `by`.
    fn disconnect<'a>(
        &'a self,
        upstream: Upstream,
        by: &'a str,
    ) -> BoxFuture<'a, Result<Disconnected, ConnectError>>;

    /// The counters of one upstream now.
    fn counters(&self, upstream: Upstream) -> UpstreamCounters;
}

/// Sending invoices, and what is kept of it beside the board of deliveries.
pub trait Deliver: Send + Sync {
    /// What would be sent. Writes nothing.
    fn preview<'a>(
        &'a self,
        invoice: PsohubInvoiceId,
        options: &'a SendOptions,
    ) -> BoxFuture<'a, Result<Plan, SendError>>;

    /// Takes an invoice on and waits for it, as long as was asked.
    fn send(&self, request: SendRequest) -> BoxFuture<'_, Result<Sent, SendError>>;

    /// Takes many invoices on.
    fn send_many(&self, request: SendManyRequest) -> BoxFuture<'_, Result<Batch, BatchError>>;

    /// Cancels what of a batch has not begun.
    fn cancel_batch<'a>(&'a self, batch: BatchId, by: &'a str) -> BoxFuture<'a, Result<Batch, BatchError>>;

    /// Takes a person's decision.
    fn resolve(&self, request: ResolveRequest) -> BoxFuture<'_, Result<Arc<DeliveryEntry>, ResolveRefused>>;

    /// The batches before `before`, the newest first, at most `limit`.
    fn batches(&self, before: Option<BatchId>, limit: usize) -> BoxFuture<'_, Result<Vec<Batch>, Fault>>;

    /// These batches, as far as they exist, in any order.
    fn batches_by_id(&self, ids: Vec<BatchId>) -> BoxFuture<'_, Result<Vec<(BatchId, Batch)>, Fault>>;

    /// The histories of these deliveries; of each, the oldest entry first.
    fn log(&self, ids: Vec<DeliveryId>) -> BoxFuture<'_, Result<Vec<LogEntry>, Fault>>;

    /// The plans that these deliveries were last accepted with, as far as they exist, in any order.
    fn plans(&self, ids: Vec<DeliveryId>) -> BoxFuture<'_, Result<Vec<(DeliveryId, Plan)>, Fault>>;

    /// A contact in Bexio.
    fn contact(&self, id: BexioContactId) -> BoxFuture<'_, Result<Option<BexioContact>, Fault>>;

    /// The periods that deliveries wait for.
    fn timing(&self) -> Timing;
}

/// Tests of both connections.
pub trait TestConnections: Send + Sync {
    /// Tests both connections for `by`.
    fn test<'a>(&'a self, level: TestLevel, by: &'a str) -> BoxFuture<'a, Result<ConnectionTest, Fault>>;
}

impl TestConnections for ConnectionTester {
    fn test<'a>(&'a self, level: TestLevel, by: &'a str) -> BoxFuture<'a, Result<ConnectionTest, Fault>> {
        async move { Self::test(self, level, by).await.map_err(|error| Fault::internal(&error)) }.boxed()
    }
}

/// The settings for sending.
pub trait ManageSettings: Send + Sync {
    /// Those that hold now.
    fn current(&self) -> BoxFuture<'_, Result<CurrentSettings, Fault>>;

    /// The newest versions, the newest first.
    fn history(&self, limit: usize) -> BoxFuture<'_, Result<Vec<CurrentSettings>, Fault>>;

    /// The environment's.
    fn first(&self) -> CurrentSettings;

    /// The company's own currency.
    fn base_currency(&self) -> CurrencyCode;

    /// What the last check found.
    fn checked(&self) -> Arc<Checked>;

    /// Saves settings that fit what Bexio has set up.
    fn update(&self, update: SettingsUpdate) -> BoxFuture<'_, Result<CurrentSettings, UpdateError>>;
}

/// Where subscriptions hear of changes.
pub trait WatchChanges: Send + Sync {
    /// Every change of an invoice or its delivery from now on, a state of the book at a time.
    fn invoices(&self) -> broadcast::Receiver<Arc<InvoiceChanges>>;

    /// Every new version of a delivery from now on.
    fn deliveries(&self) -> broadcast::Receiver<Arc<DeliveryEntry>>;

    /// From now on, each batch of which an invoice will have no delivery, as far as this process did that.
    fn batches(&self) -> broadcast::Receiver<BatchId>;

    /// Waits by the service's clock, for what nobody tells.
    fn wait(&self, period: Duration) -> Sleep;
}

impl WatchChanges for BookService {
    fn invoices(&self) -> broadcast::Receiver<Arc<InvoiceChanges>> {
        self.changes()
    }

    fn deliveries(&self) -> broadcast::Receiver<Arc<DeliveryEntry>> {
        Self::deliveries(self).changes()
    }

    fn batches(&self) -> broadcast::Receiver<BatchId> {
        Self::deliveries(self).batches()
    }

    fn wait(&self, period: Duration) -> Sleep {
        self.wait(period)
    }
}
