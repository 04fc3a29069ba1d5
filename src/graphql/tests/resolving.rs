//! What a person is asked, what to choose from, and what becomes of each decision.

use serde_json::{Value as Json, json};

use super::sender::{bexio_id, candidate, contact_id, hit};
use super::sending::{api, only_error, send};
use super::support::Api;
use crate::domain::AccountingStatus;
use crate::domain::delivery::{Answer, Call};
use crate::domain::plan::ContactResolution;

const RESOLVE: &str = "mutation ($input: ResolveDeliveryInput!) { resolveDelivery(input: $input) {
    delivery { state decisions documentNumber email { state isConfirmedByPerson } steps { kind actor what } }
    userErrors { field code message hint outcome retryable } } }";

async fn resolve(api: &Api, input: Json) -> Json {
    api.data_with(RESOLVE, json!({"input": input})).await["resolveDelivery"].take()
}

/// An invoice whose e-mail nobody knows the fate of.
async fn in_doubt() -> (Api, Json) {
    let api = api();
    api.sender.script(Call::SendMail(bexio_id(701)), Answer::Unknown);
    let sent = send(&api, json!({"invoice": {"number": "INV-1"}})).await;
    (api, sent)
}

#[tokio::test]
async fn an_email_in_doubt_is_shown_and_asked_for() {
    let (_, sent) = in_doubt().await;
    let delivery = &sent["delivery"];
    assert_eq!((&delivery["state"], &delivery["needsReview"]), (&json!("NEEDS_REVIEW"), &json!(true)));
    assert_eq!(delivery["reason"]["code"], "MAIL_OUTCOME_UNKNOWN");
    assert!(delivery["reason"]["message"].as_str().unwrap().starts_with("Invoice INV-1: nobody knows"));
    assert_eq!(delivery["decisions"], json!(["MAIL_ARRIVED", "SEND_AGAIN", "ABANDON"]));
    assert_eq!(delivery["waitsFor"], "a person's decision");
    assert_eq!(delivery["documentNumber"], "RE-00701", "the number is known and shown all the same");
    assert_eq!(delivery["writeBack"]["state"], "WRITTEN", "a doubtful e-mail does not hold it up");
    assert_eq!(sent["invoice"]["nextAction"], "DECIDE");
    let error = only_error(&sent);
    assert_eq!((&error["code"], &error["outcome"]), (&json!("DELIVERY_NEEDS_REVIEW"), &json!("UNCERTAIN")));
}

#[tokio::test]
async fn a_decision_is_taken_once_and_written_down() {
    let (api, sent) = in_doubt().await;
    let input = json!({"delivery": sent["delivery"]["id"], "decision": "MAIL_ARRIVED",
        "expectedVersion": sent["delivery"]["version"]});
    let resolved = resolve(&api, input.clone()).await;
    assert_eq!(resolved["userErrors"], json!([]));
    assert_eq!(resolved["delivery"]["state"], "DONE");
    assert_eq!(resolved["delivery"]["email"], json!({"state": "SENT", "isConfirmedByPerson": true}));
    let steps = resolved["delivery"]["steps"].as_array().unwrap();
    assert_eq!(steps.last().unwrap(), &json!({"kind": "RESOLVED", "actor": "local", "what": "decided"}));

    let late = resolve(&api, input).await;
    let error = only_error(&late);
    assert_eq!(
        (&error["code"], &error["field"]),
        (&json!("VERSION_CONFLICT"), &json!(["input", "expectedVersion"]))
    );
    assert_eq!(late["delivery"]["state"], "DONE", "what it is now is shown");
}

#[tokio::test]
async fn a_decision_that_does_not_fit_is_refused() {
    let (api, sent) = in_doubt().await;
    let (id, version) = (&sent["delivery"]["id"], &sent["delivery"]["version"]);
    let invoice = api.data("{ invoice(by: {number: \"INV-1\"}) { id } }").await["invoice"]["id"].take();
    for (input, code, field) in [
        (json!({"decision": "CHOOSE_CONTACT", "bexioId": "31"}), "DECISION_NOT_ASKED", "decision"),
        (json!({"decision": "USE_EXISTING", "bexioId": "31"}), "DECISION_NOT_ASKED", "decision"),
        (json!({"decision": "USE_EXISTING"}), "DECISION_INCOMPLETE", "bexioId"),
        (json!({"decision": "USE_EXISTING", "bexioId": "x"}), "ID_INVALID", "bexioId"),
        (json!({"decision": "USE_EXISTING", "bexioId": 9_007_199_254_740_993_i64}), "ID_INVALID", "bexioId"),
        (json!({"decision": "MAIL_ARRIVED", "bexioId": "31"}), "VALUE_INVALID", "bexioId"),
        (json!({"decision": "MAIL_ARRIVED", "waitSeconds": 90}), "VALUE_INVALID", "waitSeconds"),
        (json!({"decision": "MAIL_ARRIVED", "expectedVersion": 1}), "VERSION_CONFLICT", "expectedVersion"),
        (json!({"decision": "MAIL_ARRIVED", "expectedVersion": -1}), "VERSION_CONFLICT", "expectedVersion"),
        (
            json!({"decision": "MAIL_ARRIVED", "delivery": "RGVsaXZlcnk6OTk"}),
            "DELIVERY_NOT_FOUND",
            "delivery",
        ),
        (json!({"decision": "MAIL_ARRIVED", "delivery": invoice}), "DELIVERY_NOT_FOUND", "delivery"),
        (json!({"decision": "MAIL_ARRIVED", "delivery": "1"}), "ID_INVALID", "delivery"),
    ] {
        let mut whole = json!({"delivery": id, "expectedVersion": version});
        whole.as_object_mut().unwrap().extend(input.as_object().unwrap().clone());
        let refused = resolve(&api, whole.clone()).await;
        let error = only_error(&refused);
        assert_eq!(error["code"], code, "{whole}: {error:#}");
        assert_eq!((&error["field"], &error["outcome"]), (&json!(["input", field]), &json!("NOT_APPLIED")));
    }
    let query = "query ($id: ID!) { delivery(id: $id) { state version } }";
    let after = api.data_with(query, json!({"id": id})).await;
    assert_eq!(
        after["delivery"],
        json!({"state": "NEEDS_REVIEW", "version": version}),
        "nothing was changed"
    );
}

