//! Answers that are given again, and those that must not be.

use std::io::Read as _;
use std::sync::atomic::Ordering;
use std::time::Duration;

use invoice_gateway::http::{GraphqlConfig, ServerConfig};

use crate::http_stand_in::{Answer, JSON, start, start_with};

const QUERY: &str = r#"{"query":"{ hello }"}"#;

#[tokio::test]
async fn a_repeated_request_is_answered_without_running() {
    let gateway = start().await;
    let first = gateway.post(JSON, QUERY).await;
    let second = gateway.post(JSON, QUERY).await;
    assert_eq!(gateway.executions(), 1);
    assert_eq!((second.status, &second.body), (200, &first.body));
    let without_id = |answer: &Answer| {
        let kept = |(name, _): &&(String, String)| name != "x-request-id" && name != "date";
        answer.headers.iter().filter(kept).cloned().collect::<Vec<_>>()
    };
    assert_eq!(without_id(&second), without_id(&first));
    assert_ne!(second.header("x-request-id"), first.header("x-request-id"));
}

#[tokio::test]
async fn an_answer_ends_with_its_version_of_the_book_and_with_its_time() {
    let gateway = start().await;
    gateway.post(JSON, QUERY).await;
    gateway.levers.version.store(2, Ordering::SeqCst);
    gateway.post(JSON, QUERY).await;
    assert_eq!(gateway.executions(), 2, "another version");
    gateway.clock.advance(Duration::from_millis(999));
    gateway.post(JSON, QUERY).await;
    assert_eq!(gateway.executions(), 2, "still in time");
    gateway.clock.advance(Duration::from_millis(1));
    gateway.post(JSON, QUERY).await;
    assert_eq!(gateway.executions(), 3, "its time is over");
}

#[tokio::test]
async fn only_the_very_same_request_has_the_same_answer() {
    let gateway = start().await;
    let one =
        |n: i32| format!(r#"{{"query":"query ($n: Int) {{ echo(int: $n) }}","variables":{{"n":{n}}}}}"#);
    for n in 0..50 {
        let answer = gateway.post(JSON, one(n)).await;
        assert_eq!(answer.json()["data"]["echo"], format!("Some({n}) None None"));
    }
    assert_eq!(gateway.executions(), 50);
    for n in (0..50).rev() {
        let answer = gateway.post(JSON, one(n)).await;
        assert_eq!(answer.json()["data"]["echo"], format!("Some({n}) None None"));
    }
    assert_eq!(gateway.executions(), 50);

    gateway.post("content-type: application/json\r\n", one(0)).await;
    assert_eq!(gateway.executions(), 51, "another media type");
    let answer = gateway.post("content-type: text/plain\r\n", one(0)).await;
    assert_eq!(answer.status, 415, "a kept answer is no way around the content type");
    let answer = gateway.post("content-type: application/json\r\naccept: text/html\r\n", one(0)).await;
    assert_eq!(answer.status, 406, "nor around Accept");
}

#[tokio::test]
async fn errors_are_not_kept() {
    let gateway = start().await;
    for (n, query) in ["{ fails }", "{ nothing }", "{", "{ burst }"].into_iter().enumerate() {
        let body = serde_json::json!({ "query": query }).to_string();
        let first = gateway.post(JSON, &body).await;
        let second = gateway.post(JSON, &body).await;
        let id = |answer: &Answer| answer.json()["errors"][0]["extensions"]["requestId"].clone();
        assert_eq!(gateway.executions(), 2 * (n as u64 + 1), "{query}");
        assert_eq!(
            (id(&first), id(&second)),
            (first.header("x-request-id").into(), second.header("x-request-id").into())
        );
        assert_ne!(id(&first), id(&second), "each error names its own request");
    }
}

#[tokio::test]
async fn long_answers_are_compressed_once() {
    let gateway = start().await;
    let body = r#"{"query":"{ big(bytes: 30000) }"}"#;
    let plain = gateway.post(JSON, body).await;
    assert!(plain.body.len() > 30_000 && plain.header("content-encoding").is_empty());
    for (accept, coding) in [("gzip", "gzip"), ("gzip, deflate, br, zstd", "br"), ("br;q=0.1, gzip", "gzip")]
    {
        let headers = format!("{JSON}accept-encoding: {accept}\r\n");
        for _ in 0..2 {
            let answer = gateway.post(&headers, body).await;
            assert_eq!(answer.header("content-encoding"), coding, "{accept}");
            assert_eq!(answer.header("vary"), "accept, accept-encoding");
            assert!(answer.body.len() < 3_000, "{}", answer.body.len());
            assert_eq!(decompress(coding, &answer.body), plain.body);
        }
    }
    assert_eq!(gateway.executions(), 3, "once for each coding");
    let short = gateway.post(&format!("{JSON}accept-encoding: gzip\r\n"), QUERY).await;
    assert_eq!((short.header("content-encoding"), short.status), ("", 200));
    let short = gateway.post(&format!("{JSON}accept-encoding: gzip\r\n"), QUERY).await;
    assert_eq!(
        (short.header("content-encoding"), short.json()["data"]["hello"].as_str()),
        ("", Some("Grüezi"))
    );
}

fn decompress(coding: &str, bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    match coding {
        "gzip" => flate2::read::GzDecoder::new(bytes).read_to_end(&mut plain).unwrap(),
        _ => brotli::Decompressor::new(bytes, 4096).read_to_end(&mut plain).unwrap(),
    };
    plain
}

#[tokio::test]
async fn very_long_answers_are_compressed_off_the_thread() {
    let gateway = start().await;
    let body = r#"{"query":"{ big(bytes: 900000) }"}"#;
    let answer = gateway.post(&format!("{JSON}accept-encoding: br\r\n"), body).await;
    assert!(decompress("br", &answer.body).len() > 900_000);
}

#[tokio::test]
async fn the_cache_stays_within_its_bytes() {
    let config = GraphqlConfig { response_cache_bytes_max: 100_000, ..GraphqlConfig::default() };
    let gateway = start_with(ServerConfig::default(), config).await;
    let ask = |n: i32| format!(r#"{{"query":"query Q{n} {{ big(bytes: 40000) }}"}}"#);
    for _ in 0..2 {
        for n in 0..20 {
            assert_eq!(gateway.post(JSON, ask(n)).await.status, 200);
        }
    }
    assert!(gateway.executions() > 35, "20 answers of 40 KB do not fit: {}", gateway.executions());
}
