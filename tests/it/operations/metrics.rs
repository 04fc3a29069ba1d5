//! `/metrics`, and that what stands in the dashboard, the alerts and the documentation is there.

use std::collections::BTreeSet;
use std::time::Duration;

use invoice_gateway::book::Source;
use invoice_gateway::domain::payment::run::Trigger;
use invoice_gateway::services::payment_sync::{RunRequest, Started};
use serde_json::{Value, json};
use upstream_simulator::faults::{FaultAction, FaultBody, FaultRule};
use upstream_simulator::traffic::Upstream;

use crate::support::app::{TestApp, TestOptions};

pub(super) async fn page(app: &TestApp) -> String {
    let response = app.http.get(format!("{}/metrics", app.url())).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let content_type = response.headers()["content-type"].to_str().unwrap();
    assert_eq!(content_type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
    response.text().await.unwrap()
}

/// The value of a sample, by its name and labels as they stand there.
fn sample(page: &str, name: &str) -> Option<f64> {
    page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
}

fn assert_sample(page: &str, name: &str, value: f64) {
    let found = sample(page, name);
    assert!(
        found.is_some_and(|found| found.to_bits() == value.to_bits()),
        "{name} is {found:?}, not {value}:\n{page}"
    );
}

/// How many of an upstream's calls ended so.
fn calls(page: &str, upstream: &str, outcome: &str) -> usize {
    let of = format!("invoice_gateway_upstream_calls_total{{upstream=\"{upstream}\",");
    let ended = format!(",outcome=\"{outcome}\"}} ");
    page.lines().filter(|line| line.starts_with(&of) && line.contains(&ended)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metrics_tell_what_happened() {
    let app = TestOptions::company(5).start().await;
    let before = page(&app).await;
    assert!(before.ends_with("# EOF\n"));
    assert_sample(&before, "invoice_gateway_source_unread{source=\"psohub\"}", 1.0);
    assert_sample(&before, "invoice_gateway_book_invoices{side=\"psohub\"}", 0.0);

    app.look_at_both().await;
    app.advance(Duration::from_secs(30));
    let named = "query Invoices { invoices { totalCount } }";
    app.answer(named, json!({})).await;
    app.answer("{ nothing }", json!({})).await;
    let text = page(&app).await;
    for (name, value) in [
        ("book_invoices{side=\"psohub\"}", 5.0),
        ("source_age_seconds{source=\"bexio\"}", 30.0),
        ("source_failing{source=\"bexio\"}", 0.0),
        ("source_unread{source=\"psohub\"}", 0.0),
        ("operations_total{operation=\"Invoices\",type=\"query\",outcome=\"ok\"}", 1.0),
        ("deliveries{state=\"needs_review\"}", 0.0),
        ("connection_needs_person{upstream=\"bexio\"}", 0.0),
        ("websockets", 0.0),
        ("response_cache_total{result=\"miss\"}", 2.0),
    ] {
        assert_sample(&text, &format!("invoice_gateway_{name}"), value);
    }
    assert!(
        sample(&text, "invoice_gateway_http_requests_total{route=\"/graphql\",status=\"200\"}").is_some()
    );
    assert!(
        text.contains("invoice_gateway_root_field_seconds_count{type=\"query\",field=\"invoices\"} 1"),
        "{text}"
    );
    assert!(calls(&text, "PSOhub", "ok") > 0 && calls(&text, "Bexio", "failed") == 0, "{text}");

    let down = FaultAction::Status { code: 503, body: FaultBody::default(), after_effect: false };
    app.simulator.world().faults.add(FaultRule::on(Upstream::Bexio, down));
    assert!(app.look(Source::Bexio).await.is_err());
    let text = page(&app).await;
    assert_sample(&text, "invoice_gateway_source_failing{source=\"bexio\"}", 1.0);
    assert!(calls(&text, "Bexio", "failed") > 0, "{text}");
    assert!(
        sample(&text, "invoice_gateway_upstream_retries_total{upstream=\"bexio\"}")
            .is_some_and(|count| count > 0.0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_and_names_that_clients_think_of_make_no_metrics_of_their_own() {
    let app = TestOptions::company(1).start().await;
    app.look_at_both().await;
    for number in 0..150 {
        app.http.get(format!("{}/nothing/{number}", app.url())).send().await.unwrap();
        app.answer(&format!("query Named{number} {{ invoices {{ totalCount }} }}"), json!({})).await;
    }
    let text = page(&app).await;
    let series = |prefix: &str| text.lines().filter(|line| line.starts_with(prefix)).count();
    assert_eq!(series("invoice_gateway_operations_total{"), 101);
    assert_sample(
        &text,
        "invoice_gateway_operations_total{operation=\"other\",type=\"query\",outcome=\"ok\"}",
        50.0,
    );
    assert_eq!(series("invoice_gateway_http_requests_total{route=\"other\""), 1, "{text}");
}

/// Runs the payment sync to its end.
async fn sync(app: &TestApp) {
    let trigger = Trigger::Manual { by: "eva".into() };
    let request = RunRequest { trigger, is_dry_run: false, key: None };
    let Started::Began(run) = app.payment_sync().start(request).await.unwrap() else {
        panic!("it is to begin")
    };
    app.payment_sync().ended(run.id, Duration::from_mins(1)).await.unwrap().unwrap();
}

/// Names of metrics as the page declares them, with what a counter and a histogram add.
fn declared(page: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for line in page.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, kind) = line.split_once(' ').unwrap();
        match kind {
            "counter" => drop(names.insert(format!("{name}_total"))),
            "histogram" => names.extend(["_bucket", "_sum", "_count"].map(|part| format!("{name}{part}"))),
            "info" => drop(names.insert(format!("{name}_info"))),
            _ => drop(names.insert(name.to_owned())),
        }
    }
    names
}

fn named_in(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let ours = |word: &&str| word.starts_with("invoice_gateway_") || word.starts_with("process_");
    words.filter(ours).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_dashboard_the_alerts_and_the_documentation_name_is_there() {
    let app = TestOptions::company(5).oauth().start().await;
    crate::connect::connect_both(&app).await;
    app.look_at_both().await;
    app.answer("query Invoices { invoices { totalCount } }", json!({})).await;
    sync(&app).await;
    let there = declared(&page(&app).await);
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/docs");
    let read = |path: &str| std::fs::read_to_string(format!("{root}/{path}")).unwrap();
    let dashboard = read("grafana/invoice-gateway.json");
    let json: Value = serde_json::from_str(&dashboard).unwrap();
    assert!(json["panels"].as_array().unwrap().len() >= 10);
    let documented = named_in(&read("observability.md"));
    for (place, text) in [("dashboard", dashboard), ("alerts", read("prometheus/alerts.yml"))] {
        let named = named_in(&text);
        assert!(named.len() > 5, "{place}: {named:?}");
        for name in named {
            assert!(there.contains(&name), "the {place} names {name}, which is not in /metrics: {there:#?}");
        }
    }
    // The documentation names a histogram by its base.
    let base = |name: &str| {
        let name = name.trim_end_matches("_bucket").trim_end_matches("_sum").trim_end_matches("_count");
        name.to_owned()
    };
    for name in &there {
        assert!(documented.contains(&base(name)), "docs/observability.md does not describe {}", base(name));
    }
    for name in &documented {
        assert!(
            there.iter().any(|known| base(known) == *name),
            "docs/observability.md describes {name}, which is not there"
        );
    }
}
