//! A book of a few invoices, and a service over it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_graphql::{Request, Variables};
use futures_util::future::{BoxFuture, FutureExt, ready};
use serde_json::{Value as Json, json};
use tokio::sync::broadcast;

use super::no_syncing::NoSyncing;
use super::sender::Sender;
use crate::book::{
    CombinedInvoice, Deliveries, DeliveryBoard, DeliveryEntry, ExternalId, FreshnessState, InvoiceBook,
    InvoiceChanges, LinkOrigin, LookReport, ReadRequest, Snapshot, Source, SourceFreshness,
};
use crate::domain::catalog::{Account, AccountKind, BankAccount, Coded, Currencies, Currency, Named, Tax};
use crate::domain::clock::{Clock, ManualClock, Sleep};
use crate::domain::connection::{CircuitState, Consent};
use crate::domain::connection_test::{ConnectionTest, TestLevel};
use crate::domain::plan::SendSettings;
use crate::domain::{
    AccountingInvoice, AccountingStatus, BexioInvoiceId, CurrencyCode, DetailKind, Invoice, InvoiceContact,
    InvoiceCustomer, InvoiceLine, InvoiceStatus, LineDetail, Money, Payment, PaymentKind, PsohubCustomerId,
    PsohubInvoiceId, Upstream,
};
use crate::graphql::{
    Caller, CatalogList, Deps, Executed, Fault, GraphqlService, Limits, ManageSettings, ManageUpstreams,
    ReadBook, ReadCatalog, ReadPayments, TestConnections, UpstreamCounters, WatchChanges, write_response,
};
use crate::services::connect::{ConnectError, ConnectionStatus, Disconnected};
use crate::services::settings::{
    Checked, CurrentSettings, SettingsParts, SettingsService, SettingsUpdate, UpdateError,
};

/// PSOhub's documented example id, above 2^53.
pub(super) const EXAMPLE_ID: i64 = 41_939_771_881_672_249;

pub(super) fn psohub_id(id: i64) -> PsohubInvoiceId {
    PsohubInvoiceId::new(id).unwrap()
}

/// A PSOhub invoice that names only what matters.
pub(super) fn invoice(id: i64, number: &str) -> Invoice {
    Invoice {
        id: psohub_id(id),
        number: number.into(),
        name: Some(format!("Project {number}").into()),
        date: Some("2026-03-02".parse().unwrap()),
        due_date: Some("2026-04-01".parse().unwrap()),
        note: None,
        status: InvoiceStatus::Approved,
        status_raw: "Approved".into(),
        customer: Some(InvoiceCustomer { id: PsohubCustomerId::new(77), name: "Müller & Söhne AG".into() }),
        contact: None,
        currency: "CHF".parse().unwrap(),
        total_ex_vat: "1000".parse().unwrap(),
        total_inc_vat: "1081".parse().unwrap(),
        total_ex_vat_base: None,
        total_inc_vat_base: None,
        lines: Box::default(),
        external_id: None,
        has_pdf: true,
    }
}

/// The Bexio invoice of a PSOhub invoice.
pub(super) fn bexio(id: i64, of: i64, status: AccountingStatus) -> AccountingInvoice {
    let raw = match status {
        AccountingStatus::Paid => 9,
        AccountingStatus::Partial => 16,
        AccountingStatus::Cancelled => 19,
        AccountingStatus::Draft => 7,
        _ => 8,
    };
    AccountingInvoice {
        id: BexioInvoiceId::new(id).unwrap(),
        document_number: format!("RE-{id:05}").into(),
        title: None,
        status,
        status_raw: raw,
        contact_id: None,
        currency: "CHF".parse().unwrap(),
        total: "1081".parse().unwrap(),
        total_net: "1000".parse().unwrap(),
        total_taxes: "81.0000".parse().unwrap(),
        received: "81.000000".parse().unwrap(),
        credited: "0".parse().unwrap(),
        remaining: "1000.0000".parse().unwrap(),
        date: Some("2026-03-02".parse().unwrap()),
        due_date: Some("2026-04-01".parse().unwrap()),
        reference: None,
        api_reference: Some(format!("psohub:{of}").into()),
        updated_at: "2026-03-05T09:00:00Z".parse().unwrap(),
    }
}

/// A row of the book.
pub(super) fn row(psohub: Invoice, bexio: Option<AccountingInvoice>) -> Arc<CombinedInvoice> {
    Arc::new(CombinedInvoice {
        link: bexio.is_some().then_some(LinkOrigin::ApiReference),
        psohub: Arc::new(psohub),
        bexio: bexio.map(Arc::new),
        duplicates: Box::default(),
        external_id: ExternalId::Absent,
    })
}

