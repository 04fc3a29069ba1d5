//! Sending one invoice: what a caller gives, and what is read of it afterwards.

use serde_json::{Value as Json, json};

use super::sender::candidate;
use super::support::{Api, EXAMPLE_ID, invoice, line, row, snapshot};
use crate::domain::delivery::{Answer, Call, Refusal};
use crate::domain::plan::{ContactFields, ContactResolution, PersonFields};
use crate::domain::{Invoice, InvoiceContact};

/// An invoice that can be sent: CHF 1000 and VAT on one line.
pub(super) fn sendable(id: i64, number: &str) -> Invoice {
    let mut invoice = invoice(id, number);
    invoice.lines = Box::new([line()]);
    invoice.contact = Some(InvoiceContact {
        id: None,
        name: Some("Anna Beispiel".into()),
        email: Some("anna@customer.example".into()),
    });
    invoice
}

/// A service over one invoice that can be sent.
pub(super) fn api() -> Api {
    Api::new(snapshot(vec![row(sendable(EXAMPLE_ID, "INV-1"), None)]))
}

const SEND: &str = "mutation ($input: SendInvoiceInput!) { sendInvoice(input: $input) {
    wasThereBefore invoice { number delivery { state } nextAction }
    delivery { id state isSettled needsReview version invoiceNumber documentNumber bexioId decisions
        reason { code message hint upstreamText upstreamStatus } waitsFor waitsUntil
        email { state recipient sentAt isConfirmedByPerson } writeBack { state kind value writtenAt }
        contact { bexioId personBexioId } acceptedBy acceptedAt issuedAt }
    preview { planHash isSendable }
    userErrors { field code message hint outcome retryable } } }";

pub(super) async fn send(api: &Api, input: Json) -> Json {
    api.data_with(SEND, json!({"input": input})).await["sendInvoice"].take()
}

/// The only user error.
pub(super) fn only_error(payload: &Json) -> &Json {
    assert_eq!(payload["userErrors"].as_array().map(Vec::len), Some(1), "{payload:#}");
    &payload["userErrors"][0]
}

#[tokio::test]
async fn an_invoice_is_sent_and_shows_its_delivery_at_once() {
    let api = api();
    let sent = send(&api, json!({"invoice": {"number": "INV-1"}})).await;
    assert_eq!(
        sent,
        json!({
            "wasThereBefore": false,
            "invoice": {"number": "INV-1", "delivery": {"state": "DONE"}, "nextAction": "AWAIT_PAYMENT"},
            "delivery": {
                "id": "RGVsaXZlcnk6MQ", "state": "DONE", "isSettled": true, "needsReview": false,
                "version": sent["delivery"]["version"], "invoiceNumber": "INV-1", "documentNumber": "RE-00701",
                "bexioId": "701", "decisions": [], "reason": null, "waitsFor": null, "waitsUntil": null,
                "email": {"state": "SENT", "recipient": "anna@customer.example",
                    "sentAt": "2026-03-31T08:01:00Z", "isConfirmedByPerson": false},
                "writeBack": {"state": "WRITTEN", "kind": "DOCUMENT_NUMBER", "value": "RE-00701",
                    "writtenAt": "2026-03-31T08:01:00Z"},
                "contact": {"bexioId": "31", "personBexioId": null}, "acceptedBy": "local",
                "acceptedAt": "2026-03-31T08:01:00Z", "issuedAt": "2026-03-31T08:01:00Z",
            },
            "preview": null,
            "userErrors": [],
        })
    );
    let again = send(&api, json!({"invoice": {"number": "INV-1"}})).await;
    assert_eq!(again["wasThereBefore"], true);
    assert_eq!(again["delivery"], sent["delivery"]);
}

