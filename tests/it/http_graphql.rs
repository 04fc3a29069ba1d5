//! GraphQL over HTTP: what well-formed requests are answered.

use serde_json::json;

use crate::http_stand_in::{JSON, start};

const GRAPHQL_JSON: &str = "application/graphql-response+json; charset=utf-8";
const PLAIN_JSON: &str = "application/json; charset=utf-8";

/// Header lines for an `Accept`.
fn accepting(accept: &str) -> String {
    format!("content-type: application/json\r\naccept: {accept}\r\n")
}

#[tokio::test]
async fn a_query_is_answered_with_data_and_headers() {
    let gateway = start().await;
    let answer = gateway.post(JSON, r#"{"query":"{ hello }"}"#).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json(), json!({ "data": { "hello": "Grüezi" } }));
    assert_eq!(answer.header("content-type"), GRAPHQL_JSON);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("vary"), "accept, accept-encoding");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
    assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"));
    assert_eq!(answer.header("x-request-id").len(), 32);
}

#[tokio::test]
async fn the_status_follows_the_outcome_and_the_media_type() {
    let gateway = start().await;
    let cases = [
        // query, status for graphql-response+json, status for json, has data
        ("{ hello }", 200, 200, true),
        ("{ hello fails }", 200, 200, true),
        ("{ failsHard }", 200, 200, true),
        ("{", 400, 200, false),
        ("", 400, 200, false),
        ("{ nothing }", 422, 200, false),
        ("query A { hello } query B { hello }", 422, 200, false),
        ("mutation { bump }", 200, 200, true),
    ];
    for (query, graphql, plain, has_data) in cases {
        let body = json!({ "query": query }).to_string();
        for (accept, status, content_type) in [
            ("application/graphql-response+json", graphql, GRAPHQL_JSON),
            ("application/json", plain, PLAIN_JSON),
            ("*/*", plain, PLAIN_JSON),
        ] {
            let answer = gateway.post(&accepting(accept), &body).await;
            assert_eq!(
                (answer.status, answer.header("content-type")),
                (status, content_type),
                "{query} as {accept}"
            );
            let members = answer.json();
            assert_eq!(members.get("data").is_some(), has_data, "{query}: {members}");
            assert!(
                members.get("data").is_some() || members["errors"][0]["message"].is_string(),
                "{members}"
            );
        }
    }
}