/// A line over CHF 1000 without VAT.
pub(super) fn line() -> InvoiceLine {
    InvoiceLine {
        number: "10.001".into(),
        name: Some("Workshop".into()),
        description: Some("Day 1 & 2".into()),
        gl_account: None,
        tax_code: None,
        tax_name: Some("MwSt 8.1%".into()),
        total_ex_vat: Some("1000".parse().unwrap()),
        total_inc_vat: Some("1081".parse().unwrap()),
        details: Box::default(),
    }
}

/// The example invoice with everything that an invoice can have.
pub(super) fn example() -> Arc<CombinedInvoice> {
    let detail = LineDetail {
        kind: DetailKind::Time,
        date: Some("2026-02-27".parse().unwrap()),
        person: Some("Eva \"E\" Muster".into()),
        role: Some("Consultant".into()),
        description: Some("Workshop\nday 1".into()),
        hours: Some("7.50".parse().unwrap()),
        hourly_rate: Some("160".parse().unwrap()),
        amount_ex_vat: Some("1200".parse().unwrap()),
        amount_inc_vat: Some("1297.2".parse().unwrap()),
    };
    let line = InvoiceLine {
        number: "10.002".into(),
        name: Some("Consulting".into()),
        description: Some("<b>February</b>".into()),
        gl_account: Some("3400".into()),
        tax_code: Some("UN81".into()),
        tax_name: Some("MwSt 8.1%".into()),
        total_ex_vat: Some("27700".parse().unwrap()),
        total_inc_vat: Some("33517.1".parse().unwrap()),
        details: Box::new([detail]),
    };
    let mut invoice = invoice(EXAMPLE_ID, "INV-2024-33");
    invoice.total_ex_vat = "27700".parse().unwrap();
    invoice.total_inc_vat = "33517.1".parse().unwrap();
    invoice.total_inc_vat_base = Some(Money::new("30000.055".parse().unwrap(), "EUR".parse().unwrap()));
    invoice.note = Some("Thank you".into());
    invoice.contact = Some(InvoiceContact {
        id: None,
        name: Some("Anna Beispiel".into()),
        email: Some("anna@customer.example".into()),
    });
    invoice.lines = Box::new([line]);
    let mut row = (*row(invoice, Some(bexio(512, EXAMPLE_ID, AccountingStatus::Partial)))).clone();
    row.duplicates = Box::new([BexioInvoiceId::new(513).unwrap()]);
    row.external_id = ExternalId::Present(Some("RE-00512".into()));
    Arc::new(row)
}

/// A snapshot in which both sides were read a minute ago.
pub(super) fn snapshot(rows: Vec<Arc<CombinedInvoice>>) -> Snapshot {
    let fresh = |source| SourceFreshness {
        source,
        state: FreshnessState::Cached,
        fetched_at: Some("2026-03-31T08:00:00Z".parse().unwrap()),
        age: Some(Duration::from_mins(1)),
        last_error: None,
    };
    Snapshot {
        version: 7,
        book: Arc::new(InvoiceBook::new(7, rows, vec![Arc::new(bexio(900, 1, AccountingStatus::Pending))])),
        deliveries: Deliveries::default(),
        freshness: Source::ALL.map(fresh),
        taken_at: "2026-03-31T08:01:00Z".parse().unwrap(),
        today: "2026-03-31".parse().unwrap(),
        reusable_until: Duration::from_secs(30),
    }
}

/// Like `snapshot`, with one source never read.
pub(super) fn without(mut snapshot: Snapshot, source: Source) -> Snapshot {
    snapshot.freshness[source as usize] = SourceFreshness {
        source,
        state: FreshnessState::Unavailable,
        fetched_at: None,
        age: None,
        last_error: Some("connection refused".into()),
    };
    snapshot
}

/// Gives one snapshot and notes what was asked of it.
pub(super) struct FixedBook {
    snapshot: Mutex<Snapshot>,
    board: Arc<DeliveryBoard>,
    pub(super) requests: Mutex<Vec<ReadRequest>>,
}

impl ReadBook for FixedBook {
    fn read(&self, request: ReadRequest) -> BoxFuture<'_, Snapshot> {
        self.requests.lock().unwrap().push(request);
        std::future::ready(self.peek()).boxed()
    }

    fn peek(&self) -> Snapshot {
        Snapshot { deliveries: self.board.current(), ..self.snapshot.lock().unwrap().clone() }
    }

    fn version(&self) -> u64 {
        self.peek().book.version()
    }
}

/// Payments of every invoice but 999, and never an answer for those of 1000 and more; waits once
/// before it answers.
struct FixedPayments;

