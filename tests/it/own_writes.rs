//! A write of ours is seen by every later read, whatever a refresh under way has read before, and
//! holds no longer than until the upstream was read again.

use std::time::Duration;

use invoice_gateway::book::Source;
use invoice_gateway::domain::{InvoiceStatus, PsohubInvoiceId};
use serde_json::Value;
use upstream_simulator::faults::{FaultAction, FaultRule};
use upstream_simulator::psohub::NewPsohubInvoice;
use upstream_simulator::traffic::Upstream;

use crate::support::app::TestApp;

fn add_approved(app: &TestApp, number: &str) -> PsohubInvoiceId {
    let new = NewPsohubInvoice { number: Some(number.into()), ..NewPsohubInvoice::default() };
    PsohubInvoiceId::new(app.simulator.world().psohub().add(new)).unwrap()
}

async fn status(app: &TestApp, number: &str) -> Value {
    app.data(&format!(r#"{{ invoice(by: {{ number: "{number}" }}) {{ status }} }}"#)).await["invoice"]["status"]
        .take()
}

/// Marks it paid in PSOhub, as a service of ours does.
async fn mark_paid(app: &TestApp, id: PsohubInvoiceId) {
    app.simulator.world().psohub().mark_paid(id.get()).unwrap();
    app.book().note_status(id, InvoiceStatus::Paid).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_that_read_before_our_write_does_not_undo_it() {
    let app = TestApp::start().await;
    let id = add_approved(&app, "INV-1");
    app.look_at_both().await;

    // The list of approved invoices is made, and drips in while we write.
    app.forget_calls();
    let drip = FaultAction::SlowBytes { chunk_bytes: 256, delay_ms: 20 };
    let rule = FaultRule::on(Upstream::Psohub, drip)
        .path("/rest/psohubapi/v1/invoices")
        .query("invoicestatus=approved");
    app.simulator.world().faults.add(rule);
    let book = app.book();
    let looking = tokio::spawn(async move { book.refresh(Source::Psohub).await });
    while app.calls(Upstream::Psohub) < 2 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    mark_paid(&app, id).await;
    assert!(!looking.is_finished(), "the look was to be under way");
    assert_eq!(status(&app, "INV-1").await, "PAID");
    looking.await.unwrap().unwrap();
    assert_eq!(status(&app, "INV-1").await, "PAID");

    app.simulator.world().faults.clear();
    app.look(Source::Psohub).await.unwrap();
    assert_eq!(status(&app, "INV-1").await, "PAID");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restart_only_what_the_upstream_told_counts() {
    let app = TestApp::start().await;
    let id = add_approved(&app, "INV-1");
    app.look_at_both().await;
    // It was not so: PSOhub says otherwise.
    app.book().note_status(id, InvoiceStatus::Paid).await;
    assert_eq!(status(&app, "INV-1").await, "PAID");
    add_approved(&app, "INV-2");
    let app = app.restart().await;
    assert_eq!(status(&app, "INV-1").await, "APPROVED");
    app.look(Source::Psohub).await.unwrap();
    assert_eq!(status(&app, "INV-1").await, "APPROVED");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_external_id_of_ours_is_no_longer_listed_as_missing() {
    let app = TestApp::start().await;
    let id = add_approved(&app, "INV-1");
    app.look_at_both().await;
    let missing = "{ invoices(filter: { hasExternalId: false }) { totalCount } }";
    assert_eq!(app.data(missing).await["invoices"]["totalCount"], 1);
    // Noted, while PSOhub's list still lags behind: young as the book is, it is not asked again.
    app.book().note_external_id(id, "RE-00001".into()).await;
    assert_eq!(app.data(missing).await["invoices"]["totalCount"], 0);
    let shown = app.data(r#"{ invoice(by: { number: "INV-1" }) { externalId { value } } }"#).await;
    assert_eq!(shown["invoice"]["externalId"]["value"], "RE-00001");
}
