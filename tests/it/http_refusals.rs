//! GraphQL over HTTP: what is refused, with which status and code, and that nothing ran.

use serde_json::json;

use crate::http_stand_in::{JSON, Running, post, start};

async fn refused(gateway: &Running, request: Vec<u8>, status: u16, code: &str, says: &str) {
    let shown = String::from_utf8_lossy(&request[..request.len().min(300)]).into_owned();
    let answer = gateway.ask(request).await;
    assert_eq!((answer.status, answer.code().as_str()), (status, code), "{shown}\n{answer:?}");
    assert!(answer.message().contains(says), "{shown}\n{} does not say {says:?}", answer.message());
    let json = answer.json();
    assert_eq!(json.get("data"), None, "{shown}");
    assert_eq!(json["errors"][0]["extensions"]["requestId"], answer.header("x-request-id"), "{shown}");
    assert_eq!(answer.header("cache-control"), "no-store");
    // Also what is refused before GraphQL comes in the type that was asked for.
    let wants_graphql = shown.contains("accept: application/graphql-response+json");
    let media = if wants_graphql { "application/graphql-response+json" } else { "application/json" };
    assert_eq!(answer.header("content-type"), format!("{media}; charset=utf-8"), "{shown}");
}

#[tokio::test]
async fn only_json_is_taken_by_post() {
    let gateway = start().await;
    let mutation = r#"{"query":"mutation { bump }"}"#;
    for headers in [
        "",
        "content-type: text/plain\r\n",
        "content-type: application/x-www-form-urlencoded\r\n",
        "content-type: multipart/form-data; boundary=x\r\n",
        "content-type: application/graphql\r\n",
        "content-type: application/json; charset=iso-8859-1\r\n",
        "content-type: application/json, text/plain\r\n",
        "content-type: application/json\r\ncontent-type: text/plain\r\n",
        "content-type: text/plain\r\ncontent-type: application/json\r\n",
        "content-type: application/json\r\ncontent-encoding: gzip\r\n",
    ] {
        refused(&gateway, post(headers, mutation), 415, "UNSUPPORTED_MEDIA_TYPE", "").await;
        let headers = format!("{headers}accept: application/graphql-response+json\r\n");
        refused(&gateway, post(&headers, mutation), 415, "UNSUPPORTED_MEDIA_TYPE", "").await;
    }
    assert_eq!(gateway.executions(), 0);
}

