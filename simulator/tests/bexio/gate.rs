//! Token, rate limit, `Accept`, scope, headers.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use upstream_simulator::bexio::{BexioOptions, Quirk, RateLimits};

use crate::support::{Company, json_body, send};

fn few_requests() -> BexioOptions {
    BexioOptions { limits: RateLimits { general: 3, search: 1, items: 2 }, ..BexioOptions::default() }
}

#[tokio::test]
async fn a_bad_token_is_unauthorized_and_costs_nothing() {
    let company = Company::start().await;
    for token in ["wrong", ""] {
        let request = company.request(Method::GET, &company.url("/2.0/kb_invoice"));
        let reply = send(request.bearer_auth(token).header("accept", "application/json")).await;
        assert_eq!(reply.status, 401);
        assert_eq!(reply.json(), json!({ "error_code": 401, "message": "Unauthorized" }));
        assert_eq!(reply.header("ratelimit-remaining"), Some("1000"));
    }
}

#[tokio::test]
async fn only_the_exact_accept_header_is_taken() {
    let company = Company::start().await;
    for accept in ["*/*", "application/json, text/plain", "application/pdf", "text/html"] {
        let request =
            company.request(Method::GET, &company.url("/2.0/kb_invoice")).bearer_auth("bexio-token");
        let reply = send(request.header("accept", accept)).await;
        assert_eq!(reply.status, 415, "{accept}");
        assert_eq!(
            reply.json(),
            json!({ "error_code": 415, "message": "You did not specify a valid Accept-Header" })
        );
    }
}

#[tokio::test]
async fn unknown_paths_verbs_and_ids_are_not_found() {
    let company = Company::start().await;
    let id = company.draft("100").await;
    let put = send(json_body(company.api(Method::PUT, &format!("/2.0/kb_invoice/{id}")), &json!({}))).await;
    let patch =
        send(json_body(company.api(Method::PATCH, &format!("/2.0/kb_invoice/{id}")), &json!({}))).await;
    let mut replies = vec![put, patch];
    for path in [
        "/2.0/kb_credit_voucher",
        "/2.0/kb_invoice/999999",
        "/2.0/kb_invoice/abc",
        "/2.0/kb_invoice/99999999999999999999",
        "/2.0/currency",
        "/4.0/anything",
        "/",
    ] {
        replies.push(company.get(path).await);
    }
    for reply in replies {
        assert_eq!(reply.status, 404, "{}", reply.text);
        assert_eq!(reply.json(), json!({ "error_code": 404, "message": "Page not found" }));
    }
}

#[tokio::test]
async fn every_answer_carries_the_headers_and_single_objects_an_etag() {
    let company = Company::start().await;
    let id = company.draft("100").await;
    let list = company.get("/2.0/kb_invoice").await;
    for (name, value) in [
        ("ratelimit-limit", "1000"),
        ("ratelimit-remaining", "998"),
        ("ratelimit-reset", "45"),
        ("x-ratelimit-limit-minute", "1000"),
        ("x-ratelimit-remaining-minute", "998"),
        ("cache-control", "no-store"),
        ("pragma", "no-cache"),
        ("vary", "Origin"),
    ] {
        assert_eq!(list.header(name), Some(value), "{name}");
    }
    assert_eq!((list.header("etag"), list.header("x-total-count")), (None, None));

    let path = format!("/2.0/kb_invoice/{id}");
    let etag = company.get(&path).await.header("etag").unwrap().to_owned();
    assert!(etag.len() == 32 && etag.bytes().all(|b| b.is_ascii_hexdigit()), "{etag}");
    assert_eq!(company.get(&path).await.header("etag"), Some(etag.as_str()));
    company.post(&path, json!({ "title": "Anders" })).await;
    assert_ne!(company.get(&path).await.header("etag"), Some(etag.as_str()));

    let currencies = company.get("/3.0/currencies?limit=2&offset=1").await;
    let trio = ["x-total-count", "x-limit", "x-offset"].map(|name| currencies.header(name).unwrap());
    assert_eq!(trio, ["5", "2", "1"]);
}

#[tokio::test]
async fn buckets_are_separate_and_open_with_the_next_wall_clock_minute() {
    let company = Company::start_with(few_requests()).await;
    let search = async || company.post("/2.0/kb_invoice/search", json!([])).await;
    assert_eq!(search().await.header("ratelimit-remaining"), Some("0"));
    let refused = search().await;
    assert_eq!(refused.status, 429);
    assert_eq!(refused.json(), json!({ "error_code": 429, "message": "Too many requests" }));
    assert_eq!(refused.header("ratelimit-reset"), Some("45"));
    assert_eq!(refused.header("retry-after"), None);
    assert_eq!(company.get("/2.0/kb_invoice").await.header("ratelimit-remaining"), Some("2"));

    company.clock.advance(Duration::from_secs(44));
    assert_eq!(search().await.header("ratelimit-reset"), Some("1"));
    company.clock.advance(Duration::from_secs(1));
    let again = search().await;
    assert_eq!((again.status, again.header("ratelimit-reset")), (200, Some("60")));
}

#[tokio::test]
async fn a_refused_request_does_nothing() {
    let company = Company::start_with(few_requests()).await;
    let body = company.invoice_body("100");
    for _ in 0..3 {
        assert_eq!(company.post("/2.0/kb_invoice", body.clone()).await.status, 201);
    }
    company.turn_on(Quirk::RetryAfterOn429);
    let refused = company.post("/2.0/kb_invoice", body).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("45")));
    assert_eq!(company.bexio().invoices().len(), 3);
}

#[tokio::test]
async fn rate_limit_headers_can_go_missing() {
    let company = Company::start().await;
    company.turn_on(Quirk::NoRateLimitHeaders);
    let reply = company.get("/2.0/kb_invoice").await;
    assert_eq!((reply.status, reply.header("ratelimit-limit")), (200, None));
}

#[tokio::test]
async fn bodies_must_be_json_with_a_length_and_actions_take_none() {
    let company = Company::start().await;
    let broken = company.api(Method::POST, "/2.0/kb_invoice").header("content-type", "application/json");
    let broken = send(broken.body("{\"contact_id\": ")).await;
    let unnamed = send(company.api(Method::POST, "/2.0/kb_invoice").body("{}")).await;
    let id = company.draft("100").await;
    let stray = company.post(&format!("/2.0/kb_invoice/{id}/issue"), json!({})).await;
    for reply in [broken, unnamed, stray] {
        assert_eq!(reply.status, 415);
        assert_eq!(reply.json()["message"], "Could not parse the data");
    }
    let stream = futures_util::stream::iter([Ok::<_, std::io::Error>("{}")]);
    let chunked = company.api(Method::POST, "/2.0/kb_invoice").header("content-type", "application/json");
    assert_eq!(send(chunked.body(reqwest::Body::wrap_stream(stream))).await.status, 411);
}
