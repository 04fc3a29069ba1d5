//! Creating, reading, editing and deleting invoices.

use serde_json::{Value, json};
use upstream_simulator::bexio::{NewInvoice, Quirk};

use crate::support::Company;

#[tokio::test]
async fn a_draft_is_echoed_as_sent_and_reads_back_with_fixed_digits() {
    let company = Company::start().await;
    let reply = company.post("/2.0/kb_invoice", company.invoice_body("1000.00")).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let fresh = reply.json();
    let id = fresh["id"].as_i64().unwrap();
    assert_eq!(fresh["kb_item_status_id"], 7);
    assert_eq!(fresh["document_nr"], "RE-00001");
    assert_eq!(fresh["total_net"], "1000");
    assert_eq!(fresh["total_received_payments"], "0");
    assert_eq!(fresh["total_taxes"], "81.0000");
    assert_eq!(fresh["positions"][0]["amount"], "1");
    assert_eq!(fresh["positions"][0]["unit_price"], "1000.00");

    let read = company.show(id).await;
    let expected = json!({
        "total_gross": "1000.000000", "total_net": "1000.000000", "total_taxes": "81.0000",
        "total_received_payments": "0.000000", "total_credit_vouchers": "0.000000",
        "total_remaining_payments": "1081.0000", "total": "1081.000000", "total_rounding_difference": 0,
        "title": "INV-2026-77", "contact_address": "Muster Bau AG\nSeestrasse 4\n8002 Zürich",
        "reference": "", "api_reference": "psohub:41939771000000077", "updated_at": "2026-06-18 14:55:15",
        "is_valid_from": "2026-06-18", "is_valid_to": "2026-07-18", "network_link": "", "template_slug": "",
        "taxs": [{ "percentage": "8.10", "value": "81.0000" }], "viewed_by_client_at": null,
    });
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&read[key], value, "{key}");
    }
    let position = &read["positions"][0];
    assert_eq!(position["amount"], "1.000000");
    assert_eq!(position["position_total"], "1000.000000");
    assert_eq!((&position["pos"], &position["tax_value"]), (&json!("1"), &json!("8.10")));
    assert_eq!(position["unit_name"], "h");
    assert!(company.get("/2.0/kb_invoice").await.json()[0].get("positions").is_none());
}

#[tokio::test]
async fn the_references_example_rounds_to_five_rappen_and_yen_to_one() {
    let company = Company::start().await;
    let mut body = company.invoice_body("17.80");
    // The example is from 2023, when 7.7 % was the rate.
    body["is_valid_from"] = json!("2023-05-01");
    body["positions"][0]["tax_id"] = json!(company.bexio().tax_id("UN77"));
    let chf = company.post("/2.0/kb_invoice", body.clone()).await.object();
    assert_eq!(chf["total_taxes"], "1.3706");
    assert_eq!(chf["total"], "19.15");
    assert_eq!(chf["total_rounding_difference"].to_string(), "-0.02");

    let jpy = company.bexio().currency_id("JPY");
    body["currency_id"] = json!(jpy);
    let jpy = company.post("/2.0/kb_invoice", body).await.object();
    assert_eq!(jpy["total"], "19");
}

#[tokio::test]
async fn default_texts_are_filled_in_unless_the_key_is_there() {
    let company = Company::start().await;
    let mut body = company.invoice_body("1");
    let filled = company.post("/2.0/kb_invoice", body.clone()).await.object();
    assert!(filled["header"].as_str().unwrap().starts_with("Sehr geehrte"));
    body["header"] = json!("");
    body["footer"] = json!("<b>Danke</b>");
    let sent = company.post("/2.0/kb_invoice", body).await.object();
    assert_eq!((&sent["header"], &sent["footer"]), (&json!(""), &json!("<b>Danke</b>")));
}

