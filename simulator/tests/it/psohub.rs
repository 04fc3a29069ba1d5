//! PSOhub's list, its filters, its two writes, and its quirks.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use upstream_simulator::SimulatorOptions;
use upstream_simulator::psohub::{
    Detail, ErrorShape, LimitBehaviour, Line, ListShape, NewPsohubInvoice, Quirk, Status,
};

use crate::support::{Sim, numbered};

#[tokio::test]
async fn the_documented_row_comes_figure_by_figure() {
    let sim = Sim::start(SimulatorOptions::with_invoices(1)).await;
    let response = sim.psohub(Method::GET, "/invoices").send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/json; charset=utf-8");
    let text = response.text().await.unwrap();
    assert!(text.contains(r#""InvoiceID":41939771881672249,"CustomerID":14073748838924968,"#), "{text}");
    let rows: Value = serde_json::from_str(&text).unwrap();
    let mut row = rows[0].clone();
    let lines = row["InvoiceLines"].take();
    assert_eq!(
        row,
        json!({
            "InvoiceName": "Google - IAM Impementations services",
            "InvoiceDate": "2024-10-28T00:00:00.000Z",
            "InvoiceDueDate": "2024-11-28T00:00:00.000Z",
            "InvoiceNote": "If you have any questions about this invoice, feel free to contact us at any time via volker@deco.nl",
            "InvoiceStatus": "Draft",
            "InvoiceNumber": "INV-2024-33",
            "InvoiceID": 41_939_771_881_672_249_i64,
            "CustomerID": 14_073_748_838_924_968_i64,
            "CustomerName": "Google",
            "InvoiceContactID": 21_110_623_256_832_211_i64,
            "InvoiceContactName": "Chris Rea",
            "InvoiceContactEmail": "chris.rea@google.com",
            "InvoiceCurrencyCode": "USD",
            "TotalAmountExVAT": 27_700,
            "TotalAmountIncVAT": 33_517,
            "TotalAmountExVATBaseCurrency": 27_700,
            "TotalAmountIncVATBase": 33_517,
            "InvoiceLines": null,
        })
    );
    assert_eq!(lines[0]["LineNumber"], "10.002 ");
    assert_eq!(lines[0]["TaxCode"], 1);
    assert_eq!(lines[0]["InvoiceDetailLines"][0]["Type"], "Time");
    assert_eq!(lines[0]["InvoiceDetailLines"][1]["Type"], "Expense");
}

#[tokio::test]
async fn filters_are_anded() {
    let sim = Sim::empty().await;
    for (number, status, external_id) in [
        ("INV-1", Status::Draft, None),
        ("INV-2", Status::Approved, None),
        ("INV-3", Status::Approved, Some("RE-00001".into())),
        ("INV-4", Status::Sent, None),
        ("INV-5", Status::Paid, None),
        ("INV-6", Status::Void, None),
    ] {
        sim.add(NewPsohubInvoice { status, external_id, ..numbered(number) });
    }
    assert_eq!(sim.numbers("").await.len(), 6);
    assert_eq!(sim.numbers("?invoicestatus=draft").await, ["INV-1"]);
    assert_eq!(sim.numbers("?invoicestatus=approved").await, ["INV-2", "INV-3"]);
    assert_eq!(sim.numbers("?invoicestatus=sent").await, ["INV-4"]);
    assert_eq!(sim.numbers("?invoicestatus=paid").await, ["INV-5"]);
    assert_eq!(sim.numbers("?invoicenumber=inv-6").await, ["INV-6"]);
    assert_eq!(sim.numbers("?noexternalid=true").await, ["INV-1", "INV-2", "INV-4", "INV-5", "INV-6"]);
    assert_eq!(sim.numbers("?noexternalid=true&invoicestatus=approved").await, ["INV-2"]);
    assert_eq!(sim.numbers("?invoicenumber=INV-3&noexternalid=true").await, Vec::<String>::new());
    assert_eq!(sim.numbers("?unknown=1&limit=2").await, ["INV-1", "INV-2"]);
    for bad in ["?invoicestatus=void", "?invoicestatus=Paid", "?limit=x"] {
        let response = sim.psohub(Method::GET, &format!("/invoices{bad}")).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{bad}");
    }
}

#[tokio::test]
async fn limit_behaves_as_switched() {
    let sim = Sim::empty().await;
    for number in 0..60 {
        sim.add(numbered(&format!("INV-{number}")));
    }
    for (behaviour, without, with) in [
        (LimitBehaviour::Honoured, 60, 55),
        (LimitBehaviour::Ignored, 60, 60),
        (LimitBehaviour::FiftyByDefault, 50, 55),
    ] {
        sim.simulator.world().psohub().options.limit = behaviour;
        assert_eq!(sim.list("").await.len(), without, "{behaviour:?}");
        assert_eq!(sim.list("?limit=55").await.len(), with, "{behaviour:?}");
    }
}

#[tokio::test]
async fn only_drafts_lack_a_pdf_and_it_has_the_asked_size() {
    let sim = Sim::empty().await;
    sim.simulator.world().psohub().options.pdf_size_bytes_min = 30_000;
    sim.add(NewPsohubInvoice { status: Status::Draft, ..numbered("INV-1") });
    sim.add(numbered("INV-2"));
    let rows = sim.list("").await;
    assert_eq!(rows[0].get("InvoicePDF"), None);
    let pdf = STANDARD.decode(rows[1]["InvoicePDF"].as_str().unwrap()).unwrap();
    assert!(pdf.len() >= 30_000 && pdf.len() < 30_100, "{}", pdf.len());
    assert!(pdf.starts_with(b"%PDF-1.4") && pdf.ends_with(b"%%EOF\n"));
    assert!(pdf.windows(15).any(|bytes| bytes == b"(Invoice INV-2)"));
}

#[tokio::test]
async fn paid_is_set_from_approved_or_sent_only() {
    let sim = Sim::empty().await;
    for (status, expected) in [
        (Status::Approved, 200),
        (Status::Sent, 200),
        (Status::Draft, 400),
        (Status::Paid, 400),
        (Status::Void, 400),
        (Status::Other("Archived".into()), 400),
    ] {
        let id = sim.add(NewPsohubInvoice { status: status.clone(), ..NewPsohubInvoice::default() });
        let response =
            sim.psohub(Method::PATCH, &format!("/invoices/paid?invoiceid={id}")).send().await.unwrap();
        assert_eq!(response.status().as_u16(), expected, "{status:?}");
        let now = sim.simulator.world().psohub().invoice(id).unwrap().status.clone();
        assert_eq!(now, if expected == 200 { Status::Paid } else { status });
    }
    for (query, expected) in [("?invoiceid=1", 404), ("", 400), ("?invoiceid=abc", 400), ("?invoiceid=", 400)]
    {
        let response = sim.psohub(Method::PATCH, &format!("/invoices/paid{query}")).send().await.unwrap();
        assert_eq!(response.status().as_u16(), expected, "{query}");
        assert!(response.json::<Value>().await.unwrap()["message"].is_string());
    }
}

#[tokio::test]
async fn the_external_id_is_set_replaced_and_hidden() {
    let sim = Sim::empty().await;
    let id = sim.add(numbered("INV-1"));
    for external_id in ["RE-00001", "RE-00002"] {
        let path = format!("/invoices/external?invoiceid={id}&externalid={external_id}");
        assert_eq!(sim.psohub(Method::PATCH, &path).send().await.unwrap().status(), 200);
    }
    assert_eq!(sim.list("").await[0].get("ExternalInvoiceID"), None);
    assert_eq!(sim.list("?noexternalid=true").await.len(), 0);
    sim.simulator.world().psohub().options.quirks.insert(Quirk::ExternalId);
    assert_eq!(sim.list("").await[0]["ExternalInvoiceID"], "RE-00002");
    for query in ["?invoiceid=1&externalid=x", "?externalid=x"] {
        let response = sim.psohub(Method::PATCH, &format!("/invoices/external{query}")).send().await.unwrap();
        assert!(response.status().is_client_error());
    }
    let path = format!("/invoices/external?invoiceid={id}");
    assert_eq!(sim.psohub(Method::PATCH, &path).send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn quirks_change_the_form_and_not_the_content() {
    let sim = Sim::empty().await;
    let line = Line { tax_code: Some("7".into()), description: "Text".into(), ..Line::default() };
    sim.add(NewPsohubInvoice {
        id: Some(41_939_771_862_548_888),
        lines: vec![line],
        total_inc_vat: Some("1081.05".parse().unwrap()),
        status: Status::Draft,
        ..numbered("INV-1")
    });
    sim.simulator.world().psohub().options.quirks = Quirk::FORMS.into_iter().collect();
    let row = &sim.list("").await[0];
    assert_eq!(row["InvoiceID"], "41939771862548888");
    assert_eq!(row["TotalAmountIncVAT"], "1081.05");
    assert_eq!(row["TotalAmountIncVATBaseCurrency"], "1081.05");
    assert_eq!(row.get("TotalAmountIncVATBase"), None);
    assert_eq!(row["InvoicePDF"], Value::Null);
    assert!(row["ProjectManager"].is_object());
    let line = &row["InvoiceLines"][0];
    assert_eq!((&line["TaxCode"], &line["Description"]), (&json!("7"), &json!("Text")));
    assert_eq!(line.get("LineDescription"), None);
}

#[tokio::test]
async fn mixed_quirks_give_rows_of_several_forms() {
    let sim = Sim::start(SimulatorOptions::with_invoices(60)).await;
    sim.simulator.world().psohub().options.mixed_quirks = true;
    let rows = sim.list("").await;
    let with_text_id = rows.iter().filter(|row| row["InvoiceID"].is_string()).count();
    let with_text_amount = rows.iter().filter(|row| row["TotalAmountExVAT"].is_string()).count();
    assert!((15..=45).contains(&with_text_id), "{with_text_id}");
    assert!((15..=45).contains(&with_text_amount), "{with_text_amount}");
    assert_eq!(rows, sim.list("").await);
}

#[tokio::test]
async fn a_raw_field_says_anything() {
    let sim = Sim::empty().await;
    let raw = |name: &str, json: &str| (name.to_owned(), json.to_owned());
    sim.add(NewPsohubInvoice {
        raw_fields: vec![
            raw("TotalAmountIncVAT", "\"n/a\""),
            raw("InvoiceDueDate", ""),
            raw("InvoicePDF", "null"),
            raw("Colour", "\"blue\""),
        ],
        status: Status::Other("Archived".into()),
        ..numbered("INV-1")
    });
    let row = &sim.list("").await[0];
    assert_eq!((&row["TotalAmountIncVAT"], &row["Colour"]), (&json!("n/a"), &json!("blue")));
    assert_eq!((&row["InvoicePDF"], &row["InvoiceStatus"]), (&Value::Null, &json!("Archived")));
    assert_eq!(row.get("InvoiceDueDate"), None);
}

#[tokio::test]
async fn amounts_keep_every_digit() {
    let sim = Sim::empty().await;
    let details = vec![Detail::Time {
        date: "2026-06-01".parse().unwrap(),
        account: "Eva".into(),
        role: "Consultant".into(),
        description: "x".into(),
        hours: "0.25".parse().unwrap(),
        rate: "199.95".parse().unwrap(),
        amount_ex_vat: "49.99".parse().unwrap(),
    }];
    let amount = "79228162514264337593.1234567".parse().unwrap();
    sim.add(NewPsohubInvoice {
        lines: vec![Line { total_ex_vat: amount, details, ..Line::default() }],
        status: Status::Draft,
        ..numbered("INV-1")
    });
    let text = sim.psohub(Method::GET, "/invoices").send().await.unwrap().text().await.unwrap();
    assert!(text.contains(r#""TotalAmountExVAT":79228162514264337593.1234567,"#), "{text}");
    assert!(text.contains(r#""NumberOfHours":0.25,"HourlyRate":199.95,"AmountExVAT":49.99"#), "{text}");
}

#[tokio::test]
async fn text_survives_json() {
    let sim = Sim::empty().await;
    let text = "<script>\"x\"</script> & 'y'\n\ttab \\ \u{1}\u{2028} Zürich 🧾";
    sim.add(NewPsohubInvoice { name: text.into(), note: text.into(), ..numbered("INV-1") });
    let row = &sim.list("").await[0];
    assert_eq!((&row["InvoiceName"], &row["InvoiceNote"]), (&json!(text), &json!(text)));
}

#[tokio::test]
async fn errors_come_in_the_switched_shape() {
    let sim = Sim::empty().await;
    let url = format!("{}/rest/psohubapi/v1/invoices", sim.simulator.psohub_url());
    for (shape, expected) in [
        (ErrorShape::Message, r#"{"message":"Invalid or expired access token"}"#),
        (ErrorShape::ErrorObject, r#"{"error":{"code":401,"message":"Invalid or expired access token"}}"#),
        (ErrorShape::Text, "Invalid or expired access token"),
        (ErrorShape::Empty, ""),
    ] {
        sim.simulator.world().psohub().options.error_shape = shape;
        let response = sim.client.get(&url).bearer_auth("wrong").send().await.unwrap();
        assert_eq!(response.status(), 401);
        assert_eq!(response.text().await.unwrap(), expected);
    }
    sim.simulator.world().psohub().options.error_shape = ErrorShape::Html;
    let response = sim.client.get(&url).send().await.unwrap();
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    assert!(response.text().await.unwrap().starts_with("<!DOCTYPE html>"));
}

#[tokio::test]
async fn unknown_calls_and_methods_are_refused() {
    let sim = Sim::empty().await;
    for (method, path, expected) in [
        (Method::GET, "/nothing", 404),
        (Method::POST, "/invoices", 405),
        (Method::GET, "/invoices/paid", 405),
        (Method::PUT, "/invoices/external", 405),
    ] {
        assert_eq!(sim.psohub(method, path).send().await.unwrap().status().as_u16(), expected, "{path}");
    }
}

#[tokio::test]
async fn the_list_can_be_wrapped() {
    let sim = Sim::empty().await;
    sim.simulator.world().psohub().options.list_shape = ListShape::Wrapped;
    let body: Value = sim.psohub(Method::GET, "/invoices").send().await.unwrap().json().await.unwrap();
    assert_eq!(body, json!({ "Invoices": [] }));
    sim.add(numbered("INV-1"));
    sim.add(numbered("INV-2"));
    let body: Value = sim.psohub(Method::GET, "/invoices").send().await.unwrap().json().await.unwrap();
    assert_eq!(body["Invoices"].as_array().unwrap().len(), 2);
}
