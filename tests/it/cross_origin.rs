//! Pages of other origins: what browsers are allowed, and what a page cannot make its reader's browser do.

use invoice_gateway::http::{AllowedOrigins, GraphqlConfig, ServerConfig};
use tokio_tungstenite::tungstenite::Error;

use crate::http_stand_in::{JSON, Running, start, start_with};
use crate::live_client::{TRANSPORT_WS, handshake};

const APP: &str = "https://app.example";

async fn sharing() -> Running {
    let config = GraphqlConfig { origins: AllowedOrigins::new([APP]), ..GraphqlConfig::default() };
    start_with(ServerConfig::default(), config).await
}

fn preflight(origin: &str, path: &str) -> String {
    format!(
        "OPTIONS {path} HTTP/1.1\r\nhost: gateway\r\norigin: {origin}\r\naccess-control-request-method: POST\r\n\
         access-control-request-headers: authorization, content-type\r\n\r\n"
    )
}

#[tokio::test]
async fn a_listed_origin_may_ask_and_read() {
    let gateway = sharing().await;
    let answer = gateway.ask(preflight(APP, "/graphql")).await;
    assert_eq!((answer.status, answer.body.len()), (204, 0));
    assert_eq!(answer.header("access-control-allow-origin"), APP);
    assert!(answer.header("access-control-allow-methods").contains("POST"));
    for header in ["content-type", "authorization", "x-requested-with", "apollo-require-preflight"] {
        assert!(answer.header("access-control-allow-headers").contains(header), "{header}");
    }
    assert_eq!(answer.header("access-control-allow-credentials"), "", "keys travel in a header");

    let headers = format!("{JSON}origin: {APP}\r\n");
    for (answer, status) in [
        (gateway.post(&headers, r#"{"query":"{ hello }"}"#).await, 200),
        (gateway.post(&headers, "").await, 400),
        (
            gateway
                .get("/graphql?query={hello}", &format!("origin: {APP}\r\nsec-fetch-site: cross-site\r\n"))
                .await,
            200,
        ),
        (gateway.get("/documents/psohub/1", &format!("origin: {APP}\r\n")).await, 404),
        (gateway.get("/schema.graphql", &format!("origin: {APP}\r\n")).await, 200),
    ] {
        assert_eq!(
            (answer.status, answer.header("access-control-allow-origin")),
            (status, APP),
            "{answer:?}"
        );
        assert!(answer.header("access-control-expose-headers").contains("x-request-id"), "{answer:?}");
        assert!(answer.headers.iter().any(|(name, value)| name == "vary" && value == "origin"), "{answer:?}");
    }
    let opened =
        handshake(gateway.address, &[("sec-websocket-protocol", TRANSPORT_WS), ("origin", APP)]).await;
    assert!(opened.is_ok(), "{:?}", opened.err());
}

#[tokio::test]
async fn any_other_origin_may_not() {
    let gateway = sharing().await;
    for origin in [
        "https://evil.example",
        "http://app.example",
        "https://app.example:8443",
        "null",
        "https://app.example.evil",
    ] {
        let answer = gateway.ask(preflight(origin, "/graphql")).await;
        assert_eq!((answer.status, answer.code().as_str()), (403, "CROSS_SITE_REFUSED"), "{origin}");
        assert_eq!(answer.header("access-control-allow-origin"), "", "{origin}");
        // The request itself is answered, as to any program; the browser keeps the answer from the page.
        let answer = gateway.post(&format!("{JSON}origin: {origin}\r\n"), r#"{"query":"{ hello }"}"#).await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, ""), "{origin}");
        let headers = [("sec-websocket-protocol", TRANSPORT_WS), ("origin", origin)];
        match handshake(gateway.address, &headers).await.err() {
            Some(Error::Http(response)) => assert_eq!(response.status(), 403, "{origin}"),
            other => panic!("{origin}: {other:?}"),
        }
    }
    for path in ["/connect/bexio", "/graphiql"] {
        assert_eq!(gateway.ask(preflight(APP, path)).await.status, 403, "{path} is for its own origin");
        let page = gateway.get(path, &format!("origin: {APP}\r\n")).await;
        assert_eq!(page.header("access-control-allow-origin"), "", "{path}");
    }
}

#[tokio::test]
async fn without_a_list_nothing_is_shared() {
    let gateway = start().await;
    let answer = gateway.ask(preflight(APP, "/graphql")).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (405, ""));
    let answer = gateway.post(&format!("{JSON}origin: {APP}\r\n"), r#"{"query":"{ hello }"}"#).await;
    assert_eq!(
        (answer.header("access-control-allow-origin"), answer.header("vary")),
        ("", "accept, accept-encoding")
    );
}

/// What a page can send without a preflight: forms and what `fetch` calls simple. None runs anything that changes.
#[tokio::test]
async fn a_simple_request_changes_nothing() {
    let gateway = sharing().await;
    let mutation = r#"{"query":"mutation { bump }"}"#;
    for content_type in
        ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
    {
        let content_type =
            if content_type.is_empty() { String::new() } else { format!("content-type: {content_type}\r\n") };
        let headers = format!("{content_type}origin: https://evil.example\r\nsec-fetch-site: cross-site\r\n");
        assert_eq!(gateway.post(&headers, mutation).await.status, 415, "{content_type}");
    }
    let get = gateway.get("/graphql?query=mutation{bump}", "x-requested-with: x\r\n").await;
    assert_eq!(get.status, 405);
    for headers in [
        "sec-fetch-site: cross-site\r\n",
        "origin: https://evil.example\r\n",
        "referer: https://evil.example/a\r\n",
    ] {
        let answer = gateway.get("/graphql?query={hello}", headers).await;
        assert_eq!((answer.status, answer.code().as_str()), (403, "CROSS_SITE_REFUSED"), "{headers}");
    }
    let asked_first = "sec-fetch-site: cross-site\r\napollo-require-preflight: true\r\n";
    assert_eq!(gateway.get("/graphql?query={hello}", asked_first).await.status, 200);
    assert_eq!(gateway.mutations(), 0);
}

/// Where no page of its own is served, nothing may load and nobody may frame it; nothing is kept that is not named.
#[tokio::test]
async fn every_answer_is_guarded() {
    let gateway = start().await;
    for path in [
        "/graphql?query={hello}",
        "/graphql",
        "/livez",
        "/nothing",
        "/documents/psohub/1",
        "/export/invoices.csv",
    ] {
        let answer = gateway.get(path, "").await;
        assert_eq!(
            answer.header("content-security-policy"),
            "default-src 'none'; frame-ancestors 'none'",
            "{path}"
        );
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
    }
    let page = gateway.get("/graphiql", "").await;
    let policy = page.header("content-security-policy");
    assert!(!policy.contains("http:") && !policy.contains("https:") && !policy.contains('*'), "{policy}");
    assert!(policy.contains("default-src 'self'") && policy.contains("frame-ancestors 'none'"), "{policy}");
}
