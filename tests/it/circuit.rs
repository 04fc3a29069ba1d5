//! An upstream in trouble is left alone, as a frontend and an operator see it: the book answers, few calls
//! are made, nothing is half written, and the way back is short.

use std::time::Duration;

use invoice_gateway::book::Source;
use invoice_gateway::domain::{Clock, SystemClock};
use serde_json::{Value, json};
use upstream_simulator::faults::{FaultAction, FaultBody, FaultRule};
use upstream_simulator::traffic::Upstream;
use upstream_simulator::{Simulator, SimulatorOptions};

use crate::support::app::{TestApp, TestOptions};
use crate::support::process::GatewayProcess;

const INVOICES: &str =
    "{ invoices(first: 500) { totalCount nodes { number status bexio { documentNumber status } } } }";
const CIRCUITS: &str = "{ connections { upstream state circuit circuitRetryAt lastError } }";

/// A company with the product's own circuit breaker, read once.
async fn company() -> TestApp {
    let app = TestOptions::company(60)
        .set("UPSTREAM_BREAKER_FAILURES", "5")
        .set("UPSTREAM_READ_SECONDS", "0.3")
        .set("UPSTREAM_TOTAL_SECONDS", "0.5")
        .set("PSOHUB_LIST_SECONDS", "0.5")
        .start()
        .await;
    app.look_at_both().await;
    app
}

fn status(code: u16) -> FaultAction {
    FaultAction::Status { code, body: FaultBody::Json, after_effect: false }
}

fn break_down(app: &TestApp, upstream: Upstream, action: FaultAction) {
    app.simulator.world().faults.add(FaultRule::on(upstream, action));
}

async fn circuit(app: &TestApp, upstream: &str) -> Value {
    let shown = app.data(CIRCUITS).await;
    shown["connections"].as_array().unwrap().iter().find(|one| one["upstream"] == upstream).unwrap().clone()
}

/// Answers while the upstream is away: whole, marked, and at once.
async fn answers_from_the_book(app: &TestApp, source: &str, before: &Value) {
    let clock = SystemClock::new();
    let answer = app.answer(INVOICES, json!({})).await;
    let took = clock.elapsed();
    assert_eq!(&answer["data"], before, "{answer:#}");
    assert_eq!(answer["extensions"]["freshness"][source]["state"], "STALE_ON_ERROR");
    assert!(took < Duration::from_secs(2), "{took:?}: a debug build on a shared machine");
}

