//! A company whose invoices are marked: short words for what the tests say often.

use invoice_gateway::domain::PsohubInvoiceId;
use invoice_gateway::services::marking::{MarkCause, MarkError, MarkPaid, Marked};
use serde_json::Value;
use upstream_simulator::faults::{FaultAction, FaultRule, When};
use upstream_simulator::psohub::{NewPsohubInvoice, Status};
use upstream_simulator::traffic::Upstream;

use crate::support::app::TestApp;

pub const PAID: &str = "/rest/psohubapi/v1/invoices/paid";

/// A company with one sent invoice, INV-1, that the service has seen.
pub async fn company() -> (TestApp, PsohubInvoiceId) {
    let app = TestApp::start().await;
    let id = add(&app, "INV-1", Status::Sent);
    app.look_at_both().await;
    app.forget_calls();
    (app, id)
}

pub fn add(app: &TestApp, number: &str, status: Status) -> PsohubInvoiceId {
    let new = NewPsohubInvoice { number: Some(number.into()), status, ..NewPsohubInvoice::default() };
    PsohubInvoiceId::new(app.simulator.world().psohub().add(new)).unwrap()
}

/// Asks the service to mark it, as Eva does.
pub async fn mark(app: &TestApp, id: PsohubInvoiceId) -> Result<Marked, MarkError> {
    app.marking().mark_paid(MarkPaid { invoice: id, actor: "eva".into(), cause: MarkCause::Person }).await
}

/// What PSOhub itself says.
pub fn in_psohub(app: &TestApp, id: PsohubInvoiceId) -> Status {
    app.simulator.world().psohub().invoice(id.get()).unwrap().status.clone()
}

/// Books it in Bexio as an issued invoice with our reference, and lets the service see it; Bexio's id.
pub async fn booked(app: &TestApp, id: PsohubInvoiceId) -> i64 {
    let bexio_id = app.simulator.world().book_in_bexio(id.get()).unwrap();
    app.simulator.world().bexio().issue(bexio_id).unwrap();
    app.look_at_both().await;
    bexio_id
}

/// Lets the customer pay all of it, and the service see that.
pub async fn pay(app: &TestApp, bexio_id: i64) {
    let date = jiff::civil::date(2026, 3, 2);
    app.simulator.world().bexio().pay(bexio_id, None, date).unwrap();
    app.look_at_both().await;
}

/// The data of an operation that must succeed.
pub async fn run(app: &TestApp, query: &str, variables: Value) -> Value {
    let mut answer = app.answer(query, variables).await;
    assert_eq!(answer.get("errors"), None, "{query}\n{answer:#}");
    answer["data"].take()
}

/// What readers see.
pub async fn shown(app: &TestApp, number: &str) -> String {
    let query = format!(r#"{{ invoice(by: {{ number: "{number}" }}) {{ status }} }}"#);
    app.data(&query).await["invoice"]["status"].as_str().unwrap().to_owned()
}

/// Spoils calls of PSOhub's.
pub fn spoil(app: &TestApp, method: &str, path: &str, when: When, action: FaultAction) {
    let rule = FaultRule::on(Upstream::Psohub, action).method(method).path(path).when(when);
    app.simulator.world().faults.add(rule);
}

/// The writes that either upstream received since the last count: their paths.
pub fn writes(app: &TestApp) -> Vec<String> {
    let exchanges = app.simulator.world().traffic.exchanges();
    let writes = exchanges
        .iter()
        .filter(|exchange| exchange.call.method != "GET" && !exchange.call.path.ends_with("/search"));
    writes.map(|exchange| exchange.call.path.clone()).collect()
}
