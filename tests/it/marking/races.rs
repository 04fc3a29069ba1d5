//! `markInvoicePaid` against a refresh under way, and a process that dies between the call and its
//! record.

use std::time::Duration;

use invoice_gateway::book::Source;
use invoice_gateway::services::marking::{MarkCause, MarkPaid, Marked};
use serde_json::{Value, json};
use upstream_simulator::faults::{FaultAction, FaultRule, When};
use upstream_simulator::psohub::{NewPsohubInvoice, Status};
use upstream_simulator::traffic::Upstream;
use upstream_simulator::{Simulator, SimulatorOptions};

use super::support::{PAID, add, company, mark, run, shown, spoil};
use crate::support::app::client;
use crate::support::process::GatewayProcess;

const MARK: &str =
    "mutation { markInvoicePaid(input: {invoice: {number: \"INV-1\"}, confirmUnpaidInBexio: true}) {
    invoice { status } userErrors { code } } }";

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_that_read_the_invoice_before_does_not_undo_it() {
    let (app, _) = company().await;
    // The list of sent invoices is made, and drips in while it is marked.
    let drip = FaultAction::SlowBytes { chunk_bytes: 256, delay_ms: 20 };
    let rule =
        FaultRule::on(Upstream::Psohub, drip).path("/rest/psohubapi/v1/invoices").query("invoicestatus=sent");
    app.simulator.world().faults.add(rule);
    let book = app.book();
    let looking = tokio::spawn(async move { book.refresh(Source::Psohub).await });
    while app.calls(Upstream::Psohub) < 3 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let marked = run(&app, MARK, json!({})).await["markInvoicePaid"].take();
    assert_eq!(marked, json!({"invoice": {"status": "PAID"}, "userErrors": []}));
    assert!(!looking.is_finished(), "the look was to be under way");
    assert_eq!(shown(&app, "INV-1").await, "PAID");
    looking.await.unwrap().unwrap();
    assert_eq!(shown(&app, "INV-1").await, "PAID", "the look had read it as sent");
    app.simulator.world().faults.clear();
    app.look(Source::Psohub).await.unwrap();
    assert_eq!(shown(&app, "INV-1").await, "PAID");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_that_ends_while_the_call_is_open_does_not_either() {
    let (app, _) = company().await;
    spoil(&app, "PATCH", PAID, When::Always, FaultAction::Delay { ms: 100 });
    let marking = run(&app, MARK, json!({}));
    tokio::pin!(marking);
    assert!(futures_util::poll!(&mut marking).is_pending());
    app.look(Source::Psohub).await.unwrap();
    assert_eq!(marking.await["markInvoicePaid"]["invoice"]["status"], "PAID");
    assert_eq!(shown(&app, "INV-1").await, "PAID");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_marks_ahead_of_the_readers_and_who_asks_right_after_share_one_call() {
    let (app, first) = company().await;
    let others: Vec<_> = (2..40).map(|number| add(&app, &format!("INV-{number}"), Status::Sent)).collect();
    app.look_at_both().await;
    app.forget_calls();
    let request =
        |invoice| MarkPaid { invoice, actor: "run".into(), cause: MarkCause::PaymentSync { run: 1 } };
    for id in others.iter().chain([&first]) {
        assert_eq!(app.marking().mark_paid_ahead(request(*id)).await.unwrap(), Marked::Paid);
    }
    mark(&app, first).await.unwrap();
    assert_eq!(shown(&app, "INV-1").await, "PAID", "a person is told when readers see it");
    assert_eq!(app.calls(Upstream::Psohub), 39, "the one who came right after called nobody");
    app.book().notes_shown().await;
    assert_eq!(shown(&app, "INV-17").await, "PAID");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_dies_between_the_call_and_its_record_does_no_harm() {
    let simulator = Simulator::start(SimulatorOptions::default()).await.unwrap();
    let new = NewPsohubInvoice {
        number: Some("INV-1".into()),
        status: Status::Sent,
        ..NewPsohubInvoice::default()
    };
    let id = simulator.world().psohub().add(new);
    let folder = tempfile::tempdir().unwrap();
    let process = GatewayProcess::serve(&simulator, &folder);
    ask(&process, "{ invoices { totalCount } }").await;

    // PSOhub sets it to Paid, and its answer never comes.
    let hang = FaultAction::Hang { after_effect: true };
    simulator.world().faults.add(FaultRule::on(Upstream::Psohub, hang).method("PATCH").path(PAID));
    let url = format!("{}/graphql", process.url());
    let asked = tokio::spawn(async move { client().post(url).json(&json!({"query": MARK})).send().await });
    while simulator.world().faults.held() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    process.end();
    assert!(asked.await.unwrap().is_err(), "nobody got an answer");
    assert_eq!(simulator.world().psohub().invoice(id).unwrap().status, Status::Paid);

    simulator.world().faults.clear();
    let process = GatewayProcess::serve(&simulator, &folder);
    let seen = ask(
        &process,
        "{ invoice(by: {number: \"INV-1\"}, maxAgeSeconds: 0) { status history { what outcome detail } } }",
    )
    .await["invoice"]
        .take();
    assert_eq!(seen["status"], "PAID");
    let event = &seen["history"][0];
    assert_eq!(
        (&event["what"], &event["outcome"]),
        (&json!("marking it as paid in PSOhub"), &json!("UNKNOWN"))
    );
    assert!(event["detail"].as_str().unwrap().contains("the gateway stopped before an answer came"));
    let again = ask(&process, MARK).await["markInvoicePaid"].take();
    assert_eq!(again, json!({"invoice": {"status": "PAID"}, "userErrors": []}));
    let patches = simulator.world().traffic.exchanges();
    assert_eq!(patches.iter().filter(|made| made.call.path == PAID).count(), 1);
}

async fn ask(process: &GatewayProcess, query: &str) -> Value {
    let url = format!("{}/graphql", process.url());
    let response = client().post(url).json(&json!({ "query": query })).send().await.unwrap();
    let mut answer: Value = response.json().await.unwrap();
    assert_eq!(answer.get("errors"), None, "{answer:#}");
    answer["data"].take()
}
