//! GraphQL over HTTP through the real schema: which status each kind of error has, and the documents
//! that killed the stock service. Those two say most in a release build, where its parser's frames
//! are small enough for no test thread to overflow by chance.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::app::{TestApp, TestOptions};

const GRAPHQL_JSON: &str = "application/graphql-response+json";

async fn post(app: &TestApp, accept: &str, body: &Value) -> (u16, Value) {
    let request = app.http.post(format!("{}/graphql", app.url())).header("accept", accept).json(body);
    let response = request.send().await.expect("the gateway answers");
    (response.status().as_u16(), response.json().await.expect("the answer is JSON"))
}

#[tokio::test]
async fn each_kind_of_request_error_has_its_status_and_no_data() {
    let app = TestOptions::company(3).start().await;
    app.look_at_both().await;
    let page = "query ($n: Int!) { invoices(first: $n) { totalCount } }";
    let cases = [
        (json!({ "query": page, "variables": { "n": "two" } }), 422, "BAD_USER_INPUT"),
        (json!({ "query": page, "variables": { "n": [1] } }), 422, "BAD_USER_INPUT"),
        (json!({ "query": page }), 400, "VARIABLE_MISSING"),
        (json!({ "query": page, "variables": { "n": null } }), 400, "VARIABLE_MISSING"),
        (json!({ "query": "{" }), 400, "GRAPHQL_PARSE_FAILED"),
        (json!({ "query": "" }), 400, "GRAPHQL_PARSE_FAILED"),
        (json!({ "query": "{ nothing }" }), 422, "GRAPHQL_VALIDATION_FAILED"),
        (json!({ "query": "{ invoices }" }), 422, "GRAPHQL_VALIDATION_FAILED"),
        (json!({ "query": "{ invoices(filter: { nothing: 1 }) { totalCount } }" }), 422, "BAD_USER_INPUT"),
        (
            json!({ "query": "query A { __typename } query B { __typename }" }),
            422,
            "OPERATION_RESOLUTION_FAILURE",
        ),
        (
            json!({ "query": "query A { __typename }", "operationName": "B" }),
            422,
            "OPERATION_RESOLUTION_FAILURE",
        ),
        (json!({ "query": "mutation { nothing }" }), 422, "GRAPHQL_VALIDATION_FAILED"),
        (json!({ "query": format!("{{ {} }}", "a: __typename ".repeat(21)) }), 422, "TOO_MANY_ROOT_FIELDS"),
    ];
    for (body, status, code) in cases {
        let (given, answer) = post(&app, GRAPHQL_JSON, &body).await;
        assert_eq!(
            (given, &answer["errors"][0]["extensions"]["code"]),
            (status, &json!(code)),
            "{body}\n{answer:#}"
        );
        assert_eq!(answer.get("data"), None, "{body}");
        assert!(answer["errors"][0]["extensions"]["requestId"].is_string(), "{answer:#}");
        assert_eq!(post(&app, "application/json", &body).await.0, 200, "{body}");
    }
}

#[tokio::test]
async fn a_wrong_argument_of_a_field_is_an_error_beside_the_data() {
    let app = TestOptions::company(3).start().await;
    app.look_at_both().await;
    let body = json!({ "query": "{ __typename invoices(first: -1) { totalCount } }" });
    let (status, answer) = post(&app, GRAPHQL_JSON, &body).await;
    assert_eq!(
        (status, &answer["errors"][0]["extensions"]["code"]),
        (200, &json!("BAD_USER_INPUT")),
        "{answer:#}"
    );
    assert!(answer.get("data").is_some(), "{answer:#}");
}

#[tokio::test]
async fn a_document_that_overflows_the_stock_parser_is_refused() {
    let app = TestApp::start().await;
    let nested = [("[", "]"), ("{a:", "}")];
    for (open, close) in nested {
        for levels in [65, 1_500, 5_000] {
            let literal = format!("{}1{}", open.repeat(levels), close.repeat(levels));
            for query in [
                format!("{{ nothing(a: {literal}) }}"),
                format!("{{ __typename @include(if: {literal}) }}"),
                format!("query Q($v: X = {literal}) {{ __typename }}"),
                format!("query Q {{ __typename }} query R {{ nothing(a: {literal}) }}"),
                format!("{{ nothing(a: {}", open.repeat(levels)),
            ] {
                let (status, answer) =
                    post(&app, GRAPHQL_JSON, &json!({ "query": query, "operationName": "Q" })).await;
                let code = answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_default();
                assert_eq!(status, 422, "{code}");
                assert!(matches!(code, "QUERY_TOO_DEEP" | "QUERY_TOO_LARGE"), "{code}");
                let response =
                    app.http.get(format!("{}/graphql", app.url())).query(&[("query", &query)]).send().await;
                assert!(response.unwrap().status().is_client_error());
            }
        }
    }
    assert_eq!(app.data("{ __typename }").await["__typename"], "Query");
}

#[tokio::test]
async fn fragments_that_double_are_refused_at_once() {
    let app = TestApp::start().await;
    let mut query = "{ ...F0 }".to_owned();
    for n in 0..40 {
        let next = n + 1;
        query += format!(" fragment F{n} on Query {{ ...F{next} ...F{next} }}").as_str();
    }
    query.push_str(" fragment F40 on Query { __typename }");
    let body = json!({ "query": query });
    let asking = post(&app, GRAPHQL_JSON, &body);
    let (status, answer) =
        tokio::time::timeout(Duration::from_secs(5), asking).await.expect("answered at once");
    assert_eq!(status, 422, "{answer:#}");
}

#[tokio::test]
async fn a_get_runs_queries_of_the_real_schema() {
    let app = TestOptions::company(3).start().await;
    app.look_at_both().await;
    let url = format!("{}/graphql", app.url());
    let query = "query Q($n: Int!) { invoices(first: $n) { totalCount nodes { number } } }";
    let request =
        app.http.get(&url).query(&[("query", query), ("variables", "{\"n\":2}"), ("operationName", "Q")]);
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["data"]["invoices"]["nodes"].as_array().map(Vec::len), Some(2), "{answer:#}");
    let response = app.http.get(&url).query(&[("query", "mutation { nothing }")]).send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.headers()["allow"].to_str().unwrap()), (405, "POST"));
}

#[tokio::test]
async fn a_page_that_leads_its_own_name_here_reads_nothing() {
    let app = TestOptions::company(3).start().await;
    app.look_at_both().await;
    let body = json!({ "query": "{ invoices { nodes { number } } }" });
    for path in ["/graphql", "/documents/psohub/1", "/graphiql", "/schema.graphql"] {
        let url = format!("{}{path}", app.url());
        let request = if path == "/graphql" { app.http.post(url).json(&body) } else { app.http.get(url) };
        let response = request.header("host", "rebound.example:8080").send().await.unwrap();
        assert_eq!(response.status().as_u16(), 421, "{path}");
        let answer: Value = response.json().await.unwrap();
        assert_eq!(answer["errors"][0]["extensions"]["code"], "HOST_REFUSED", "{path}");
        assert_eq!(answer.get("data"), None);
    }
    let url = format!("{}/graphql", app.url());
    let answer = app.http.post(url).header("host", "localhost:8080").json(&body).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200);
}
