//! Connections: half requests, slow peers, pipelines, many at a time, and shutting down.

use std::time::Duration;

use invoice_gateway::http::{GraphqlConfig, ServerConfig};
use tokio::net::TcpStream;

use crate::http_stand_in::{JSON, Running, post, start, start_with};

const SHORT: Duration = Duration::from_millis(150);
const QUERY: &str = r#"{"query":"{ hello }"}"#;

async fn impatient() -> Running {
    let server = ServerConfig {
        header_read_timeout: SHORT,
        idle_timeout: SHORT,
        write_stall_timeout: SHORT,
        shutdown_grace: SHORT,
        ..ServerConfig::default()
    };
    start_with(server, GraphqlConfig { body_read_timeout: SHORT, ..GraphqlConfig::default() }).await
}

#[tokio::test]
async fn peers_that_never_finish_a_head_are_cut_off() {
    let gateway = impatient().await;
    for start in [
        "",
        "P",
        "POST /graphql HTTP/1.1\r\nhost: g\r\ncontent-le",
        "GET /livez HTTP/1.1\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        let mut wire = gateway.connect().await;
        let _ = wire.try_send(start).await;
        let rest = wire.rest().await;
        assert!(!String::from_utf8_lossy(&rest).contains("200 OK"), "{start:?}");
    }
    assert_eq!(gateway.get("/livez", "").await.status, 200);
}

#[tokio::test]
async fn dripping_a_head_does_not_help() {
    let gateway = impatient().await;
    let mut wire = gateway.connect().await;
    let dripping = async {
        let mut head = "GET /livez HTTP/1.1\r\nx: ".bytes().chain(std::iter::repeat(b'a'));
        for byte in &mut head {
            if wire.try_send([byte]).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), dripping).await.expect("the connection was kept open");
}

#[tokio::test]
async fn a_body_that_does_not_arrive_is_408() {
    let gateway = impatient().await;
    for sent in ["", "{\"query\":"] {
        let mut wire = gateway.connect().await;
        wire.send(format!("POST /graphql HTTP/1.1\r\nhost: g\r\n{JSON}content-length: 30\r\n\r\n{sent}"))
            .await;
        let answer = wire.answer().await;
        assert_eq!((answer.status, answer.code().as_str()), (408, "BODY_TOO_SLOW"));
        assert!(answer.message().contains("150 ms"), "{}", answer.message());
        wire.rest().await;
    }
    assert_eq!(gateway.executions(), 0);
}

#[tokio::test]
async fn half_a_body_runs_nothing() {
    let gateway = start().await;
    let mut wire = gateway.connect().await;
    wire.send(format!("POST /graphql HTTP/1.1\r\nhost: g\r\n{JSON}content-length: 300\r\n\r\n{QUERY}")).await;
    drop(wire);
    let mut wire = gateway.connect().await;
    wire.send(format!("POST /graphql HTTP/1.1\r\nhost: g\r\n{JSON}transfer-encoding: chunked\r\n\r\nzz\r\n"))
        .await;
    let rest = wire.rest().await;
    assert!(rest.is_empty() || rest.starts_with(b"HTTP/1.1 400"), "{rest:?}");
    assert_eq!(gateway.executions(), 0);
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let gateway = impatient().await;
    let mut wire = gateway.connect().await;
    wire.send(post(JSON, QUERY)).await;
    assert_eq!(wire.answer().await.status, 200);
    assert!(wire.rest().await.is_empty());
}