#[tokio::test]
async fn a_resolvers_error_stands_beside_the_data_and_carries_the_request_id() {
    let gateway = start().await;
    let headers = format!("{JSON}x-request-id: order-7\r\n");
    let answer = gateway.post(&headers, r#"{"query":"{ hello fails }"}"#).await;
    let json = answer.json();
    assert_eq!(json["data"]["hello"], "Grüezi");
    assert_eq!(json["errors"][0]["path"], json!(["fails"]));
    let expected = json!({ "code": "UPSTREAM_UNAVAILABLE", "requestId": "order-7" });
    assert_eq!(json["errors"][0]["extensions"], expected);
    assert_eq!(answer.header("x-request-id"), "order-7");

    let answer = gateway.post(&headers, r#"{"query":"{ failsHard }"}"#).await;
    assert_eq!(answer.json()["data"], json!(null), "an operation that ran has data, be it null");
}

#[tokio::test]
async fn parameters_are_taken_from_a_body() {
    let gateway = start().await;
    let two = "query A($n: Int) { echo(int: $n) } query B { hello }";
    let long_id = 41_939_771_881_672_249_u64;
    let cases = [
        (json!({ "query": two, "operationName": "B" }), json!({ "hello": "Grüezi" })),
        (
            json!({ "query": two, "operationName": "A", "variables": { "n": long_id } }),
            json!({ "echo": "Some(41939771881672249) None None" }),
        ),
        (
            json!({ "query": "{ hello }", "operationName": null, "variables": null, "extensions": null }),
            json!({ "hello": "Grüezi" }),
        ),
        (json!({ "query": "{ hello }", "operationName": "" }), json!({ "hello": "Grüezi" })),
        (
            json!({ "query": "{ hello }", "extensions": { "any": [1] }, "unknown": 1 }),
            json!({ "hello": "Grüezi" }),
        ),
        (
            json!({ "query": "query ($t: String) { echo(text: $t) }", "variables": { "t": "ä\u{1F9FE}\"\\" } }),
            json!({ "echo": "None Some(\"ä🧾\\\"\\\\\") None" }),
        ),
        (
            json!({ "query": "query ($a: Float) { echo(amount: $a) }", "variables": { "a": 0.25 } }),
            json!({ "echo": "None None Some(0.25)" }),
        ),
    ];
    for (body, data) in cases {
        let answer = gateway.post(JSON, body.to_string()).await;
        assert_eq!((answer.status, &answer.json()["data"]), (200, &data), "{body}");
    }
    let answer = gateway.post(JSON, "\r\n { \"query\" : \"{ hello }\" } \n").await;
    assert_eq!(answer.status, 200, "blanks around the object");
    for content_type in
        ["application/json; charset=utf-8", "APPLICATION/JSON", "application/json;charset=\"utf-8\""]
    {
        let headers = format!("content-type: {content_type}\r\n");
        assert_eq!(gateway.post(&headers, r#"{"query":"{ hello }"}"#).await.status, 200, "{content_type}");
    }
}

#[tokio::test]
async fn parameters_are_taken_from_a_url() {
    let gateway = start().await;
    for (path, data) in [
        ("/graphql?query=%7Bhello%7D", json!({ "hello": "Grüezi" })),
        ("/graphql?query={hello}&operationName=&variables=&extensions=", json!({ "hello": "Grüezi" })),
        ("/graphql?query=query+A{hello}+query+B{echo}&operationName=A", json!({ "hello": "Grüezi" })),
        ("/graphql?query=query+A{hello}+mutation+B{bump}&operationName=A", json!({ "hello": "Grüezi" })),
        (
            "/graphql?query=query($n:Int){echo(int:$n)}&variables=%7B%22n%22:7%7D&other=1",
            json!({ "echo": "Some(7) None None" }),
        ),
        ("/graphql?query={echo(text:%22a%2Bb+c%22)}", json!({ "echo": "None Some(\"a+b c\") None" })),
    ] {
        // A quote is not allowed in a URL, so they are percent-encoded above.
        let answer = gateway.get(path, "accept: application/graphql-response+json\r\n").await;
        assert_eq!((answer.status, &answer.json()["data"]), (200, &data), "{path}");
        assert_eq!(answer.header("content-type"), GRAPHQL_JSON);
    }
    assert_eq!(gateway.mutations(), 0);
}

#[tokio::test]
async fn a_panicking_resolver_costs_its_own_request_only() {
    let gateway = start().await;
    let mut wire = gateway.connect().await;
    for _ in 0..3 {
        wire.send(crate::http_stand_in::post(JSON, r#"{"query":"{ burst }"}"#)).await;
        let answer = wire.answer().await;
        assert_eq!((answer.status, answer.code().as_str()), (500, "INTERNAL"));
        assert!(!answer.message().contains("a resolver panics"), "{answer:?}");
        assert_eq!(answer.json().get("data"), None);
        assert_eq!(answer.json()["errors"][0]["extensions"]["requestId"], answer.header("x-request-id"));
    }
    wire.send(crate::http_stand_in::post(JSON, r#"{"query":"{ hello }"}"#)).await;
    assert_eq!(wire.answer().await.status, 200, "the same connection goes on");
}

#[tokio::test]
async fn http_2_with_prior_knowledge_is_spoken() {
    let gateway = start().await;
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().http2_prior_knowledge().build().unwrap();
    let url = format!("http://{}/graphql", gateway.address);
    let asks = (0..50).map(|n| {
        let body = format!(r#"{{"query":"{{ echo(int: {n}) }}"}}"#);
        client.post(&url).header("content-type", "application/json").body(body).send()
    });
    for (n, answer) in futures_util::future::join_all(asks).await.into_iter().enumerate() {
        let answer = answer.unwrap();
        assert_eq!((answer.status(), answer.version()), (http::StatusCode::OK, http::Version::HTTP_2));
        let text = answer.text().await.unwrap();
        assert!(text.contains(&format!("Some({n})")), "{text}");
    }
}
