//! `linkInvoice`, `unlinkInvoice` and `Invoice.linkCandidates`, as a frontend asks them.

use futures_util::future::join_all;
use invoice_gateway::domain::PsohubInvoiceId;
use serde_json::{Value, json};
use upstream_simulator::bexio::InvoiceChange;
use upstream_simulator::faults::{FaultAction, FaultRule};
use upstream_simulator::psohub::{NewPsohubInvoice, Status};
use upstream_simulator::traffic::Upstream;

use super::support::{add, booked, run, writes};
use crate::sending::company::Company;
use crate::support::app::TestApp;

const FIELDS: &str =
    "invoice { number linkOrigin bexio { bexioId } nextAction canSend { allowed reasons { code } }
        history { actor what before after outcome detail } }
    preview { changes what before after }
    userErrors { field code message outcome }";

async fn link(app: &TestApp, number: &str, bexio: impl ToString, more: Value) -> Value {
    let mut input = json!({"invoice": {"number": number}, "bexioInvoice": bexio.to_string()});
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let mutation =
        format!("mutation ($input: LinkInvoiceInput!) {{ linkInvoice(input: $input) {{ {FIELDS} }} }}");
    run(app, &mutation, json!({ "input": input })).await["linkInvoice"].take()
}

async fn unlink(app: &TestApp, number: &str) -> Value {
    let mutation =
        format!("mutation {{ unlinkInvoice(input: {{invoice: {{number: \"{number}\"}}}}) {{ {FIELDS} }} }}");
    run(app, &mutation, json!({})).await["unlinkInvoice"].take()
}

fn codes(answer: &Value) -> Vec<&str> {
    answer["userErrors"].as_array().unwrap().iter().map(|error| error["code"].as_str().unwrap()).collect()
}

/// Books it in Bexio as a person does: without our reference. Bexio's id.
async fn booked_by_hand(app: &TestApp, id: PsohubInvoiceId, change: InvoiceChange) -> i64 {
    let bexio_id = app.simulator.world().book_in_bexio(id.get()).unwrap();
    {
        let mut bexio = app.simulator.world().bexio();
        bexio.issue(bexio_id).unwrap();
        bexio.edit(bexio_id, InvoiceChange { api_reference: Some(None), ..change }).unwrap();
    }
    app.look_at_both().await;
    bexio_id
}