#[tokio::test]
async fn each_wrong_field_is_named() {
    let company = Company::start().await;
    let bexio = |no: &str| company.bexio().account_id(no);
    let tax = |code: &str| company.bexio().tax_id(code);
    let invalid = "Diese Eingabe ist nicht korrekt.";
    let head = |field: &str| format!("{field}: {invalid}");
    let line = |field: &str| format!("positions: 0 [{field} [{invalid}]]");
    let cases: Vec<(&str, Value, String)> = vec![
        ("/user_id", json!(99), head("user_id")),
        ("/user_id", json!(null), "user_id: Pflichtfeld".to_owned()),
        ("/contact_id", json!(99), head("contact_id")),
        ("/currency_id", json!(99), head("currency_id")),
        ("/mwst_type", json!(3), head("mwst_type")),
        ("/is_valid_from", json!("18.06.2026"), head("is_valid_from")),
        ("/title", json!("x".repeat(81)), head("title")),
        ("/positions", json!({}), head("positions")),
        ("/positions/0/account_id", json!(bexio("1020")), line("account_id")),
        ("/positions/0/account_id", json!(bexio("2200")), line("account_id")),
        ("/positions/0/account_id", json!(bexio("3410")), line("account_id")),
        ("/positions/0/account_id", json!(3400), line("account_id")),
        ("/positions/0/tax_id", json!(tax("VM81")), line("tax_id")),
        ("/positions/0/tax_id", json!(tax("UN77")), line("tax_id")),
        ("/positions/0/tax_id", json!(tax("UB38")), line("tax_id")),
        ("/positions/0/unit_id", json!(99), line("unit_id")),
        ("/positions/0/amount", json!("1.0000001"), line("amount")),
        ("/positions/0/unit_price", json!("viel"), line("unit_price")),
        ("/positions/0/discount_in_percent", json!("101"), line("discount_in_percent")),
        ("/positions/0/type", json!("KbPositionUnknown"), line("type")),
    ];
    for (pointer, value, expected) in cases {
        let mut body = company.invoice_body("100");
        *body.pointer_mut(pointer).unwrap() = value.clone();
        let reply = company.post("/2.0/kb_invoice", body).await;
        assert_eq!(reply.form_error(), expected, "{pointer} = {value}");
    }
    assert_eq!(company.bexio().invoices().len(), 0);
}

#[tokio::test]
async fn several_errors_keep_their_places() {
    let company = Company::start().await;
    let mut body = company.invoice_body("100");
    let mut bad = company.line("x");
    bad["tax_id"] = json!(1);
    body["positions"] = json!([company.line("1"), bad, { "type": "KbPositionText", "total": 1 }]);
    body["user_id"] = json!(99);
    body["non_existent_field"] = json!(1);
    let reply = company.post("/2.0/kb_invoice", body).await;
    assert_eq!(reply.status, 422);
    assert_eq!(
        reply.json()["errors"],
        json!([
            "user_id: Diese Eingabe ist nicht korrekt.",
            "positions: 1 [unit_price [Diese Eingabe ist nicht korrekt.] tax_id [Diese Eingabe ist nicht \
             korrekt.]] 2 [Unexpected extra form field named \"total\".]",
            "global: Unexpected extra form field named \"non_existent_field\".",
        ])
    );
}

#[tokio::test]
async fn locked_accounts_export_tax_numbers_and_timestamps_are_accepted() {
    let company = Company::start().await;
    let mut body = company.invoice_body("100");
    body["positions"][0]["account_id"] = json!(company.bexio().account_id("6999"));
    body["positions"][0]["tax_id"] = json!(company.bexio().tax_id("UEX"));
    body["positions"][0]["amount"] = json!(2);
    body["is_valid_from"] = json!("2026-06-01T22:00:00.000Z");
    let invoice = company.post("/2.0/kb_invoice", body).await.object();
    assert_eq!(invoice["is_valid_from"], "2026-06-01");
    assert_eq!((&invoice["total"], &invoice["taxs"]), (&json!("200"), &json!([])));
}

#[tokio::test]
async fn all_kinds_of_positions_have_a_place_and_ids_of_their_own() {
    let company = Company::start().await;
    let mut body = company.invoice_body("100");
    body["positions"] = json!([
        { "type": "KbPositionText", "text": "Phase 1" },
        company.line("100"),
        { "type": "KbPositionSubtotal", "text": "Zwischentotal" },
        { "type": "KbPositionPagebreak", "pagebreak": true },
        company.line("100"),
        { "type": "KbPositionDiscount", "text": "Rabatt", "is_percentual": true, "value": "10" },
    ]);
    let id = company.post("/2.0/kb_invoice", body).await.object()["id"].as_i64().unwrap();
    let read = company.show(id).await;
    let positions = read["positions"].as_array().unwrap();
    let ids: Vec<_> = positions.iter().map(|p| p["id"].as_i64().unwrap()).collect();
    assert_eq!(ids, [1, 1, 1, 1, 2, 1]);
    let numbers: Vec<_> = positions.iter().map(|p| p["pos"].as_str()).collect();
    assert_eq!(numbers, [None, Some("1"), None, None, Some("2"), None]);
    assert_eq!(positions[2]["value"], "100.000000");
    assert_eq!(positions[5]["discount_total"], "20.000000");
    assert_eq!((&read["total_gross"], &read["total_net"]), (&json!("200.000000"), &json!("180.000000")));
    assert_eq!(read["total"], "194.600000");
}

