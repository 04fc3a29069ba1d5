//! PSOhub or Bexio gone, hanging or talking nonsense: the book answers, marked; the other side is
//! whole; and the first look that succeeds brings everything back.

use std::time::Duration;

use invoice_gateway::book::Source;
use serde_json::{Value, json};
use upstream_simulator::faults::{FaultAction, FaultBody, FaultRule};
use upstream_simulator::traffic::Upstream;

use crate::support::app::{TestApp, TestOptions};

const INVOICES: &str =
    "{ invoices(first: 500) { totalCount nodes { number status bexio { documentNumber status } } } }";

async fn company() -> TestApp {
    let app = TestOptions::company(60)
        .set("UPSTREAM_CONNECT_SECONDS", "0.3")
        .set("UPSTREAM_READ_SECONDS", "0.3")
        .set("UPSTREAM_TOTAL_SECONDS", "0.5")
        .set("PSOHUB_LIST_SECONDS", "0.5")
        // Every look reads everything, so that every answer is long enough to be cut in half.
        .set("BEXIO_FULL_PASS_SECONDS", "60")
        .start()
        .await;
    app.look_at_both().await;
    app
}

/// Every way in which an upstream can fail to answer, with its name.
fn outages() -> Vec<(&'static str, Option<FaultAction>)> {
    let status = |code, body| FaultAction::Status { code, body, after_effect: false };
    vec![
        ("stopped", None),
        ("hanging", Some(FaultAction::Hang { after_effect: false })),
        ("500", Some(status(500, FaultBody::Json))),
        ("HTML with 502", Some(status(502, FaultBody::Html))),
        ("HTML with 200", Some(status(200, FaultBody::Html))),
        ("nothing with 200", Some(status(200, FaultBody::Empty))),
        ("an object with 200", Some(status(200, FaultBody::Raw(r#"{"error":"later"}"#.to_owned())))),
        ("null with 200", Some(status(200, FaultBody::Raw("null".to_owned())))),
        ("half a body, connection closed", Some(FaultAction::Truncate { bytes: 3000 })),
        ("half a body, answer complete", Some(FaultAction::InvalidJson)),
        ("slow byte by byte", Some(FaultAction::SlowBytes { chunk_bytes: 1, delay_ms: 50 })),
        (
            "a redirect to a login page",
            Some(FaultAction::Redirect { code: 302, location: "/login".to_owned() }),
        ),
        (
            "too many requests",
            Some(FaultAction::TooManyRequests { retry_after: None, ratelimit_reset: None }),
        ),
    ]
}

async fn break_down(app: &TestApp, upstream: Upstream, action: Option<FaultAction>) {
    match (action, upstream) {
        (Some(action), _) => {
            app.simulator.world().faults.add(FaultRule::on(upstream, action));
        }
        (None, Upstream::Psohub) => app.simulator.stop_psohub().await,
        (None, Upstream::Bexio) => app.simulator.stop_bexio().await,
    }
}

async fn mend(app: &TestApp) {
    app.simulator.world().faults.clear();
    app.simulator.start_psohub().await.unwrap();
    app.simulator.start_bexio().await.unwrap();
}

fn state(answer: &Value, source: &str) -> String {
    answer["extensions"]["freshness"][source]["state"].as_str().unwrap().to_owned()
}

async fn an_outage_is_survived(upstream: Upstream, source: Source, broken: &str, whole: &str) {
    let app = company().await;
    let before = app.data(INVOICES).await;
    for (name, action) in outages() {
        app.advance(Duration::from_hours(1));
        break_down(&app, upstream, action).await;
        let failed = app.look(source).await;
        assert!(failed.is_err(), "{name}: the look should have failed");

        let answer = app.answer(INVOICES, json!({})).await;
        assert_eq!(answer["data"], before, "{name}");
        assert_eq!(answer.get("errors"), None, "{name}");
        assert_eq!(state(&answer, broken), "STALE_ON_ERROR", "{name}");

        let other = if source == Source::Bexio { Source::Psohub } else { Source::Bexio };
        app.look(other).await.unwrap();
        let answer = app.answer(INVOICES, json!({})).await;
        assert_eq!(state(&answer, whole), "LIVE", "{name}");

        mend(&app).await;
        app.look(source).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        let answer = app.answer(INVOICES, json!({})).await;
        assert_eq!(state(&answer, broken), "LIVE", "{name}");
        assert_eq!(answer["data"], before, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_outage_of_psohub_is_survived() {
    an_outage_is_survived(Upstream::Psohub, Source::Psohub, "psohub", "bexio").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_outage_of_bexio_is_survived() {
    an_outage_is_survived(Upstream::Bexio, Source::Bexio, "bexio", "psohub").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_while_both_are_down_serves_the_mirror() {
    let app = company().await;
    let before = app.data(INVOICES).await;
    app.simulator.stop_psohub().await;
    app.simulator.stop_bexio().await;
    app.advance(Duration::from_hours(1));
    let app = app.restart().await;
    let answer = app.answer(INVOICES, json!({})).await;
    assert_eq!(answer["data"], before);
    assert!(["STALE", "STALE_ON_ERROR"].contains(&&*state(&answer, "psohub")), "{answer:#}");

    mend(&app).await;
    app.look_at_both().await;
    let answer = app.answer(INVOICES, json!({})).await;
    assert_eq!((state(&answer, "psohub"), state(&answer, "bexio")), ("LIVE".to_owned(), "LIVE".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_side_that_was_never_read_is_told_from_one_that_has_nothing() {
    let app = TestOptions::company(20).set("REFRESH_WAIT_SECONDS", "5").start().await;
    app.simulator.stop_bexio().await;
    let answer = app.answer("{ invoices(first: 2) { nodes { number bexio { status } } } }", json!({})).await;
    assert_eq!(answer["data"]["invoices"]["nodes"].as_array().map(Vec::len), Some(2), "{answer:#}");
    assert_eq!(answer["data"]["invoices"]["nodes"][0]["bexio"], Value::Null);
    assert_eq!(answer["errors"][0]["extensions"]["code"], "UPSTREAM_UNAVAILABLE");
    assert_eq!(answer["errors"][0]["path"], json!(["invoices", "nodes", 0, "bexio"]));

    let app = TestOptions::company(20).start().await;
    app.simulator.stop_psohub().await;
    let answer = app.answer("{ invoices(first: 2) { totalCount } }", json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "UPSTREAM_UNAVAILABLE", "{answer:#}");
    assert_eq!(answer["errors"][0]["extensions"]["retryable"], true);
    let ready = app.http.get(format!("{}/readyz", app.url())).send().await.unwrap();
    assert_eq!(ready.status(), 503);
}
