//! graphql-transport-ws by the letter: each rule of the protocol, each close code, each limit, over real
//! sockets.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::StreamExt;
use invoice_gateway::http::{GraphqlConfig, LiveConfig, ServerConfig};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Control, Data, OpCode};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::http_stand_in::{FEED_HELD, Running, start, start_with};
use crate::live_client::{Client, Heard, TRANSPORT_WS, connect, handshake, open};

async fn start_live(live: LiveConfig) -> Running {
    start_with(ServerConfig::default(), GraphqlConfig { live, ..GraphqlConfig::default() }).await
}

fn next(id: &str, data: &Value) -> Value {
    json!({ "id": id, "type": "next", "payload": { "data": data } })
}

fn complete(id: &str) -> Value {
    json!({ "id": id, "type": "complete" })
}

/// Status and code of a handshake that must be refused.
async fn refused(address: SocketAddr, headers: &[(&str, &str)]) -> (u16, String) {
    match handshake(address, headers).await {
        Err(Error::Http(response)) => {
            let body: Value = serde_json::from_slice(response.body().as_deref().unwrap_or_default()).unwrap();
            let code = body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned();
            (response.status().as_u16(), code)
        }
        Err(error) => panic!("{headers:?}: {error}"),
        Ok(_) => panic!("{headers:?}: it was taken"),
    }
}

// ---- opening

#[tokio::test]
async fn the_subprotocol_is_agreed_on() {
    let gateway = start().await;
    for offer in [TRANSPORT_WS, "graphql-ws, graphql-transport-ws", "x,graphql-transport-ws"] {
        let headers = [("sec-websocket-protocol", offer)];
        let client = handshake(gateway.address, &headers).await;
        // The client library refuses a sub-protocol that it has not offered as one word.
        if let Ok(mut client) = client {
            assert_eq!(client.response.headers()["sec-websocket-protocol"], TRANSPORT_WS, "{offer}");
            client.settle().await;
        } else {
            assert_ne!(offer, TRANSPORT_WS);
        }
    }
}

#[tokio::test]
async fn without_the_subprotocol_it_closes_4406() {
    let gateway = start().await;
    let mut client = handshake(gateway.address, &[]).await.unwrap();
    assert_eq!(client.response.headers().get("sec-websocket-protocol"), None);
    assert_eq!(client.closed().await, (4406, "Subprotocol not acceptable".to_owned()));
    let old = "GET /graphql HTTP/1.1\r\nhost: g\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
        sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
        sec-websocket-protocol: graphql-ws\r\n\r\n";
    let mut wire = gateway.connect().await;
    wire.send(old).await;
    let answer = wire.answer().await;
    assert_eq!((answer.status, answer.header("sec-websocket-protocol")), (101, ""));
    assert_eq!(answer.header("sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    // A close frame, which the raw client answers as a masked one.
    wire.send([0x88, 0x80, 0, 0, 0, 0]).await;
    let rest = wire.rest().await;
    assert_eq!((rest[0], &rest[2..4]), (0x88, &4406_u16.to_be_bytes()[..]), "{rest:?}");
    assert!(String::from_utf8_lossy(&rest).contains("use 'graphql-transport-ws'"), "{rest:?}");
}

#[tokio::test]
async fn a_handshake_that_is_none_is_refused_by_http() {
    let gateway = start().await;
    let valid = [
        ("connection", "keep-alive, Upgrade"),
        ("upgrade", "WebSocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    let ask = async |method: &str, headers: &[(&str, &str)]| {
        let lines: Vec<_> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let request = format!("{method} /graphql HTTP/1.1\r\nhost: g\r\n{}\r\n", lines.concat());
        gateway.ask(request).await
    };
    assert_eq!(ask("GET", &valid).await.status, 101);
    let with = |name: &str, value: &'static str| {
        valid.map(|header| if header.0 == name { (header.0, value) } else { header })
    };
    for (method, headers, status) in [
        ("POST", valid, 400),
        ("GET", with("connection", "keep-alive"), 400),
        ("GET", with("sec-websocket-key", "short"), 400),
        ("GET", with("sec-websocket-key", ""), 400),
        ("GET", with("sec-websocket-version", "8"), 426),
    ] {
        let answer = ask(method, &headers).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, "BAD_REQUEST"), "{headers:?}");
        let version = answer.header("sec-websocket-version");
        assert_eq!(version, if status == 426 { "13" } else { "" });
    }
}

