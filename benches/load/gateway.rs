//! The gateway over an invented book in memory: its real HTTP, GraphQL and book, without a store,
//! refreshers or upstreams beside it that would take their share of the core.
//!
//! `load_gateway ADDRESS [INVOICES]`; see run.sh.

mod no_sending;
mod no_syncing;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use invoice_gateway::book::{
    CombinedInvoice, Deliveries, DeliveryEntry, ExternalId, FreshnessState, InvoiceBook, InvoiceChanges,
    LinkOrigin, ReadRequest, Snapshot, Source, SourceFreshness,
};
use invoice_gateway::domain::catalog::{Account, BankAccount, Coded, Currencies, Named, Tax};
use invoice_gateway::domain::clock::Sleep;
use invoice_gateway::domain::{
    AccountingInvoice, AccountingStatus, BatchId, BexioInvoiceId, Invoice, InvoiceCustomer, InvoiceStatus,
    Payment, PsohubCustomerId, PsohubInvoiceId, SharedClock, SystemClock, Upstream,
};
use invoice_gateway::graphql::{
    CatalogList, Deps, ErrorCode, Fault, GraphqlService, Limits, ManageUpstreams, ReadBook, ReadCatalog,
    ReadPayments, UpstreamCounters, WatchChanges,
};
use invoice_gateway::http::{
    Access, Check, Document, DocumentFault, DocumentKey, DocumentSource, Gateway, GraphqlConfig, HttpState,
    Readiness, ServerConfig, serve,
};
use invoice_gateway::services::connect::{ConnectError, ConnectionStatus, Disconnected};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Failure = Box<dyn std::error::Error>;

/// A book that never changes and is always live, for a second at a time as the real one.
struct FixedBook {
    book: Arc<InvoiceBook>,
    clock: SharedClock,
}

impl ReadBook for FixedBook {
    fn read(&self, _request: ReadRequest) -> BoxFuture<'_, Snapshot> {
        std::future::ready(self.peek()).boxed()
    }

    fn peek(&self) -> Snapshot {
        let now = self.clock.now();
        let live = |source| SourceFreshness {
            source,
            state: FreshnessState::Live,
            fetched_at: Some(now),
            age: Some(Duration::ZERO),
            last_error: None,
        };
        Snapshot {
            version: self.book.version(),
            book: Arc::clone(&self.book),
            deliveries: Deliveries::default(),
            freshness: Source::ALL.map(live),
            taken_at: now,
            today: self.clock.today(),
            reusable_until: self.clock.elapsed() + Duration::from_secs(1),
        }
    }

    fn version(&self) -> u64 {
        self.book.version()
    }
}

/// Everything that the measured query does not ask for.
struct Nothing;

fn absent() -> Fault {
    Fault::new(ErrorCode::UpstreamUnavailable, "there is no upstream here")
}

impl ReadPayments for Nothing {
    fn payments(&self, _invoice: Arc<AccountingInvoice>) -> BoxFuture<'_, Result<Arc<[Payment]>, Fault>> {
        std::future::ready(Err(absent())).boxed()
    }
}

impl ReadCatalog for Nothing {
    fn accounts(&self) -> CatalogList<Vec<Account>> {
        std::future::ready(Err(absent())).boxed()
    }
    fn taxes(&self) -> CatalogList<Vec<Tax>> {
        std::future::ready(Err(absent())).boxed()
    }
    fn currencies(&self) -> CatalogList<Currencies> {
        std::future::ready(Err(absent())).boxed()
    }
    fn units(&self) -> CatalogList<Vec<Named>> {
        std::future::ready(Err(absent())).boxed()
    }
    fn payment_types(&self) -> CatalogList<Vec<Named>> {
        std::future::ready(Err(absent())).boxed()
    }
    fn languages(&self) -> CatalogList<Vec<Coded>> {
        std::future::ready(Err(absent())).boxed()
    }
    fn bank_accounts(&self) -> CatalogList<Vec<BankAccount>> {
        std::future::ready(Err(absent())).boxed()
    }
}

impl WatchChanges for Nothing {
    fn invoices(&self) -> broadcast::Receiver<Arc<InvoiceChanges>> {
        broadcast::Sender::new(1).subscribe()
    }

    fn deliveries(&self) -> broadcast::Receiver<Arc<DeliveryEntry>> {
        broadcast::Sender::new(1).subscribe()
    }

    fn batches(&self) -> broadcast::Receiver<BatchId> {
        broadcast::Sender::new(1).subscribe()
    }

    fn wait(&self, _period: Duration) -> Sleep {
        std::future::pending().boxed()
    }
}

impl ManageUpstreams for Nothing {
    fn status(&self, upstream: Upstream) -> BoxFuture<'_, ConnectionStatus> {
        std::future::ready(ConnectionStatus::none(upstream)).boxed()
    }

    fn disconnect<'a>(
        &'a self,
        _upstream: Upstream,
        _by: &'a str,
    ) -> BoxFuture<'a, Result<Disconnected, ConnectError>> {
        std::future::ready(Ok(Disconnected { was_connected: true, revoked: false })).boxed()
    }

    fn counters(&self, _upstream: Upstream) -> UpstreamCounters {
        UpstreamCounters::default()
    }
}