#[tokio::test]
async fn what_was_asked_reaches_the_service() {
    let api = api();
    send(
        &api,
        json!({
            "invoice": {"psohubId": EXAMPLE_ID.to_string()}, "waitSeconds": 7, "idempotencyKey": "k-1",
            "options": {"email": false, "subject": "S", "message": "M", "revenueAccount": "3400",
                "taxCode": "UN81", "language": "de", "bankAccountId": "5"},
        }),
    )
    .await;
    let request = api.sender.requests.lock().unwrap()[0].clone();
    assert_eq!((request.wait.as_secs(), request.idempotency_key.as_deref()), (7, Some("k-1")));
    assert_eq!((&*request.by, request.expected_plan), ("local", None));
    let options = &request.options;
    assert_eq!((options.email, options.bank_account_id, &options.recipient), (false, Some(5), &None));
    assert_eq!(options.language.as_deref(), Some("de"));
    send(&api, json!({"invoice": {"number": "INV-1"}})).await;
    assert_eq!(api.sender.requests.lock().unwrap()[1].wait.as_secs(), 20, "the default");
    assert!(api.sender.requests.lock().unwrap()[1].options.email);
}

const PREVIEW: &str = "query ($options: SendOptions) {
    sendPreview(invoice: {number: \"INV-1\"}, options: $options) {
        planHash isSendable invoiceNumber externalIdKind invoice { number }
        contact { origin bexioId name personBexioId candidates { bexioId name city }
            toBeCreated { name email person { firstName lastName email } } }
        header { title documentNumber date dueDate currency currencyBexioId language { bexioId name code }
            bankAccount { bexioId code } paymentType { name } pricesIncludeVat userBexioId apiReference }
        positions { lineNumber text amount { amount currency } account { bexioId number name }
            tax { bexioId code rate origin } unitBexioId }
        totals { psohubExVat { amount } psohubIncVat { amount } bexioExVat { amount }
            bexioVat { rate base { amount } vat { amount } } bexioIncVat { amount }
            roundingDifference { amount } tolerance { amount currency } }
        email { recipient subject message attachesPdf }
        problems { code severity place field lineNumber lineIndex message hint } } }";

#[tokio::test]
async fn a_preview_shows_the_whole_plan() {
    let api = api();
    let preview = api.data_with(PREVIEW, json!({})).await["sendPreview"].take();
    assert_eq!(
        preview,
        json!({
            "planHash": preview["planHash"], "isSendable": true, "invoiceNumber": "INV-1",
            "externalIdKind": "DOCUMENT_NUMBER", "invoice": {"number": "INV-1"},
            "contact": {"origin": "SAME_NAME_AND_EMAIL", "bexioId": "31", "name": "Müller & Söhne AG",
                "personBexioId": null, "candidates": [], "toBeCreated": null},
            "header": {"title": "Project INV-1", "documentNumber": null, "date": "2026-03-02",
                "dueDate": "2026-04-01", "currency": "CHF", "currencyBexioId": "1",
                "language": {"bexioId": "1", "name": "Deutsch", "code": "de"},
                "bankAccount": {"bexioId": "5", "code": "CH5604835012345678009"}, "paymentType": null,
                "pricesIncludeVat": false, "userBexioId": "9", "apiReference": "psohub:41939771881672249"},
            "positions": [{"lineNumber": "10.001", "text": preview["positions"][0]["text"],
                "amount": {"amount": "1000.00", "currency": "CHF"},
                "account": {"bexioId": "101", "number": "3400", "name": "Dienstleistungserlöse"},
                "tax": {"bexioId": "14", "code": "UN81", "rate": "8.1", "origin": "STATED_RATE"},
                "unitBexioId": null}],
            "totals": {"psohubExVat": {"amount": "1000.00"}, "psohubIncVat": {"amount": "1081.00"},
                "bexioExVat": {"amount": "1000.00"}, "bexioIncVat": {"amount": "1081.00"},
                "bexioVat": [{"rate": "8.1", "base": {"amount": "1000.00"}, "vat": {"amount": "81.00"}}],
                "roundingDifference": {"amount": "0.00"}, "tolerance": {"amount": "0.05", "currency": "CHF"}},
            "email": {"recipient": "anna@customer.example", "subject": "Rechnung {documentNumber}",
                "message": preview["email"]["message"], "attachesPdf": true},
            "problems": [],
        })
    );
    assert!(preview["positions"][0]["text"].as_str().unwrap().contains("Day 1 &amp; 2"));
    assert_eq!(preview["planHash"].as_str().unwrap().len(), 64);
}