#[tokio::test]
async fn a_page_of_another_site_cannot_open_a_socket() {
    let gateway = start().await;
    let own = format!("http://{}", gateway.address);
    for origin in ["https://evil.example", "null", "http://127.0.0.1:1"] {
        let headers = [("sec-websocket-protocol", TRANSPORT_WS), ("origin", origin)];
        let refused = refused(gateway.address, &headers).await;
        assert_eq!(refused, (403, "CROSS_SITE_REFUSED".to_owned()), "{origin}");
    }
    let headers = [("sec-websocket-protocol", TRANSPORT_WS), ("origin", own.as_str())];
    handshake(gateway.address, &headers).await.unwrap().settle().await;
}

#[tokio::test]
async fn no_more_sockets_than_the_limit_are_taken() {
    let gateway = start_live(LiveConfig { websockets_max: 2, ..LiveConfig::default() }).await;
    let headers = [("sec-websocket-protocol", TRANSPORT_WS)];
    let (first, _second) = (connect(gateway.address).await, connect(gateway.address).await);
    assert_eq!(refused(gateway.address, &headers).await, (503, "TOO_MANY_CONNECTIONS".to_owned()));
    drop(first);
    // The place is free once the service has seen that the client is gone.
    while handshake(gateway.address, &headers).await.is_err() {
        tokio::task::yield_now().await;
    }
    assert_eq!(gateway.get("/livez", "").await.status, 200);
}

// ---- connection_init

#[tokio::test]
async fn a_socket_without_init_is_closed_4408_after_three_seconds() {
    let gateway = start().await;
    let mut client = open(gateway.address).await;
    client.settle().await;
    gateway.clock.advance(Duration::from_millis(2_999));
    client.settle().await;
    gateway.clock.advance(Duration::from_millis(1));
    assert_eq!(client.closed().await, (4408, "Connection initialisation timeout".to_owned()));
}

#[tokio::test]
async fn an_initialised_socket_outlives_that_time() {
    let gateway = start().await;
    let mut client = connect(gateway.address).await;
    gateway.clock.advance(Duration::from_secs(11));
    client.settle().await;
}

#[tokio::test]
async fn a_payload_of_init_may_be_an_object_or_nothing() {
    let gateway = start().await;
    for payload in [json!({ "authorization": "Bearer x" }), json!({}), Value::Null] {
        let mut client = open(gateway.address).await;
        client.say(json!({ "type": "connection_init", "payload": payload })).await;
        assert_eq!(client.message().await, json!({ "type": "connection_ack" }));
    }
}

#[tokio::test]
async fn a_second_init_is_closed_4429() {
    let gateway = start().await;
    let mut client = connect(gateway.address).await;
    client.say(json!({ "type": "connection_init" })).await;
    assert_eq!(client.closed().await, (4429, "Too many initialisation requests".to_owned()));
}

#[tokio::test]
async fn an_operation_before_the_acknowledgement_is_closed_4401() {
    let gateway = start().await;
    let mut client = open(gateway.address).await;
    client.subscribe("1", "{ hello }").await;
    assert_eq!(client.closed().await, (4401, "Unauthorized".to_owned()));
    assert_eq!(gateway.executions(), 0);
}

// ---- operations

#[tokio::test]
async fn a_query_is_one_next_and_a_complete() {
    let gateway = start().await;
    let mut client = connect(gateway.address).await;
    client.subscribe("a", "{ hello }").await;
    assert_eq!(client.message().await, next("a", &json!({ "hello": "Grüezi" })));
    assert_eq!(client.message().await, complete("a"));
}

#[tokio::test]
async fn a_mutation_runs_once() {
    let gateway = start().await;
    let mut client = connect(gateway.address).await;
    client.subscribe("m", "mutation { bump }").await;
    assert_eq!(client.message().await, next("m", &json!({ "bump": 1 })));
    assert_eq!(client.message().await, complete("m"));
    assert_eq!(gateway.mutations(), 1);
}

#[tokio::test]
async fn variables_and_the_name_of_the_operation_are_taken() {
    let gateway = start().await;
    let mut client = connect(gateway.address).await;
    let payload = json!({
        "query": "query A { hello } query B($n: Int) { echo(int: $n) }",
        "operationName": "B",
        "variables": { "n": 7 },
        "extensions": null,
    });
    client.say(json!({ "id": "1", "type": "subscribe", "payload": payload })).await;
    assert_eq!(client.next_of("1").await["data"]["echo"], "Some(7) None None");
}

