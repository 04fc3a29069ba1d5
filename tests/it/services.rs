//! What is asked for by key, against the simulator: how often it is asked, and when again.

use std::sync::Arc;
use std::time::Duration;

use invoice_gateway::bexio::{self, BexioClient};
use invoice_gateway::domain::{
    AccountingInvoice, BexioInvoiceId, Invoice, ManualClock, PsohubInvoiceId, SharedClock,
};
use invoice_gateway::psohub::{InvoiceListFilter, PsohubClient, PsohubError};
use invoice_gateway::services::{CacheError, Catalog, DocumentError, Documents, Payments};
use invoice_gateway::transport::{StaticToken, Transport, TransportConfig};
use rust_decimal::Decimal;
use secrecy::SecretString;
use upstream_simulator::Simulator;
use upstream_simulator::clock::SimClock;
use upstream_simulator::seed::SeedOptions;
use upstream_simulator::traffic::Upstream;

use crate::support::app::START;

struct Both {
    simulator: Simulator,
    clock: Arc<ManualClock>,
    psohub: PsohubClient,
    bexio: BexioClient,
}

/// A company of 40 invoices, and both clients.
async fn company() -> Both {
    let options = upstream_simulator::SimulatorOptions {
        clock: SimClock::standing_at(START.parse().unwrap()),
        seed: Some(SeedOptions { invoices: 40, seed: 1 }),
        ..Default::default()
    };
    let simulator = Simulator::start(options).await.unwrap();
    let clock = Arc::new(ManualClock::new(START.parse().unwrap()));
    let shared: SharedClock = clock.clone();
    let token = |token: String| Arc::new(StaticToken(SecretString::from(token)));
    let psohub = PsohubClient::new(
        simulator.psohub_url(),
        token(simulator.world().psohub().options.access_token.clone()),
        Transport::new(TransportConfig::new("PSOhub"), Arc::clone(&shared)).unwrap(),
        "CHF".parse().unwrap(),
    )
    .unwrap();
    let access_token = simulator.world().bexio().options().access_token.clone().unwrap();
    let transport = Transport::new(bexio::transport_config(), shared).unwrap();
    let bexio = BexioClient::new(simulator.bexio_url(), token(access_token), transport).unwrap();
    Both { simulator, clock, psohub, bexio }
}

impl Both {
    fn shared_clock(&self) -> SharedClock {
        self.clock.clone()
    }

    fn calls(&self, upstream: Upstream) -> u64 {
        self.simulator.world().traffic.calls(upstream)
    }

    fn forget_calls(&self) {
        self.simulator.world().traffic.reset();
    }

    async fn until_calls(&self, upstream: Upstream, calls: u64) {
        while self.calls(upstream) < calls {
            tokio::task::yield_now().await;
        }
    }

    /// As Bexio has it now.
    async fn accounting(&self, id: BexioInvoiceId) -> AccountingInvoice {
        let (currencies, _) = self.bexio.currencies().await.unwrap();
        self.bexio.invoice(id, &currencies).await.unwrap().unwrap().invoice
    }

    /// An invoice that is issued and of which nothing is paid.
    async fn open(&self) -> AccountingInvoice {
        let (currencies, _) = self.bexio.currencies().await.unwrap();
        let page = self.bexio.list_page(0, &currencies).await.unwrap();
        page.rows.rows.into_iter().find(|invoice| invoice.status_raw == 8).unwrap()
    }

    async fn psohub_invoices(&self) -> Vec<Invoice> {
        let mut invoices = Vec::new();
        self.psohub.list(&InvoiceListFilter::default(), |invoice| invoices.push(invoice)).await.unwrap();
        invoices
    }

    fn pay(&self, id: BexioInvoiceId, amount: Decimal) {
        let today = self.simulator.world().clock.today();
        self.simulator.world().bexio().pay(id.get(), Some(amount), today).unwrap();
    }
}

#[tokio::test]
async fn a_catalog_is_asked_for_once_an_hour_and_survives_an_outage_for_a_day() {
    let both = company().await;
    let catalog = Catalog::new(both.bexio.clone(), &both.shared_clock());
    for _ in 0..3 {
        assert!(catalog.accounts().await.unwrap().iter().any(|account| &*account.number == "3400"));
        assert!(catalog.sales_taxes().await.unwrap().iter().any(|tax| &*tax.code == "UN81"));
        assert!(catalog.currencies().await.unwrap().by_code("CHF".parse().unwrap()).is_some());
        for length in [
            catalog.taxes().await.unwrap().len(),
            catalog.units().await.unwrap().len(),
            catalog.payment_types().await.unwrap().len(),
            catalog.languages().await.unwrap().len(),
            catalog.countries().await.unwrap().len(),
            catalog.bank_accounts().await.unwrap().len(),
        ] {
            assert!(length > 0);
        }
    }
    assert_eq!(both.calls(Upstream::Bexio), 9, "one call a list");

    both.clock.advance(Duration::from_hours(1) + Duration::from_secs(1));
    let accounts = catalog.accounts().await.unwrap();
    both.until_calls(Upstream::Bexio, 10).await;
    both.simulator.stop_bexio().await;
    both.clock.advance(Duration::from_hours(20));
    assert_eq!(catalog.accounts().await.unwrap(), accounts);
    both.clock.advance(Duration::from_hours(5));
    assert!(matches!(catalog.units().await, Err(CacheError::Load(_))), "older than a day");
}