#[tokio::test]
async fn more_than_150_positions_are_taken_and_lines_can_be_added_to_a_draft() {
    let company = Company::start().await;
    let mut body = company.invoice_body("1");
    body["positions"] = json!(vec![company.line("1"); 151]);
    let id = company.post("/2.0/kb_invoice", body).await.object()["id"].as_i64().unwrap();
    let path = format!("/2.0/kb_invoice/{id}/kb_position_custom");
    let added = company.post(&path, company.line("9")).await;
    assert_eq!((added.status, &added.json()["unit_price"]), (201, &json!("9")));
    assert_eq!(company.show(id).await["total_net"], "160.000000");
    let added_id = added.json()["id"].as_i64().unwrap();
    assert_eq!(company.delete(&format!("{path}/{added_id}")).await.status, 200);
    assert_eq!(company.get(&path).await.ids().len(), 151);
}

#[tokio::test]
async fn an_edit_changes_what_is_sent_and_refuses_what_it_does_not_know() {
    let company = Company::start().await;
    let id = company.draft("100").await;
    let path = format!("/2.0/kb_invoice/{id}");
    company.set_clock("2026-12-01T10:00:00Z");
    let edited = company.post(&path, json!({ "title": "Neu", "api_reference": null })).await.object();
    assert_eq!((&edited["title"], &edited["api_reference"]), (&json!("Neu"), &json!(null)));
    assert_eq!(edited["updated_at"], "2026-12-01 11:00:00");
    assert_eq!(edited["positions"].as_array().unwrap().len(), 1);
    let refused =
        company.post(&path, json!({ "title": "Z", "qr_invoice_id": 1, "esr_id": 1, "positions": [] })).await;
    assert_eq!(
        refused.form_error(),
        "Widget schema does not include the following field(s): esr_id, positions, qr_invoice_id"
    );
    assert_eq!(company.show(id).await["title"], "Neu");
}

#[tokio::test]
async fn own_numbers_need_automatic_numbering_off() {
    let company = Company::start().await;
    let mut body = company.invoice_body("100");
    body["document_nr"] = json!("INV-2026-77");
    let refused = company.post("/2.0/kb_invoice", body.clone()).await;
    assert_eq!(refused.form_error(), "document_nr: Diese Eingabe ist nicht korrekt.");
    company.turn_on(Quirk::ManualNumbering);
    assert_eq!(company.post("/2.0/kb_invoice", body.clone()).await.object()["document_nr"], "INV-2026-77");
    assert!(company.post("/2.0/kb_invoice", body).await.form_error().starts_with("document_nr"));
    let missing = company.post("/2.0/kb_invoice", company.invoice_body("100")).await;
    assert_eq!(missing.form_error(), "document_nr: Pflichtfeld");
    let settings = company.get("/2.0/kb_item_setting").await.json();
    assert_eq!(settings[2]["use_automatic_enumeration"], false);
}

#[tokio::test]
async fn only_drafts_can_be_deleted() {
    let company = Company::start().await;
    let (draft, issued) = (company.draft("100").await, company.issued("100").await);
    let deleted = company.delete(&format!("/2.0/kb_invoice/{draft}")).await;
    assert_eq!(deleted.json(), json!({ "success": true }));
    assert_eq!(company.get(&format!("/2.0/kb_invoice/{draft}")).await.status, 404);
    assert_eq!(company.delete(&format!("/2.0/kb_invoice/{issued}")).await.status, 422);
}

#[tokio::test]
async fn a_copy_is_a_new_draft_without_title_and_reference() {
    let company = Company::start().await;
    let id = company.issued("100").await;
    let path = format!("/2.0/kb_invoice/{id}/copy");
    assert_eq!(company.post(&path, json!({})).await.form_error(), "contact_id: Pflichtfeld");
    let reply = company.post(&path, json!({ "contact_id": 1 })).await;
    let copy = reply.json();
    assert_eq!(reply.status, 201);
    assert_eq!((&copy["title"], &copy["api_reference"]), (&json!(""), &json!(null)));
    assert_eq!((&copy["kb_item_status_id"], &copy["total"]), (&json!(7), &json!("108.1")));
}