async fn an_hour_away(upstream: Upstream, source: Source, name: &str, key: &str, action: FaultAction) -> u64 {
    let app = company().await;
    let before = app.data(INVOICES).await;
    app.advance(Duration::from_mins(5));
    break_down(&app, upstream, action);
    app.forget_calls();
    for _ in 0..360 {
        // Somebody asks all the time: each is a look of its own.
        assert!(app.look(source).await.is_err());
        app.advance(Duration::from_secs(10));
    }
    answers_from_the_book(&app, key, &before).await;
    let calls = app.calls(upstream);
    let shown = circuit(&app, name).await;
    assert_eq!(
        (&shown["state"], shown["circuitRetryAt"].is_string()),
        (&json!("FAILING"), true),
        "{shown:#}"
    );
    assert_ne!(shown["circuit"], "CLOSED", "{shown:#}");

    app.simulator.world().faults.clear();
    app.advance(Duration::from_mins(2));
    app.look(source).await.unwrap();
    assert_eq!(circuit(&app, name).await["circuit"], "CLOSED");
    let answer = app.answer(INVOICES, json!({})).await;
    assert_eq!(
        (&answer["extensions"]["freshness"][key]["state"], &answer["data"]),
        (&json!("LIVE"), &before)
    );
    calls
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_without_bexio_costs_few_calls_and_the_way_back_is_short() {
    let calls = an_hour_away(Upstream::Bexio, Source::Bexio, "BEXIO", "bexio", status(500)).await;
    assert!((5..=60).contains(&calls), "{calls} calls of 360 looks, each with its repeats");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_without_psohub_costs_few_calls_and_the_way_back_is_short() {
    let calls = an_hour_away(Upstream::Psohub, Source::Psohub, "PSOHUB", "psohub", status(502)).await;
    assert!((5..=60).contains(&calls), "{calls} calls of 360 looks, each with its repeats");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_while_it_hangs_waits_for_nobody() {
    let app = company().await;
    let before = app.data(INVOICES).await;
    app.advance(Duration::from_mins(5));
    break_down(&app, Upstream::Bexio, FaultAction::Hang { after_effect: false });
    // Until it is known that it hangs, looks wait for their time-outs.
    while circuit(&app, "BEXIO").await["circuit"] != "OPEN" {
        assert!(app.look(Source::Bexio).await.is_err());
    }
    app.forget_calls();
    let clock = SystemClock::new();
    for _ in 0..20 {
        assert!(app.look(Source::Bexio).await.is_err());
    }
    assert!(clock.elapsed() < Duration::from_secs(2), "none waited for a time-out: {:?}", clock.elapsed());
    assert_eq!(app.calls(Upstream::Bexio), 0);
    answers_from_the_book(&app, "bexio", &before).await;
    // A test of the connection is made all the same, and says what is the matter.
    let test = app.data("mutation { testConnection(input: {level: READ}) { test { state } } }").await;
    assert_eq!(test["testConnection"]["test"]["state"], "FAILED");
    assert!(app.calls(Upstream::Bexio) > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_is_held_back_was_surely_not_made() {
    let app = company().await;
    let sent = app.data("{ invoices(filter: {status: [SENT]}) { nodes { psohubId } } }").await;
    let id = sent["invoices"]["nodes"][0]["psohubId"].clone();
    break_down(&app, Upstream::Psohub, status(503));
    while circuit(&app, "PSOHUB").await["circuit"] != "OPEN" {
        assert!(app.look(Source::Psohub).await.is_err());
    }
    app.forget_calls();
    let mark = "mutation ($id: ID!) { markInvoicePaid(input: {invoice: {psohubId: $id}, confirmUnpaidInBexio: true}) {
        invoice { status } userErrors { code message outcome retryable } } }";
    let held = app.answer(mark, json!({ "id": id })).await;
    let error = &held["data"]["markInvoicePaid"]["userErrors"][0];
    assert_eq!(
        (&error["code"], &error["outcome"], &error["retryable"]),
        (&json!("UPSTREAM_UNAVAILABLE"), &json!("NOT_APPLIED"), &json!(true)),
        "{held:#}"
    );
    assert!(error["message"].as_str().unwrap().contains("503"), "why: {error:#}");
    assert_eq!(app.calls(Upstream::Psohub), 0);

    app.simulator.world().faults.clear();
    app.advance(Duration::from_secs(30));
    let done = app.answer(mark, json!({ "id": id })).await;
    assert_eq!(done["data"]["markInvoicePaid"]["userErrors"], json!([]), "{done:#}");
    assert_eq!(done["data"]["markInvoicePaid"]["invoice"]["status"], "PAID");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_operation_waits_for_ends_before_it_does() {
    let simulator = Simulator::start(SimulatorOptions::default()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    // By its own clock: what was waited is counted by that. Bexio alone would have 15 s, three times.
    let process = GatewayProcess::serve_with(&simulator, folder.path(), &[("OPERATION_SECONDS", "2.5")]);
    let hang = FaultRule::on(Upstream::Bexio, FaultAction::Hang { after_effect: false });
    simulator.world().faults.add(hang.method("GET").path("/2.0/accounts"));
    let body = json!({"query": "{ bexioCatalog { accounts { number } } }"});
    let client = crate::support::app::client();
    let answer = client.post(format!("{}/graphql", process.url())).json(&body).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    // The operation's own end would be another code, and say nothing of Bexio.
    assert_eq!(answer["errors"][0]["extensions"]["code"], "UPSTREAM_UNAVAILABLE", "{answer:#}");
}