#[tokio::test]
async fn a_preview_tells_every_problem_and_how_to_mend_it() {
    let api = api();
    *api.sender.contact.lock().unwrap() = ContactResolution::Ambiguous(vec![
        candidate(31, "Müller", "Zürich"),
        candidate(32, "Müller", "Bern"),
    ]);
    let options = json!({"revenueAccount": "1100", "recipient": "nobody", "email": true});
    let preview = api.data_with(PREVIEW, json!({"options": options})).await["sendPreview"].take();
    assert_eq!(preview["isSendable"], false);
    let codes: Vec<(&str, &str)> = preview["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| (problem["code"].as_str().unwrap(), problem["severity"].as_str().unwrap()))
        .collect();
    assert_eq!(
        codes,
        [
            ("ACCOUNT_NOT_FOR_SALES", "REFUSAL"),
            ("RECIPIENT_INVALID", "REFUSAL"),
            ("CONTACT_AMBIGUOUS", "QUESTION"),
        ]
    );
    assert_eq!(
        (&preview["problems"][0]["place"], &preview["problems"][0]["field"]),
        (&json!("OPTION"), &json!("ACCOUNT"))
    );
    assert_eq!(preview["positions"][0]["account"], json!(null));
    assert_eq!(preview["contact"]["origin"], "AMBIGUOUS");
    assert_eq!(
        preview["contact"]["candidates"][1],
        json!({"bexioId": "32", "name": "Müller", "city": "Bern"})
    );

    let person = PersonFields { last_name: "Beispiel".into(), first_name: Some("Anna".into()), email: None };
    let fields = ContactFields { name: "Neu AG".into(), email: None, person: Some(person) };
    *api.sender.contact.lock().unwrap() = ContactResolution::WouldCreate(fields);
    let preview = api.data_with(PREVIEW, json!({})).await["sendPreview"].take();
    assert_eq!(
        preview["contact"],
        json!({"origin": "WOULD_BE_CREATED", "bexioId": null, "name": null, "personBexioId": null, "candidates": [],
            "toBeCreated": {"name": "Neu AG", "email": null,
                "person": {"firstName": "Anna", "lastName": "Beispiel", "email": null}}})
    );
}

#[tokio::test]
async fn a_problem_of_a_line_names_the_line() {
    let mut bad = sendable(1, "INV-9");
    bad.lines[0].gl_account = Some("9999".into());
    let api = Api::new(snapshot(vec![row(bad, None)]));
    let query = "{ sendPreview(invoice: {number: \"INV-9\"}) { problems { code place field lineNumber lineIndex } } }";
    assert_eq!(
        api.data(query).await["sendPreview"]["problems"][0],
        json!({"code": "ACCOUNT_UNKNOWN", "place": "LINE", "field": "ACCOUNT", "lineNumber": "10.001", "lineIndex": 0})
    );
    let sent = send(&api, json!({"invoice": {"number": "INV-9"}})).await;
    let error = only_error(&sent);
    assert_eq!(error["message"], "Invoice INV-9, line 10.001: Bexio has no account with the number 9999.");
}

#[tokio::test]
async fn a_preview_that_cannot_be_made_is_an_error_and_one_of_nothing_is_null() {
    let api = api();
    let none = "{ sendPreview(invoice: {number: \"INV-404\"}) { planHash } }";
    assert_eq!(api.data(none).await, json!({"sendPreview": null}));
    *api.sender.fails.lock().unwrap() = true;
    let (code, message) = api.error(PREVIEW, json!({})).await;
    assert_eq!(code, "UPSTREAM_UNAVAILABLE");
    assert!(message.contains("Bexio's accounts could not be read"), "{message}");
    let bad = "{ sendPreview(invoice: {number: \"INV-1\"}, options: {bankAccountId: \"x\"}) { planHash } }";
    let (code, message) = api.error(bad, json!({})).await;
    assert_eq!(code, "BAD_USER_INPUT");
    assert!(message.contains("options.bankAccountId"), "{message}");
}

#[tokio::test]
async fn a_dry_run_gives_the_preview_and_sends_nothing() {
    let api = api();
    let sent = send(&api, json!({"invoice": {"number": "INV-1"}, "dryRun": true})).await;
    assert_eq!(sent["delivery"], json!(null));
    assert_eq!(sent["userErrors"], json!([]));
    let preview = api.data_with(PREVIEW, json!({})).await;
    assert_eq!(sent["preview"]["planHash"], preview["sendPreview"]["planHash"]);
    assert_eq!(api.data("{ deliveries { totalCount } }").await["deliveries"]["totalCount"], 0);
    assert!(api.sender.requests.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_invoice_is_sent_as_it_was_seen_or_not_at_all() {
    let api = api();
    let seen = api.data_with(PREVIEW, json!({})).await["sendPreview"]["planHash"].clone();
    let options = json!({"message": "Another text"});
    let input = json!({"invoice": {"number": "INV-1"}, "expectedPlan": seen, "options": options});
    let sent = send(&api, input.clone()).await;
    let error = only_error(&sent);
    assert_eq!((&error["code"], &error["outcome"]), (&json!("PLAN_CHANGED"), &json!("NOT_APPLIED")));
    assert_eq!(error["field"], json!(["input", "expectedPlan"]));
    assert_eq!(sent["delivery"], json!(null));
    assert_ne!(sent["preview"]["planHash"], seen);
    let input = json!({"invoice": {"number": "INV-1"}, "expectedPlan": sent["preview"]["planHash"], "options": options});
    assert_eq!(send(&api, input).await["delivery"]["state"], "DONE");
}

#[tokio::test]
async fn what_bexio_refuses_is_told_and_goes_on_when_it_is_sent_again() {
    let api = api();
    let refusal = Refusal {
        status: 422,
        message: "line 10.001: account 3400 (Dienstleistungserlöse) is not accepted".into(),
        raw: Some("positions[0].account_id: invalid".into()),
    };
    api.sender.script(Call::CreateDraft, Answer::Refused { refusal, wait: None });
    let sent = send(&api, json!({"invoice": {"number": "INV-1"}})).await;
    let error = only_error(&sent);
    assert_eq!((&error["code"], &error["outcome"]), (&json!("DELIVERY_FAILED"), &json!("NOT_APPLIED")));
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .starts_with("Invoice INV-1: creating the draft in Bexio was refused")
    );
    let delivery = &sent["delivery"];
    assert_eq!((&delivery["state"], &delivery["isSettled"]), (&json!("FAILED"), &json!(true)));
    assert_eq!(delivery["reason"]["code"], "REFUSED_BY_UPSTREAM");
    assert_eq!(delivery["reason"]["upstreamText"], "positions[0].account_id: invalid");
    assert_eq!(delivery["reason"]["upstreamStatus"], 422);
    assert_eq!(delivery["decisions"], json!(["ABANDON"]));
    assert_eq!(sent["invoice"]["nextAction"], "MEND_AND_SEND_AGAIN");
    let query = "{ invoice(by: {number: \"INV-1\"}) { canSend { allowed reasons { code } } } }";
    assert_eq!(api.data(query).await["invoice"]["canSend"], json!({"allowed": true, "reasons": []}));

    let again = send(&api, json!({"invoice": {"number": "INV-1"}})).await;
    assert_eq!((&again["delivery"]["state"], &again["userErrors"]), (&json!("DONE"), &json!([])));
    assert_eq!(again["delivery"]["id"], delivery["id"], "the same delivery goes on");
}
