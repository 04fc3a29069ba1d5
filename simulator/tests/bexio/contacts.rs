//! Contacts and relations.

use reqwest::Method;
use serde_json::json;

use crate::support::{Company, send};

fn muster() -> serde_json::Value {
    json!({
        "contact_type_id": 1, "name_1": "Müller & Söhne AG", "user_id": 1, "owner_id": 1, "mail": "ap@mueller.example",
        "street_name": "Seestrasse", "house_number": "4", "postcode": "8002", "city": "Zürich", "country_id": 1,
    })
}

#[tokio::test]
async fn a_contact_is_made_found_changed_archived_and_restored() {
    let company = Company::start().await;
    let reply = company.post("/2.0/contact", muster()).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let contact = reply.json();
    assert_eq!((&contact["nr"], &contact["address"]), (&json!("000001"), &json!("Seestrasse 4")));
    assert_eq!((&contact["name_2"], &contact["salutation_id"]), (&json!(""), &json!(null)));
    let by_mail = || json!([{ "field": "mail", "value": "AP@mueller.example", "criteria": "=" }]);
    let search = async || company.post("/2.0/contact/search", by_mail()).await;
    assert_eq!(search().await.ids(), [1]);
    assert_eq!(search().await.header("ratelimit-limit"), Some("250"));

    company.set_clock("2026-06-19T00:00:00Z");
    let edited =
        company.post("/2.0/contact/1", json!({ "house_number": "5", "remarks": null })).await.object();
    assert_eq!(
        (&edited["address"], &edited["updated_at"]),
        (&json!("Seestrasse 5"), &json!("2026-06-19 02:00:00"))
    );
    assert_eq!(edited["name_1"], "Müller & Söhne AG");

    assert_eq!(company.delete("/2.0/contact/1").await.json(), json!({ "success": true }));
    assert_eq!(search().await.json(), json!([]));
    assert_eq!(company.get("/2.0/contact/1").await.status, 404);
    assert_eq!(company.get("/2.0/contact?show_archived=true").await.ids(), [1]);
    let restored = send(company.api(Method::PATCH, "/2.0/contact/1/restore")).await;
    assert_eq!(restored.status, 200);
    assert_eq!(search().await.ids(), [1]);
}

#[tokio::test]
async fn required_and_read_only_fields() {
    let company = Company::start().await;
    let reply = company.post("/2.0/contact", json!({ "contact_type_id": 1, "name_1": "X" })).await;
    assert_eq!(reply.json()["errors"], json!(["user_id: Pflichtfeld", "owner_id: Pflichtfeld"]));
    for (key, value, expected) in [
        ("address", json!("Seestrasse 4"), "global: Unexpected extra form field named \"address\"."),
        ("street_name", json!(null), "house_number: Diese Eingabe ist nicht korrekt."),
        ("contact_type_id", json!(3), "contact_type_id: Diese Eingabe ist nicht korrekt."),
        ("name_1", json!("x".repeat(81)), "name_1: Diese Eingabe ist nicht korrekt."),
        ("nr", json!("A-1"), "nr: Diese Eingabe ist nicht korrekt."),
        ("salutation_id", json!(0), "salutation_id: Diese Eingabe ist nicht korrekt."),
    ] {
        let mut body = muster();
        body[key] = value;
        assert_eq!(company.post("/2.0/contact", body).await.form_error(), expected);
    }
    company.post("/2.0/contact", muster()).await;
    let edit = company.post("/2.0/contact/1", json!({ "address": "x", "id": 1 })).await;
    assert_eq!(edit.form_error(), "Widget schema does not include the following field(s): address, id");
}

#[tokio::test]
async fn an_archived_contact_gets_no_invoice() {
    let company = Company::start().await;
    let body = company.invoice_body("100");
    company.delete(&format!("/2.0/contact/{}", body["contact_id"])).await;
    let reply = company.post("/2.0/kb_invoice", body).await;
    assert_eq!(reply.form_error(), "contact_id: Diese Eingabe ist nicht korrekt.");
}

#[tokio::test]
async fn relations_tie_a_person_to_a_company() {
    let company = Company::start().await;
    let (firm, person) = (company.add_customer(), company.add_customer());
    let missing = company.post("/2.0/contact_relation", json!({ "contact_id": firm })).await;
    assert_eq!(missing.form_error(), "contact_sub_id: Pflichtfeld");
    let body = json!({ "contact_id": firm, "contact_sub_id": person, "description": "Accounts payable" });
    assert_eq!(company.post("/2.0/contact_relation", body).await.status, 201);
    let rows = company.get("/2.0/contact_relation").await.json();
    assert_eq!(
        (&rows[0]["contact_sub_id"], &rows[0]["description"]),
        (&json!(person), &json!("Accounts payable"))
    );
}