#[tokio::test]
async fn an_operation_may_take_longer_than_an_idle_connection() {
    let gateway = impatient().await;
    let mut wire = gateway.connect().await;
    wire.send(post(JSON, r#"{"query":"{ wait }"}"#)).await;
    gateway.levers.entered.notified().await;
    tokio::time::sleep(SHORT * 4).await;
    gateway.levers.release.notify_one();
    assert_eq!(wire.answer().await.json()["data"]["wait"], true);
}

#[tokio::test]
async fn a_reader_that_stops_reading_is_cut_off() {
    let gateway = impatient().await;
    let mut wire = gateway.connect().await;
    for n in 0..64 {
        let body = format!(r#"{{"query":"query Q{n} {{ big(bytes: 900000) }}"}}"#);
        wire.send(post(JSON, body)).await;
    }
    // Nothing is read until the server gave up; then only what its buffers held is left.
    tokio::time::sleep(SHORT * 8).await;
    let rest = wire.rest().await;
    assert!(rest.len() < 60 * 900_000, "{} bytes came", rest.len());
    assert!(gateway.executions() < 60, "{} ran", gateway.executions());
}

#[tokio::test]
async fn a_pipeline_is_answered_in_order() {
    let gateway = start().await;
    let mut wire = gateway.connect().await;
    let mut requests = Vec::new();
    for n in 0..100 {
        requests.extend(post(JSON, format!(r#"{{"query":"{{ echo(int: {n}) }}"}}"#)));
    }
    wire.send(requests).await;
    for n in 0..100 {
        assert_eq!(wire.answer().await.json()["data"]["echo"], format!("Some({n}) None None"));
    }
}

#[tokio::test]
async fn garbage_is_refused_and_harms_nobody() {
    let gateway = start().await;
    for garbage in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"hello\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\n\r\n",
        b"POST /graphql HTTP/1.1\r\nhost: g\r\ncontent-length: -1\r\n\r\n",
        b"POST /graphql HTTP/1.1\r\nhost: g\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nabcdef",
        b"POST /graphql HTTP/1.1\r\nhost: g\r\ncontent-length: 99999999999999999999\r\n\r\n",
    ] {
        let mut wire = gateway.connect().await;
        let _ = wire.try_send(garbage).await;
        let rest = tokio::time::timeout(Duration::from_secs(5), wire.rest()).await;
        let text = String::from_utf8_lossy(&rest.expect("closed")).into_owned();
        assert!(!text.contains(" 200 "), "{garbage:?}: {text}");
    }
    let mut wire = gateway.connect().await;
    let long = format!("GET /livez HTTP/1.1\r\nhost: g\r\nx: {}\r\n\r\n", "a".repeat(200_000));
    let _ = wire.try_send(long).await;
    let rest = String::from_utf8(wire.rest().await).unwrap();
    assert!(rest.is_empty() || rest.starts_with("HTTP/1.1 431"), "{rest}");
    let many = "x: 1\r\n".repeat(200);
    let mut wire = gateway.connect().await;
    wire.send(format!("GET /livez HTTP/1.1\r\nhost: g\r\n{many}\r\n")).await;
    assert_eq!(wire.answer().await.status, 431);
    assert_eq!(gateway.get("/livez", "").await.status, 200);
}

#[tokio::test]
async fn connections_beyond_the_limit_wait_for_a_place() {
    let server = ServerConfig { max_connections: 2, ..ServerConfig::default() };
    let gateway = start_with(server, GraphqlConfig::default()).await;
    let (mut first, mut second) = (gateway.connect().await, gateway.connect().await);
    for wire in [&mut first, &mut second] {
        wire.send(post(JSON, QUERY)).await;
        assert_eq!(wire.answer().await.status, 200);
    }
    let mut third = gateway.connect().await;
    third.send(post(JSON, QUERY)).await;
    let waited = tokio::time::timeout(SHORT, third.answer()).await;
    assert!(waited.is_err(), "a third connection is not served");
    drop(first);
    assert_eq!(third.answer().await.status, 200);
}

#[tokio::test]
async fn shutdown_finishes_what_is_in_flight_and_takes_nothing_new() {
    let gateway = start().await;
    let mut busy = gateway.connect().await;
    busy.send(post(JSON, r#"{"query":"{ wait }"}"#)).await;
    gateway.levers.entered.notified().await;
    let mut idle = gateway.connect().await;
    idle.send(post(JSON, QUERY)).await;
    assert_eq!(idle.answer().await.status, 200);

    gateway.shutdown.cancel();
    assert!(idle.rest().await.is_empty(), "an idle connection is closed at once");
    while TcpStream::connect(gateway.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(!gateway.served.is_finished());
    gateway.levers.release.notify_one();
    let answer = busy.answer().await;
    assert_eq!((answer.status, answer.header("connection")), (200, "close"));
    tokio::time::timeout(Duration::from_secs(10), gateway.served).await.expect("served to the end").unwrap();
}

#[tokio::test]
async fn shutdown_ends_after_its_grace() {
    let gateway = impatient().await;
    let mut busy = gateway.connect().await;
    busy.send(post(JSON, r#"{"query":"{ wait }"}"#)).await;
    gateway.levers.entered.notified().await;
    gateway.shutdown.cancel();
    tokio::time::timeout(Duration::from_secs(10), gateway.served).await.expect("served to the end").unwrap();
    assert!(busy.rest().await.is_empty(), "cut off without an answer");
}