/// A sent invoice INV-1 that a person booked in Bexio.
async fn company() -> (TestApp, PsohubInvoiceId, i64) {
    let app = TestApp::start().await;
    let id = add(&app, "INV-1", Status::Sent);
    let bexio_id = booked_by_hand(&app, id, InvoiceChange::default()).await;
    app.forget_calls();
    (app, id, bexio_id)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_booked_is_proposed_and_linked_for_good() {
    let (app, id, bexio_id) = company().await;
    let query = "{ invoice(by: {number: \"INV-1\"}) { canSend { allowed }
        linkCandidates { bexio { id bexioId } reasons { code message } } } }";
    let seen = run(&app, query, json!({})).await["invoice"].take();
    let proposed = &seen["linkCandidates"][0];
    assert_eq!(proposed["bexio"]["bexioId"], bexio_id.to_string(), "{seen:#}");
    let codes_of: Vec<_> =
        proposed["reasons"].as_array().unwrap().iter().map(|reason| &reason["code"]).collect();
    assert_eq!(codes_of, ["SAME_TOTAL", "NEAR_DATE"]);
    assert_eq!(writes(&app), Vec::<String>::new());

    let linked = link(&app, "INV-1", proposed["bexio"]["id"].as_str().unwrap(), json!({})).await;
    assert_eq!(linked["userErrors"], json!([]), "{linked:#}");
    let invoice = &linked["invoice"];
    assert_eq!(
        (&invoice["bexio"]["bexioId"], &invoice["linkOrigin"], &invoice["nextAction"]),
        (&json!(bexio_id.to_string()), &json!("RECORDED"), &json!("AWAIT_PAYMENT"))
    );
    assert_eq!(invoice["canSend"], json!({"allowed": false, "reasons": [{"code": "ALREADY_LINKED"}]}));
    assert_eq!(invoice["history"][0]["what"], "linking it to a Bexio invoice");
    let refused = run(
        &app,
        "mutation ($id: ID!) { sendInvoice(input: {invoice: {psohubId: $id}}) { userErrors { code } } }",
        json!({"id": id.to_string()}),
    )
    .await;
    // The company has no revenue account set, which is another reason.
    assert_eq!(codes(&refused["sendInvoice"]), ["ALREADY_LINKED", "ACCOUNT_MISSING"]);
    assert_eq!(writes(&app), Vec::<String>::new(), "a link is written to no upstream");

    let app = app.restart().await;
    let again = link(&app, "INV-1", bexio_id, json!({})).await;
    assert_eq!(
        (&again["userErrors"], &again["invoice"]),
        (&json!([]), invoice),
        "it was there after the restart"
    );

    let undone = unlink(&app, "inv-1").await;
    assert_eq!(undone["userErrors"], json!([]));
    let after = &undone["invoice"];
    assert_eq!((&after["bexio"], &after["nextAction"]), (&Value::Null, &json!("SEND")));
    assert_eq!(after["history"][1]["before"], invoice["history"][0]["after"]);
    assert_eq!(unlink(&app, "INV-1").await["invoice"], *after, "there is nothing to undo any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_difference_is_told_with_both_values_and_can_be_accepted() {
    let app = TestApp::start().await;
    let id = add(&app, "INV-1", Status::Sent);
    let (other, euros) = {
        let mut bexio = app.simulator.world().bexio();
        let new =
            upstream_simulator::bexio::NewContact { name_1: "Beispiel AG".to_owned(), ..Default::default() };
        (bexio.add_contact(new), bexio.currency_id("EUR"))
    };
    let change = InvoiceChange { contact_id: Some(other), currency_id: euros, ..Default::default() };
    let bexio_id = booked_by_hand(&app, id, change).await;
    let refused = link(&app, "INV-1", bexio_id, json!({})).await;
    assert_eq!(codes(&refused), ["CUSTOMER_DIFFERS", "CURRENCY_DIFFERS", "AMOUNT_MISMATCH"], "{refused:#}");
    for (error, words) in refused["userErrors"].as_array().unwrap().iter().zip(["Beispiel AG", "EUR", "EUR "])
    {
        let message = error["message"].as_str().unwrap();
        assert!(message.starts_with("Invoice INV-1 and Bexio invoice RE-"), "{message}");
        assert!(message.contains(words) && message.contains("in PSOhub"), "{message}");
        assert_eq!(error["field"], json!(["input", "acceptDifferences"]));
    }
    assert_eq!((&refused["invoice"]["bexio"], &refused["invoice"]["history"]), (&Value::Null, &json!([])));

    let dry = link(&app, "INV-1", bexio_id, json!({"acceptDifferences": true, "dryRun": true})).await;
    assert_eq!((&dry["preview"]["changes"], &dry["invoice"]["bexio"]), (&json!(true), &Value::Null));
    let accepted = link(&app, "INV-1", bexio_id, json!({"acceptDifferences": true})).await;
    assert_eq!(accepted["userErrors"], json!([]));
    let detail = accepted["invoice"]["history"][0]["detail"].as_str().unwrap();
    assert!(detail.contains("accepted: the customer is") && detail.contains("Beispiel AG"), "{detail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bexio_invoice_stands_for_one_invoice() {
    let (app, _, bexio_id) = company().await;
    let second = add(&app, "INV-2", Status::Sent);
    let own = booked(&app, second).await;
    assert_eq!(codes(&link(&app, "INV-1", own, json!({})).await), ["BEXIO_INVOICE_LINKED"]);
    assert_eq!(codes(&link(&app, "INV-2", bexio_id, json!({})).await), ["ALREADY_LINKED"]);
    let refused = unlink(&app, "INV-2").await;
    assert_eq!(codes(&refused), ["LINK_NOT_BY_HAND"]);
    assert!(refused["userErrors"][0]["message"].as_str().unwrap().contains("api_reference"), "{refused:#}");

    let ask = |number: &'static str| link(&app, number, bexio_id, json!({"acceptDifferences": true}));
    add(&app, "INV-3", Status::Sent);
    app.look_at_both().await;
    let answers = join_all((0..20).map(|n| ask(if n % 2 == 0 { "INV-1" } else { "INV-3" }))).await;
    let linked = |number: &str| {
        let of_number = answers.iter().filter(|answer| answer["invoice"]["number"] == number);
        of_number.filter(|answer| answer["userErrors"] == json!([])).count()
    };
    assert_eq!([linked("INV-1"), linked("INV-3")].iter().filter(|count| **count > 0).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_cancelled_is_not_proposed_and_linked_only_if_accepted() {
    let (app, _, bexio_id) = company().await;
    app.simulator.world().bexio().cancel(bexio_id).unwrap();
    app.look_at_both().await;
    let query = "{ invoice(by: {number: \"INV-1\"}) { linkCandidates(first: 20) { bexio { bexioId } } } }";
    assert_eq!(run(&app, query, json!({})).await["invoice"]["linkCandidates"], json!([]));
    assert_eq!(codes(&link(&app, "INV-1", bexio_id, json!({})).await), ["CANCELLED_IN_BEXIO"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_with_a_delivery_is_neither_linked_nor_unlinked() {
    let company = Company::start().await;
    let new = NewPsohubInvoice { number: Some("INV-1".into()), ..NewPsohubInvoice::default() };
    let id = company.invoice(new).await;
    let other = add(&company.app, "INV-2", Status::Sent);
    let free = booked_by_hand(&company.app, other, InvoiceChange::default()).await;
    company.send(id).await.unwrap();
    company.until(id, invoice_gateway::domain::delivery::State::Done).await;
    assert_eq!(codes(&link(&company.app, "INV-1", free, json!({})).await), ["ALREADY_UNDER_DELIVERY"]);
    let refused = unlink(&company.app, "INV-1").await;
    assert_eq!(codes(&refused), ["LINK_NOT_BY_HAND"]);
    assert!(refused["userErrors"][0]["message"].as_str().unwrap().contains("delivery"), "{refused:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_names_nothing_is_refused() {
    let (app, _, bexio_id) = company().await;
    assert_eq!(codes(&link(&app, "INV-1", 4711, json!({})).await), ["BEXIO_INVOICE_NOT_FOUND"]);
    assert_eq!(codes(&link(&app, "INV-1", "RE-1", json!({})).await), ["ID_INVALID"]);
    assert_eq!(codes(&link(&app, "INV-9", bexio_id, json!({})).await), ["INVOICE_NOT_FOUND"]);
    let query = "{ invoice(by: {number: \"INV-1\"}) { linkCandidates(first: 21) { bexio { id } } } }";
    let answer = app.answer(query, json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{answer:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_that_cannot_be_compared_is_told_and_not_taken_for_granted() {
    let (app, _, bexio_id) = company().await;
    let rule = FaultRule::on(Upstream::Bexio, FaultAction::DropBeforeEffect).path("/2.0/contact/*");
    app.simulator.world().faults.add(rule);
    assert_eq!(codes(&link(&app, "INV-1", bexio_id, json!({})).await), ["UPSTREAM_UNAVAILABLE"]);
    let accepted = link(&app, "INV-1", bexio_id, json!({"acceptDifferences": true})).await;
    assert_eq!(accepted["userErrors"], json!([]), "{accepted:#}");
}
