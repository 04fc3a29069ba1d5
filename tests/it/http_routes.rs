//! Everything beside /graphql and documents: health, schema, redirects, unknown paths.

use std::sync::atomic::Ordering;

use serde_json::json;

use crate::http_stand_in::start;

#[tokio::test]
async fn the_process_is_live_and_says_whether_it_is_ready() {
    let gateway = start().await;
    assert_eq!(gateway.get("/livez", "").await.json(), json!({ "status": "live" }));
    let ready = gateway.get("/readyz", "").await;
    assert_eq!((ready.status, ready.json()["status"].clone()), (200, json!("ready")));

    *gateway.levers.problem.lock().unwrap() = Some("PSOhub was not read yet".to_owned());
    let ready = gateway.get("/readyz", "").await;
    assert_eq!(ready.status, 503);
    assert_eq!(
        ready.json(),
        json!({ "status": "not ready", "checks": [
            { "name": "store", "ok": true },
            { "name": "book", "ok": false, "reason": "PSOhub was not read yet" },
        ]})
    );
    assert_eq!(gateway.get("/livez", "").await.status, 200, "not ready is no reason for a restart");
}

#[tokio::test]
async fn a_check_that_hangs_is_not_ready() {
    let gateway = start().await;
    gateway.levers.readiness_hangs.store(true, Ordering::SeqCst);
    let ready = gateway.get("/readyz", "").await;
    assert_eq!((ready.status, ready.json()["checks"][0]["ok"].clone()), (503, json!(false)));
}

#[tokio::test]
async fn the_schema_is_served_once() {
    let gateway = start().await;
    let schema = gateway.get("/schema.graphql", "").await;
    assert_eq!((schema.status, &schema.body[..10]), (200, &b"type Query"[..]));
    assert_eq!(schema.header("content-type"), "application/graphql; charset=utf-8");
    let tag = schema.header("etag");
    for known in [tag.to_owned(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
        let again = gateway.get("/schema.graphql", &format!("if-none-match: {known}\r\n")).await;
        assert_eq!((again.status, again.header("etag"), again.body.len()), (304, tag, 0), "{known}");
    }
    assert_eq!(gateway.get("/schema.graphql", "if-none-match: \"x\"\r\n").await.status, 200);
}

#[tokio::test]
async fn the_root_leads_to_graphiql() {
    let gateway = start().await;
    let root = gateway.get("/", "").await;
    assert_eq!((root.status, root.header("location")), (307, "/graphiql"));
    let page = gateway.get("/graphiql", "").await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-security-policy").contains("script-src 'self'"), "its own policy stays");
}

#[tokio::test]
async fn a_page_that_is_known_keeps_its_own_policy() {
    let gateway = start().await;
    let page = gateway.get("/graphiql", "").await;
    let again = gateway.get("/graphiql", &format!("if-none-match: {}\r\n", page.header("etag"))).await;
    assert_eq!(again.status, 304);
    for name in ["content-security-policy", "referrer-policy", "cache-control"] {
        let said = again.header(name);
        assert!(said.is_empty() || said == page.header(name), "a browser would take over {name}: {said}");
    }
}

#[tokio::test]
async fn unknown_paths_and_methods_are_coded_and_every_answer_is_guarded() {
    let gateway = start().await;
    for (method, path, status, code) in [
        ("GET", "/nothing", 404, "NOT_FOUND"),
        ("POST", "/nothing", 404, "NOT_FOUND"),
        ("GET", "/graphql/", 404, "NOT_FOUND"),
        ("GET", "//", 404, "NOT_FOUND"),
        ("GET", "/documents/psohub", 404, "NOT_FOUND"),
        ("GET", "/documents/sap/1", 404, "NOT_FOUND"),
        ("POST", "/livez", 405, "METHOD_NOT_ALLOWED"),
        ("PUT", "/schema.graphql", 405, "METHOD_NOT_ALLOWED"),
        ("DELETE", "/documents/psohub/1", 405, "METHOD_NOT_ALLOWED"),
        ("POST", "/", 405, "METHOD_NOT_ALLOWED"),
        ("POST", "/graphiql", 405, "METHOD_NOT_ALLOWED"),
    ] {
        let answer =
            gateway.ask(format!("{method} {path} HTTP/1.1\r\nhost: g\r\nx-request-id: a.b\r\n\r\n")).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{method} {path}");
        assert_eq!(answer.header("allow"), if status == 405 { "GET, HEAD" } else { "" }, "{method} {path}");
        assert_eq!(answer.json()["errors"][0]["extensions"]["requestId"], "a.b");
    }
    for path in [
        "/",
        "/livez",
        "/readyz",
        "/schema.graphql",
        "/nothing",
        "/graphiql",
        "/graphql",
        "/documents/bexio/7",
    ] {
        let answer = gateway.get(path, "x-request-id: a.b\r\n").await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
        assert_eq!(answer.header("x-request-id"), "a.b", "{path}");
        assert!(!answer.header("cache-control").is_empty(), "{path}");
    }
}

#[tokio::test]
async fn a_request_id_that_is_unfit_is_replaced() {
    let gateway = start().await;
    for unfit in ["", "a b", "x<script>", &"a".repeat(129)] {
        let answer = gateway.get("/livez", &format!("x-request-id: {unfit}\r\n")).await;
        assert_eq!(answer.header("x-request-id").len(), 32, "{unfit}");
    }
}

#[tokio::test]
async fn head_answers_with_the_head_only() {
    let gateway = start().await;
    let mut wire = gateway.connect().await;
    wire.send("HEAD /schema.graphql HTTP/1.1\r\nhost: g\r\n\r\nGET /livez HTTP/1.1\r\nhost: g\r\n\r\n").await;
    let head = wire.head().await;
    assert_eq!((head.status, head.header("content-length")), (200, "32"));
    assert_eq!(wire.answer().await.json()["status"], "live");
}