#[tokio::test]
async fn what_is_not_acceptable_is_406() {
    let gateway = start().await;
    for accept in ["text/html", "application/json;q=0", "application/xml, image/*"] {
        let headers = format!("content-type: application/json\r\naccept: {accept}\r\n");
        let request = post(&headers, r#"{"query":"mutation { bump }"}"#);
        refused(&gateway, request, 406, "NOT_ACCEPTABLE", "application/graphql-response+json").await;
    }
    assert_eq!(gateway.executions(), 0);
}

#[tokio::test]
async fn malformed_bodies_are_400_and_say_why() {
    let gateway = start().await;
    let cases: &[(&[u8], &str, &str)] = &[
        (b"", "BAD_REQUEST", "empty"),
        (b" \r\n\t", "BAD_REQUEST", "empty"),
        (b"NONSENSE", "BAD_REQUEST", "not valid JSON"),
        (b"{\"query\":", "BAD_REQUEST", "not valid JSON"),
        (b"{\"query\":\"{ hello }\"} x", "BAD_REQUEST", "not valid JSON"),
        (b"{\"query\":\"\\ud800\"}", "BAD_REQUEST", "not valid JSON"),
        (b"{\"query\":\"{ hello }\",}", "BAD_REQUEST", "not valid JSON"),
        (b"{\"query\":\"{ hello }\xff\"}", "BAD_REQUEST", "UTF-8 (byte 19 is wrong)"),
        (b"\xef\xbb\xbf{\"query\":\"{ hello }\"}", "BAD_REQUEST", "not valid JSON"),
        (b"\"{ hello }\"", "BAD_REQUEST", "not a string"),
        (b"7", "BAD_REQUEST", "not a number"),
        (b"null", "BAD_REQUEST", "not null"),
        (b"true", "BAD_REQUEST", "not a boolean"),
        (b"[{\"query\":\"{ hello }\"}]", "BATCH_UNSUPPORTED", "one JSON object for each request"),
        (b"[]", "BATCH_UNSUPPORTED", "batches"),
        (b"{}", "BAD_REQUEST", "'query' is missing"),
        (b"{\"qeury\":\"{ hello }\"}", "BAD_REQUEST", "'query' is missing"),
        (b"{\"query\":null}", "BAD_REQUEST", "'query' is missing"),
        (b"{\"query\":7}", "BAD_REQUEST", "'query' must be a string, not a number"),
        (b"{\"query\":{}}", "BAD_REQUEST", "'query' must be a string, not an object"),
        (b"{\"query\":[\"{ hello }\"]}", "BAD_REQUEST", "'query' must be a string, not a list"),
        (
            b"{\"query\":\"{ hello }\",\"operationName\":{}}",
            "BAD_REQUEST",
            "'operationName' must be a string, not an object",
        ),
        (
            b"{\"query\":\"{ hello }\",\"operationName\":false}",
            "BAD_REQUEST",
            "'operationName' must be a string, not a boolean",
        ),
        (
            b"{\"query\":\"{ hello }\",\"variables\":[7]}",
            "BAD_REQUEST",
            "'variables' must be an object, not a list",
        ),
        (
            b"{\"query\":\"{ hello }\",\"variables\":\"{}\"}",
            "BAD_REQUEST",
            "'variables' must be an object, not a string",
        ),
        (b"{\"query\":\"{ hello }\",\"variables\":{\"n\":1e999}}", "BAD_REQUEST", "variables"),
        (
            b"{\"query\":\"{ hello }\",\"extensions\":\"x\"}",
            "BAD_REQUEST",
            "'extensions' must be an object, not a string",
        ),
        (
            b"{\"query\":\"{ hello }\",\"query\":\"mutation { bump }\"}",
            "BAD_REQUEST",
            "'query' is given more than once",
        ),
    ];
    for (body, code, says) in cases {
        refused(&gateway, post(JSON, body), 400, code, says).await;
        refused(&gateway, post("content-type: application/json\r\n", body), 400, code, says).await;
    }
    assert_eq!(gateway.executions(), 0);
}

#[tokio::test]
async fn json_nested_too_deep_is_refused_on_its_bytes() {
    let gateway = start().await;
    for levels in [64, 1_000, 30_000] {
        let list = format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        let body = format!(r#"{{"query":"{{ hello }}","variables":{{"v":{list}}}}}"#);
        if body.len() < 64 * 1024 {
            refused(&gateway, post(JSON, body), 400, "BAD_REQUEST", "deeper than 64").await;
        }
    }
    let open = format!(r#"{{"query":"{{ hello }}","variables":{}"#, r#"{"v":"#.repeat(10_000));
    refused(&gateway, post(JSON, open), 400, "BAD_REQUEST", "deeper than 64").await;
    let deep_enough = format!("{}{}", "[".repeat(62), "]".repeat(62));
    let body = format!(r#"{{"query":"{{ hello }}","variables":{{"v":{deep_enough}}}}}"#);
    assert_eq!(gateway.post(JSON, body).await.status, 200);
    let brackets_in_text = json!({ "query": "{ hello }", "variables": { "v": "[".repeat(5000) } });
    assert_eq!(gateway.post(JSON, brackets_in_text.to_string()).await.status, 200);
}

#[tokio::test]
async fn giant_bodies_are_413_whether_announced_or_not() {
    let gateway = start().await;
    let giant =
        json!({ "query": "mutation { bump }", "variables": { "v": "x".repeat(20 << 20) } }).to_string();
    refused(&gateway, post(JSON, &giant), 413, "BODY_TOO_LARGE", "65536 bytes").await;

    let mut chunked =
        format!("POST /graphql HTTP/1.1\r\nhost: g\r\n{JSON}transfer-encoding: chunked\r\n\r\n").into_bytes();
    for piece in giant.as_bytes()[..1 << 20].chunks(8 << 10) {
        chunked.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
        chunked.extend_from_slice(piece);
        chunked.extend_from_slice(b"\r\n");
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    refused(&gateway, chunked, 413, "BODY_TOO_LARGE", "65536 bytes").await;

    let fits = json!({ "query": "{ hello }", "variables": { "v": "x".repeat(65_000) } }).to_string();
    assert_eq!(gateway.post(JSON, &fits).await.status, 200);
    assert_eq!(gateway.mutations(), 0);
}

#[tokio::test]
async fn get_changes_nothing() {
    let gateway = start().await;
    for (path, says) in [
        ("/graphql?query=mutation{bump}", "mutation"),
        ("/graphql?query=query+A{hello}+mutation+B{bump}&operationName=B", "mutation"),
        ("/graphql?query=mutation+M{bump}", "mutation"),
        ("/graphql?query=mutation+M{bump}&operationName=M", "mutation"),
        ("/graphql?query=mutation+M{bump}+fragment+F+on+Mutation{bump}", "mutation"),
        ("/graphql?query=subscription+S{ticks}", "subscription"),
        ("/graphql?query=%23query%0Amutation{bump}", "mutation"),
        ("/graphql?query=,,%EF%BB%BF,mutation{bump}", "mutation"),
        ("/graphql?query=subscription{ticks}", "subscription"),
    ] {
        let answer = gateway.get(path, "").await;
        assert_eq!((answer.status, answer.code().as_str()), (405, "METHOD_NOT_ALLOWED"), "{path} {answer:?}");
        assert_eq!(answer.header("allow"), "POST", "{path}");
        assert!(answer.message().contains(says), "{path}");
    }
    let ambiguous = gateway.get("/graphql?query=query+A{hello}+mutation+B{bump}", "").await;
    assert_eq!(ambiguous.json().get("data"), None);
    assert_eq!(gateway.mutations(), 0);
}

#[tokio::test]
async fn malformed_urls_are_400_and_say_why() {
    let gateway = start().await;
    let deep = format!("/graphql?query={{hello}}&variables={{\"v\":{}1{}}}", "[".repeat(70), "]".repeat(70));
    let deep = deep.replace('"', "%22");
    for (path, says) in [
        ("/graphql", "'query' is missing"),
        ("/graphql?query=", "'query' is missing"),
        ("/graphql?Query={hello}", "'query' is missing"),
        ("/graphql?query={hello}&query={hello}", "more than once"),
        ("/graphql?query={hello}&variables=%7B", "variables is not valid JSON"),
        ("/graphql?query={hello}&variables=[1]", "'variables' must be an object, not a list"),
        ("/graphql?query={hello}&extensions=7", "'extensions' must be an object, not a number"),
        ("/graphql?query=%FF", "UTF-8"),
        (deep.as_str(), "deeper than 64"),
    ] {
        let answer = gateway.get(path, "").await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "BAD_REQUEST"), "{path}");
        assert!(answer.message().contains(says), "{path}: {}", answer.message());
    }
    assert_eq!(gateway.executions(), 0);
}

#[tokio::test]
async fn a_nested_literal_in_a_url_does_not_reach_a_parser() {
    let gateway = start().await;
    for bracket in ["[", "{a:"] {
        let path = format!("/graphql?query={{hello(a:{}", bracket.repeat(9_000));
        let answer = gateway.get(&path, "").await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "BAD_REQUEST"));
    }
    assert_eq!(gateway.get("/graphql?query={hello}", "").await.status, 200);
}

#[tokio::test]
async fn other_methods_are_405() {
    let gateway = start().await;
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS", "BREW"] {
        let request = format!("{method} /graphql?query={{hello}} HTTP/1.1\r\nhost: g\r\n\r\n");
        let answer = gateway.ask(request).await;
        assert_eq!((answer.status, answer.header("allow")), (405, "GET, POST"), "{method}");
        assert_eq!(answer.code(), "METHOD_NOT_ALLOWED");
    }
}

#[tokio::test]
async fn a_page_of_another_site_cannot_ask_by_get() {
    let gateway = start().await;
    let answer = gateway.get("/graphql?query={hello}", "sec-fetch-site: cross-site\r\n").await;
    assert_eq!((answer.status, answer.code().as_str()), (403, "CROSS_SITE_REFUSED"));
    for site in ["same-origin", "same-site", "none"] {
        let answer = gateway.get("/graphql?query={hello}", &format!("sec-fetch-site: {site}\r\n")).await;
        assert_eq!(answer.status, 200, "{site}");
    }
}
