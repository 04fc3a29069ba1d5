//! What a finance person goes through, from the preview to the decision.

use serde_json::json;
use upstream_simulator::faults::{FaultAction, FaultBody, When};

use super::company::{data, invoice, resolve, send, spoil, writes};
use crate::sending::company::Company;

#[tokio::test(flavor = "multi_thread")]
async fn a_person_looks_sends_and_sees_what_became_of_it() {
    let company = Company::start().await;
    let (id, name) = invoice(&company).await;
    let query = "query ($name: InvoiceLookup!) { sendPreview(invoice: $name) { planHash isSendable
        contact { origin bexioId name } header { title apiReference } email { recipient subject }
        positions { amount { amount currency } account { number } tax { code rate } }
        totals { bexioIncVat { amount } psohubIncVat { amount } roundingDifference { amount } } problems { code } }
        invoice(by: $name) { number canSend { allowed } nextAction delivery { id } history { what } } }";
    let seen = data(&company, query, json!({"name": name})).await;
    assert_eq!(writes(&company), Vec::<String>::new(), "looking changes nothing");
    assert_eq!(seen["invoice"]["canSend"]["allowed"], true);
    assert_eq!((&seen["invoice"]["nextAction"], &seen["invoice"]["history"]), (&json!("SEND"), &json!([])));
    let preview = &seen["sendPreview"];
    assert_eq!((&preview["isSendable"], &preview["problems"]), (&json!(true), &json!([])), "{preview:#}");
    assert_eq!(preview["contact"]["origin"], "SAME_NAME_AND_EMAIL");
    assert_eq!(preview["header"]["apiReference"], format!("psohub:{id}"));
    assert_eq!(preview["positions"][0]["account"]["number"], "3400");
    assert_eq!(preview["totals"]["bexioIncVat"], preview["totals"]["psohubIncVat"]);

    let sent = send(&company, json!({"invoice": name, "expectedPlan": preview["planHash"]})).await;
    let booked = company.booked(id);
    assert_eq!(sent["userErrors"], json!([]), "{sent:#}");
    assert_eq!((&sent["delivery"]["state"], booked.len()), (&json!("DONE"), 1));
    let number = &*booked[0].document_nr;
    assert_eq!(sent["delivery"]["documentNumber"], number);
    assert_eq!(sent["delivery"]["bexio"]["documentNumber"], number, "the books show it at once");
    assert_eq!(sent["delivery"]["writeBack"], json!({"state": "WRITTEN", "value": number}));
    assert_eq!(sent["invoice"]["bexio"], json!({"documentNumber": number, "status": "PENDING"}));
    assert_eq!(sent["invoice"]["nextAction"], "AWAIT_PAYMENT");
    assert_eq!(company.bexio(|bexio| bexio.mails().len()), 1);

    let query = "query ($name: InvoiceLookup!) { invoice(by: $name) { canSend { allowed reasons { code } }
        history { actor what outcome } delivery { plan { planHash } steps { version } } } }";
    let after = data(&company, query, json!({"name": name})).await["invoice"].take();
    assert_eq!(after["canSend"]["allowed"], false);
    assert_eq!(after["delivery"]["plan"]["planHash"], preview["planHash"], "what was seen is what was sent");
    let history = after["history"].as_array().unwrap();
    assert_eq!(history[0], json!({"actor": "local", "what": "asked for", "outcome": null}));
    let mailed = json!({"actor": null, "what": "mailing the invoice from Bexio", "outcome": "DONE"});
    assert!(history.contains(&mailed), "{history:#?}");
    assert_eq!(after["delivery"]["steps"].as_array().unwrap().len(), history.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_judges_an_e_mail_of_unknown_fate() {
    let company = Company::start().await;
    let (id, name) = invoice(&company).await;
    spoil(&company, "/2.0/kb_invoice/*/send", FaultAction::DropAfterEffect);
    let sent = send(&company, json!({"invoice": name})).await;
    let error = &sent["userErrors"][0];
    assert_eq!(
        (&error["code"], &error["outcome"]),
        (&json!("DELIVERY_NEEDS_REVIEW"), &json!("UNCERTAIN")),
        "{sent:#}"
    );
    // The number is written back all the same.
    company.app.settle().await;

    let query = "{ deliveries(filter: {needsReview: true}) { totalCount nodes { id version state decisions
        documentNumber reason { code hint } email { state } writeBack { state } } }
        invoices(filter: {needsReview: true}) { totalCount } }";
    let asked = company.app.data(query).await;
    assert_eq!(
        (&asked["deliveries"]["totalCount"], &asked["invoices"]["totalCount"]),
        (&json!(1), &json!(1))
    );
    let asked = &asked["deliveries"]["nodes"][0];
    assert_eq!(asked["reason"]["code"], "MAIL_OUTCOME_UNKNOWN");
    assert_eq!(asked["decisions"], json!(["MAIL_ARRIVED", "SEND_AGAIN", "ABANDON"]));
    assert_eq!(
        (&asked["email"]["state"], &asked["writeBack"]["state"]),
        (&json!("IN_DOUBT"), &json!("WRITTEN"))
    );

    let resolved = resolve(&company, asked, json!({"decision": "MAIL_ARRIVED"})).await;
    assert_eq!(resolved["userErrors"], json!([]));
    assert_eq!(resolved["delivery"]["state"], "DONE");
    assert_eq!(resolved["delivery"]["email"], json!({"state": "SENT", "isConfirmedByPerson": true}));
    assert_eq!((company.booked(id).len(), company.bexio(|bexio| bexio.mails().len())), (1, 1));
    let late = resolve(&company, asked, json!({"decision": "SEND_AGAIN"})).await;
    assert_eq!(late["userErrors"][0]["code"], "VERSION_CONFLICT");
    assert_eq!(company.bexio(|bexio| bexio.mails().len()), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_number_is_shown_as_soon_as_it_is_issued_while_later_steps_wait() {
    let company = Company::start().await;
    let (id, name) = invoice(&company).await;
    company.hold("POST", "/2.0/kb_invoice/*/send", When::First(1));
    let sent = send(&company, json!({"invoice": name, "waitSeconds": 0})).await;
    assert_eq!(sent["userErrors"], json!([]));
    company.until_held(1).await;
    company.app.book().notes_shown().await;
    let query = "query ($name: InvoiceLookup!) { invoice(by: $name) { bexio { documentNumber status }
        delivery { state documentNumber isSettled waitsFor } } }";
    let shown = data(&company, query, json!({"name": name})).await["invoice"].take();
    let number = json!(&*company.booked(id)[0].document_nr);
    assert_eq!(shown["bexio"], json!({"documentNumber": number, "status": "PENDING"}), "{shown:#}");
    let waiting = json!({"state": "EMAIL", "documentNumber": number, "isSettled": false,
        "waitsFor": "an answer to mailing the invoice from Bexio"});
    assert_eq!(shown["delivery"], waiting);
    company.release().await;
    company.app.settle().await;
    let done = data(&company, query, json!({"name": name})).await["invoice"]["delivery"].take();
    assert_eq!((&done["state"], &done["documentNumber"]), (&json!("DONE"), &number));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_mends_what_bexio_refused_and_sends_again() {
    let company = Company::start().await;
    let (id, name) = invoice(&company).await;
    let refusal = FaultAction::Status { code: 422, body: FaultBody::default(), after_effect: false };
    spoil(&company, "/2.0/kb_invoice", refusal);
    let sent = send(&company, json!({"invoice": name})).await;
    let delivery = &sent["delivery"];
    assert_eq!(
        (&delivery["state"], &delivery["reason"]["code"]),
        (&json!("FAILED"), &json!("REFUSED_BY_UPSTREAM"))
    );
    assert_eq!(delivery["reason"]["upstreamStatus"], 422);
    let error = &sent["userErrors"][0];
    assert_eq!((&error["code"], &error["outcome"]), (&json!("DELIVERY_FAILED"), &json!("NOT_APPLIED")));
    assert_eq!(sent["invoice"]["nextAction"], "MEND_AND_SEND_AGAIN");
    assert_eq!(company.booked(id).len(), 0);

    let again = send(&company, json!({"invoice": name})).await;
    assert_eq!(
        (&again["delivery"]["state"], &again["delivery"]["id"]),
        (&json!("DONE"), &delivery["id"]),
        "{again:#}"
    );
    assert_eq!(company.booked(id).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_chooses_the_contact_and_it_is_remembered() {
    let company = Company::start().await;
    let second = company.add_contact("Muster Bau AG", "eva.muster@bau.example");
    let (id, name) = invoice(&company).await;
    let sent = send(&company, json!({"invoice": name})).await;
    assert_eq!(sent["delivery"]["reason"]["code"], "CONTACT_AMBIGUOUS", "{sent:#}");
    assert_eq!(sent["delivery"]["decisions"], json!(["CHOOSE_CONTACT", "SEND_AGAIN", "ABANDON"]));
    let query =
        "query ($id: ID!) { delivery(id: $id) { contactCandidates { bexioId contact { name email } } } }";
    let asked = data(&company, query, json!({"id": sent["delivery"]["id"]})).await;
    let candidates = asked["delivery"]["contactCandidates"].as_array().unwrap();
    assert_eq!(candidates.len(), 2);
    assert_eq!(candidates[1]["contact"], json!({"name": "Muster Bau AG", "email": "eva.muster@bau.example"}));

    let decision = json!({"decision": "CHOOSE_CONTACT", "bexioId": second.to_string()});
    let resolved = resolve(&company, &sent["delivery"], decision).await;
    assert_eq!(resolved["delivery"]["state"], "DONE", "{resolved:#}");
    assert_eq!(company.booked(id)[0].contact_id, Some(second));
    let (_, next) = invoice(&company).await;
    let query =
        "query ($name: InvoiceLookup!) { sendPreview(invoice: $name) { contact { origin bexioId } } }";
    let preview = data(&company, query, json!({"name": next})).await;
    assert_eq!(
        preview["sendPreview"]["contact"],
        json!({"origin": "REMEMBERED", "bexioId": second.to_string()})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_that_takes_longer_than_the_wait_shows_what_it_waits_for() {
    let company = Company::start().await;
    let (id, name) = invoice(&company).await;
    spoil(&company, "/2.0/kb_invoice", FaultAction::DropAfterEffect);
    let sent = send(&company, json!({"invoice": name, "waitSeconds": 0})).await;
    assert_eq!(sent["userErrors"], json!([]), "it goes on by itself: {sent:#}");
    company.app.settle().await;
    let query = "query ($id: ID!) { delivery(id: $id) { state isSettled waitsUntil waitsFor } }";
    let waiting = data(&company, query, json!({"id": sent["delivery"]["id"]})).await["delivery"].take();
    assert_eq!((&waiting["state"], &waiting["isSettled"]), (&json!("DRAFT"), &json!(false)));
    assert!(waiting["waitsUntil"].is_string(), "{waiting:#}");
    assert!(
        waiting["waitsFor"].as_str().unwrap().contains("the lost request for creating the draft"),
        "{waiting:#}"
    );
    company.until(id, invoice_gateway::domain::delivery::State::Done).await;
    let done = data(&company, query, json!({"id": sent["delivery"]["id"]})).await["delivery"].take();
    assert_eq!(done, json!({"state": "DONE", "isSettled": true, "waitsUntil": null, "waitsFor": null}));
}
