//! API keys over HTTP: who is let in where, and until when.

use std::time::Duration;

use invoice_gateway::domain::{Clock as _, Role};
use serde_json::json;

use super::callers::{VIEWER, answer, ask, ask_as, key, key_until, revoke};
use crate::support::app::{TestApp, TestOptions};

async fn guarded() -> TestApp {
    TestOptions::company(3).guarded().start().await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_a_key_is_let_in_and_nobody_else_is() {
    let app = guarded().await;
    let good = key(&app, "intranet", Role::Operator).await;
    let let_in = ask_as(&app, &good, VIEWER).await;
    assert_eq!(let_in.data()["viewer"], json!({"name": "intranet", "role": "OPERATOR"}));

    let nothing = ask(&app, None, VIEWER).await;
    assert_eq!((nothing.status, nothing.code()), (401, "UNAUTHENTICATED"));
    assert_eq!(nothing.challenge, "Bearer realm=\"invoice-gateway\"");
    assert!(nothing.message().contains("keys add"), "{}", nothing.message());
    assert_eq!(nothing.json.get("data"), None);
    assert!(nothing.json["errors"][0]["extensions"]["requestId"].is_string());

    let other = if good.ends_with('0') { '1' } else { '0' };
    let wrong_secret = format!("{}{other}", &good[..good.len() - 1]);
    let unknown_id = format!("igw_0000000000000000_{}", &good[21..]);
    for bad in [wrong_secret.as_str(), &unknown_id, "igw_x", "x", "a.b.c"] {
        let refused = ask_as(&app, bad, VIEWER).await;
        assert_eq!((refused.status, refused.code()), (401, "UNAUTHENTICATED"), "{bad}");
        assert_eq!(refused.challenge, "Bearer realm=\"invoice-gateway\", error=\"invalid_token\"");
        assert!(!refused.json.to_string().contains(&bad[bad.len() / 2..]) || bad.len() < 10, "{bad}");
    }
    for header in ["Basic aW50cmFuZXQ6", "Bearer", &format!("Bearer {good} {good}")] {
        assert_eq!(ask(&app, Some(header), VIEWER).await.status, 401, "{header}");
    }
    // Not in the address, which stands in logs.
    let url = format!("{}/graphql?query={{viewer{{name}}}}&access_token={good}", app.url());
    assert_eq!(answer(app.http.get(url)).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_to_data_asks_and_what_holds_none_is_open() {
    let app = guarded().await;
    app.look_at_both().await;
    let good = key(&app, "report", Role::Viewer).await;
    let invoice = app.simulator.world().psohub().invoices().first().unwrap().id;
    for path in [
        "/graphql?query={viewer{name}}".to_owned(),
        "/export/invoices.csv".to_owned(),
        "/export/reconciliation.csv".to_owned(),
        format!("/documents/psohub/{invoice}"),
        format!("/documents/psohub/{invoice}/a.pdf"),
        "/documents/nowhere/1".to_owned(),
    ] {
        let url = format!("{}{path}", app.url());
        let refused = answer(app.http.get(&url)).await;
        assert_eq!((refused.status, refused.code()), (401, "UNAUTHENTICATED"), "{path}");
        assert_ne!(answer(app.http.get(&url).bearer_auth(&good)).await.status, 401, "{path}");
    }
    for path in ["/livez", "/graphiql", "/schema.graphql", "/", "/no-such-page"] {
        let status = answer(app.http.get(format!("{}{path}", app.url()))).await.status;
        assert!(![401, 403].contains(&status), "{path}: {status}");
    }
    let events = app.http.post(format!("{}/graphql", app.url())).header("accept", "text/event-stream");
    let events = events.json(&json!({"query": "subscription { invoiceChanged { invoiceId } }"}));
    assert_eq!(answer(events).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_kept_is_given_to_nobody_else() {
    let app = guarded().await;
    app.look_at_both().await;
    let good = key(&app, "report", Role::Viewer).await;
    let query = "{ invoices { totalCount } }";
    for _ in 0..2 {
        assert_eq!(ask_as(&app, &good, query).await.data()["invoices"]["totalCount"], 3);
    }
    assert_eq!(ask(&app, None, query).await.status, 401);
    revoke(&app, "report").await;
    app.advance(Duration::from_secs(5));
    assert_eq!(ask_as(&app, &good, query).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_key_ends_within_five_seconds_in_every_process() {
    let app = guarded().await;
    let replica = app.replica_on_the_clock().await;
    let good = key(&app, "intranet", Role::Viewer).await;
    let ask_replica = async || {
        let request = app.http.post(format!("{}/graphql", replica.url())).bearer_auth(&good);
        answer(request.json(&json!({ "query": VIEWER }))).await
    };
    assert_eq!(ask_as(&app, &good, VIEWER).await.status, 200);
    assert_eq!(ask_replica().await.status, 200);
    revoke(&app, "intranet").await;
    app.advance(Duration::from_secs(5));
    for refused in [ask_as(&app, &good, VIEWER).await, ask_replica().await] {
        assert_eq!((refused.status, refused.code()), (401, "UNAUTHENTICATED"));
        assert!(refused.message().contains("'intranet' was revoked"), "{}", refused.message());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_ends_when_its_time_is_over() {
    let app = guarded().await;
    let end = app.clock().now().checked_add(Duration::from_hours(1)).unwrap();
    let ending = key_until(&app, "intern", Role::Viewer, Some(end)).await;
    assert_eq!(ask_as(&app, &ending, VIEWER).await.status, 200);
    app.advance(Duration::from_hours(1));
    let refused = ask_as(&app, &ending, VIEWER).await;
    assert_eq!(refused.status, 401);
    assert!(refused.message().contains("'intern' ended at 2026-03-02T09:00:00Z"), "{}", refused.message());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_use_is_noted_once_a_minute_and_nobody_waits_for_it() {
    let app = guarded().await;
    let good = key(&app, "intranet", Role::Viewer).await;
    let noted = async || app.store().access_keys().await.unwrap()[0].key.last_used_at;
    let uses = async |wanted: jiff::Timestamp| {
        assert_eq!(ask_as(&app, &good, VIEWER).await.status, 200);
        while noted().await != Some(wanted) {
            tokio::task::yield_now().await;
        }
    };
    let first = app.clock().now();
    uses(first).await;
    app.advance(Duration::from_secs(59));
    uses(first).await;
    app.advance(Duration::from_secs(1));
    uses(app.clock().now()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_is_away_known_keys_are_gone_by() {
    let app = guarded().await;
    let good = key(&app, "intranet", Role::Viewer).await;
    assert_eq!(ask_as(&app, &good, VIEWER).await.status, 200);
    app.store().close().await;
    app.advance(Duration::from_mins(10));
    assert_eq!(ask_as(&app, &good, VIEWER).await.status, 200);
    let invented = format!("igw_0000000000000000_{}", "0".repeat(64));
    assert_eq!(ask_as(&app, &invented, VIEWER).await.status, 401);
}
