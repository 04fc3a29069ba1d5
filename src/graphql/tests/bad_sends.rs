//! What callers of the sending mutations get wrong: a code, the place of the input, what to do, and nothing
//! is written.

use serde_json::{Value as Json, json};

use super::sending::{api, only_error, send, sendable};
use super::support::{Api, row, snapshot, without};
use crate::book::Source;
use crate::domain::InvoiceStatus;

/// Sends, which must be refused for one reason, and shows that nothing was written.
async fn refused(api: &Api, input: Json) -> Json {
    let before = api.data("{ deliveries { totalCount } }").await;
    let sent = send(api, input).await;
    let error = only_error(&sent).clone();
    assert_eq!(error["outcome"], "NOT_APPLIED", "{error:#}");
    assert!(error["message"].as_str().unwrap().ends_with('.'), "{error:#}");
    assert!(error["hint"].as_str().unwrap().len() > 10, "{error:#}");
    assert_eq!(api.data("{ deliveries { totalCount } }").await, before);
    error
}

#[tokio::test]
async fn each_bad_input_is_named_with_its_place() {
    let api = api();
    let long_key = "k".repeat(256);
    let long_text = "x".repeat(10_001);
    let invoice = json!({"number": "INV-1"});
    let with = |more: Json| {
        let mut input = json!({"invoice": invoice});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    for (input, code, field) in [
        (json!({"invoice": {"number": "INV-404"}}), "INVOICE_NOT_FOUND", "invoice"),
        (json!({"invoice": {"psohubId": "7"}}), "INVOICE_NOT_FOUND", "invoice"),
        (json!({"invoice": {"psohubId": 41_939_771_881_672_249_i64}}), "ID_INVALID", "invoice.psohubId"),
        (json!({"invoice": {"psohubId": "INV-1"}}), "ID_INVALID", "invoice.psohubId"),
        (json!({"invoice": {"bexioId": "-1"}}), "ID_INVALID", "invoice.bexioId"),
        (json!({"invoice": {"id": "zzz"}}), "ID_INVALID", "invoice.id"),
        (json!({"invoice": {"number": " "}}), "VALUE_INVALID", "invoice.number"),
        (with(json!({"waitSeconds": 61})), "VALUE_INVALID", "waitSeconds"),
        (with(json!({"waitSeconds": -1})), "VALUE_INVALID", "waitSeconds"),
        (with(json!({"expectedPlan": "abc"})), "VALUE_INVALID", "expectedPlan"),
        (with(json!({"idempotencyKey": long_key})), "IDEMPOTENCY_KEY_INVALID", "idempotencyKey"),
        (with(json!({"options": {"recipient": "a@b"}})), "RECIPIENT_INVALID", "options.recipient"),
        (with(json!({"options": {"recipient": "a@b.ch, c@d.ch"}})), "RECIPIENT_INVALID", "options.recipient"),
        (with(json!({"options": {"message": long_text}})), "MESSAGE_TOO_LONG", "options.message"),
        (with(json!({"options": {"subject": "x".repeat(201)}})), "SUBJECT_TOO_LONG", "options.subject"),
        (with(json!({"options": {"revenueAccount": "9999"}})), "ACCOUNT_UNKNOWN", "options.revenueAccount"),
        (
            with(json!({"options": {"revenueAccount": "1100"}})),
            "ACCOUNT_NOT_FOR_SALES",
            "options.revenueAccount",
        ),
        (with(json!({"options": {"taxCode": "XX"}})), "TAX_CODE_UNKNOWN", "options.taxCode"),
        (with(json!({"options": {"language": "xx"}})), "LANGUAGE_UNKNOWN", "options.language"),
        (with(json!({"options": {"bankAccountId": "77"}})), "BANK_ACCOUNT_UNKNOWN", "options.bankAccountId"),
        (with(json!({"options": {"bankAccountId": "main"}})), "ID_INVALID", "options.bankAccountId"),
        (
            with(json!({"options": {"bankAccountId": 41_939_771_881_672_249_i64}})),
            "ID_INVALID",
            "options.bankAccountId",
        ),
    ] {
        let error = refused(&api, input.clone()).await;
        assert_eq!(error["code"], code, "{input}: {error:#}");
        let path: Vec<&str> = std::iter::once("input").chain(field.split('.')).collect();
        assert_eq!(error["field"], json!(path), "{input}");
        assert_eq!(error["retryable"], false);
    }
}

#[tokio::test]
async fn a_value_of_another_type_is_refused_before_anything_runs() {
    let api = api();
    let send = "mutation ($input: SendInvoiceInput!) { sendInvoice(input: $input) { delivery { id } } }";
    let many = "mutation ($input: SendInvoicesInput!) { sendInvoices(input: $input) { batch { id } } }";
    for (query, input, field) in [
        (send, json!({"invoice": {"number": "INV-1"}, "waitSeconds": "20"}), "input.waitSeconds"),
        (send, json!({"invoice": {"number": 1}}), "input.invoice.number"),
        (
            many,
            json!({"invoices": {"filter": {"totalIncVat": {"from": 10.5}}}}),
            "input.invoices.filter.totalIncVat.from",
        ),
        (
            many,
            json!({"invoices": {"filter": {"totalIncVat": {"to": 1000}}}}),
            "input.invoices.filter.totalIncVat.to",
        ),
    ] {
        let answer = api.answer(query, json!({"input": input})).await;
        let error = &answer["errors"][0];
        assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{answer:#}");
        let path: Vec<&str> = field.split('.').collect();
        assert_eq!(error["extensions"]["field"], json!(path), "{answer:#}");
        assert!(error["extensions"]["hint"].as_str().unwrap().len() > 10);
        assert_eq!(answer.get("data"), None);
    }
    let literal =
        "mutation { sendInvoices(input: {invoices: {filter: {totalIncVat: {from: 1.5}}}}) { batch { id } } }";
    let answer = api.answer(literal, json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
    assert!(answer["errors"][0]["extensions"]["hint"].as_str().unwrap().contains("as a string"));
    assert!(api.sender.requests.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_invoice_that_cannot_be_sent_is_refused_for_each_reason() {
    let mut draft = sendable(1, "INV-D");
    draft.status = InvoiceStatus::Draft;
    draft.status_raw = "Draft".into();
    draft.contact = None;
    let mut negative = sendable(2, "INV-N");
    negative.total_inc_vat = "-5".parse().unwrap();
    let mut external = sendable(3, "INV-E");
    external.external_id = Some("RE-9".into());
    let booked = super::support::bexio(9, 4, crate::domain::AccountingStatus::Pending);
    let api = Api::new(snapshot(vec![
        row(draft, None),
        row(negative, None),
        row(external, None),
        row(sendable(4, "INV-B"), Some(booked)),
    ]));
    for (number, codes) in [
        ("INV-D", vec!["STATUS_NOT_SENDABLE", "RECIPIENT_MISSING"]),
        ("INV-N", vec!["CREDIT_INVOICE", "AMOUNT_MISMATCH"]),
        ("INV-E", vec!["ALREADY_HAS_EXTERNAL_ID"]),
        ("INV-B", vec!["ALREADY_LINKED"]),
    ] {
        let sent = send(&api, json!({"invoice": {"number": number}})).await;
        let found: Vec<&str> = sent["userErrors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|error| error["code"].as_str().unwrap())
            .collect();
        assert_eq!(found, codes, "{number}");
        assert_eq!(sent["userErrors"][0]["field"], json!(["input", "invoice"]));
        assert!(sent["userErrors"][0]["message"].as_str().unwrap().contains(number), "{sent:#}");
        assert_eq!(sent["preview"]["isSendable"], false);
        assert_eq!(sent["delivery"], json!(null));
        let query =
            "query ($n: String!) { invoice(by: {number: $n}) { canSend { allowed reasons { code hint } } } }";
        let can = api.data_with(query, json!({"n": number})).await["invoice"]["canSend"].take();
        assert_eq!((&can["allowed"], &can["reasons"][0]["code"]), (&json!(false), &json!(codes[0])));
    }
}

#[tokio::test]
async fn a_key_stands_for_one_request() {
    let api = api();
    let input = json!({"invoice": {"number": "INV-1"}, "idempotencyKey": "order-7"});
    let first = send(&api, input.clone()).await;
    let again = send(&api, input).await;
    assert_eq!(again["delivery"], first["delivery"]);
    let other =
        json!({"invoice": {"number": "INV-1"}, "idempotencyKey": "order-7", "options": {"email": false}});
    let error = refused(&api, other).await;
    assert_eq!(error["code"], "IDEMPOTENCY_KEY_REUSED");
    assert_eq!(error["field"], json!(["input", "idempotencyKey"]));
}

#[tokio::test]
async fn what_cannot_be_read_now_may_be_tried_again() {
    let api = api();
    *api.sender.fails.lock().unwrap() = true;
    let error = refused_while_away(&api).await;
    assert_eq!((&error["code"], &error["retryable"]), (&json!("UPSTREAM_UNAVAILABLE"), &json!(true)));
    let unread = Api::new(without(snapshot(vec![]), Source::Psohub));
    let error = refused_while_away(&unread).await;
    assert_eq!((&error["code"], &error["retryable"]), (&json!("UPSTREAM_UNAVAILABLE"), &json!(true)));
    let no_bexio = Api::new(without(snapshot(vec![row(sendable(1, "INV-1"), None)]), Source::Bexio));
    let sent = send(&no_bexio, json!({"invoice": {"bexioId": "5"}})).await;
    assert_eq!(only_error(&sent)["code"], "UPSTREAM_UNAVAILABLE");
}

async fn refused_while_away(api: &Api) -> Json {
    let sent = send(api, json!({"invoice": {"number": "INV-1"}})).await;
    assert_eq!(sent["delivery"], json!(null));
    only_error(&sent).clone()
}
