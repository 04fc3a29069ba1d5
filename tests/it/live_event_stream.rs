//! GraphQL over server-sent events, distinct connections mode: what is streamed, what is refused, and how
//! a stream ends.

use std::time::Duration;

use invoice_gateway::http::{GraphqlConfig, LiveConfig, ServerConfig};
use serde_json::{Value, json};

use crate::http_stand_in::{FEED_HELD, JSON, Running, post, start, start_with};
use crate::support::app::client;

const EVENTS: &str = "content-type: application/json\r\naccept: text/event-stream\r\n";

/// A stream that is read block by block.
struct EventStream {
    response: reqwest::Response,
    read: String,
}

async fn open(gateway: &Running, query: &str) -> EventStream {
    let request = client()
        .post(format!("http://{}/graphql", gateway.address))
        .header("accept", "text/event-stream")
        .header("accept-encoding", "gzip, br")
        .header("content-type", "application/json")
        .body(json!({ "query": query }).to_string());
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    let mut stream = EventStream { response, read: String::new() };
    assert_eq!(stream.block().await.as_deref(), Some(":"));
    stream
}

impl EventStream {
    /// The next lines up to an empty one; `None` at the end of the stream, also when it breaks.
    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some(at) = self.read.find("\n\n") {
                let block = self.read[..at].to_owned();
                self.read.drain(..at + 2);
                return Some(block);
            }
            let chunk = self.response.chunk().await.ok()??;
            self.read.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// The data of the next event, which must be a `next`.
    async fn next(&mut self) -> Value {
        let block = self.block().await.expect("the stream ended");
        let data = block.strip_prefix("event: next\ndata: ").unwrap_or_else(|| panic!("no next: {block}"));
        serde_json::from_str(data).unwrap()
    }

    /// The end with which nothing more is to come.
    async fn complete(&mut self) {
        assert_eq!(self.block().await.as_deref(), Some("event: complete\ndata: "));
        assert_eq!(self.block().await, None);
    }
}

