//! Settings that are saved: the environment first, then what an administrator saved, held against Bexio.

use serde_json::{Value, json};
use upstream_simulator::psohub::NewPsohubInvoice;

use crate::support::app::{TestApp, TestOptions};

const UPDATE: &str = "mutation Update($input: UpdateSettingsInput!) { updateSettings(input: $input) {
    settings { version revenueAccount taxCode emailSubject }
    userErrors { field code message hint outcome } } }";

async fn company() -> TestApp {
    TestOptions::default().set("REVENUE_ACCOUNT", "3400").start().await
}

async fn update(app: &TestApp, input: Value) -> Value {
    let mut answer = app.answer(UPDATE, json!({ "input": input })).await;
    assert_eq!(answer.get("errors"), None, "{answer:#}");
    answer["data"]["updateSettings"].take()
}

/// What would be sent for an invoice that names no account.
async fn preview(app: &TestApp) -> Value {
    let id = app.simulator.world().psohub().add(NewPsohubInvoice::default());
    app.look_at_both().await;
    let query = "query Preview($id: ID!) { sendPreview(invoice: {psohubId: $id}) {
        positions { account { number } } email { subject } } }";
    let mut answer = app.answer(query, json!({"id": id.to_string()})).await;
    assert_eq!(answer.get("errors"), None, "{answer:#}");
    answer["data"]["sendPreview"].take()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_environment_holds_until_something_is_saved_and_then_that_wins() {
    let app = company().await;
    let first = app.data("{ settings { version revenueAccount changedBy history { version } } }").await;
    let expected = json!({"version": 0, "revenueAccount": "3400", "changedBy": null, "history": []});
    assert_eq!(first["settings"], expected);
    assert_eq!(preview(&app).await["positions"][0]["account"]["number"], "3400");

    let input = json!({"expectedVersion": 0, "revenueAccount": "3000", "emailSubject": "Bill {number}"});
    let saved = update(&app, input).await;
    assert_eq!(saved["userErrors"], json!([]));
    assert_eq!(saved["settings"]["version"], 1);
    let app = app.restart().await;
    let shown = preview(&app).await;
    assert_eq!(shown["positions"][0]["account"]["number"], "3000");
    assert!(shown["email"]["subject"].as_str().unwrap().starts_with("Bill "), "{shown}");

    let again = update(&app, json!({"expectedVersion": 1, "revenueAccount": "3000"})).await;
    assert_eq!(again["settings"]["version"], 1, "the same once more is no change");
    let cleared = update(&app, json!({"expectedVersion": 1, "emailSubject": null})).await;
    assert_eq!(cleared["settings"]["emailSubject"], json!(null));
    let history = app
        .data("{ settings { history { version changedBy changedAt changed { setting before after } } } }")
        .await;
    let at = "2026-03-02T08:00:00Z";
    assert_eq!(
        history["settings"]["history"],
        json!([
            {"version": 2, "changedBy": "local", "changedAt": at, "changed": [
                {"setting": "emailSubject", "before": "Bill {number}", "after": null}]},
            {"version": 1, "changedBy": "local", "changedAt": at, "changed": [
                {"setting": "revenueAccount", "before": "3400", "after": "3000"},
                {"setting": "emailSubject", "before": null, "after": "Bill {number}"}]},
        ])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_bexio_is_refused_by_its_field_and_nothing_is_saved() {
    let app = company().await;
    for (name, value, code) in [
        ("revenueAccount", json!("9999"), "ACCOUNT_UNKNOWN"),
        ("revenueAccount", json!("1020"), "ACCOUNT_NOT_FOR_SALES"),
        ("taxCode", json!("UN77"), "TAX_NOT_VALID"),
        ("zeroTaxCode", json!("VM81"), "TAX_NOT_FOR_SALES"),
        ("language", json!("rm"), "LANGUAGE_UNKNOWN"),
        ("bankAccountId", json!("999"), "BANK_ACCOUNT_UNKNOWN"),
        ("bankAccountId", json!("abc"), "ID_INVALID"),
        ("paymentTypeId", json!("999"), "PAYMENT_TYPE_UNKNOWN"),
        ("unitId", json!("999"), "UNIT_UNKNOWN"),
        ("emailSubject", json!("Invoice {nummer}"), "PLACEHOLDER_UNKNOWN"),
        ("emailMessage", json!("x".repeat(10_001)), "MESSAGE_TOO_LONG"),
    ] {
        // Beside something that fits: all or nothing.
        let refused = update(&app, json!({"expectedVersion": 0, "attachPdf": false, name: value})).await;
        let error = &refused["userErrors"][0];
        assert_eq!((&error["code"], &error["field"]), (&json!(code), &json!(["input", name])), "{error:#}");
        assert_eq!(refused["settings"]["version"], 0, "{name}");
    }
    let old = update(&app, json!({"expectedVersion": 7, "attachPdf": false})).await;
    assert_eq!(old["userErrors"][0]["code"], "VERSION_CONFLICT");
    app.simulator.stop_bexio().await;
    let unasked = update(&app, json!({"expectedVersion": 0, "taxCode": "UN81"})).await;
    assert_eq!(unasked["userErrors"][0]["code"], "UPSTREAM_UNAVAILABLE");
    assert_eq!(unasked["settings"]["version"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_change_the_same_version_one_is_told() {
    let app = company().await;
    let change = |account: &str| json!({"expectedVersion": 0, "revenueAccount": account});
    let (one, other) = tokio::join!(update(&app, change("3000")), update(&app, change("3200")));
    let errors = [&one["userErrors"], &other["userErrors"]];
    let refused: Vec<_> = errors.iter().filter_map(|errors| errors[0]["code"].as_str()).collect();
    assert_eq!(refused, ["VERSION_CONFLICT"]);
    assert_eq!(app.data("{ settings { version } }").await["settings"]["version"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_that_has_become_invalid_is_shown() {
    let app = company().await;
    let settings = "{ settings { checkedAt invalid { setting code message hint } } }";
    let unchecked = json!({"checkedAt": null, "invalid": []});
    assert_eq!(app.data(settings).await["settings"], unchecked);
    app.simulator.world().bexio().switch_account("3400", false);
    app.check_settings().await;
    let shown = app.data(settings).await;
    assert_eq!(shown["settings"]["checkedAt"], "2026-03-02T08:00:00Z");
    let invalid = &shown["settings"]["invalid"][0];
    assert_eq!(
        (&invalid["setting"], &invalid["code"]),
        (&json!("revenueAccount"), &json!("ACCOUNT_INACTIVE"))
    );
    // Something else can be changed all the same.
    let saved = update(&app, json!({"expectedVersion": 0, "attachPdf": false})).await;
    assert_eq!((&saved["userErrors"], &saved["settings"]["version"]), (&json!([]), &json!(1)));
    assert_eq!(app.data(settings).await["settings"]["invalid"][0]["setting"], "revenueAccount");
}