#[tokio::test]
async fn pdfs_come_wrapped_and_raw_only_when_that_is_switched_on() {
    use base64::Engine as _;
    let company = Company::start().await;
    let id = company.issued("100").await;
    let path = format!("/2.0/kb_invoice/{id}/pdf");
    let reply = company.get(&path).await;
    assert_eq!(reply.header("ratelimit-limit"), Some("250"));
    let body = reply.json();
    let content =
        base64::engine::general_purpose::STANDARD.decode(body["content"].as_str().unwrap()).unwrap();
    assert!(content.starts_with(b"%PDF-"));
    assert_eq!(body["size"], content.len());
    assert_eq!((&body["name"], &body["mime"]), (&json!("re-00001.pdf"), &json!("application/pdf")));

    let raw = async || {
        let request = company.request(reqwest::Method::GET, &company.url(&path)).bearer_auth("bexio-token");
        request.header("accept", "application/pdf").send().await.unwrap()
    };
    assert_eq!(raw().await.status(), 415);
    company.turn_on(Quirk::RawPdf);
    let raw = raw().await;
    assert_eq!(raw.headers()["content-type"], "application/pdf");
    assert_eq!(raw.bytes().await.unwrap(), content);
}

#[tokio::test]
async fn lists_page_and_sort() {
    let company = Company::start().await;
    for price in ["30", "10", "20"] {
        company.draft(price).await;
    }
    assert_eq!(company.get("/2.0/kb_invoice?order_by=total").await.ids(), [2, 3, 1]);
    assert_eq!(company.get("/2.0/kb_invoice?order_by=total_desc,id").await.ids(), [1, 3, 2]);
    assert_eq!(company.get("/2.0/kb_invoice?limit=2&offset=1").await.ids(), [2, 3]);
    assert_eq!(company.get("/2.0/kb_invoice?offset=3").await.ids(), [] as [i64; 0]);
    assert_eq!(company.get("/2.0/kb_invoice?kb_item_status_id=9").await.ids(), [1, 2, 3]);
    assert_eq!(company.get("/2.0/kb_invoice?limit=2001").await.status, 422);
    assert_eq!(company.get("/2.0/kb_invoice?limit=x").await.status, 400);
    company.turn_on(Quirk::LimitClamped);
    assert_eq!(company.get("/2.0/kb_invoice?limit=2001").await.ids(), [1, 2, 3]);
}

#[tokio::test]
async fn the_default_page_has_500_rows_and_the_longest_2000() {
    let company = Company::start().await;
    for _ in 0..2100 {
        company.bexio().create_invoice(NewInvoice::default());
    }
    assert_eq!(company.get("/2.0/kb_invoice").await.ids().len(), 500);
    assert_eq!(company.get("/2.0/kb_invoice?limit=2000").await.ids().len(), 2000);
    assert_eq!(company.get("/2.0/kb_invoice?limit=2000&offset=2000").await.ids().len(), 100);
}

#[tokio::test]
async fn comments_and_reminders_are_kept() {
    let company = Company::start().await;
    let draft = company.draft("100").await;
    assert_eq!(company.act(&format!("/2.0/kb_invoice/{draft}/kb_reminder")).await.status, 400);
    let id = company.issued("100").await;
    let path = format!("/2.0/kb_invoice/{id}/kb_reminder");
    let first = company.act(&path).await;
    assert_eq!((first.status, &first.json()["reminder_level"]), (201, &json!(1)));
    assert_eq!(first.json()["remaining_price"], "108.100000");
    let second = company.act(&path).await.json()["id"].as_i64().unwrap();
    assert_eq!(company.delete(&format!("{path}/{}", first.json()["id"])).await.status, 422);
    assert_eq!(company.delete(&format!("{path}/{second}")).await.status, 200);
    assert_eq!(company.get(&path).await.ids().len(), 1);

    let path = format!("/2.0/kb_invoice/{id}/comment");
    assert_eq!(company.post(&path, json!({ "text": "Angerufen" })).await.status, 201);
    assert_eq!(company.get(&path).await.json()[0]["text"], "Angerufen");
}
