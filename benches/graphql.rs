//! What answering the README's query costs: 100 invoices with their Bexio status, from a request's
//! text to the answer's bytes, nothing cached.
//!
//! The floor is async-graphql resolving the same data as a plain tree of `SimpleObject`s from
//! memory. `cargo bench --bench graphql` measures both and prints their ratio.

#[path = "load/no_sending.rs"]
mod no_sending;
#[path = "load/no_syncing.rs"]
mod no_syncing;

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::{EmptyMutation, EmptySubscription, Object, Request, Schema, SimpleObject};
use criterion::Criterion;
use futures_util::future::{BoxFuture, FutureExt};
use invoice_gateway::book::{
    CombinedInvoice, Deliveries, DeliveryEntry, ExternalId, FreshnessState, InvoiceBook, InvoiceChanges,
    LinkOrigin, ReadRequest, Snapshot, Source, SourceFreshness,
};
use invoice_gateway::domain::catalog::{Account, BankAccount, Coded, Currencies, Named, Tax};
use invoice_gateway::domain::clock::Sleep;
use invoice_gateway::domain::{
    AccountingInvoice, AccountingStatus, BatchId, BexioInvoiceId, Clock, CurrencyCode, Invoice,
    InvoiceCustomer, InvoiceStatus, Payment, PsohubInvoiceId, SystemClock, Upstream,
};
use invoice_gateway::graphql::{
    Caller, CatalogList, Deps, Fault, GraphqlService, Limits, ManageUpstreams, ReadBook, ReadCatalog,
    ReadPayments, UpstreamCounters, WatchChanges, write_response,
};
use invoice_gateway::services::connect::{ConnectError, ConnectionStatus, Disconnected};
use rust_decimal::Decimal;
use tokio::sync::broadcast;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROWS: i64 = 100;

const QUERY: &str = "query Open { invoices(first: 100) { nodes {
    number name status customer { name } totalIncVat { amount currency }
    bexio { documentNumber status received { amount } remaining { amount } }
} } }";

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let Ok(runtime) = runtime else { return };
    let rows: Vec<Arc<CombinedInvoice>> = (1..=ROWS).filter_map(row).collect();
    let floor = Schema::new(FloorQuery(floor_rows(&rows)), EmptyMutation, EmptySubscription);
    let gateway = gateway(rows);
    let caller = Caller::local();
    let run_floor = || runtime.block_on(floor_answer(&floor));
    let run_gateway = || runtime.block_on(gateway_answer(&gateway, &caller));
    assert_eq!(value_of(&run_floor())["data"], value_of(&run_gateway())["data"], "both answer the same");

    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("100 invoices");
    group.bench_function("async-graphql, SimpleObject", |bencher| bencher.iter(|| black_box(run_floor())));
    group.bench_function("gateway", |bencher| bencher.iter(|| black_box(run_gateway())));
    group.finish();
    criterion.final_summary();
    // A profile is to show what was asked for and nothing else.
    if !std::env::args().any(|argument| argument == "--profile-time") {
        print_ratio(&run_floor, &run_gateway);
    }
    runtime.shutdown_background();
}

/// Measures both in turn, so that what else the machine does falls on both alike.
fn print_ratio(floor: &dyn Fn() -> Vec<u8>, gateway: &dyn Fn() -> Vec<u8>) {
    let clock = SystemClock::new();
    let timed = |run: &dyn Fn() -> Vec<u8>| {
        let start = clock.elapsed();
        for _ in 0..20 {
            black_box(run());
        }
        clock.elapsed().saturating_sub(start)
    };
    let mut best = [Duration::MAX; 2];
    for _ in 0..100 {
        best = [best[0].min(timed(floor)), best[1].min(timed(gateway))];
    }
    let percent = best[1].as_nanos() * 100 / best[0].as_nanos().max(1);
    println!("floor {:?}, gateway {:?}: {percent} % of the floor's time", best[0] / 20, best[1] / 20);
}

fn value_of(json: &[u8]) -> serde_json::Value {
    serde_json::from_slice(json).unwrap_or_default()
}

fn row(id: i64) -> Option<Arc<CombinedInvoice>> {
    let invoice = Invoice {
        id: PsohubInvoiceId::new(41_939_771_881_672_000 + id)?,
        number: format!("INV-2026-{id}").into(),
        name: Some(format!("Project {id}: consulting for February, second part").into()),
        date: Some(jiff::civil::date(2026, 3, 2)),
        due_date: Some(jiff::civil::date(2026, 4, 1)),
        note: None,
        status: InvoiceStatus::Sent,
        status_raw: "Sent".into(),
        customer: Some(InvoiceCustomer { id: None, name: format!("Müller & Söhne {id} AG").into() }),
        contact: None,
        currency: CurrencyCode::CHF,
        total_ex_vat: Decimal::new(1_000_000 + id, 2),
        total_inc_vat: Decimal::new(1_081_000 + id, 2),
        total_ex_vat_base: None,
        total_inc_vat_base: None,
        lines: Box::default(),
        external_id: None,
        has_pdf: true,
    };
    let bexio = AccountingInvoice {
        id: BexioInvoiceId::new(id)?,
        document_number: format!("RE-{id:05}").into(),
        title: None,
        status: AccountingStatus::Partial,
        status_raw: 16,
        contact_id: None,
        currency: CurrencyCode::CHF,
        total: Decimal::new(1_081_000 + id, 2),
        total_net: Decimal::new(1_000_000 + id, 2),
        total_taxes: Decimal::new(810_000, 4),
        received: Decimal::new(810_000_000, 6),
        credited: Decimal::ZERO,
        remaining: Decimal::new(100_000_000, 4),
        date: None,
        due_date: None,
        reference: None,
        api_reference: None,
        updated_at: jiff::Timestamp::UNIX_EPOCH,
    };
    Some(Arc::new(CombinedInvoice {
        psohub: Arc::new(invoice),
        bexio: Some(Arc::new(bexio)),
        link: Some(LinkOrigin::ApiReference),
        duplicates: Box::default(),
        external_id: ExternalId::Absent,
    }))
}