#[tokio::test]
async fn a_subscription_tells_its_events_and_completes() {
    let gateway = start().await;
    let mut client = connect(gateway.address).await;
    client.subscribe("s", "subscription { ticks(count: 3) }").await;
    for tick in 1..=3 {
        assert_eq!(client.message().await, next("s", &json!({ "ticks": tick })));
    }
    assert_eq!(client.message().await, complete("s"));
}

#[tokio::test]
async fn an_error_of_a_field_is_part_of_next() {
    let gateway = start().await;
    let mut client = connect(gateway.address).await;
    client.subscribe("1", "{ fails }").await;
    let payload = client.next_of("1").await;
    assert_eq!(payload["errors"][0]["path"], json!(["fails"]));
    assert_eq!(payload["errors"][0]["extensions"]["code"], "UPSTREAM_UNAVAILABLE");
    assert_eq!(client.message().await, complete("1"));
}

#[tokio::test]
async fn what_fails_before_it_executes_is_an_error_and_frees_its_id() {
    let gateway = start().await;
    let mut client = connect(gateway.address).await;
    for (query, code) in [
        ("{ hello", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { fails }", "BAD_USER_INPUT"),
    ] {
        client.subscribe("same", query).await;
        let message = client.message().await;
        assert_eq!((&message["id"], &message["type"]), (&json!("same"), &json!("error")), "{message:#}");
        let errors = message["payload"].as_array().unwrap();
        assert_eq!(errors.len(), 1, "{message:#}");
        assert_eq!(errors[0]["extensions"]["code"], code, "{message:#}");
        assert!(errors[0]["extensions"]["requestId"].is_string(), "{message:#}");
    }
    client.settle().await;
}

#[tokio::test]
async fn operations_interleave_and_each_has_its_own_id() {
    let gateway = start().await;
    let mut client = connect(gateway.address).await;
    client.subscribe("feed", "subscription { feed }").await;
    client.settle().await;
    gateway.feed(7).await;
    assert_eq!(client.message().await, next("feed", &json!({ "feed": 7 })));
    client.subscribe("wait", "{ wait }").await;
    gateway.levers.entered.notified().await;
    gateway.feed(8).await;
    assert_eq!(client.message().await, next("feed", &json!({ "feed": 8 })));
    gateway.levers.release.notify_one();
    assert_eq!(client.message().await, next("wait", &json!({ "wait": true })));
    assert_eq!(client.message().await, complete("wait"));
}

#[tokio::test]
async fn a_duplicate_id_is_closed_4409_whatever_runs_under_it() {
    let gateway = start().await;
    for query in ["subscription { feed }", "{ wait }"] {
        let mut client = connect(gateway.address).await;
        client.subscribe("same", query).await;
        client.subscribe("same", "{ hello }").await;
        assert_eq!(client.closed().await, (4409, "Subscriber for same already exists".to_owned()));
    }
}

#[tokio::test]
async fn a_completed_operation_is_silent_and_its_id_free() {
    let gateway = start().await;
    let mut client = connect(gateway.address).await;
    client.subscribe("same", "subscription { feed }").await;
    client.settle().await;
    client.complete("same").await;
    client.settle().await;
    assert_eq!(gateway.levers.feed.0.receiver_count(), 0, "its source is left");
    client.subscribe("same", "{ wait }").await;
    gateway.levers.entered.notified().await;
    client.complete("same").await;
    client.subscribe("same", "{ hello }").await;
    assert_eq!(client.message().await, next("same", &json!({ "hello": "Grüezi" })));
    assert_eq!(client.message().await, complete("same"));
    gateway.levers.release.notify_one();
    client.complete("never was").await;
    client.settle().await;
}

#[tokio::test]
async fn a_mutation_of_a_client_that_goes_away_is_not_left_half_done() {
    let gateway = start().await;
    let mut client = connect(gateway.address).await;
    client.subscribe("m", "mutation { bumpLater }").await;
    gateway.levers.entered.notified().await;
    drop(client);
    gateway.levers.release.notify_one();
    while gateway.mutations() == 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_panic_costs_its_own_operation() {
    let gateway = start().await;
    let mut client = connect(gateway.address).await;
    client.subscribe("feed", "subscription { feed }").await;
    client.subscribe("burst", "{ burst }").await;
    let message = client.message().await;
    assert_eq!((&message["id"], &message["type"]), (&json!("burst"), &json!("error")), "{message:#}");
    assert_eq!(message["payload"][0]["extensions"]["code"], "INTERNAL");
    gateway.feed(0).await;
    let message = client.message().await;
    assert_eq!((&message["id"], &message["type"]), (&json!("feed"), &json!("error")), "{message:#}");
    assert_eq!(message["payload"][0]["extensions"]["code"], "INTERNAL");
    client.settle().await;
}

#[tokio::test]
async fn operations_over_the_limit_are_refused_one_by_one() {
    let gateway = start_live(LiveConfig { operations_max: 2, ..LiveConfig::default() }).await;
    let mut client = connect(gateway.address).await;
    client.subscribe("1", "subscription { feed }").await;
    client.subscribe("2", "{ wait }").await;
    gateway.levers.entered.notified().await;
    client.subscribe("3", "{ hello }").await;
    let message = client.message().await;
    assert_eq!((&message["id"], &message["type"]), (&json!("3"), &json!("error")), "{message:#}");
    assert_eq!(message["payload"][0]["extensions"]["code"], "TOO_MANY_OPERATIONS");
    // A query that nobody listens to any more still takes its place.
    client.complete("2").await;
    client.subscribe("3", "{ hello }").await;
    assert_eq!(client.message().await["type"], "error");
    client.complete("1").await;
    client.subscribe("3", "{ hello }").await;
    assert_eq!(client.message().await, next("3", &json!({ "hello": "Grüezi" })));
    gateway.levers.release.notify_one();
}

// ---- messages

#[tokio::test]
async fn garbage_is_closed_4400_with_a_reason() {
    let gateway = start().await;
    let nested = format!(r#"{{"type":"ping","payload":{{"a":{}1{}}}}}"#, "[".repeat(2000), "]".repeat(2000));
    for (message, reason) in [
        ("", "Message is not valid JSON: EOF"),
        ("{", "Message is not valid JSON: EOF"),
        ("hello", "Message is not valid JSON: expected value"),
        ("[]", "Message is expected to be an object, not a list"),
        ("null", "Message is expected to be an object, not null"),
        ("{}", "'type' is missing"),
        (r#"{"type":7}"#, "'type' must be a string, not a number"),
        (r#"{"type":""}"#, "'type' is empty"),
        (r#"{"type":"start","id":"1","payload":{}}"#, "Unknown message type 'start'"),
        (r#"{"type":"next","id":"1","payload":{}}"#, "Unexpected message of type 'next'"),
        (r#"{"type":"connection_ack"}"#, "Unexpected message of type 'connection_ack'"),
        (r#"{"type":"ping","type":"pong"}"#, "Message is not valid JSON: duplicate field"),
        (r#"{"type":"connection_init","payload":"token"}"#, "'payload' must be an object, not a string"),
        (r#"{"type":"ping","payload":[1]}"#, "'payload' must be an object, not a list"),
        (r#"{"type":"subscribe","payload":{"query":"{ hello }"}}"#, "'id' is missing"),
        (
            r#"{"type":"subscribe","id":1,"payload":{"query":"{ hello }"}}"#,
            "'id' must be a string, not a number",
        ),
        (r#"{"type":"subscribe","id":"","payload":{"query":"{ hello }"}}"#, "'id' is empty"),
        (r#"{"type":"subscribe","id":"1"}"#, "'payload' is missing"),
        (r#"{"type":"subscribe","id":"1","payload":{}}"#, "'query' is missing"),
        (r#"{"type":"subscribe","id":"1","payload":{"query":1}}"#, "'query' must be a string, not a number"),
        (
            r#"{"type":"subscribe","id":"1","payload":{"query":"{ hello }","variables":[]}}"#,
            "'variables' must be an object, not a list",
        ),
        (
            r#"{"type":"subscribe","id":"1","payload":{"query":"{ hello }","operationName":1}}"#,
            "'operationName' must be a string, not a number",
        ),
        (r#"{"type":"complete"}"#, "'id' is missing"),
        (nested.as_str(), "Message is nested deeper than 64 levels"),
    ] {
        let mut client = connect(gateway.address).await;
        client.send(Message::text(message)).await;
        let (code, given) = client.closed().await;
        assert_eq!(code, 4400, "{message}: {given}");
        assert!(given.starts_with(reason), "{message}: {given}");
    }
    assert_eq!(gateway.executions(), 0);
}

#[tokio::test]
async fn pings_are_answered_at_any_time_with_what_they_carry() {
    let gateway = start().await;
    let mut client = open(gateway.address).await;
    client.say(json!({ "type": "ping" })).await;
    assert_eq!(client.message().await, json!({ "type": "pong" }));
    client.say(json!({ "type": "pong", "payload": { "unasked": true } })).await;
    client.settle().await;
    client.send(Message::Ping("of the socket".into())).await;
    client.settle().await;
}

#[tokio::test]
async fn frames_that_no_message_is_made_of_are_refused() {
    let gateway = start().await;
    let text = OpCode::Data(Data::Text);
    let cases: [(Message, u16); 4] = [
        (Message::binary(br#"{"type":"ping"}"#.to_vec()), 4400),
        (Message::Frame(Frame::message(vec![b'"', 0xff, b'"'], text, true)), 1007),
        (Message::text(format!(r#"{{"type":"ping","payload":{{"a":"{}"}}}}"#, "x".repeat(100_000))), 1009),
        (Message::Frame(Frame::message("{", OpCode::Data(Data::Continue), true)), 1002),
    ];
    for (message, code) in cases {
        let shown = format!("{message:?}").chars().take(80).collect::<String>();
        let mut client = connect(gateway.address).await;
        client.send(message).await;
        assert_eq!(client.closed().await.0, code, "{shown}");
    }
    let mut client = connect(gateway.address).await;
    let part = "x".repeat(30_000);
    client.send(Message::Frame(Frame::message(part.clone(), text, false))).await;
    let mut rest = 0;
    let (code, _) = loop {
        rest += 1;
        assert!(rest < 10, "a message of many frames is limited too");
        let more = Message::Frame(Frame::message(part.clone(), OpCode::Data(Data::Continue), false));
        if futures_util::SinkExt::send(&mut client.socket, more).await.is_err() || rest == 3 {
            break client.closed().await;
        }
    };
    assert_eq!(code, 1009);
}

#[tokio::test]
async fn a_message_may_come_in_several_frames() {
    let gateway = start().await;
    let mut client = open(gateway.address).await;
    let parts = [
        (r#"{"type":"pi"#, Data::Text, false),
        ("ng", Data::Continue, false),
        (r#""}"#, Data::Continue, true),
    ];
    for (part, kind, is_last) in parts {
        client.send(Message::Frame(Frame::message(part, OpCode::Data(kind), is_last))).await;
    }
    assert_eq!(client.message().await, json!({ "type": "pong" }));
}

#[tokio::test]
async fn a_large_answer_arrives_whole() {
    let gateway = start().await;
    let mut client = connect(gateway.address).await;
    client.subscribe("1", "{ big(bytes: 900000) }").await;
    let payload = client.next_of("1").await;
    assert!(payload["data"]["big"].as_str().unwrap().len() > 900_000);
    assert_eq!(client.message().await, complete("1"));
}

// ---- closing

#[tokio::test]
async fn a_client_that_closes_is_answered() {
    let gateway = start().await;
    let mut client = connect(gateway.address).await;
    client.subscribe("feed", "subscription { feed }").await;
    client.settle().await;
    let reason = CloseFrame { code: CloseCode::Normal, reason: "Done".into() };
    client.socket.close(Some(reason)).await.unwrap();
    assert_eq!(client.closed().await, (1000, "Done".to_owned()));
    assert_eq!(client.hear().await, Heard::Gone);
    while gateway.levers.feed.0.receiver_count() > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_shutdown_closes_1001_when_what_has_one_answer_has_it() {
    let gateway = start().await;
    let mut listening = connect(gateway.address).await;
    listening.subscribe("feed", "subscription { feed }").await;
    listening.settle().await;
    let mut busy = connect(gateway.address).await;
    busy.subscribe("wait", "{ wait }").await;
    gateway.levers.entered.notified().await;

    gateway.shutdown.cancel();
    assert_eq!(listening.closed().await, (1001, "Going away".to_owned()));
    assert_eq!(listening.hear().await, Heard::Gone);
    assert!(!gateway.served.is_finished());
    gateway.levers.release.notify_one();
    assert_eq!(busy.message().await, next("wait", &json!({ "wait": true })));
    assert_eq!(busy.message().await, complete("wait"));
    assert_eq!(busy.closed().await.0, 1001);
    assert_eq!(busy.hear().await, Heard::Gone);
    tokio::time::timeout(Duration::from_secs(10), gateway.served).await.expect("served to the end").unwrap();
}

#[tokio::test]
async fn a_client_that_does_not_say_goodbye_is_not_waited_for_long() {
    let gateway = start().await;
    let mut client = connect(gateway.address).await;
    client.send(Message::text("garbage")).await;
    // Reads the close frame and does not answer it.
    assert!(matches!(client.socket.next().await, Some(Ok(Message::Close(Some(_))))));
    let raw = client.socket.get_mut();
    assert!(raw.try_read(&mut [0; 16]).is_err(), "it is still open");
    gateway.clock.advance(Duration::from_secs(5));
    raw.readable().await.unwrap();
    assert_eq!(raw.try_read(&mut [0; 16]).unwrap(), 0);
}

// ---- keeping alive

#[tokio::test]
async fn a_silent_client_is_pinged_and_one_that_answers_stays() {
    let gateway = start().await;
    let mut client = connect(gateway.address).await;
    for _ in 0..3 {
        gateway.clock.advance(Duration::from_secs(12));
        assert!(matches!(client.socket.next().await, Some(Ok(Message::Ping(_)))));
        // Reading on sends the pong.
        client.settle().await;
    }
}

#[tokio::test]
async fn a_client_that_answers_no_ping_is_dropped() {
    let gateway = start().await;
    let mut client = connect(gateway.address).await;
    client.subscribe("feed", "subscription { feed }").await;
    client.settle().await;
    gateway.clock.advance(Duration::from_secs(12));
    assert!(matches!(client.socket.next().await, Some(Ok(Message::Ping(_)))));
    gateway.clock.advance(Duration::from_secs(12));
    while gateway.levers.feed.0.receiver_count() > 0 {
        tokio::task::yield_now().await;
    }
}

// ---- slow clients

#[tokio::test]
async fn a_client_that_misses_events_is_closed_4008() {
    let gateway = start().await;
    let mut client = connect(gateway.address).await;
    client.subscribe("feed", "subscription { feed }").await;
    client.settle().await;
    for event in 1..=i32::try_from(FEED_HELD).unwrap() + 1 {
        gateway.feed(event).await;
    }
    let (code, reason) = client.closed().await;
    assert_eq!((code, reason.as_str()), (4008, "Events were lost: read faster"));
}

#[tokio::test]
async fn nothing_is_buffered_for_a_client_that_does_not_read() {
    let server = ServerConfig { write_stall_timeout: Duration::from_millis(200), ..ServerConfig::default() };
    let gateway = start_with(server, GraphqlConfig::default()).await;
    let mut client = connect(gateway.address).await;
    client.subscribe("bulk", "subscription { bulk }").await;
    client.settle().await;
    // More than the operating system takes for a reader that takes nothing: the feed goes unread from then
    // on, and the stall guard ends it.
    let mut fed = 0;
    while gateway.levers.feed.0.receiver_count() > 0 {
        if gateway.levers.feed.0.len() < FEED_HELD {
            gateway.feed(1).await;
            fed += 1;
        }
        tokio::task::yield_now().await;
    }
    assert!(fed < 1000, "{fed} events of 100 KB were taken off the feed");
}

#[tokio::test]
async fn a_flood_of_pings_takes_no_memory() {
    let server = ServerConfig { write_stall_timeout: Duration::from_millis(200), ..ServerConfig::default() };
    let gateway = start_with(server, GraphqlConfig::default()).await;
    let mut client = connect(gateway.address).await;
    let payload = vec![b'x'; 125];
    let flood = async {
        loop {
            let ping = Message::Frame(Frame::ping(payload.clone()));
            if futures_util::SinkExt::feed(&mut client.socket, ping).await.is_err() {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), flood).await.expect("it is cut off");
    assert_eq!(gateway.get("/livez", "").await.status, 200);
}

#[tokio::test]
async fn a_control_frame_that_is_cut_in_two_is_closed_1002() {
    let gateway = start().await;
    let mut client: Client = connect(gateway.address).await;
    let mut frame = Frame::ping("x");
    frame.header_mut().is_final = false;
    frame.header_mut().opcode = OpCode::Control(Control::Ping);
    client.send(Message::Frame(frame)).await;
    assert_eq!(client.closed().await.0, 1002);
}
