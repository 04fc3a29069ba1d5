//! What GraphQL reads from, as it needs it: the book, and what is asked for by key.

use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt};
use tokio::sync::broadcast;

use super::errors::Fault;
use crate::book::{
    BookReader, BookService, DeliveryEntry, InvoiceChanges, LookReport, ReadRequest, Snapshot,
};
use crate::domain::catalog::{Account, BankAccount, Coded, Currencies, Named, Tax};
use crate::domain::{AccountingInvoice, Payment};

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
    pub upstreams: Arc<dyn ReadUpstreams>,
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

/// One of the two services that the gateway combines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Upstream {
    /// PSOhub.
    Psohub,
    /// Bexio.
    Bexio,
}

/// What was counted of an upstream since the gateway started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpstreamCounters {
    /// Requests that were sent, repeats counted.
    pub requests: u64,
    /// Requests that failed.
    pub failures: u64,
    /// Requests that the upstream still allows in its current window, where it says so.
    pub rate_limit_remaining: Option<u32>,
    /// What the last look could not understand.
    pub report: LookReport,
}

/// Where counters of the upstreams come from.
pub trait ReadUpstreams: Send + Sync {
    /// The counters of one upstream now.
    fn counters(&self, upstream: Upstream) -> UpstreamCounters;
}

/// Where subscriptions hear of changes.
pub trait WatchChanges: Send + Sync {
    /// Every change of an invoice or its delivery from now on, a state of the book at a time.
    fn invoices(&self) -> broadcast::Receiver<Arc<InvoiceChanges>>;

    /// Every new version of a delivery from now on.
    fn deliveries(&self) -> broadcast::Receiver<Arc<DeliveryEntry>>;
}

impl WatchChanges for BookService {
    fn invoices(&self) -> broadcast::Receiver<Arc<InvoiceChanges>> {
        self.changes()
    }

    fn deliveries(&self) -> broadcast::Receiver<Arc<DeliveryEntry>> {
        Self::deliveries(self).changes()
    }
}
