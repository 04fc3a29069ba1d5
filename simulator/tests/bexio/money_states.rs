//! Issue, pay, cancel, credit: status and amounts.

use serde_json::{Value, json};
use upstream_simulator::bexio::Quirk;

use crate::support::Company;

fn money(invoice: &Value) -> [&str; 4] {
    ["total_received_payments", "total_credit_vouchers", "total_remaining_payments", "updated_at"]
        .map(|key| invoice[key].as_str().unwrap())
}

fn refusal(reply: &crate::support::Reply) {
    assert_eq!(reply.status, 422, "{}", reply.text);
    assert!(reply.json().get("errors").is_none(), "{}", reply.text);
}

#[tokio::test]
async fn paying_in_two_parts_and_taking_one_back() {
    let company = Company::start().await;
    let id = company.issued("1000").await;
    let payments = format!("/2.0/kb_invoice/{id}/payment");
    assert_eq!(company.get(&payments).await.json(), json!([]));
    company.set_clock("2026-06-20T08:00:00Z");
    let first = company.post(&payments, json!({ "value": "81", "date": "2026-06-19" })).await;
    assert_eq!((first.status, &first.json()["value"]), (201, &json!("81")));
    let part = company.show(id).await;
    assert_eq!(part["kb_item_status_id"], 16);
    assert_eq!(money(&part), ["81.000000", "0.000000", "1000.0000", "2026-06-20 10:00:00"]);

    assert_eq!(company.post(&payments, json!({ "value": 1000 })).await.status, 201);
    let paid = company.show(id).await;
    assert_eq!(paid["kb_item_status_id"], 9);
    assert_eq!(paid["total_remaining_payments"], "0.0000");
    refusal(&company.post(&payments, json!({ "value": "1" })).await);

    let rows = company.get(&payments).await.json();
    assert_eq!((&rows[0]["value"], &rows[0]["date"]), (&json!("81.000000"), &json!("2026-06-19")));
    assert_eq!((&rows[1]["date"], &rows[1]["kb_invoice_id"]), (&json!("2026-06-20"), &json!(id)));
    assert_eq!(company.delete(&format!("{payments}/{}", rows[1]["id"])).await.status, 200);
    assert_eq!(company.show(id).await["kb_item_status_id"], 16);
    assert_eq!(company.delete(&format!("{payments}/{}", rows[0]["id"])).await.status, 200);
    assert_eq!(company.show(id).await["kb_item_status_id"], 8);
    assert_eq!(company.delete(&format!("{payments}/{}", rows[0]["id"])).await.status, 404);
}

#[tokio::test]
async fn paying_too_much_is_paid_with_a_negative_rest() {
    let company = Company::start().await;
    let id = company.issued("100").await;
    company.post(&format!("/2.0/kb_invoice/{id}/payment"), json!({ "value": "110.00" })).await;
    let paid = company.show(id).await;
    assert_eq!(
        (&paid["kb_item_status_id"], &paid["total_remaining_payments"]),
        (&json!(9), &json!("-1.9000"))
    );
}

#[tokio::test]
async fn payments_can_leave_updated_at_alone() {
    let company = Company::start().await;
    let id = company.issued("100").await;
    company.turn_on(Quirk::PaymentKeepsUpdatedAt);
    company.set_clock("2026-06-20T08:00:00Z");
    company.post(&format!("/2.0/kb_invoice/{id}/payment"), json!({ "value": "108.10" })).await;
    let paid = company.show(id).await;
    assert_eq!((&paid["kb_item_status_id"], &paid["updated_at"]), (&json!(9), &json!("2026-06-18 14:55:15")));
}

#[tokio::test]
async fn wrong_payments_are_refused() {
    let company = Company::start().await;
    let draft = company.draft("100").await;
    refusal(&company.post(&format!("/2.0/kb_invoice/{draft}/payment"), json!({ "value": "1" })).await);
    let id = company.issued("100").await;
    let payments = format!("/2.0/kb_invoice/{id}/payment");
    assert_eq!(company.post(&payments, json!({})).await.form_error(), "value: Pflichtfeld");
    for value in ["-1", "abc"] {
        let reply = company.post(&payments, json!({ "value": value })).await;
        assert_eq!(reply.form_error(), "value: Diese Eingabe ist nicht korrekt.");
    }
    refusal(&company.post(&payments, json!({ "value": "0" })).await);
    assert_eq!(company.post("/2.0/kb_invoice/999/payment", json!({ "value": "1" })).await.status, 404);
}

