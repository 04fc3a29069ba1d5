//! Settings that are saved: the environment first, then what an administrator saved, held against Bexio.

use rust_decimal::Decimal;
use serde_json::{Value, json};
use upstream_simulator::psohub::{NewPsohubInvoice, Status};

use crate::support::app::{TestApp, TestOptions};
use crate::support::process::run;

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

const INVALID: &str = "{ connections { upstream invalidSettings { setting code message hint } }
    settings { checkedAt invalid { setting code } } }";

/// What Bexio's connection shows of settings, once the service has checked at this time.
async fn invalid_after_check(app: &TestApp, at: &str) -> Value {
    for _ in 0..1_000 {
        let mut shown = app.data(INVALID).await;
        if shown["settings"]["checkedAt"] == at {
            assert_eq!(shown["connections"][0]["invalidSettings"], json!([]), "PSOhub has none: {shown:#}");
            return shown["connections"][1]["invalidSettings"].take();
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("it was not checked at {at}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tax_that_was_switched_off_shows_within_a_day_and_goes_with_a_new_value() {
    let app = TestOptions::default().set("REVENUE_ACCOUNT", "3400").set("TAX_CODE", "UN81").start().await;
    let _checking = app.keep_settings_checked();
    assert_eq!(invalid_after_check(&app, "2026-03-02T08:00:00Z").await, json!([]));

    assert!(app.simulator.world().bexio().switch_tax("UN81", false));
    app.advance(std::time::Duration::from_hours(23));
    let early = app.data(INVALID).await;
    assert_eq!(early["connections"][1]["invalidSettings"], json!([]), "it is looked once a day: {early:#}");
    wait_for_sleepers(&app).await;
    app.advance(std::time::Duration::from_hours(1));
    let invalid = invalid_after_check(&app, "2026-03-03T08:00:00Z").await;
    assert_eq!(
        (&invalid[0]["setting"], &invalid[0]["code"], &invalid[1]),
        (&json!("taxCode"), &json!("TAX_NOT_VALID"), &json!(null)),
        "{invalid:#}"
    );
    assert!(
        invalid[0]["message"].as_str().unwrap().contains("UN81") && invalid[0]["hint"] != "",
        "{invalid:#}"
    );

    let environment = [("REVENUE_ACCOUNT", "3400"), ("TAX_CODE", "UN81")];
    let report = doctor(&app, &environment);
    assert_eq!(report["state"], "FAILED", "{report:#}");
    assert_eq!(report["findings"][0]["code"], "TAX_NOT_VALID", "{report:#}");
    assert!(report["findings"][0]["message"].as_str().unwrap().starts_with("taxCode: "), "{report:#}");

    let saved = update(&app, json!({"expectedVersion": 0, "taxCode": "UR26"})).await;
    assert_eq!(saved["userErrors"], json!([]), "{saved:#}");
    assert_eq!(app.data(INVALID).await["connections"][1]["invalidSettings"], json!([]));
    let report = doctor(&app, &environment);
    assert_eq!(
        (&report["state"], &report["found"]),
        (&json!("PASSED"), &json!("version 1 of the saved settings holds")),
        "what is saved wins: {report:#}"
    );
}

/// Until the service waits for the clock.
async fn wait_for_sleepers(app: &TestApp) {
    for _ in 0..1_000 {
        if app.clock().sleepers() > 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("nobody waits for the clock");
}

/// What `doctor` says of the settings, as a process beside the service.
fn doctor(app: &TestApp, environment: &[(&str, &str)]) -> Value {
    let output = run(&["doctor", "--json"], &app.simulator, app.folder(), environment);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let checks = report["checks"].as_array().unwrap();
    checks.iter().find(|check| check["name"] == "SETTINGS").unwrap().clone()
}

const RULES: &str = "{ settings { version vatMode roundingTolerance { amount currency } paymentSyncSchedule
    history { changedBy changed { setting before after } } } paymentSync { schedule nextRun } }";

#[tokio::test(flavor = "multi_thread")]
async fn schedule_tolerance_and_vat_mode_are_settings_like_the_others() {
    let app = TestOptions::default()
        .set("REVENUE_ACCOUNT", "3400")
        .set("PAYMENT_SYNC_CRON", "0 0 */3 * * *")
        .set("ROUNDING_TOLERANCE", "0.02")
        .set("VAT_MODE", "included")
        .start()
        .await;
    let first = app.data(RULES).await;
    assert_eq!(
        (&first["settings"]["vatMode"], &first["settings"]["roundingTolerance"]["amount"]),
        (&json!("INCLUDED"), &json!("0.02")),
        "{first:#}"
    );
    assert_eq!(first["paymentSync"], json!({"schedule": "0 0 */3 * * *", "nextRun": "2026-03-02T09:00:00Z"}));

    let input = json!({"expectedVersion": 0, "vatMode": "ADDED", "roundingTolerance": "0.10",
        "paymentSyncSchedule": "0 30 * * * *"});
    assert_eq!(update(&app, input).await["userErrors"], json!([]));
    let app = app.restart().await;
    let saved = app.data(RULES).await;
    assert_eq!(saved["paymentSync"], json!({"schedule": "0 30 * * * *", "nextRun": "2026-03-02T08:30:00Z"}));
    assert_eq!(saved["settings"]["roundingTolerance"], json!({"amount": "0.10", "currency": "CHF"}));
    let changed = json!([
        {"setting": "vatMode", "before": "INCLUDED", "after": "ADDED"},
        {"setting": "roundingTolerance", "before": "CHF 0.02", "after": "CHF 0.10"},
        {"setting": "paymentSyncSchedule", "before": "0 0 */3 * * *", "after": "0 30 * * * *"},
    ]);
    assert_eq!(saved["settings"]["history"], json!([{"changedBy": "local", "changed": changed}]));

    let cleared = json!({"expectedVersion": 1, "roundingTolerance": null, "paymentSyncSchedule": null});
    assert_eq!(update(&app, cleared).await["userErrors"], json!([]));
    let cleared = app.data(RULES).await;
    assert_eq!(cleared["settings"]["roundingTolerance"]["amount"], "0.05", "the standard: {cleared:#}");
    assert_eq!(cleared["paymentSync"]["schedule"], "0 0 */3 * * *", "the configuration's");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_or_a_tolerance_that_makes_no_sense_is_refused() {
    let app = company().await;
    for (name, value, word) in [
        ("paymentSyncSchedule", "0 0 */2 * *", "no schedule"),
        ("paymentSyncSchedule", "whenever", "no schedule"),
        ("paymentSyncSchedule", "0 0 0 31 2 *", "never comes"),
        ("paymentSyncSchedule", "*/10 * * * * *", "once a minute"),
        ("roundingTolerance", "-0.01", "0 to 1"),
        ("roundingTolerance", "5", "0 to 1"),
    ] {
        let refused = update(&app, json!({"expectedVersion": 0, "attachPdf": false, name: value})).await;
        let error = &refused["userErrors"][0];
        assert_eq!(
            (&error["code"], &error["field"], &refused["settings"]["version"]),
            (&json!("VALUE_INVALID"), &json!(["input", name]), &json!(0)),
            "{refused:#}"
        );
        assert!(error["message"].as_str().unwrap().contains(word), "{error:#}");
    }
    let bad = app.answer(UPDATE, json!({"input": {"expectedVersion": 0, "vatMode": "SOMETIMES"}})).await;
    assert!(bad["errors"][0]["message"].as_str().unwrap().contains("SOMETIMES"), "{bad:#}");
}

const AGREEMENT: &str =
    "{ invoice(by: {number: \"INV-1\"}) { status reconciliation { verdict reasons { code } } } }";

#[tokio::test(flavor = "multi_thread")]
async fn one_tolerance_holds_for_reconciliation_and_payment_sync() {
    let app = company().await;
    let new = NewPsohubInvoice {
        number: Some("INV-1".into()),
        status: Status::Sent,
        // Its lines come to 1081.00.
        total_inc_vat: Some(Decimal::new(108_080, 2)),
        ..NewPsohubInvoice::default()
    };
    let psohub = app.simulator.world().psohub().add(new);
    let bexio = app.simulator.world().book_in_bexio(psohub).unwrap();
    app.simulator.world().bexio().issue(bexio).unwrap();
    app.simulator.world().bexio().pay(bexio, None, jiff::civil::date(2026, 3, 2)).unwrap();
    app.look_at_both().await;

    let reasons = async |app: &TestApp| -> Vec<String> {
        let shown = app.data(AGREEMENT).await;
        let reasons = shown["invoice"]["reconciliation"]["reasons"].as_array().unwrap().clone();
        reasons.iter().map(|reason| reason["code"].as_str().unwrap().to_owned()).collect()
    };
    let sync = "mutation { runPaymentSync(input: {waitSeconds: 30}) {
        run { counts { paid } items { nodes { reason } } } userErrors { code message } } }";
    assert!(reasons(&app).await.contains(&"TOTAL_DIFFERS".to_owned()));
    let run = app.data(sync).await;
    assert_eq!(run["runPaymentSync"]["run"]["items"]["nodes"][0]["reason"], "TOTAL_DIFFERS", "{run:#}");
    assert_eq!(app.data(AGREEMENT).await["invoice"]["status"], "SENT");

    let wider = json!({"expectedVersion": 0, "roundingTolerance": "0.20"});
    assert_eq!(update(&app, wider).await["userErrors"], json!([]));
    let now = reasons(&app).await;
    assert!(
        now.contains(&"TOTAL_ROUNDED".to_owned()) && !now.contains(&"TOTAL_DIFFERS".to_owned()),
        "{now:?}"
    );
    let run = app.data(sync).await;
    assert_eq!(run["runPaymentSync"]["run"]["counts"]["paid"], 1, "{run:#}");
    assert_eq!(app.data(AGREEMENT).await["invoice"]["status"], "PAID");
}
