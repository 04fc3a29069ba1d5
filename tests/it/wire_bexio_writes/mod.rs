//! Bexio's writing calls over real HTTP against the simulator: what leaves, what Bexio holds afterwards,
//! and what the caller may conclude.

mod contact;
mod faults;
mod invoice;
mod mail;

use std::sync::Arc;
use std::time::Duration;

use invoice_gateway::bexio::{self, BexioClient, WriteError, refused_parts};
use invoice_gateway::domain::plan::{
    CatalogSnapshot, Plan, PlanInput, RefusedPart, SendOptions, SendSettings, Standing, match_contact, plan,
};
use invoice_gateway::domain::{
    BexioContactId, BexioInvoiceId, CurrencyCode, Invoice, InvoiceContact, InvoiceCustomer, InvoiceLine,
    InvoiceStatus, PsohubInvoiceId, SystemClock,
};
use invoice_gateway::transport::{BucketConfig, CircuitConfig, StaticToken, Transport, TransportConfig};
use jiff::civil::date;
use rust_decimal::Decimal;
use secrecy::SecretString;
use upstream_simulator::bexio::NewContact;
use upstream_simulator::traffic::{Call, Upstream};
use upstream_simulator::{Simulator, SimulatorOptions};

/// A company in Bexio with one customer, and a client that waits for nothing.
struct Setup {
    simulator: Simulator,
    client: BexioClient,
    catalog: CatalogSnapshot,
    customer: BexioContactId,
}

impl Setup {
    async fn start() -> Self {
        let simulator = Simulator::start(SimulatorOptions::default()).await.unwrap();
        let client = client(simulator.bexio_url(), "bexio-token");
        let catalog = catalog(&client).await;
        let customer = NewContact { name_1: "Muster Bau AG".to_owned(), ..NewContact::default() };
        let customer = contact_id(simulator.world().bexio().add_contact(customer));
        simulator.world().traffic.reset();
        Self { simulator, client, catalog, customer }
    }

    /// The plan for an invoice with an account and a tax for every line.
    fn plan(&self, invoice: &Invoice) -> Plan {
        let settings = SendSettings {
            revenue_account: Some("3400".into()),
            tax_code: Some("UN81".into()),
            ..SendSettings::default()
        };
        let contact = match_contact(invoice.customer.as_ref(), invoice.contact.as_ref(), &[]);
        plan(&PlanInput {
            invoice,
            standing: &Standing::default(),
            options: &SendOptions::default(),
            settings: &settings,
            catalog: &self.catalog,
            contact: &contact,
            today: date(2026, 3, 10),
        })
    }

    /// A draft that our plan made.
    async fn draft(&self) -> BexioInvoiceId {
        let id = self.client.create_invoice(self.customer, None, &self.plan(&invoice())).await.unwrap().id;
        self.forget_calls();
        id
    }

    /// The one call that left since the last reset.
    fn only_call(&self) -> Call {
        let traffic = &self.simulator.world().traffic;
        assert_eq!(traffic.calls(Upstream::Bexio), 1, "{:?}", traffic.counts());
        traffic.exchanges().pop().unwrap().call
    }

    /// Forgets the calls so far.
    fn forget_calls(&self) {
        self.simulator.world().traffic.reset();
    }

    fn status_of(&self, id: BexioInvoiceId) -> Option<i64> {
        self.simulator.world().bexio().invoice(id.get()).map(|invoice| invoice.kb_item_status_id)
    }
}

fn client(url: &str, token: &str) -> BexioClient {
    let mut config = TransportConfig {
        read_timeout: Duration::from_millis(500),
        total_timeout: Duration::from_secs(1),
        concurrency_max: 8,
        // Upstreams that misbehave are asked again and again here.
        circuit: CircuitConfig { failures_max: u32::MAX, ..CircuitConfig::default() },
        ..bexio::transport_config()
    };
    config.buckets = config.buckets.into_iter().map(|bucket| BucketConfig { burst: 100, ..bucket }).collect();
    let transport = Transport::new(config, Arc::new(SystemClock::new())).unwrap();
    BexioClient::new(url, Arc::new(StaticToken(SecretString::from(token))), transport).unwrap()
}

async fn catalog(client: &BexioClient) -> CatalogSnapshot {
    CatalogSnapshot {
        accounts: client.accounts().await.unwrap().rows,
        taxes: client.taxes().await.unwrap().rows,
        currencies: client.currencies().await.unwrap().0,
        languages: client.languages().await.unwrap().rows,
        bank_accounts: client.bank_accounts().await.unwrap().rows,
        payment_types: client.payment_types().await.unwrap().rows,
        units: client.units().await.unwrap().rows,
        invoice_settings: Some(client.invoice_settings().await.unwrap()),
        user_id: Some(client.me().await.unwrap().id),
        default_tax_id: None,
    }
}

/// Status and parts of a refusal.
fn refused<T: std::fmt::Debug>(outcome: Result<T, WriteError>) -> (u16, Vec<(Option<usize>, RefusedPart)>) {
    match outcome {
        Err(WriteError::Refused { status, fields, .. }) => (status, refused_parts(&fields)),
        other => panic!("{other:?}"),
    }
}

fn contact_id(id: i64) -> BexioContactId {
    BexioContactId::new(id).unwrap()
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// An approved invoice over CHF 108.10.
fn invoice() -> Invoice {
    Invoice {
        id: PsohubInvoiceId::new(41_939_771_881_672_249).unwrap(),
        number: "INV-2026-33".into(),
        name: Some("Website relaunch".into()),
        date: Some(date(2026, 3, 2)),
        due_date: Some(date(2026, 4, 1)),
        note: Some("Dear Anna\nThank you.".into()),
        status: InvoiceStatus::Approved,
        status_raw: "Approved".into(),
        customer: Some(InvoiceCustomer { id: None, name: "Muster Bau AG".into() }),
        contact: Some(InvoiceContact {
            id: None,
            name: Some("Anna Maria Muster".into()),
            email: Some("ap@muster.example".into()),
        }),
        currency: CurrencyCode::CHF,
        total_ex_vat: Decimal::from(100),
        total_inc_vat: decimal("108.10"),
        total_ex_vat_base: None,
        total_inc_vat_base: None,
        lines: [line("10.001", "100")].into(),
        external_id: None,
        has_pdf: true,
    }
}

fn line(number: &str, ex_vat: &str) -> InvoiceLine {
    InvoiceLine {
        number: number.into(),
        name: Some("Consulting".into()),
        description: None,
        gl_account: None,
        tax_code: None,
        tax_name: None,
        total_ex_vat: Some(decimal(ex_vat)),
        total_inc_vat: None,
        details: Box::default(),
    }
}
