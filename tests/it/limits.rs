//! Each configured limit, met through HTTP: what is within it is answered, what is beyond it has a code.

use std::time::Duration;

use serde_json::{Value, json};
use upstream_simulator::faults::{FaultAction, FaultRule};
use upstream_simulator::traffic::Upstream;

use crate::live_client::{self, Heard};
use crate::support::app::{TestApp, TestOptions};

const GRAPHQL_JSON: &str = "application/graphql-response+json";

/// An answer, with what clients read of its head.
struct Answered {
    status: u16,
    retry_after: Option<String>,
    content_type: String,
    body: Value,
}

async fn send(app: &TestApp, body: &Value) -> Answered {
    let request = app.http.post(format!("{}/graphql", app.url())).header("accept", GRAPHQL_JSON).json(body);
    let response = request.send().await.unwrap();
    let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    Answered {
        status: response.status().as_u16(),
        retry_after: header("retry-after"),
        content_type: header("content-type").unwrap_or_default(),
        body: response.json().await.unwrap(),
    }
}

async fn company(name: &str, value: &str) -> TestApp {
    let app = TestOptions::company(3).set(name, value).start().await;
    app.look_at_both().await;
    app
}

fn repeated(field: &str, times: usize) -> String {
    format!("{{ viewer {{ {}}} }}", format!("{field} ").repeat(times))
}

fn aliased(times: usize) -> String {
    format!("{{ viewer {{ {}}} }}", (0..times).map(|n| format!("a{n}: name")).collect::<Vec<_>>().join(" "))
}

fn page(size: u32, fields: &str) -> String {
    format!("{{ invoices(first: {size}) {{ nodes {{ {fields} }} }} }}")
}

#[tokio::test]
async fn what_is_beyond_a_limit_is_refused_with_its_code() {
    let roots = |count: usize| {
        format!("{{ {}}}", (0..count).map(|n| format!("a{n}: __typename")).collect::<Vec<_>>().join(" "))
    };
    let directives =
        |count: usize| format!("{{ viewer {{ name {}}} }}", "@include(if: true) ".repeat(count).trim_end());
    let padded = |length: usize| format!("{:length$}", "{ __typename }");
    for (name, value, within, beyond, status, code) in [
        ("LIMIT_BODY_BYTES", "1024", padded(900), padded(1200), 413, "BODY_TOO_LARGE"),
        ("LIMIT_QUERY_BYTES", "256", padded(256), padded(257), 422, "QUERY_TOO_LARGE"),
        ("LIMIT_TOKENS", "50", repeated("role", 45), repeated("role", 46), 422, "QUERY_TOO_LARGE"),
        ("LIMIT_DEPTH", "3", page(1, "number"), page(1, "customer { name }"), 422, "QUERY_TOO_DEEP"),
        ("LIMIT_SELECTIONS", "10", repeated("role", 9), repeated("role", 10), 422, "QUERY_TOO_LARGE"),
        ("LIMIT_ALIASES", "2", aliased(2), aliased(3), 422, "TOO_MANY_ALIASES"),
        ("LIMIT_ROOT_FIELDS", "2", roots(2), roots(3), 422, "TOO_MANY_ROOT_FIELDS"),
        // Only one of a kind stands at a place, so beyond the limit they stand at several fields.
        ("LIMIT_DIRECTIVES", "0", directives(0), directives(1), 422, "TOO_MANY_DIRECTIVES"),
        ("LIMIT_COMPLEXITY", "101", page(50, "number"), page(51, "number"), 422, "QUERY_TOO_COMPLEX"),
        ("LIMIT_PAGE_SIZE", "60", page(60, "number"), page(61, "number"), 422, "BAD_USER_INPUT"),
    ] {
        let app = company(name, value).await;
        let passed = send(&app, &json!({ "query": within })).await;
        assert_eq!((passed.status, passed.body.get("errors")), (200, None), "{name}: {:#}", passed.body);
        let refused = send(&app, &json!({ "query": beyond })).await;
        let extensions = &refused.body["errors"][0]["extensions"];
        assert_eq!(
            (refused.status, &extensions["code"]),
            (status, &json!(code)),
            "{name}: {:#}",
            refused.body
        );
        assert_eq!(refused.body.get("data"), None, "{name}");
        assert!(refused.content_type.starts_with(GRAPHQL_JSON), "{name}: {}", refused.content_type);
        assert_eq!(extensions["retryable"], false, "{name}");
        assert!(extensions["requestId"].is_string(), "{name}");
    }
}