#[tokio::test]
async fn credit_vouchers_and_cash_discounts_are_no_money() {
    let company = Company::start().await;
    let id = company.issued("100").await;
    let date = jiff::civil::date(2026, 6, 19);
    company.bexio().cash_discount(id, Some("2.15".parse().unwrap()), date).unwrap();
    company.bexio().credit(id, None, date).unwrap();
    let invoice = company.show(id).await;
    assert_eq!(invoice["kb_item_status_id"], 9);
    assert_eq!(money(&invoice)[..3], ["2.150000", "105.950000", "0.0000"]);
    let rows = company.get(&format!("/2.0/kb_invoice/{id}/payment")).await.json();
    assert_eq!(rows[0]["is_cash_discount"], true);
    assert_eq!((&rows[1]["kb_credit_voucher_id"], &rows[1]["bank_account_id"]), (&json!(1), &json!(null)));
}

#[tokio::test]
async fn a_cancelled_invoice_has_either_of_two_shapes() {
    let company = Company::start().await;
    let voucher = company.issued("100").await;
    assert_eq!(
        company.act(&format!("/2.0/kb_invoice/{voucher}/cancel")).await.json(),
        json!({ "success": true })
    );
    let invoice = company.show(voucher).await;
    assert_eq!(invoice["kb_item_status_id"], 19);
    assert_eq!(money(&invoice)[..3], ["0.000000", "108.100000", "0.0000"]);

    let open = company.issued("100").await;
    company.turn_on(Quirk::CancelKeepsRemaining);
    company.act(&format!("/2.0/kb_invoice/{open}/cancel")).await;
    let invoice = company.show(open).await;
    assert_eq!(invoice["kb_item_status_id"], 19);
    assert_eq!(money(&invoice)[..3], ["0.000000", "0.000000", "108.1000"]);
}

#[tokio::test]
async fn each_action_asks_for_its_status() {
    let company = Company::start().await;
    let id = company.draft("100").await;
    let path = |action: &str| format!("/2.0/kb_invoice/{id}/{action}");
    for action in ["cancel", "revert_issue", "mark_as_sent"] {
        refusal(&company.act(&path(action)).await);
    }
    assert_eq!(company.act(&path("issue")).await.json(), json!({ "success": true }));
    refusal(&company.act(&path("issue")).await);
    assert_eq!(company.act(&path("revert_issue")).await.status, 200);
    assert_eq!(company.show(id).await["kb_item_status_id"], 7);
    company.act(&path("issue")).await;
    company.post(&path("payment"), json!({ "value": "1" })).await;
    refusal(&company.act(&path("revert_issue")).await);
    company.act(&path("cancel")).await;
    refusal(&company.act(&path("issue")).await);
    assert_eq!(company.act(&path("unknown")).await.status, 404);
}

#[tokio::test]
async fn issuing_can_answer_204() {
    let company = Company::start().await;
    let id = company.draft("100").await;
    company.turn_on(Quirk::IssueAnswers204);
    let reply = company.act(&format!("/2.0/kb_invoice/{id}/issue")).await;
    assert_eq!((reply.status, reply.text.as_str()), (204, ""));
}

#[tokio::test]
async fn the_test_hook_sets_status_31_and_it_stays_open() {
    let company = Company::start().await;
    let id = company.issued("100").await;
    company.bexio().set_status(id, 31).unwrap();
    assert_eq!(company.show(id).await["kb_item_status_id"], 31);
    assert_eq!(
        company.post(&format!("/2.0/kb_invoice/{id}/payment"), json!({ "value": "108.1" })).await.status,
        201
    );
    assert_eq!(company.show(id).await["kb_item_status_id"], 9);
}