impl ReadPayments for FixedPayments {
    fn payments(&self, invoice: Arc<AccountingInvoice>) -> BoxFuture<'_, Result<Arc<[Payment]>, Fault>> {
        async move {
            tokio::task::yield_now().await;
            if invoice.id.get() >= 1000 {
                std::future::pending::<()>().await;
            }
            if invoice.id.get() == 999 {
                return Err(Fault::new(
                    crate::graphql::ErrorCode::UpstreamUnavailable,
                    "Bexio does not answer.",
                ));
            }
            let payment = Payment {
                id: 91,
                date: Some("2026-03-20".parse().unwrap()),
                value: Money::new("81.00".parse().unwrap(), "CHF".parse().unwrap()),
                kind: PaymentKind::Money,
                title: Some("Zahlungseingang".into()),
            };
            Ok(Arc::from([payment]))
        }
        .boxed()
    }
}

/// A company with one account and one tax, whose units cannot be read. Waits once before it answers.
struct FixedCatalog;

fn later<T: Send + Sync + 'static>(outcome: Result<T, Fault>) -> CatalogList<T> {
    async move {
        tokio::task::yield_now().await;
        outcome.map(Arc::new)
    }
    .boxed()
}

impl ReadCatalog for FixedCatalog {
    fn accounts(&self) -> CatalogList<Vec<Account>> {
        later(Ok(vec![Account {
            id: 101,
            number: "3400".into(),
            name: "Dienstleistungserlöse".into(),
            kind: AccountKind::Revenue,
            tax_id: None,
            is_active: true,
        }]))
    }

    fn taxes(&self) -> CatalogList<Vec<Tax>> {
        later(Ok(vec![Tax {
            id: 14,
            code: "UN81".into(),
            name: "Umsatz 8.1%".into(),
            kind: "sales_tax".into(),
            rate: "8.10".parse().unwrap(),
            valid_from: Some("2024-01-01".parse().unwrap()),
            valid_to: None,
            is_active: true,
        }]))
    }

    fn currencies(&self) -> CatalogList<Currencies> {
        let franc =
            Currency { id: 1, code: "CHF".parse().unwrap(), round_factor: Some("0.05".parse().unwrap()) };
        later(Ok([franc].into_iter().collect()))
    }

    fn units(&self) -> CatalogList<Vec<Named>> {
        later(Err(Fault::new(crate::graphql::ErrorCode::UpstreamUnavailable, "Bexio does not answer.")))
    }

    fn payment_types(&self) -> CatalogList<Vec<Named>> {
        later(Ok(vec![Named { id: 4, name: "Rechnung".into() }]))
    }

    fn languages(&self) -> CatalogList<Vec<Coded>> {
        later(Ok(vec![Coded { id: 1, name: "Deutsch".into(), code: Some("de".into()) }]))
    }

    fn bank_accounts(&self) -> CatalogList<Vec<BankAccount>> {
        later(Ok(Vec::new()))
    }
}

struct FixedUpstreams;

impl ManageUpstreams for FixedUpstreams {
    fn status(&self, upstream: Upstream) -> BoxFuture<'_, ConnectionStatus> {
        let connected = ConnectionStatus { consent: Consent::Given, ..ConnectionStatus::none(upstream) };
        ready(connected).boxed()
    }

    fn disconnect<'a>(
        &'a self,
        _upstream: Upstream,
        _by: &'a str,
    ) -> BoxFuture<'a, Result<Disconnected, ConnectError>> {
        ready(Ok(Disconnected { was_connected: true, revoked: false })).boxed()
    }

    fn counters(&self, upstream: Upstream) -> UpstreamCounters {
        match upstream {
            Upstream::Psohub => UpstreamCounters::default(),
            Upstream::Bexio => UpstreamCounters {
                requests: 1 << 40,
                requests_last_hour: 7,
                failures: 2,
                rate_limit_remaining: Some(249),
                circuit: CircuitState::Open,
                circuit_retry_at: Some("2026-03-02T08:00:30Z".parse().unwrap()),
                report: LookReport {
                    fields_lost: 3,
                    rows_lost: 1,
                    words: vec!["RE-1: total: \"x\"".to_owned()],
                },
            },
        }
    }
}

/// Settings that nobody saved.
struct FirstSettings(SettingsService);

impl ManageSettings for FirstSettings {
    fn current(&self) -> BoxFuture<'_, Result<CurrentSettings, Fault>> {
        std::future::ready(Ok(self.first())).boxed()
    }

    fn history(&self, _: usize) -> BoxFuture<'_, Result<Vec<CurrentSettings>, Fault>> {
        std::future::ready(Ok(Vec::new())).boxed()
    }

    fn first(&self) -> CurrentSettings {
        self.0.unsaved()
    }

    fn base_currency(&self) -> CurrencyCode {
        CurrencyCode::CHF
    }

    fn checked(&self) -> Arc<Checked> {
        self.0.checked()
    }

    fn update(&self, _: SettingsUpdate) -> BoxFuture<'_, Result<CurrentSettings, UpdateError>> {
        std::future::ready(Err(UpdateError::Unavailable("no database".to_owned()))).boxed()
    }
}

