//! `markInvoicePaid`, as a frontend asks it.

use futures_util::future::join_all;
use serde_json::{Value, json};
use upstream_simulator::faults::{FaultAction, FaultBody, When};
use upstream_simulator::psohub::Status;

use super::support::{PAID, add, booked, company, in_psohub, pay, run, spoil, writes};
use crate::support::app::TestApp;

const MARK: &str = "mutation ($input: MarkInvoicePaidInput!) { markInvoicePaid(input: $input) {
    invoice { number status canMarkPaid { allowed reasons { code } } nextAction
        history { actor what before after outcome detail } }
    preview { changes what before after }
    userErrors { field code message hint outcome retryable } } }";

async fn mark(app: &TestApp, input: Value) -> Value {
    run(app, MARK, json!({ "input": input })).await["markInvoicePaid"].take()
}

/// INV-1's total, as messages write it.
async fn amount(app: &TestApp) -> String {
    let query = "{ invoice(by: {number: \"INV-1\"}) { totalIncVat { amount currency } } }";
    let total = app.data(query).await["invoice"]["totalIncVat"].take();
    format!("{} {}", total["currency"].as_str().unwrap(), total["amount"].as_str().unwrap())
}

fn by_number(number: &str) -> Value {
    json!({ "invoice": { "number": number }, "confirmUnpaidInBexio": true })
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_paid_at_once_and_the_history_says_by_whom() {
    let (app, id) = company().await;
    let marked = mark(&app, by_number("inv-1")).await;
    assert_eq!(marked["userErrors"], json!([]), "{marked:#}");
    let invoice = &marked["invoice"];
    assert_eq!((&invoice["status"], &invoice["nextAction"]), (&json!("PAID"), &json!("NOTHING")));
    assert_eq!(invoice["canMarkPaid"], json!({"allowed": false, "reasons": [{"code": "ALREADY_PAID"}]}));
    assert_eq!(
        invoice["history"],
        json!([{"actor": "local", "what": "marking it as paid in PSOhub", "before": "Sent", "after": "Paid",
            "outcome": "DONE", "detail": null}])
    );
    assert_eq!(in_psohub(&app, id), Status::Paid);

    let again = mark(&app, json!({"invoice": {"psohubId": id.to_string()}})).await;
    assert_eq!((&again["userErrors"], &again["invoice"]), (&json!([]), invoice), "nothing changed");
    assert_eq!(writes(&app), [PAID]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_bexio_does_not_call_paid_has_to_be_confirmed() {
    let (app, id) = company().await;
    let refused = mark(&app, json!({"invoice": {"number": "INV-1"}})).await;
    let error = &refused["userErrors"][0];
    assert_eq!((&error["code"], &error["outcome"]), (&json!("NOT_PAID_IN_BEXIO"), &json!("NOT_APPLIED")));
    assert_eq!(error["field"], json!(["input", "confirmUnpaidInBexio"]));
    assert_eq!(error["message"], "Invoice INV-1 has no invoice in Bexio that could be paid.");

    let bexio_id = booked(&app, id).await;
    let total = amount(&app).await;
    let refused = mark(&app, json!({"invoice": {"number": "INV-1"}})).await;
    let message = refused["userErrors"][0]["message"].as_str().unwrap();
    assert!(
        message.contains(&format!("is open there (status 8), and {total} of {total} remain")),
        "{message}"
    );
    assert_eq!(refused["invoice"]["canMarkPaid"]["reasons"], json!([{"code": "NOT_PAID_IN_BEXIO"}]));
    assert_eq!(writes(&app), Vec::<String>::new());

    pay(&app, bexio_id).await;
    let shown =
        run(&app, "{ invoice(by: {number: \"INV-1\"}) { nextAction canMarkPaid { allowed } } }", json!({}))
            .await["invoice"]
            .take();
    assert_eq!(shown, json!({"nextAction": "MARK_PAID", "canMarkPaid": {"allowed": true}}));
    let marked = mark(&app, json!({"invoice": {"number": "INV-1"}})).await;
    assert_eq!((&marked["userErrors"], &marked["invoice"]["status"]), (&json!([]), &json!("PAID")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stops_the_payment_sync_has_to_be_confirmed_by_a_person() {
    let (app, id) = company().await;
    let paid = booked(&app, id).await;
    booked(&app, id).await;
    pay(&app, paid).await;
    let refused = mark(&app, json!({"invoice": {"number": "INV-1"}})).await;
    let error = &refused["userErrors"][0];
    assert_eq!(
        (&error["code"], &error["outcome"]),
        (&json!("BEXIO_INVOICE_IN_DOUBT"), &json!("NOT_APPLIED")),
        "{error:#}"
    );
    assert_eq!(error["field"], json!(["input", "confirmUnpaidInBexio"]));
    let message = error["message"].as_str().unwrap();
    assert!(message.ends_with("paid, but invoice INV-1 has several invoices in Bexio."), "{message}");
    let invoice = &refused["invoice"];
    assert_eq!(invoice["canMarkPaid"]["reasons"], json!([{"code": "BEXIO_INVOICE_IN_DOUBT"}]));
    assert_eq!(invoice["nextAction"], "CHECK");
    assert_eq!(writes(&app), Vec::<String>::new());
    let marked = mark(&app, by_number("INV-1")).await;
    assert_eq!((&marked["userErrors"], &marked["invoice"]["status"]), (&json!([]), &json!("PAID")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rule_holds_whatever_is_confirmed() {
    let app = TestApp::start().await;
    for (number, status) in
        [("D", Status::Draft), ("V", Status::Void), ("O", Status::Other("Disputed".into()))]
    {
        add(&app, number, status);
    }
    app.look_at_both().await;
    app.forget_calls();
    for number in ["D", "V", "O"] {
        let refused = mark(&app, by_number(number)).await;
        let error = &refused["userErrors"][0];
        assert_eq!(
            (&error["code"], &error["field"]),
            (&json!("STATUS_NOT_PAYABLE"), &json!(["input", "invoice"]))
        );
        assert_eq!(refused["invoice"]["history"], json!([]));
    }
    let unknown = mark(&app, by_number("nobody")).await;
    assert_eq!(
        (&unknown["invoice"], &unknown["userErrors"][0]["code"]),
        (&Value::Null, &json!("INVOICE_NOT_FOUND"))
    );
    assert_eq!(writes(&app), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_shows_what_would_be_done_and_writes_nothing() {
    let (app, _) = company().await;
    let dry = json!({"invoice": {"number": "INV-1"}, "confirmUnpaidInBexio": true, "dryRun": true});
    let shown = mark(&app, dry).await;
    assert_eq!(
        shown["preview"],
        json!({"changes": true, "what": "marking it as paid in PSOhub", "before": "Sent", "after": "Paid"})
    );
    assert_eq!((&shown["invoice"]["status"], &shown["invoice"]["history"]), (&json!("SENT"), &json!([])));
    let unconfirmed = mark(&app, json!({"invoice": {"number": "INV-1"}, "dryRun": true})).await;
    assert_eq!(unconfirmed["preview"], Value::Null);
    assert_eq!(unconfirmed["userErrors"][0]["code"], "NOT_PAID_IN_BEXIO");
    assert_eq!(writes(&app), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_at_once_are_one_call_and_equal_answers() {
    let (app, _) = company().await;
    let answers = join_all((0..50).map(|_| mark(&app, by_number("INV-1")))).await;
    assert_eq!(answers[0]["invoice"]["status"], "PAID", "{:#}", answers[0]);
    for answer in &answers {
        assert_eq!(answer["userErrors"], json!([]));
        assert_eq!(answer["invoice"]["status"], answers[0]["invoice"]["status"]);
    }
    let after = mark(&app, by_number("INV-1")).await;
    assert_eq!(after["invoice"]["history"].as_array().unwrap().len(), 1);
    assert_eq!(writes(&app), [PAID]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_psohub_does_is_told_with_what_to_do() {
    let wait = FaultAction::TooManyRequests { retry_after: Some(17), ratelimit_reset: None };
    let status = |code| FaultAction::Status { code, body: FaultBody::Json, after_effect: false };
    for (action, code, outcome, retryable, hint) in [
        (wait, "UPSTREAM_UNAVAILABLE", "NOT_APPLIED", true, "in 18 s"),
        (status(401), "REFUSED_BY_UPSTREAM", "NOT_APPLIED", false, "connection"),
        (status(422), "REFUSED_BY_UPSTREAM", "NOT_APPLIED", false, "own words"),
        (status(500), "OUTCOME_UNKNOWN", "UNCERTAIN", true, "does no harm"),
        (FaultAction::DropBeforeEffect, "OUTCOME_UNKNOWN", "UNCERTAIN", true, "does no harm"),
    ] {
        let (app, _) = company().await;
        spoil(&app, "PATCH", PAID, When::Always, action.clone());
        let refused = mark(&app, by_number("INV-1")).await;
        let error = &refused["userErrors"][0];
        assert_eq!(
            (&error["code"], &error["outcome"], &error["retryable"]),
            (&json!(code), &json!(outcome), &json!(retryable)),
            "{action:?}: {error:#}"
        );
        assert!(error["hint"].as_str().unwrap().contains(hint), "{error:#}");
        assert!(error["message"].as_str().unwrap().contains("INV-1"), "{error:#}");
        assert_eq!(refused["invoice"]["status"], "SENT");
        let outcome = &refused["invoice"]["history"][0]["outcome"];
        assert_ne!(outcome, &json!("DONE"), "{refused:#}");
    }
}