#[tokio::test]
async fn a_page_as_a_variable_is_bound_alike() {
    let app = company("LIMIT_PAGE_SIZE", "50").await;
    let query = "query($n: Int) { invoices(last: $n) { totalCount } }";
    for (size, code) in [(json!(50), None), (json!(51), Some("BAD_USER_INPUT")), (json!(null), None)] {
        let answer = send(&app, &json!({ "query": query, "variables": { "n": size } })).await;
        assert_eq!(
            answer.body["errors"][0]["extensions"]["code"].as_str(),
            code,
            "{size}: {:#}",
            answer.body
        );
    }
}

#[tokio::test]
async fn each_caller_sends_a_burst_and_then_a_rate() {
    let app =
        TestOptions::company(3).set("OPERATIONS_PER_SECOND", "1").set("OPERATIONS_BURST", "3").start().await;
    let query = json!({ "query": "{ __typename }" });
    for _ in 0..3 {
        assert_eq!(send(&app, &query).await.status, 200);
    }
    let refused = send(&app, &query).await;
    let extensions = &refused.body["errors"][0]["extensions"];
    assert_eq!((refused.status, &extensions["code"]), (429, &json!("RATE_LIMITED")), "{:#}", refused.body);
    assert_eq!((refused.retry_after.as_deref(), &extensions["retryable"]), (Some("1"), &json!(true)));
    assert!(refused.content_type.starts_with(GRAPHQL_JSON), "{}", refused.content_type);
    let by_get = app.http.get(format!("{}/graphql?query={{__typename}}", app.url())).send().await.unwrap();
    assert_eq!(by_get.status(), 429);

    let mut client = live_client::connect(app.address()).await;
    client.subscribe("a", "{ __typename }").await;
    let message = client.message().await;
    assert_eq!(
        (&message["type"], &message["payload"][0]["extensions"]["code"]),
        (&json!("error"), &json!("RATE_LIMITED"))
    );
    app.advance(Duration::from_secs(1));
    client.subscribe("a", "{ __typename }").await;
    assert_eq!(client.next_of("a").await["data"]["__typename"], "Query");
    assert_eq!(send(&app, &query).await.status, 429, "one a second");
}

#[tokio::test]
async fn without_access_control_operations_are_not_counted_unless_it_is_set() {
    let app = TestApp::start().await;
    for _ in 0..600 {
        assert_eq!(send(&app, &json!({ "query": "{ __typename }" })).await.status, 200);
    }
}

#[tokio::test]
async fn a_query_that_waits_too_long_ends() {
    let app = TestOptions::company(3).set("OPERATION_SECONDS", "7").start().await;
    app.look_at_both().await;
    app.simulator
        .world()
        .faults
        .add(FaultRule::on(Upstream::Bexio, FaultAction::Hang { after_effect: false }));
    app.forget_calls();
    let body = json!({ "query": "{ bexioCatalog { accounts { number } } }" });
    let asking = send(&app, &body);
    let passing = async {
        // Bexio is asked once the operation waits.
        while app.calls(Upstream::Bexio) == 0 {
            tokio::task::yield_now().await;
        }
        app.clock().advance(Duration::from_secs(7));
    };
    let (answer, ()) = tokio::join!(asking, passing);
    let extensions = &answer.body["errors"][0]["extensions"];
    assert_eq!((answer.status, &extensions["code"]), (504, &json!("OPERATION_TIMEOUT")), "{:#}", answer.body);
    assert_eq!((&extensions["retryable"], answer.body.get("data")), (&json!(true), None));
    assert_eq!(send(&app, &json!({ "query": "{ __typename }" })).await.status, 200);
}

