//! What becomes of writes while an account is not connected, and of the mutation that disconnects one.

use std::time::Duration;

use invoice_gateway::book::Source;
use invoice_gateway::domain::payment::run::Trigger;
use invoice_gateway::services::payment_sync::{RunRequest, Started};
use serde_json::{Value, json};

use super::{connect_bexio, connect_both, connection};
use crate::support::app::{TestApp, TestOptions};

async fn connected() -> TestApp {
    let app = TestOptions::company(120)
        .oauth()
        .set("REVENUE_ACCOUNT", "3400")
        .set("ZERO_TAX_CODE", "UEX")
        .start()
        .await;
    connect_both(&app).await;
    app.look_at_both().await;
    app
}

/// Two invoices that can be sent.
async fn sendable(app: &TestApp) -> Vec<Value> {
    let data = app.data("{ invoices(filter: {status: [APPROVED]}) { nodes { psohubId } } }").await;
    let mut ids = Vec::new();
    for node in data["invoices"]["nodes"].as_array().unwrap() {
        let query = "query ($id: ID!) { sendPreview(invoice: { psohubId: $id }) { isSendable } }";
        let answer = app.answer(query, json!({ "id": node["psohubId"] })).await;
        if answer["data"]["sendPreview"]["isSendable"] == true {
            ids.push(node["psohubId"].clone());
        }
    }
    assert!(ids.len() >= 2, "{} of the company's invoices can be sent", ids.len());
    ids
}

async fn send(app: &TestApp, id: &Value, key: &str) -> Value {
    let query = "mutation ($id: ID!, $key: String!) {
        sendInvoice(input: { invoice: { psohubId: $id }, idempotencyKey: $key }) {
            delivery { state } wasThereBefore userErrors { code message hint field outcome retryable } } }";
    let answer = app.answer(query, json!({ "id": id, "key": key })).await;
    answer["data"]["sendInvoice"].clone()
}