#[tokio::test]
async fn a_catalog_of_another_company_is_not_shown() {
    let both = company().await;
    let catalog = Catalog::new(both.bexio.clone(), &both.shared_clock());
    catalog.units().await.unwrap();
    catalog.invalidate_all();
    catalog.units().await.unwrap();
    assert_eq!(both.calls(Upstream::Bexio), 2);
}

#[tokio::test]
async fn payments_are_asked_for_when_the_books_say_that_there_are_some_and_when_they_change() {
    let both = company().await;
    let payments = Payments::new(both.bexio.clone(), both.shared_clock());
    let open = both.open().await;
    both.forget_calls();
    assert_eq!(*payments.of(&open).await.unwrap(), []);
    assert_eq!(both.calls(Upstream::Bexio), 0, "nothing was received");

    both.pay(open.id, Decimal::ONE);
    let part_paid = both.accounting(open.id).await;
    both.forget_calls();
    for _ in 0..3 {
        let booked = payments.of(&part_paid).await.unwrap();
        assert_eq!(booked.iter().map(|payment| payment.value.amount).collect::<Vec<_>>(), [Decimal::ONE]);
        assert_eq!(booked[0].value.currency, open.currency);
    }
    assert_eq!(both.calls(Upstream::Bexio), 1);

    // Within the same second, or where a payment does not move `updated_at`: the amounts tell.
    both.pay(open.id, Decimal::TWO);
    let paid_more = AccountingInvoice { updated_at: part_paid.updated_at, ..both.accounting(open.id).await };
    assert_eq!(payments.of(&paid_more).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_failure_of_bexio_is_told_to_every_caller_and_costs_one_call_for_a_while() {
    let both = company().await;
    let payments = Payments::new(both.bexio.clone(), both.shared_clock());
    let open = both.open().await;
    both.pay(open.id, Decimal::ONE);
    let part_paid = both.accounting(open.id).await;
    let gone = AccountingInvoice { id: BexioInvoiceId::new(999_999_999).unwrap(), ..part_paid };
    both.forget_calls();
    for _ in 0..5 {
        assert!(matches!(payments.of(&gone).await, Err(CacheError::Load(_))));
    }
    assert_eq!(both.calls(Upstream::Bexio), 1);
    both.clock.advance(Duration::from_secs(5));
    assert!(payments.of(&gone).await.is_err());
    assert_eq!(both.calls(Upstream::Bexio), 2);
}

#[tokio::test]
async fn a_pdf_is_fetched_once_for_each_state_of_its_invoice() {
    let both = company().await;
    let documents = Documents::new(both.psohub.clone(), both.bexio.clone(), both.shared_clock());
    let invoice = both.psohub_invoices().await.into_iter().find(|invoice| invoice.has_pdf).unwrap();
    let open = both.open().await;
    both.forget_calls();
    for _ in 0..3 {
        let pdf = documents.psohub(&invoice).await.unwrap();
        assert!(pdf.bytes.starts_with(b"%PDF"));
        assert_eq!(*pdf.file_name, format!("{}.pdf", invoice.number));
        let pdf = documents.bexio(&open).await.unwrap();
        assert!(pdf.bytes.starts_with(b"%PDF"));
        assert!(pdf.file_name.to_lowercase().ends_with(".pdf"));
    }
    assert_eq!((both.calls(Upstream::Psohub), both.calls(Upstream::Bexio)), (1, 1));

    let edited = Invoice { note: Some("Another text".into()), ..invoice };
    documents.psohub(&edited).await.unwrap();
    let later = open.updated_at + jiff::SignedDuration::from_secs(1);
    documents.bexio(&AccountingInvoice { updated_at: later, ..open }).await.unwrap();
    assert_eq!((both.calls(Upstream::Psohub), both.calls(Upstream::Bexio)), (2, 2));
}

#[tokio::test]
async fn a_draft_has_no_pdf_and_nobody_is_asked_for_it() {
    let both = company().await;
    let documents = Documents::new(both.psohub.clone(), both.bexio.clone(), both.shared_clock());
    let invoice = both.psohub_invoices().await.remove(0);
    both.forget_calls();
    let draft = Invoice { has_pdf: false, ..invoice.clone() };
    let Err(CacheError::Load(error)) = documents.psohub(&draft).await else { panic!("a PDF of a draft") };
    assert!(matches!(&*error, DocumentError::Psohub(PsohubError::NoPdf { .. })), "{error:?}");
    assert_eq!(both.calls(Upstream::Psohub), 0);

    let unknown = Invoice { id: PsohubInvoiceId::new(7).unwrap(), has_pdf: true, ..invoice };
    let Err(CacheError::Load(error)) = documents.psohub(&unknown).await else {
        panic!("somebody else's PDF")
    };
    assert!(matches!(&*error, DocumentError::Psohub(PsohubError::NoSuchInvoice { .. })), "{error:?}");
}