/// Tests need both upstreams: they are tried through the whole service.
struct NeverTested;

impl TestConnections for NeverTested {
    fn test<'a>(&'a self, _: TestLevel, _: &'a str) -> BoxFuture<'a, Result<ConnectionTest, Fault>> {
        std::future::ready(Err(Fault::internal(&std::io::Error::other("no upstreams")))).boxed()
    }
}

/// Tells the changes that a test makes up; holds four of invoices for a slow listener.
pub(super) struct ToldChanges {
    pub(super) invoices: broadcast::Sender<Arc<InvoiceChanges>>,
    pub(super) board: Arc<DeliveryBoard>,
    pub(super) clock: ManualClock,
}

impl WatchChanges for ToldChanges {
    fn invoices(&self) -> broadcast::Receiver<Arc<InvoiceChanges>> {
        self.invoices.subscribe()
    }

    fn batches(&self) -> broadcast::Receiver<crate::domain::BatchId> {
        self.board.batches()
    }

    fn deliveries(&self) -> broadcast::Receiver<Arc<DeliveryEntry>> {
        self.board.changes()
    }

    fn wait(&self, period: Duration) -> Sleep {
        self.clock.sleep(period)
    }
}

/// A service over a book of a few invoices.
pub(super) struct Api {
    pub(super) service: GraphqlService,
    pub(super) book: Arc<FixedBook>,
    pub(super) sender: Arc<Sender>,
    pub(super) changes: Arc<ToldChanges>,
}

impl Api {
    pub(super) fn new(snapshot: Snapshot) -> Self {
        Self::with_limits(snapshot, Limits::default())
    }

    pub(super) fn with_limits(snapshot: Snapshot, limits: Limits) -> Self {
        let board = Arc::new(DeliveryBoard::default());
        let book = Arc::new(FixedBook {
            snapshot: Mutex::new(snapshot),
            board: Arc::clone(&board),
            requests: Mutex::default(),
        });
        let sender = Arc::new(Sender::new(Arc::clone(&book), Arc::clone(&board)));
        let changes = Arc::new(ToldChanges {
            invoices: broadcast::Sender::new(4),
            board,
            clock: ManualClock::new(super::sender::now()),
        });
        let deps = Deps {
            book: book.clone(),
            payments: Arc::new(FixedPayments),
            catalog: Arc::new(FixedCatalog),
            upstreams: Arc::new(FixedUpstreams),
            deliveries: Arc::clone(&sender) as _,
            connection_tests: Arc::new(NeverTested),
            settings: Arc::new(FirstSettings(SettingsService::new(SettingsParts {
                store: None,
                first: SendSettings::default(),
                book: None,
            }))),
            payment_sync: Arc::new(NoSyncing::default()),
            marking: Arc::clone(&sender) as _,
            changes: changes.clone(),
        };
        Self { service: GraphqlService::new(deps, limits), book, sender, changes }
    }

    /// Puts another book in the place of the one that is served.
    pub(super) fn publish(&self, snapshot: Snapshot) {
        *self.book.snapshot.lock().unwrap() = snapshot;
    }

    pub(super) async fn execute(&self, query: &str, variables: Json) -> Executed {
        let request = Request::new(query).variables(Variables::from_json(variables));
        self.service.execute(request, Caller::local()).await
    }

    /// The answer to one of several operations.
    pub(super) async fn named(&self, query: &str, name: &str) -> Json {
        let executed = self.service.execute(Request::new(query).operation_name(name), Caller::local()).await;
        let mut json = Vec::new();
        write_response(&mut json, &executed.response);
        serde_json::from_slice(&json).unwrap()
    }

    /// The whole answer.
    pub(super) async fn answer(&self, query: &str, variables: Json) -> Json {
        let mut json = Vec::new();
        write_response(&mut json, &self.execute(query, variables).await.response);
        serde_json::from_slice(&json)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&json)))
    }

    /// The data of an answer that has no errors.
    pub(super) async fn data(&self, query: &str) -> Json {
        self.data_with(query, json!({})).await
    }

    pub(super) async fn data_with(&self, query: &str, variables: Json) -> Json {
        let mut answer = self.answer(query, variables).await;
        assert_eq!(answer.get("errors"), None, "{answer:#}");
        answer["data"].take()
    }

    /// Code and message of the only error of an answer.
    pub(super) async fn error(&self, query: &str, variables: Json) -> (String, String) {
        let answer = self.answer(query, variables).await;
        let errors = answer["errors"].as_array().unwrap_or_else(|| panic!("no error: {answer:#}"));
        assert_eq!(errors.len(), 1, "{answer:#}");
        let code = errors[0]["extensions"]["code"].as_str().unwrap().to_owned();
        (code, errors[0]["message"].as_str().unwrap().to_owned())
    }
}