impl DocumentSource for Nothing {
    fn fetch(&self, _key: DocumentKey) -> BoxFuture<'_, Result<Document, DocumentFault>> {
        std::future::ready(Err(DocumentFault::NotFound("there are no documents here".to_owned()))).boxed()
    }
}

impl Readiness for Nothing {
    fn check(&self) -> BoxFuture<'_, Vec<Check>> {
        std::future::ready(vec![Check::new("book", Ok(()))]).boxed()
    }
}

const CUSTOMERS: [&str; 5] = [
    "Müller & Söhne AG",
    "Zürcher Bauplanung GmbH",
    "Example Consulting SA",
    "Gemeinde Beispielwil",
    "Café Genève Sàrl",
];

fn psohub(n: u32) -> Result<Invoice, Failure> {
    let customer = usize::try_from(n)? % CUSTOMERS.len();
    let base = format!("{}.{:02}", 150 + (n * 7919) % 48_000, (n * 5) % 100);
    Ok(Invoice {
        id: PsohubInvoiceId::new(41_939_771_881_672_249 + i64::from(n)).ok_or("an id")?,
        number: format!("INV-2026-{n:04}").into(),
        name: Some(format!("Project {n}: analysis and implementation").into()),
        date: Some("2026-03-02".parse()?),
        due_date: Some("2026-04-01".parse()?),
        note: None,
        status: if n.is_multiple_of(3) { InvoiceStatus::Approved } else { InvoiceStatus::Sent },
        status_raw: if n.is_multiple_of(3) { "Approved" } else { "Sent" }.into(),
        customer: Some(InvoiceCustomer {
            id: PsohubCustomerId::new(i64::try_from(customer)? + 1),
            name: CUSTOMERS[customer].into(),
        }),
        contact: None,
        currency: if n.is_multiple_of(7) { "EUR" } else { "CHF" }.parse()?,
        total_ex_vat: base.parse()?,
        total_inc_vat: base.parse()?,
        total_ex_vat_base: None,
        total_inc_vat_base: None,
        lines: Box::default(),
        external_id: None,
        has_pdf: true,
    })
}

fn bexio(n: u32, of: &Invoice) -> Result<AccountingInvoice, Failure> {
    let part = n.is_multiple_of(4);
    Ok(AccountingInvoice {
        id: BexioInvoiceId::new(i64::from(n) + 1).ok_or("an id")?,
        document_number: format!("RE-{n:05}").into(),
        title: None,
        status: if part { AccountingStatus::Partial } else { AccountingStatus::Pending },
        status_raw: if part { 16 } else { 8 },
        contact_id: None,
        currency: of.currency,
        total: of.total_inc_vat,
        total_net: of.total_ex_vat,
        total_taxes: "0".parse()?,
        received: if part { "100.00".parse()? } else { "0".parse()? },
        credited: "0".parse()?,
        remaining: of.total_inc_vat,
        date: of.date,
        due_date: of.due_date,
        reference: None,
        api_reference: Some(format!("psohub:{}", of.id).into()),
        updated_at: "2026-03-05T09:00:00Z".parse()?,
    })
}

fn rows(invoices: u32) -> Result<Vec<Arc<CombinedInvoice>>, Failure> {
    let row = |n| -> Result<Arc<CombinedInvoice>, Failure> {
        let psohub = psohub(n)?;
        let bexio = if n % 10 == 9 { None } else { Some(Arc::new(bexio(n, &psohub)?)) };
        Ok(Arc::new(CombinedInvoice {
            link: bexio.is_some().then_some(LinkOrigin::ApiReference),
            psohub: Arc::new(psohub),
            bexio,
            duplicates: Box::default(),
            external_id: ExternalId::Unknown,
        }))
    };
    (0..invoices).map(row).collect()
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let Some(address) = arguments.next() else {
        println!("started by benches/load/run.sh");
        return Ok(());
    };
    let invoices = arguments.next().map_or(Ok(500), |text| text.parse())?;
    let clock: SharedClock = Arc::new(SystemClock::new());
    let book = FixedBook {
        book: Arc::new(InvoiceBook::new(1, rows(invoices)?, Vec::new())),
        clock: Arc::clone(&clock),
    };
    let deps = Deps {
        book: Arc::new(book),
        payments: Arc::new(Nothing),
        catalog: Arc::new(Nothing),
        upstreams: Arc::new(Nothing),
        deliveries: Arc::new(no_sending::NoSending),
        connection_tests: Arc::new(no_sending::NoSending),
        settings: Arc::new(no_sending::NoSending),
        payment_sync: Arc::new(no_syncing::NoSyncing::default()),
        marking: Arc::new(no_sending::NoMarking),
        changes: Arc::new(Nothing),
    };
    let service = GraphqlService::new(deps, Limits::default());
    let gateway = Gateway::new(HttpState {
        access: Access::Everybody,
        executor: Arc::new(service.clone()),
        documents: Arc::new(Nothing),
        exports: Arc::new(service),
        readiness: Arc::new(Nothing),
        clock,
        graphql_config: GraphqlConfig::default(),
    });
    let listener = tokio::net::TcpListener::bind(&address).await?;
    serve(listener, gateway, ServerConfig::default(), CancellationToken::new()).await;
    Ok(())
}