async fn disconnect(app: &TestApp, input: &str) -> Value {
    let query = format!(
        "mutation {{ disconnect(input: {{ {input} }}) {{ connection {{ upstream state account {{ companyName }} }}
         wasConnected revoked userErrors {{ code message hint }} }} }}"
    );
    app.data(&query).await["disconnect"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_without_consent_and_the_answer_says_where_to_give_it() {
    let app = connected().await;
    let ids = sendable(&app).await;
    let first = send(&app, &ids[0], "before").await;
    assert_eq!(first["userErrors"], json!([]), "{first:#}");
    app.settle().await;
    app.simulator.world().bexio().revoke_all_tokens();
    app.advance(Duration::from_mins(2));
    assert!(app.look(Source::Bexio).await.is_err());
    app.forget_calls();

    let refused = send(&app, &ids[1], "after").await;
    let error = &refused["userErrors"][0];
    assert_eq!(
        (&error["code"], &error["outcome"], &error["field"]),
        (&json!("NOT_CONNECTED"), &json!("NOT_APPLIED"), &json!(["input", "invoice"])),
        "{refused:#}"
    );
    let message = error["message"].as_str().unwrap();
    let link = format!("{}/connect/bexio", app.url());
    assert!(message.contains("no longer honours the connection") && message.contains(&link), "{message}");
    assert_eq!(refused["delivery"], json!(null), "nothing was taken on");
    let batch = "mutation ($id: ID!) { sendInvoices(input: { invoices: { lookups: [{ psohubId: $id }] } }) {
        batch { id } userErrors { code message } } }";
    let answer = app.answer(batch, json!({ "id": ids[1] })).await;
    let batch = &answer["data"]["sendInvoices"];
    assert_eq!(
        (&batch["batch"], &batch["userErrors"][0]["code"]),
        (&json!(null), &json!("NOT_CONNECTED")),
        "{answer:#}"
    );
    // What was asked before is answered as before.
    let again = send(&app, &ids[0], "before").await;
    assert_eq!((&again["wasThereBefore"], &again["userErrors"]), (&json!(true), &json!([])), "{again:#}");
    assert_eq!(app.calls(upstream_simulator::traffic::Upstream::Bexio), 0);

    connect_bexio(&app).await;
    let sent = send(&app, &ids[1], "after").await;
    assert_eq!(sent["userErrors"], json!([]), "{sent:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_disconnects_an_account() {
    let app = connected().await;
    let looked = disconnect(&app, "upstream: BEXIO, dryRun: true").await;
    assert_eq!((&looked["connection"]["state"], &looked["revoked"]), (&json!("CONNECTED"), &json!(null)));
    let ids = sendable(&app).await;

    let done = disconnect(&app, "upstream: BEXIO").await;
    assert_eq!((&done["wasConnected"], &done["revoked"]), (&json!(true), &json!(true)), "{done:#}");
    assert_eq!(done["connection"]["state"], "NOT_CONNECTED", "{done:#}");
    let again = disconnect(&app, "upstream: BEXIO").await;
    assert_eq!((&again["wasConnected"], &again["userErrors"]), (&json!(false), &json!([])), "{again:#}");
    let refused = send(&app, &ids[0], "x").await;
    assert_eq!(refused["userErrors"][0]["code"], "NOT_CONNECTED", "{refused:#}");

    // PSOhub has no call that ends a token: that is said and not pretended.
    let psohub = disconnect(&app, "upstream: PSOHUB").await;
    assert_eq!((&psohub["wasConnected"], &psohub["revoked"]), (&json!(true), &json!(false)), "{psohub:#}");
    assert_eq!(connection(&app, "PSOHUB").await["state"], "NOT_CONNECTED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_the_configuration_is_not_disconnected() {
    let app = TestApp::start().await;
    let refused = disconnect(&app, "upstream: BEXIO").await;
    assert_eq!(refused["userErrors"][0]["code"], "TOKEN_CONFIGURED", "{refused:#}");
    assert!(refused["userErrors"][0]["message"].as_str().unwrap().contains("BEXIO_ACCESS_TOKEN"));
    assert_eq!(refused["connection"]["state"], "CONNECTED");
}

/// Bexio no longer honours the connection, and the service has learned it.
async fn withdraw_consent(app: &TestApp) {
    app.simulator.world().bexio().revoke_all_tokens();
    app.advance(Duration::from_mins(2));
    assert!(app.look(Source::Bexio).await.is_err());
    assert_eq!(connection(app, "BEXIO").await["state"], "NEEDS_CONSENT");
    app.forget_calls();
}

/// That this payload refused for want of consent and says where to give it.
fn assert_not_connected(app: &TestApp, payload: &Value, field: &Value) {
    let error = &payload["userErrors"][0];
    assert_eq!(
        (&error["code"], &error["outcome"], &error["field"]),
        (&json!("NOT_CONNECTED"), &json!("NOT_APPLIED"), field),
        "{payload:#}"
    );
    let message = error["message"].as_str().unwrap();
    let link = format!("{}/connect/bexio", app.url());
    assert!(message.contains("no longer honours the connection") && message.contains(&link), "{message}");
}

/// That no call was made but PSOhub's lists, which a query reads again behind its answer.
fn no_calls(app: &TestApp) {
    let exchanges = app.simulator.world().traffic.exchanges();
    let called: Vec<_> =
        exchanges.iter().map(|exchange| (&exchange.call.method, &exchange.call.path)).collect();
    assert!(
        called.iter().all(|(method, path)| *method == "GET" && path.ends_with("/invoices")),
        "{called:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_invoice_is_changed_without_consent() {
    let app = connected().await;
    let data = app.data("{ invoices(filter: {status: [SENT]}) { nodes { psohubId } } }").await;
    let id = data["invoices"]["nodes"][0]["psohubId"].clone();
    let paid = app.data("{ invoices(filter: {status: [PAID]}) { nodes { psohubId } } }").await;
    let paid = paid["invoices"]["nodes"][0]["psohubId"].clone();
    withdraw_consent(&app).await;

    let errors = "userErrors { code message hint field outcome retryable }";
    let mark = format!(
        "mutation ($id: ID!) {{ markInvoicePaid(input: {{ invoice: {{ psohubId: $id }}, confirmUnpaidInBexio: true }})
            {{ invoice {{ status }} {errors} }} }}"
    );
    let marked = app.answer(&mark, json!({ "id": id })).await["data"]["markInvoicePaid"].take();
    assert_not_connected(&app, &marked, &json!(["input", "invoice"]));
    assert_eq!(marked["invoice"]["status"], "SENT");
    let set = format!(
        "mutation ($id: ID!) {{ setInvoiceExternalId(input: {{ invoice: {{ psohubId: $id }}, externalId: \"RE-1\",
            replace: true }}) {{ {errors} }} }}"
    );
    let set = app.answer(&set, json!({ "id": id })).await["data"]["setInvoiceExternalId"].take();
    assert_not_connected(&app, &set, &json!(["input", "invoice"]));
    no_calls(&app);
    let history = "query ($id: ID!) { invoice(by: { psohubId: $id }) { history { what } } }";
    let history = app.answer(history, json!({ "id": id })).await;
    assert_eq!(history["data"]["invoice"]["history"], json!([]), "nothing was begun");

    // What is so already is answered as before.
    let again = app.answer(&mark, json!({ "id": paid })).await["data"]["markInvoicePaid"].take();
    assert_eq!(
        (&again["userErrors"], &again["invoice"]["status"]),
        (&json!([]), &json!("PAID")),
        "{again:#}"
    );
    no_calls(&app);
    connect_bexio(&app).await;
    let marked = app.answer(&mark, json!({ "id": id })).await["data"]["markInvoicePaid"].take();
    assert_eq!(
        (&marked["userErrors"], &marked["invoice"]["status"]),
        (&json!([]), &json!("PAID")),
        "{marked:#}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_payment_sync_says_that_it_needs_somebody() {
    let app = connected().await;
    withdraw_consent(&app).await;
    let ask = "mutation { runPaymentSync(input: {}) { run { id } userErrors { code message hint field outcome } } }";
    let asked = app.data(ask).await["runPaymentSync"].take();
    assert_not_connected(&app, &asked, &json!(["input"]));
    assert_eq!(asked["run"], json!(null));

    // Nobody waits for a scheduled run, so it is written down.
    let request = RunRequest { trigger: Trigger::Schedule, is_dry_run: false, key: None };
    let Started::Began(run) = app.payment_sync().start(request).await.unwrap() else { panic!("it began") };
    app.payment_sync().ended(run.id, Duration::from_mins(1)).await.unwrap();
    let runs =
        app.data("{ paymentSyncRuns { nodes { trigger status failure { code message hint } } } }").await;
    let run = &runs["paymentSyncRuns"]["nodes"][0];
    assert_eq!(
        (&run["trigger"], &run["status"], &run["failure"]["code"]),
        (&json!("SCHEDULE"), &json!("FAILED"), &json!("NOT_CONNECTED")),
        "{runs:#}"
    );
    assert!(run["failure"]["message"].as_str().unwrap().contains("/connect/bexio"), "{run:#}");
    assert_eq!(runs["paymentSyncRuns"]["nodes"][1], json!(null), "what was refused is no run");
    no_calls(&app);
}