// ---- the gateway

async fn gateway_answer(service: &GraphqlService, caller: &Caller) -> Vec<u8> {
    let executed = service.execute(Request::new(QUERY), caller.clone()).await;
    let mut out = Vec::new();
    write_response(&mut out, &executed.response);
    out
}

fn gateway(rows: Vec<Arc<CombinedInvoice>>) -> GraphqlService {
    let fresh = |source| SourceFreshness {
        source,
        state: FreshnessState::Cached,
        fetched_at: Some(jiff::Timestamp::UNIX_EPOCH),
        age: Some(Duration::from_secs(5)),
        last_error: None,
    };
    let snapshot = Snapshot {
        version: 1,
        deliveries: Deliveries::default(),
        book: Arc::new(InvoiceBook::new(1, rows, Vec::new())),
        freshness: Source::ALL.map(fresh),
        taken_at: jiff::Timestamp::UNIX_EPOCH,
        today: jiff::civil::date(2026, 3, 31),
        reusable_until: Duration::from_secs(1),
    };
    let deps = Deps {
        book: Arc::new(Fixed(snapshot)),
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
    GraphqlService::new(deps, Limits::default())
}

struct Fixed(Snapshot);

impl ReadBook for Fixed {
    fn read(&self, _request: ReadRequest) -> BoxFuture<'_, Snapshot> {
        std::future::ready(self.peek()).boxed()
    }

    fn peek(&self) -> Snapshot {
        self.0.clone()
    }

    fn version(&self) -> u64 {
        self.0.book.version()
    }
}

/// Everything that the query does not ask for.
struct Nothing;

fn none<T: Default + Send + Sync + 'static>() -> CatalogList<T> {
    std::future::ready(Ok(Arc::default())).boxed()
}

impl ReadPayments for Nothing {
    fn payments(&self, _invoice: Arc<AccountingInvoice>) -> BoxFuture<'_, Result<Arc<[Payment]>, Fault>> {
        std::future::ready(Ok(Arc::from([]))).boxed()
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

impl ReadCatalog for Nothing {
    fn accounts(&self) -> CatalogList<Vec<Account>> {
        none()
    }
    fn taxes(&self) -> CatalogList<Vec<Tax>> {
        none()
    }
    fn currencies(&self) -> CatalogList<Currencies> {
        none()
    }
    fn units(&self) -> CatalogList<Vec<Named>> {
        none()
    }
    fn payment_types(&self) -> CatalogList<Vec<Named>> {
        none()
    }
    fn languages(&self) -> CatalogList<Vec<Coded>> {
        none()
    }
    fn bank_accounts(&self) -> CatalogList<Vec<BankAccount>> {
        none()
    }
}

// ---- the floor: the same data as strings in memory, resolved by derived objects

async fn floor_answer(schema: &Schema<FloorQuery, EmptyMutation, EmptySubscription>) -> Vec<u8> {
    let response = schema.execute(Request::new(QUERY)).await;
    serde_json::to_vec(&response).unwrap_or_default()
}

struct FloorQuery(Arc<[FloorInvoice]>);

#[Object]
impl FloorQuery {
    async fn invoices(&self, first: usize) -> FloorConnection {
        FloorConnection { nodes: self.0.iter().take(first).cloned().collect() }
    }
}

#[derive(SimpleObject, Clone)]
struct FloorConnection {
    nodes: Vec<FloorInvoice>,
}

#[derive(SimpleObject, Clone)]
struct FloorInvoice {
    number: Arc<str>,
    name: Arc<str>,
    status: &'static str,
    customer: FloorCustomer,
    total_inc_vat: FloorMoney,
    bexio: FloorBexio,
}

#[derive(SimpleObject, Clone)]
struct FloorCustomer {
    name: Arc<str>,
}

#[derive(SimpleObject, Clone)]
struct FloorMoney {
    amount: Arc<str>,
    currency: &'static str,
}

#[derive(SimpleObject, Clone)]
struct FloorBexio {
    document_number: Arc<str>,
    status: &'static str,
    received: FloorMoney,
    remaining: FloorMoney,
}

fn floor_rows(rows: &[Arc<CombinedInvoice>]) -> Arc<[FloorInvoice]> {
    let money = |amount: Decimal| FloorMoney {
        amount: invoice_gateway::domain::money::decimal_text(amount, 2).into(),
        currency: "CHF",
    };
    let newest_first = rows.iter().rev().filter_map(|row| Some((row, row.bexio.as_ref()?)));
    newest_first
        .map(|(row, bexio)| FloorInvoice {
            number: (*row.psohub.number).into(),
            name: row.psohub.name.as_deref().unwrap_or_default().into(),
            status: "SENT",
            customer: FloorCustomer {
                name: row.psohub.customer.as_ref().map(|customer| &*customer.name).unwrap_or_default().into(),
            },
            total_inc_vat: money(row.psohub.total_inc_vat),
            bexio: FloorBexio {
                document_number: (*bexio.document_number).into(),
                status: "PARTIAL",
                received: money(bexio.received),
                remaining: money(bexio.remaining),
            },
        })
        .collect()
}
