//! What callers may do by their role and their share: introspection, documents that are not trusted, operations in a
//! second.

use std::time::Duration;

use invoice_gateway::domain::Role;
use serde_json::json;

use super::callers::{VIEWER, ask_as, key};
use crate::support::app::TestOptions;

const SCHEMA: &str = "{ __schema { queryType { name } } }";

#[tokio::test(flavor = "multi_thread")]
async fn each_key_has_a_share_of_its_own() {
    let options = TestOptions::default().guarded();
    let app = options.set("OPERATIONS_PER_SECOND", "1").set("OPERATIONS_BURST", "2").start().await;
    let greedy = key(&app, "greedy", Role::Viewer).await;
    let modest = key(&app, "modest", Role::Viewer).await;
    for _ in 0..2 {
        ask_as(&app, &greedy, VIEWER).await.data();
    }
    let refused = ask_as(&app, &greedy, VIEWER).await;
    assert_eq!((refused.status, refused.code()), (429, "RATE_LIMITED"));
    ask_as(&app, &modest, VIEWER).await.data();
    app.advance(Duration::from_secs(1));
    ask_as(&app, &greedy, VIEWER).await.data();
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_have_a_share_where_none_is_set() {
    let app = TestOptions::default().guarded().set("OPERATIONS_BURST", "5").start().await;
    let caller = key(&app, "report", Role::Viewer).await;
    for _ in 0..5 {
        ask_as(&app, &caller, VIEWER).await.data();
    }
    assert_eq!(ask_as(&app, &caller, VIEWER).await.status, 429);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_is_for_the_role_that_is_set() {
    let app = TestOptions::default().guarded().set("INTROSPECTION", "operator").start().await;
    let viewer = key(&app, "viewer-1", Role::Viewer).await;
    let operator = key(&app, "operator-1", Role::Operator).await;
    let refused = ask_as(&app, &viewer, SCHEMA).await;
    assert_eq!((refused.status, refused.code()), (403, "FORBIDDEN"));
    assert!(refused.message().contains("OPERATOR"), "{}", refused.message());
    ask_as(&app, &operator, SCHEMA).await.data();
    for (credential, status) in [(None, 401), (Some(&viewer), 403), (Some(&operator), 200)] {
        let mut request = app.http.get(format!("{}/schema.graphql", app.url()));
        if let Some(key) = credential {
            request = request.bearer_auth(key);
        }
        assert_eq!(request.send().await.unwrap().status(), status, "{credential:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_exempt_role_sends_what_is_not_trusted() {
    let options = TestOptions::default().guarded().set("TRUSTED_DOCUMENTS_MODE", "enforce");
    let app = options.set("TRUSTED_DOCUMENTS_EXEMPT", "admin").start().await;
    let operator = key(&app, "operator-1", Role::Operator).await;
    let admin = key(&app, "admin-1", Role::Admin).await;
    let refused = ask_as(&app, &operator, VIEWER).await;
    assert_eq!((refused.status, refused.code()), (403, "DOCUMENT_NOT_TRUSTED"));
    ask_as(&app, &admin, VIEWER).await.data();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_known_is_told_so_in_the_type_that_was_asked_for() {
    let app = TestOptions::default().guarded().start().await;
    for accept in ["application/graphql-response+json", "application/json"] {
        let request = app.http.post(format!("{}/graphql", app.url())).header("accept", accept);
        let response = request.json(&json!({ "query": VIEWER })).send().await.unwrap();
        let media = response.headers()["content-type"].to_str().unwrap().to_owned();
        assert_eq!((response.status().as_u16(), media), (401, format!("{accept}; charset=utf-8")));
    }
}