#[tokio::test]
async fn a_subscription_is_streamed_uncompressed_and_kept_nowhere() {
    let gateway = start().await;
    let mut stream = open(&gateway, "subscription { ticks(count: 3) }").await;
    let headers = stream.response.headers();
    for (name, value) in [
        ("content-type", "text/event-stream; charset=utf-8"),
        ("cache-control", "no-store"),
        ("x-accel-buffering", "no"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(headers[name], value, "{name}");
    }
    assert_eq!(headers.get("content-encoding"), None);
    assert!(headers.contains_key("x-request-id"));
    for tick in 1..=3 {
        assert_eq!(stream.next().await, json!({ "data": { "ticks": tick } }));
    }
    stream.complete().await;
}

#[tokio::test]
async fn a_query_and_a_mutation_are_one_next_and_a_complete() {
    let gateway = start().await;
    let mut stream = open(&gateway, "{ hello }").await;
    assert_eq!(stream.next().await, json!({ "data": { "hello": "Grüezi" } }));
    stream.complete().await;
    let mut stream = open(&gateway, "mutation { bump }").await;
    assert_eq!(stream.next().await, json!({ "data": { "bump": 1 } }));
    stream.complete().await;
    open(&gateway, "{ hello }").await;
    assert_eq!(gateway.executions(), 3, "no answer is given again");
}

#[tokio::test]
async fn events_come_as_they_happen_and_comments_in_between() {
    let gateway = start().await;
    let mut stream = open(&gateway, "subscription { feed }").await;
    gateway.feed(5).await;
    assert_eq!(stream.next().await, json!({ "data": { "feed": 5 } }));
    gateway.clock.advance(Duration::from_secs(12));
    assert_eq!(stream.block().await.as_deref(), Some(":"));
    gateway.feed(6).await;
    assert_eq!(stream.next().await, json!({ "data": { "feed": 6 } }));
    gateway.feed(-1).await;
    stream.complete().await;
}

#[tokio::test]
async fn a_client_that_closes_ends_its_subscription() {
    let gateway = start().await;
    let stream = open(&gateway, "subscription { feed }").await;
    assert_eq!(gateway.levers.feed.0.receiver_count(), 1);
    drop(stream);
    while gateway.levers.feed.0.receiver_count() > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_hinders_an_operation_is_streamed_to_who_takes_nothing_else() {
    let gateway = start().await;
    for (query, code) in [
        ("{ hello", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { fails }", "BAD_USER_INPUT"),
    ] {
        let mut stream = open(&gateway, query).await;
        let refusal = stream.next().await;
        assert_eq!(refusal.get("data"), None, "{query}");
        assert_eq!(refusal["errors"][0]["extensions"]["code"], code, "{query}");
        assert!(refusal["errors"][0]["extensions"]["requestId"].is_string(), "{query}");
        stream.complete().await;
    }
}

#[tokio::test]
async fn who_takes_both_gets_json_where_there_is_one_answer() {
    let gateway = start().await;
    let both = "content-type: application/json\r\n\
        accept: application/graphql-response+json, application/json, text/event-stream\r\n";
    let answer = gateway.post(both, r#"{"query":"{ hello }"}"#).await;
    assert_eq!(answer.header("content-type"), "application/graphql-response+json; charset=utf-8");
    let again = gateway.post(both, r#"{"query":"{ hello }"}"#).await;
    assert_eq!((again.body, gateway.executions()), (answer.body, 1), "the answer is given again");
    let answer = gateway.post(both, r#"{"query":"subscription { nothing }"}"#).await;
    assert_eq!((answer.status, answer.code().as_str()), (422, "GRAPHQL_VALIDATION_FAILED"));
    let mut wire = gateway.connect().await;
    wire.send(post(both, r#"{"query":"subscription { ticks }"}"#)).await;
    let head = String::from_utf8(wire.until("event: complete").await).unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(head.contains("content-type: text/event-stream"), "{head}");
}

#[tokio::test]
async fn what_is_no_graphql_request_is_refused_by_http() {
    let gateway = start().await;
    let cases = [
        (EVENTS, "{", 400, "BAD_REQUEST"),
        (EVENTS, "{}", 400, "BAD_REQUEST"),
        (EVENTS, "[]", 400, "BATCH_UNSUPPORTED"),
        ("accept: text/event-stream\r\n", r#"{"query":"{ hello }"}"#, 415, "UNSUPPORTED_MEDIA_TYPE"),
    ];
    for (headers, body, status, code) in cases {
        let answer = gateway.post(headers, body).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{body}");
        assert_eq!(answer.header("content-type"), "application/json; charset=utf-8");
    }
    let answer = gateway.post(EVENTS, "x".repeat(70_000)).await;
    assert_eq!((answer.status, answer.code().as_str()), (413, "BODY_TOO_LARGE"));
}

#[tokio::test]
async fn by_get_subscriptions_are_streamed_and_mutations_refused() {
    let gateway = start().await;
    let mut wire = gateway.connect().await;
    let request = "GET /graphql?query=subscription%20%7B%20ticks%20%7D HTTP/1.1\r\nhost: g\r\n\
        accept: text/event-stream\r\n\r\n";
    wire.send(request).await;
    let stream = String::from_utf8(wire.until("event: complete").await).unwrap();
    assert!(stream.contains("event: next\ndata: {\"data\":{\"ticks\":1}}\n\n"), "{stream}");
    let mutation = "/graphql?query=mutation%20%7B%20bump%20%7D";
    let answer = gateway.get(mutation, "accept: text/event-stream\r\n").await;
    assert_eq!((answer.status, answer.header("allow")), (405, "POST"));
    let foreign = "accept: text/event-stream\r\nsec-fetch-site: cross-site\r\n";
    assert_eq!(gateway.get("/graphql?query=subscription%20%7B%20ticks%20%7D", foreign).await.status, 403);
    assert_eq!(gateway.mutations(), 0);
}

#[tokio::test]
async fn a_subscription_is_not_answered_to_who_takes_no_events() {
    let gateway = start().await;
    let subscription = "/graphql?query=subscription%20%7B%20ticks%20%7D";
    assert_eq!(gateway.get(subscription, "accept: application/json\r\n").await.status, 405);
    let answer = gateway.post(JSON, r#"{"query":"subscription { ticks }"}"#).await;
    assert_eq!(answer.json().get("data"), None);
}

#[tokio::test]
async fn a_client_that_misses_events_is_told_and_the_stream_ends_incomplete() {
    let gateway = start().await;
    let mut stream = open(&gateway, "subscription { feed }").await;
    for event in 1..=i32::try_from(FEED_HELD).unwrap() + 1 {
        gateway.feed(event).await;
    }
    let refusal = stream.next().await;
    assert_eq!(refusal["errors"][0]["extensions"]["code"], "EVENTS_LOST");
    assert_eq!(stream.block().await, None);
}

#[tokio::test]
async fn a_panic_is_told_and_ends_its_stream_alone() {
    let gateway = start().await;
    let mut stream = open(&gateway, "subscription { feed }").await;
    gateway.feed(0).await;
    assert_eq!(stream.next().await["errors"][0]["extensions"]["code"], "INTERNAL");
    stream.complete().await;
    assert_eq!(gateway.get("/livez", "").await.status, 200);
}

#[tokio::test]
async fn no_more_streams_than_the_limit_are_open() {
    let live = LiveConfig { event_streams_max: 1, ..LiveConfig::default() };
    let config = GraphqlConfig { live, ..GraphqlConfig::default() };
    let gateway = start_with(ServerConfig::default(), config).await;
    let stream = open(&gateway, "subscription { feed }").await;
    let answer = gateway.post(EVENTS, r#"{"query":"subscription { feed }"}"#).await;
    assert_eq!((answer.status, answer.code().as_str()), (503, "TOO_MANY_CONNECTIONS"));
    assert_eq!(answer.header("retry-after"), "5");
    assert_eq!(gateway.levers.feed.0.receiver_count(), 1);
    open(&gateway, "{ hello }").await.next().await;
    drop(stream);
}

#[tokio::test]
async fn a_shutdown_ends_streams_incomplete() {
    let gateway = start().await;
    let mut stream = open(&gateway, "subscription { feed }").await;
    gateway.shutdown.cancel();
    assert_eq!(stream.block().await, None);
    tokio::time::timeout(Duration::from_secs(10), gateway.served).await.expect("served to the end").unwrap();
}

#[tokio::test]
async fn an_open_stream_is_no_idle_connection() {
    let short = Duration::from_millis(150);
    let server = ServerConfig { header_read_timeout: short, idle_timeout: short, ..ServerConfig::default() };
    let gateway = start_with(server, GraphqlConfig::default()).await;
    let mut stream = open(&gateway, "subscription { feed }").await;
    tokio::time::sleep(short * 4).await;
    gateway.feed(5).await;
    assert_eq!(stream.next().await, json!({ "data": { "feed": 5 } }));
}
