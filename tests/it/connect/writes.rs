//! What becomes of writes while an account is not connected, and of the mutation that disconnects one.

use std::time::Duration;

use invoice_gateway::book::Source;
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