#[tokio::test]
async fn a_customer_that_several_contacts_fit_is_chosen() {
    let api = api();
    let fitting = vec![candidate(31, "Müller", "Zürich"), candidate(32, "Müller", "Bern")];
    *api.sender.contact.lock().unwrap() = ContactResolution::Ambiguous(fitting);
    let sent = send(&api, json!({"invoice": {"number": "INV-1"}})).await;
    assert_eq!(sent["delivery"]["reason"]["code"], "CONTACT_AMBIGUOUS");
    assert_eq!(sent["delivery"]["decisions"], json!(["CHOOSE_CONTACT", "SEND_AGAIN", "ABANDON"]));
    let query = "query ($id: ID!) { delivery(id: $id) { contact { bexioId } contactCandidates { bexioId
        contact { name city email number isPerson } } invoiceCandidates { bexioId } } }";
    let asked = api.data_with(query, json!({"id": sent["delivery"]["id"]})).await["delivery"].take();
    assert_eq!(
        asked["contactCandidates"][0],
        json!({"bexioId": "31", "contact": {"name": "Müller & Söhne AG", "city": "Zürich",
            "email": "info@31.example", "number": "00031", "isPerson": false}})
    );
    assert_eq!((&asked["contact"], &asked["invoiceCandidates"]), (&json!(null), &json!([])));

    let choose = |id: &str| {
        json!({"delivery": sent["delivery"]["id"], "decision": "CHOOSE_CONTACT", "bexioId": id,
            "expectedVersion": sent["delivery"]["version"]})
    };
    let refused = resolve(&api, choose("99")).await;
    assert_eq!(only_error(&refused)["code"], "NOT_A_CANDIDATE");
    let resolved = resolve(&api, choose("32")).await;
    assert_eq!(resolved["delivery"]["state"], "DONE", "{resolved:#}");
    let after = api.data_with(query, json!({"id": sent["delivery"]["id"]})).await["delivery"].take();
    assert_eq!((&after["contact"]["bexioId"], &after["contactCandidates"]), (&json!("32"), &json!([])));
    assert_eq!(contact_id(32).to_string(), "32");
}

#[tokio::test]
async fn an_invoice_that_bexio_has_already_is_taken_over() {
    let api = api();
    // 900 is in the book of the tests as an invoice that stands for none of PSOhub's.
    let found =
        vec![hit(bexio_id(900), AccountingStatus::Pending), hit(bexio_id(901), AccountingStatus::Draft)];
    api.sender.script(Call::FindLookalikes, Answer::Invoices(found));
    let sent = send(&api, json!({"invoice": {"number": "INV-1"}})).await;
    assert_eq!(sent["delivery"]["reason"]["code"], "INVOICE_EXISTS_IN_BEXIO");
    assert_eq!(sent["delivery"]["decisions"], json!(["USE_EXISTING", "SEND_AGAIN", "ABANDON"]));
    let query = "query ($id: ID!) { delivery(id: $id) { invoiceCandidates { bexioId bexio { documentNumber status } } } }";
    let asked = api.data_with(query, json!({"id": sent["delivery"]["id"]})).await["delivery"].take();
    assert_eq!(
        asked["invoiceCandidates"],
        json!([{"bexioId": "900", "bexio": {"documentNumber": "RE-00900", "status": "PENDING"}},
            {"bexioId": "901", "bexio": null}])
    );
    let input = json!({"delivery": sent["delivery"]["id"], "decision": "USE_EXISTING", "bexioId": "900",
        "expectedVersion": sent["delivery"]["version"]});
    let resolved = resolve(&api, input).await;
    assert_eq!(resolved["delivery"]["documentNumber"], "RE-00900", "{resolved:#}");
}

#[tokio::test]
async fn what_is_given_up_stays_given_up() {
    let (api, sent) = in_doubt().await;
    let input = json!({"delivery": sent["delivery"]["id"], "decision": "ABANDON",
        "expectedVersion": sent["delivery"]["version"]});
    let resolved = resolve(&api, input).await;
    assert_eq!((&resolved["delivery"]["state"], &resolved["userErrors"]), (&json!("ABANDONED"), &json!([])));
    assert_eq!(resolved["delivery"]["email"]["state"], "SKIPPED");
    assert_eq!(resolved["delivery"]["decisions"], json!([]));
}
