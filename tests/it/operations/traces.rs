//! The trace that a request belongs to: taken in, handed on, and exported.

use std::time::Duration;

use invoice_gateway::book::Source;
use invoice_gateway::domain::{Clock, SystemClock};
use opentelemetry_proto::tonic::trace::v1::Span;
use serde_json::json;
use upstream_simulator::{Simulator, SimulatorOptions};

use super::collector::Recorder;
use crate::support::app::{TestOptions, client};
use crate::support::process::GatewayProcess;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

/// What must be read from Bexio first.
const FRESH: &str = "query Fresh { invoices(maxAgeSeconds: 0) { totalCount } }";
/// The same, whatever other looks and loads came to.
const TEST: &str = "mutation Test { testConnection(input: { level: READ }) { userErrors { message } } }";

async fn ask(http: &reqwest::Client, url: &str, query: &str) {
    let body = json!({ "query": query });
    let asked = http.post(format!("{url}/graphql")).header("traceparent", PARENT).json(&body);
    asked.send().await.unwrap().bytes().await.unwrap();
}

fn attribute(span: &Span, name: &str) -> Option<String> {
    use opentelemetry_proto::tonic::common::v1::any_value::Value;
    let found = span.attributes.iter().find(|attribute| attribute.key == name)?;
    match found.value.clone()?.value? {
        Value::StringValue(text) => Some(text),
        Value::IntValue(number) => Some(number.to_string()),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_collector_a_trace_is_handed_on_as_it_came() {
    let upstream = Recorder::start(500).await;
    let app = TestOptions::company(1).set("BEXIO_BASE_URL", &upstream.url).start().await;
    app.look(Source::Psohub).await.unwrap();
    ask(&app.http, app.url(), FRESH).await;
    let calls = upstream.received();
    assert!(!calls.is_empty());
    for call in &calls {
        assert_eq!(call.headers["traceparent"], PARENT, "{call:?}");
        assert!(!call.headers.contains_key("baggage"));
    }
    // What nobody's request led to belongs to no trace.
    assert!(app.look(Source::Bexio).await.is_err());
    let last = upstream.received();
    assert!(last.len() > calls.len() && !last.last().unwrap().headers.contains_key("traceparent"));
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_reach_the_collector_and_the_upstream_hears_of_its_own() {
    let simulator = Simulator::start(SimulatorOptions::default()).await.unwrap();
    let (collector, upstream) = (Recorder::start(200).await, Recorder::start(500).await);
    let folder = tempfile::tempdir().unwrap();
    let settings = [
        ("BEXIO_BASE_URL", upstream.url.as_str()),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer canary-4711"),
        // What the log shows does not decide what is traced.
        ("LOG", "info"),
        ("RETRY_BASE_SECONDS", "0.1"),
        ("REFRESH_WAIT_SECONDS", "2"),
    ];
    let mut process = GatewayProcess::serve_with(&simulator, folder.path(), &settings);
    ask(&client(), process.url(), TEST).await;
    process.signal("TERM");
    assert!(process.wait().success(), "{}", process.log());

    let spans = collector.spans();
    let of_trace: Vec<_> = spans.iter().filter(|span| hex(&span.trace_id) == TRACE).collect();
    let request =
        of_trace.iter().find(|span| span.name == "/graphql").unwrap_or_else(|| panic!("{spans:#?}"));
    assert_eq!(hex(&request.parent_span_id), "00f067aa0ba902b7");
    assert_eq!(attribute(request, "graphql.operation.name").as_deref(), Some("Test"), "{request:?}");
    assert_eq!(attribute(request, "http.response.status_code").as_deref(), Some("200"), "{request:?}");
    let heard: Vec<_> = upstream
        .received()
        .iter()
        .filter_map(|call| Some(call.headers.get("traceparent")?.to_str().unwrap().to_owned()))
        .filter(|parent| parent.contains(TRACE))
        .collect();
    assert!(!heard.is_empty(), "{:?}", upstream.received());
    for parent in heard {
        let span = parent.split('-').nth(2).unwrap();
        assert!(
            of_trace.iter().any(|known| hex(&known.span_id) == span),
            "{parent} is of no span:\n{of_trace:#?}"
        );
    }
    assert!(collector.received().iter().all(|batch| batch.headers["authorization"] == "Bearer canary-4711"));
    assert!(!process.log().contains("canary"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_away_harms_nothing() {
    let simulator = Simulator::start(SimulatorOptions::default()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let settings = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")];
    let mut process = GatewayProcess::serve_with(&simulator, folder.path(), &settings);
    for _ in 0..20 {
        ask(&client(), process.url(), FRESH).await;
    }
    let clock = SystemClock::new();
    process.signal("TERM");
    assert!(process.wait().success(), "{}", process.log());
    assert!(clock.elapsed() < Duration::from_secs(15), "{:?}", clock.elapsed());
}