#[tokio::test]
async fn connections_that_listen_are_counted() {
    let app = TestOptions::default().set("WEBSOCKETS_MAX", "1").set("EVENT_STREAMS_MAX", "0").start().await;
    let first = live_client::connect(app.address()).await;
    let refused =
        live_client::handshake(app.address(), &[("sec-websocket-protocol", live_client::TRANSPORT_WS)]);
    match refused.await.err() {
        Some(tokio_tungstenite::tungstenite::Error::Http(response)) => assert_eq!(response.status(), 503),
        other => panic!("it was taken: {other:?}"),
    }
    drop(first);
    let stream = app
        .http
        .post(format!("{}/graphql", app.url()))
        .header("accept", "text/event-stream")
        .json(&json!({ "query": "subscription { paymentSyncProgress { id } }" }));
    let answer = stream.send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["retry-after"].to_str().unwrap()), (503, "5"));
}

#[tokio::test]
async fn a_websocket_without_operations_is_closed_and_a_busy_one_is_not() {
    let app = TestOptions::default().set("WEBSOCKET_IDLE_SECONDS", "30").start().await;
    let mut idle = live_client::connect(app.address()).await;
    let mut busy = live_client::connect(app.address()).await;
    busy.subscribe("a", "subscription { paymentSyncProgress { id } }").await;
    busy.settle().await;
    let mut closed = None;
    for _ in 0..6 {
        app.clock().advance(Duration::from_secs(12));
        // Pings are answered while this is read.
        busy.settle().await;
        idle.say(json!({ "type": "ping", "payload": { "settled": true } })).await;
        if let Heard::Closed(code, _) = idle.hear().await {
            closed = Some(code);
            break;
        }
    }
    assert_eq!(closed, Some(1001));
    busy.settle().await;
}

#[tokio::test]
async fn the_schema_is_told_to_who_may_ask_for_it() {
    let app = company("INTROSPECTION", "off").await;
    let sdl = app.http.get(format!("{}/schema.graphql", app.url())).send().await.unwrap();
    assert_eq!(sdl.status(), 403);
    assert_eq!(
        sdl.json::<Value>().await.unwrap()["errors"][0]["extensions"]["code"],
        "INTROSPECTION_DISABLED"
    );
    for (query, asks) in [
        ("{ __schema { queryType { name } } }", true),
        ("{ a: __type(name: \"Query\") { name } }", true),
        ("{ ...F } fragment F on Query { __type(name: \"Query\") { name } }", true),
        ("{ __typename viewer { __typename } }", false),
    ] {
        let app = company("INTROSPECTION", "off").await;
        let answer = send(&app, &json!({ "query": query })).await;
        let code = answer.body["errors"][0]["extensions"]["code"].as_str();
        let expected = if asks { (403, Some("INTROSPECTION_DISABLED")) } else { (200, None) };
        assert_eq!((answer.status, code), expected, "{query}: {:#}", answer.body);
        let app = company("INTROSPECTION", "admin").await;
        assert_eq!(
            send(&app, &json!({ "query": query })).await.status,
            200,
            "the local caller is an administrator"
        );
    }
}

#[tokio::test]
async fn an_answer_tells_what_it_cost() {
    let app = company("LIMIT_COMPLEXITY", "5000").await;
    let cost = |query: String| {
        let app = &app;
        async move {
            let mut answer = send(app, &json!({ "query": query })).await;
            assert_eq!(answer.body.get("errors"), None, "{:#}", answer.body);
            answer.body["extensions"]["cost"].take()
        }
    };
    assert_eq!(
        cost("{ viewer { name role } }".to_owned()).await,
        json!({ "requested": 3, "actual": 3, "maximum": 5000 })
    );
    // 1 and, for each of 20 that could be there, the node and its number; there are 3, and one list of nodes.
    assert_eq!(cost(page(20, "number")).await, json!({ "requested": 41, "actual": 5, "maximum": 5000 }));
    assert_eq!(cost(page(0, "number")).await["actual"], 2);
    let refused = send(&app, &json!({ "query": "{ nothing }" })).await;
    assert_eq!(refused.body.get("extensions"), None, "what did not run has no cost");
}

#[tokio::test]
async fn a_url_that_is_too_long_is_refused_before_it_is_read() {
    let app = TestApp::start().await;
    let url = format!("{}/graphql?query={{__typename}}&x={}", app.url(), "x".repeat(49 * 1024));
    let response = app.http.get(url).send().await.unwrap();
    assert_eq!(response.status(), 414);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["errors"][0]["extensions"]["code"], "URL_TOO_LONG");
}
