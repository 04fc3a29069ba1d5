//! Requests that are no requests: giant, broken, deep, or not text; over HTTP and WebSocket.

use bytes::Bytes;
use futures_util::stream;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::live_client;
use crate::target::Target;

/// Sends all of them.
pub async fn send(target: &Target) {
    for (name, body) in bodies() {
        let answer = target.post(name, body).await;
        assert!(answer["errors"].is_array(), "{name} was taken: {answer}");
    }
    for (name, body) in [("100 MB, announced", whole(100)), ("100 MB, in pieces", pieces(100))] {
        let answer = target.post(name, body).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BODY_TOO_LARGE", "{name}: {answer}");
    }
    for (name, body) in big_but_fine() {
        target.post(name, body).await;
    }
    for (name, message) in messages() {
        let mut client = live_client::connect(target.address()).await;
        client.send(message).await;
        target.hear(name, &mut client).await;
    }
    many_operations(target).await;
}

fn deep(open: &str, close: &str, depth: usize) -> String {
    format!("{}1{}", open.repeat(depth), close.repeat(depth))
}

fn with_variables(variables: &str) -> String {
    format!(r#"{{"query":"{{ viewer {{ role }} }}","variables":{variables}}}"#)
}

fn bodies() -> Vec<(&'static str, Vec<u8>)> {
    let operation = r#"{"query":"{ __typename }"}"#;
    vec![
        ("a batch of 5,000", format!("[{}]", vec![operation; 5_000].join(",")).into_bytes()),
        ("a batch of 500", format!("[{}]", vec![operation; 500].join(",")).into_bytes()),
        ("lists nested deep", deep("[", "]", 30_000).into_bytes()),
        ("objects nested deep", deep(r#"{"a":"#, "}", 9_000).into_bytes()),
        (
            "variables of lists nested deep",
            with_variables(&format!(r#"{{"a":{}}}"#, deep("[", "]", 15_000))).into_bytes(),
        ),
        ("variables of objects nested deep", with_variables(&deep(r#"{"a":"#, "}", 9_000)).into_bytes()),
        ("bytes that are no text", vec![0xFF; 60_000]),
        ("text cut inside a letter", b"{\"query\":\"{ viewer { role } } # \xc3\"}".to_vec()),
        ("an overlong encoding", b"{\"query\":\"\xc0\xaf\"}".to_vec()),
        ("half of a text", br#"{"query":"{ viewer"#.to_vec()),
        ("half a surrogate", br#"{"query":"\ud800"}"#.to_vec()),
        ("nothing", Vec::new()),
        ("NULs", vec![0; 1_000]),
        ("a number without an end", b"1".repeat(60_000)),
        ("a number too large", br#"{"query":"{ __typename }","variables":{"a":1e999999}}"#.to_vec()),
    ]
}

fn big_but_fine() -> Vec<(&'static str, String)> {
    let ids: Vec<u64> = (0..9_000).collect();
    vec![
        ("a giant variable", with_variables(&json!({ "a": "x".repeat(64_000) }).to_string())),
        ("a list of 9,000 numbers", with_variables(&json!({ "a": ids }).to_string())),
        ("3,000 variables", with_variables(&format!("{{{}}}", (0..3_000).map(|n| format!("\"v{n}\":{n}")).collect::<Vec<_>>().join(",")))),
        (
            "a list of 5,000 ids",
            json!({ "query": "query($ids: [ID!]!) { nodes(ids: $ids) { id } }", "variables": { "ids": vec!["x"; 5_000] } })
                .to_string(),
        ),
        (
            "a filter with a giant text",
            json!({ "query": "query($t: String) { invoices(filter: { search: $t }) { totalCount } }", "variables": { "t": "ä".repeat(20_000) } })
                .to_string(),
        ),
    ]
}

fn whole(megabytes: usize) -> reqwest::Body {
    vec![b'a'; megabytes << 20].into()
}

fn pieces(megabytes: usize) -> reqwest::Body {
    let piece = Bytes::from(vec![b' '; 1 << 20]);
    reqwest::Body::wrap_stream(stream::iter(
        (0..megabytes).map(move |_| Ok::<_, std::io::Error>(piece.clone())),
    ))
}

fn messages() -> Vec<(&'static str, Message)> {
    let subscribe = |payload: &Value| {
        Message::text(json!({ "id": "a", "type": "subscribe", "payload": payload }).to_string())
    };
    let not_utf8 = Frame::message(vec![0xFF; 100], OpCode::Data(Data::Text), true);
    vec![
        ("no JSON", Message::text("{")),
        ("a giant message", Message::text("x".repeat(500_000))),
        ("bytes", Message::binary(vec![0; 1000])),
        ("bytes that are no text", Message::Frame(not_utf8)),
        ("deep JSON", Message::text(deep("[", "]", 30_000))),
        (
            "a deep payload",
            Message::text(format!(r#"{{"type":"ping","payload":{}}}"#, deep(r#"{"a":"#, "}", 5_000))),
        ),
        ("an unknown type", Message::text(r#"{"type":"x"}"#)),
        (
            "a giant id",
            Message::text(
                json!({ "id": "x".repeat(60_000), "type": "subscribe", "payload": { "query": "{a}" } })
                    .to_string(),
            ),
        ),
        ("a batch", Message::text("[{\"type\":\"ping\"}]")),
        ("an empty payload", subscribe(&json!({}))),
        ("a document of another kind", subscribe(&json!({ "query": ["{ a }"] }))),
        ("a second beginning", Message::text(r#"{"type":"connection_init"}"#)),
    ]
}

/// More operations at a time than one connection may have.
async fn many_operations(target: &Target) {
    let mut client = live_client::connect(target.address()).await;
    for n in 0..300 {
        client.subscribe(&n.to_string(), "subscription { invoiceChanged { changes } }").await;
    }
    // Those within the limit say nothing; of each other one it is said why it is not begun.
    for _ in 0..200 {
        target.hear("300 operations at a time", &mut client).await;
    }
}
