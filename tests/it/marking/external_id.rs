//! `setInvoiceExternalId`, as a frontend asks it.

use futures_util::future::join_all;
use invoice_gateway::domain::NewExternalId;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use upstream_simulator::faults::{FaultAction, FaultBody, When};
use upstream_simulator::psohub::NewPsohubInvoice;

use super::support::{company, run, spoil, writes};
use crate::sending::company::Company;
use crate::support::app::TestApp;

const EXTERNAL: &str = "/rest/psohubapi/v1/invoices/external";

const SET: &str = "mutation ($input: SetInvoiceExternalIdInput!) { setInvoiceExternalId(input: $input) {
    invoice { externalId { state value } history { what before after outcome } }
    preview { changes before after }
    userErrors { field code message outcome retryable } } }";

async fn set(app: &TestApp, input: Value) -> Value {
    let mut whole = json!({"invoice": {"number": "INV-1"}});
    whole.as_object_mut().unwrap().extend(input.as_object().unwrap().clone());
    run(app, SET, json!({ "input": whole })).await["setInvoiceExternalId"].take()
}

fn in_psohub(app: &TestApp) -> Option<String> {
    app.simulator.world().psohub().invoices()[0].external_id.as_deref().map(str::to_owned)
}

fn code(answer: &Value) -> &str {
    answer["userErrors"][0]["code"].as_str().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_set_once_and_another_value_has_to_be_asked_for() {
    let (app, _) = company().await;
    let done = set(&app, json!({"externalId": "  RE-00001 "})).await;
    assert_eq!(done["userErrors"], json!([]), "{done:#}");
    assert_eq!(done["invoice"]["externalId"], json!({"state": "PRESENT", "value": "RE-00001"}));
    let event = json!({"what": "setting its external id in PSOhub", "before": null, "after": "RE-00001", "outcome": "DONE"});
    assert_eq!(done["invoice"]["history"], json!([event]));

    let again = set(&app, json!({"externalId": "RE-00001"})).await;
    assert_eq!((&again["userErrors"], &again["invoice"]), (&json!([]), &done["invoice"]));
    let other = set(&app, json!({"externalId": "RE-00002"})).await;
    assert_eq!(code(&other), "ALREADY_HAS_EXTERNAL_ID");
    assert_eq!(other["userErrors"][0]["field"], json!(["input", "replace"]));
    assert!(other["userErrors"][0]["message"].as_str().unwrap().contains("'RE-00001'"), "{other:#}");
    assert_eq!((writes(&app).len(), in_psohub(&app).as_deref()), (1, Some("RE-00001")));

    let replaced = set(&app, json!({"externalId": "RE-00002", "replace": true})).await;
    assert_eq!(replaced["invoice"]["externalId"]["value"], "RE-00002", "{replaced:#}");
    assert_eq!(replaced["invoice"]["history"][1]["before"], "RE-00001");
    assert_eq!((writes(&app).len(), in_psohub(&app).as_deref()), (2, Some("RE-00002")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_is_known_after_a_restart() {
    let (app, _) = company().await;
    set(&app, json!({"externalId": "A"})).await;
    let app = app.restart().await;
    app.look_at_both().await;
    app.forget_calls();
    let same = set(&app, json!({"externalId": "A"})).await;
    assert_eq!((&same["userErrors"], writes(&app).len()), (&json!([]), 0), "{same:#}");
    let other = set(&app, json!({"externalId": "B"})).await;
    assert!(other["userErrors"][0]["message"].as_str().unwrap().contains("'A'"), "{other:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_psohub_has_and_we_do_not_know_is_not_replaced_by_itself() {
    let app = TestApp::start().await;
    app.simulator.world().psohub().add(NewPsohubInvoice {
        number: Some("INV-1".into()),
        external_id: Some("X-9".into()),
        ..NewPsohubInvoice::default()
    });
    app.look_at_both().await;
    let refused = set(&app, json!({"externalId": "A"})).await;
    assert_eq!(code(&refused), "ALREADY_HAS_EXTERNAL_ID", "{refused:#}");
    let message = refused["userErrors"][0]["message"].as_str().unwrap();
    assert!(message.contains("an external id that the gateway does not know"), "{message}");
    let replaced = set(&app, json!({"externalId": "A", "replace": true})).await;
    assert_eq!((&replaced["userErrors"], in_psohub(&app).as_deref()), (&json!([]), Some("A")));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_not_set_where_psohub_cannot_say_whether_there_is_one() {
    let (app, _) = company().await;
    let down = FaultAction::Status { code: 503, body: FaultBody::Html, after_effect: false };
    spoil(&app, "GET", "*", When::Always, down);
    let refused = set(&app, json!({"externalId": "A"})).await;
    let error = &refused["userErrors"][0];
    assert_eq!((&error["code"], &error["retryable"]), (&json!("UPSTREAM_UNAVAILABLE"), &json!(true)));
    assert_eq!(writes(&app), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_external_id_is_refused_and_a_dry_run_writes_nothing() {
    let (app, _) = company().await;
    for text in ["", " \n ", "RE\n1", "RE\u{7}", &"x".repeat(201)] {
        let refused = set(&app, json!({"externalId": text})).await;
        assert_eq!(code(&refused), "VALUE_INVALID", "{text:?}");
        assert_eq!(refused["userErrors"][0]["field"], json!(["input", "externalId"]));
    }
    let dry = set(&app, json!({"externalId": "A", "dryRun": true})).await;
    assert_eq!(dry["preview"], json!({"changes": true, "before": null, "after": "A"}), "{dry:#}");
    assert_eq!(writes(&app), Vec::<String>::new());
    set(&app, json!({"externalId": "A"})).await;
    let dry = set(&app, json!({"externalId": "A", "dryRun": true})).await;
    assert_eq!(dry["preview"], json!({"changes": false, "before": "A", "after": "A"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn any_text_arrives_as_it_was_given() {
    let (app, _) = company().await;
    let mut runner = TestRunner::deterministic();
    let any = proptest::string::string_regex("[ -~äöüéß€&=+%#?/\\\\\"'<>;:@🦀\u{a0}\u{202e}]{1,40}").unwrap();
    let mut texts: Vec<String> = (0..60).map(|_| any.new_tree(&mut runner).unwrap().current()).collect();
    texts.extend(["100%", "a+b c", "x&invoiceid=7", "%00", "ä#b?c", "a;b", "\u{feff}x"].map(str::to_owned));
    for text in texts {
        let Ok(value) = NewExternalId::of(&text) else { continue };
        let done = set(&app, json!({"externalId": text, "replace": true})).await;
        assert_eq!(done["userErrors"], json!([]), "{text:?}: {done:#}");
        assert_eq!(in_psohub(&app).as_deref(), Some(value.as_str()), "{text:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_at_once_are_one_call() {
    let (app, _) = company().await;
    for answer in join_all((0..50).map(|_| set(&app, json!({"externalId": "A"})))).await {
        assert_eq!(answer["userErrors"], json!([]));
        assert_eq!(answer["invoice"]["externalId"]["value"], "A");
    }
    assert_eq!(writes(&app), [EXTERNAL]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_doubt_is_resolved_by_looking() {
    let status = |code, body, after_effect| FaultAction::Status { code, body, after_effect };
    let applied = [
        FaultAction::DropAfterEffect,
        status(500, FaultBody::Json, true),
        status(200, FaultBody::Html, true),
    ];
    for action in applied {
        let (app, _) = company().await;
        spoil(&app, "PATCH", EXTERNAL, When::First(1), action.clone());
        let done = set(&app, json!({"externalId": "A"})).await;
        assert_eq!(done["userErrors"], json!([]), "{action:?}: {done:#}");
        assert_eq!(writes(&app).len(), 1, "it was applied, so it is not repeated: {action:?}");
    }
    for action in [FaultAction::DropBeforeEffect, status(503, FaultBody::Html, false)] {
        let (app, _) = company().await;
        spoil(&app, "PATCH", EXTERNAL, When::First(1), action.clone());
        let done = set(&app, json!({"externalId": "A"})).await;
        assert_eq!(done["userErrors"], json!([]), "{action:?}: {done:#}");
        assert_eq!((writes(&app).len(), in_psohub(&app).as_deref()), (2, Some("A")), "{action:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_psohub_does_is_told() {
    let status = |code| FaultAction::Status { code, body: FaultBody::Json, after_effect: false };
    let wait = FaultAction::TooManyRequests { retry_after: Some(17), ratelimit_reset: None };
    for (action, word, outcome, retryable) in [
        (wait, "UPSTREAM_UNAVAILABLE", "NOT_APPLIED", true),
        (status(422), "REFUSED_BY_UPSTREAM", "NOT_APPLIED", false),
        (FaultAction::DropAfterEffect, "OUTCOME_UNKNOWN", "UNCERTAIN", true),
        (status(500), "OUTCOME_UNKNOWN", "UNCERTAIN", true),
    ] {
        let (app, _) = company().await;
        app.data("{ invoice(by: {number: \"INV-1\"}) { externalId { state } } }").await;
        spoil(&app, "PATCH", EXTERNAL, When::Always, action.clone());
        let down = FaultAction::Status { code: 503, body: FaultBody::Html, after_effect: false };
        spoil(&app, "GET", "*", When::Always, down);
        let refused = set(&app, json!({"externalId": "A"})).await;
        let error = &refused["userErrors"][0];
        assert_eq!(
            (&error["code"], &error["outcome"], &error["retryable"]),
            (&json!(word), &json!(outcome), &json!(retryable)),
            "{action:?}: {refused:#}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_that_is_going_to_write_it_is_not_overtaken() {
    let company = Company::start().await;
    let id = company.invoice(NewPsohubInvoice { number: Some("INV-1".into()), ..Default::default() }).await;
    company.hold("POST", "/2.0/kb_invoice/*/send", When::First(1));
    company.begin(id).await;
    company.until_held(1).await;
    let refused = set(&company.app, json!({"externalId": "A", "replace": true})).await;
    assert_eq!(code(&refused), "ALREADY_UNDER_DELIVERY", "{refused:#}");
    company.release().await;
    company.until(id, invoice_gateway::domain::delivery::State::Done).await;
    let number = company.external_id(id).unwrap();
    let same = set(&company.app, json!({"externalId": number})).await;
    assert_eq!(same["userErrors"], json!([]), "what the delivery wrote is what is recorded: {same:#}");
    let other = set(&company.app, json!({"externalId": "A"})).await;
    assert!(other["userErrors"][0]["message"].as_str().unwrap().contains(&number), "{other:#}");
}
