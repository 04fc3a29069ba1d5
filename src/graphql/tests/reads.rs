//! What one invoice shows.

use serde_json::json;

use super::support::{Api, example, invoice, row, snapshot, without};
use crate::book::Source;

#[tokio::test]
async fn an_invoice_shows_both_sides() {
    let api = Api::new(snapshot(vec![example()]));
    let data = api
        .data(
            r#"{ invoice(by: {number: "inv-2024-33"}) {
                __typename id psohubId number name date dueDate note status statusRaw
                customer { psohubId name } contact { psohubId name email }
                totalExVat { amount currency } totalIncVat { amount } totalExVatBase { amount }
                totalIncVatBase { amount currency } isOverdue openAmount { amount }
                pdf { url fileName contentType } externalId { state value } linkOrigin duplicatesInBexio
                lines { number name description glAccount taxCode taxName totalExVat { amount } totalIncVat { amount }
                    details { kind date person role description hours hourlyRate { amount } amountExVat { amount }
                        amountIncVat { currency amount } } }
                bexio { __typename id bexioId documentNumber title status statusRaw total { amount } totalVat { amount }
                    received { amount } remaining { amount } credited { amount } date dueDate updatedAt url
                    pdf { url fileName } payments { bexioId date amount { amount currency } kind title } }
                freshness { bexio { state ageSeconds fetchedAt lastError source } }
            } }"#,
        )
        .await;
    assert_eq!(
        data,
        serde_json::from_str::<serde_json::Value>(
            r#"{"invoice": {
            "__typename": "Invoice", "id": "SW52b2ljZTo0MTkzOTc3MTg4MTY3MjI0OQ", "psohubId": "41939771881672249",
            "number": "INV-2024-33", "name": "Project INV-2024-33", "date": "2026-03-02", "dueDate": "2026-04-01",
            "note": "Thank you", "status": "APPROVED", "statusRaw": "Approved",
            "customer": {"psohubId": "77", "name": "Müller & Söhne AG"},
            "contact": {"psohubId": null, "name": "Anna Beispiel", "email": "anna@customer.example"},
            "totalExVat": {"amount": "27700.00", "currency": "CHF"}, "totalIncVat": {"amount": "33517.10"},
            "totalExVatBase": null, "totalIncVatBase": {"amount": "30000.055", "currency": "EUR"},
            "isOverdue": false, "openAmount": {"amount": "1000.00"},
            "pdf": {"url": "/documents/psohub/41939771881672249", "fileName": "INV-2024-33.pdf",
                "contentType": "application/pdf"},
            "externalId": {"state": "PRESENT", "value": "RE-00512"}, "linkOrigin": "API_REFERENCE",
            "duplicatesInBexio": ["513"],
            "lines": [{"number": "10.002", "name": "Consulting", "description": "<b>February</b>", "glAccount": "3400",
                "taxCode": "UN81", "taxName": "MwSt 8.1%", "totalExVat": {"amount": "27700.00"},
                "totalIncVat": {"amount": "33517.10"},
                "details": [{"kind": "TIME", "date": "2026-02-27", "person": "Eva \"E\" Muster", "role": "Consultant",
                    "description": "Workshop\nday 1", "hours": "7.5", "hourlyRate": {"amount": "160.00"},
                    "amountExVat": {"amount": "1200.00"}, "amountIncVat": {"currency": "CHF", "amount": "1297.20"}}]}],
            "bexio": {"__typename": "BexioInvoice", "id": "QmV4aW9JbnZvaWNlOjUxMg", "bexioId": "512",
                "documentNumber": "RE-00512", "title": null, "status": "PARTIAL", "statusRaw": 16,
                "total": {"amount": "1081.00"}, "totalVat": {"amount": "81.00"}, "received": {"amount": "81.00"},
                "remaining": {"amount": "1000.00"}, "credited": {"amount": "0.00"}, "date": "2026-03-02",
                "dueDate": "2026-04-01", "updatedAt": "2026-03-05T09:00:00Z",
                "url": "https://office.bexio.com/index.php/kb_invoice/show/id/512",
                "pdf": {"url": "/documents/bexio/512", "fileName": "RE-00512.pdf"},
                "payments": [{"bexioId": "91", "date": "2026-03-20", "amount": {"amount": "81.00", "currency": "CHF"},
                    "kind": "MONEY", "title": "Zahlungseingang"}]},
            "freshness": {"bexio": {"state": "CACHED", "ageSeconds": 60, "fetchedAt": "2026-03-31T08:00:00Z",
                "lastError": null, "source": "BEXIO"}}}}"#
        )
        .unwrap()
    );
}

#[tokio::test]
async fn what_is_not_in_bexio_is_told_apart_from_what_is_not_known() {
    let rows = vec![row(invoice(1, "INV-1"), None)];
    let query = r#"{ invoice(by: {number: "INV-1"}) { number bexio { documentNumber } } }"#;
    let known = Api::new(snapshot(rows.clone()));
    assert_eq!(known.data(query).await, json!({"invoice": {"number": "INV-1", "bexio": null}}));

    let unknown = Api::new(without(snapshot(rows), Source::Bexio));
    let answer = unknown.answer(query, json!({})).await;
    assert_eq!(answer["data"], json!({"invoice": {"number": "INV-1", "bexio": null}}));
    assert_eq!(answer["errors"][0]["path"], json!(["invoice", "bexio"]));
    assert_eq!(answer["errors"][0]["extensions"], json!({"code": "UPSTREAM_UNAVAILABLE", "retryable": true}));
}

#[tokio::test]
async fn without_psohub_there_is_an_error_and_never_an_empty_list() {
    let api = Api::new(without(snapshot(vec![]), Source::Psohub));
    let answer = api.answer("{ invoices { totalCount } }", json!({})).await;
    assert_eq!(answer["data"], json!(null));
    assert_eq!(answer["errors"][0]["extensions"]["code"], "UPSTREAM_UNAVAILABLE");
    assert!(answer["errors"][0]["message"].as_str().unwrap().contains("connection refused"), "{answer:#}");
    assert_eq!(answer["extensions"]["freshness"]["psohub"]["state"], "UNAVAILABLE");
}
