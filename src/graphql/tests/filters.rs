//! Every condition of the filter.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::support::{Api, bexio, example, invoice, row, snapshot, without};
use crate::book::{CombinedInvoice, ExternalId, Source};
use crate::domain::{AccountingStatus, InvoiceStatus};

/// Four invoices that differ in everything that can be asked for.
fn rows() -> Vec<Arc<CombinedInvoice>> {
    let mut paid = invoice(2, "INV-2");
    paid.status = InvoiceStatus::Paid;
    paid.date = Some("2026-01-10".parse().unwrap());
    paid.due_date = Some("2026-02-10".parse().unwrap());
    paid.currency = "EUR".parse().unwrap();
    paid.total_inc_vat = "50.05".parse().unwrap();
    paid.customer = None;
    let mut late = invoice(3, "INV-3");
    late.status = InvoiceStatus::Sent;
    late.due_date = Some("2026-03-30".parse().unwrap());
    late.note = Some("Hosting für Zürich".into());
    let mut unknown = (*row(invoice(4, "INV-4"), None)).clone();
    unknown.external_id = ExternalId::Unknown;
    vec![
        example(),
        row(paid, Some(bexio(20, 2, AccountingStatus::Paid))),
        row(late, Some(bexio(30, 3, AccountingStatus::Pending))),
        Arc::new(unknown),
    ]
}

#[tokio::test]
async fn each_condition_selects_what_it_says() {
    let api = Api::new(snapshot(rows()));
    let query = "query($filter: InvoiceFilter) {
        invoices(filter: $filter, orderBy: {field: NUMBER}) { totalCount nodes { number } } }";
    for (filter, numbers) in [
        (json!(null), vec!["INV-2", "INV-3", "INV-4", "INV-2024-33"]),
        (json!({}), vec!["INV-2", "INV-3", "INV-4", "INV-2024-33"]),
        (json!({"status": ["PAID", "SENT"]}), vec!["INV-2", "INV-3"]),
        (json!({"status": []}), vec![]),
        (json!({"numbers": ["inv-2", " INV-4 ", "INV-99"]}), vec!["INV-2", "INV-4"]),
        (json!({"hasExternalId": true}), vec!["INV-2024-33"]),
        (json!({"hasExternalId": false}), vec!["INV-2", "INV-3"]),
        (json!({"customerIds": ["77"]}), vec!["INV-3", "INV-4", "INV-2024-33"]),
        (json!({"customerName": "MÜLLER"}), vec!["INV-3", "INV-4", "INV-2024-33"]),
        (json!({"text": "zürich HOSTING"}), vec!["INV-3"]),
        (json!({"text": "re-00020"}), vec!["INV-2"]),
        (json!({"date": {"to": "2026-01-10"}}), vec!["INV-2"]),
        (json!({"date": {"from": "2026-01-11", "to": "2026-03-02"}}), vec!["INV-3", "INV-4", "INV-2024-33"]),
        (json!({"dueDate": {"from": "2026-03-30", "to": "2026-03-30"}}), vec!["INV-3"]),
        (json!({"totalIncVat": {"from": "50.05", "to": "1081"}}), vec!["INV-2", "INV-3", "INV-4"]),
        (json!({"totalIncVat": {"from": "1081.001"}}), vec!["INV-2024-33"]),
        (json!({"currency": ["EUR", "USD"]}), vec!["INV-2"]),
        (json!({"bexioStatus": ["PAID", "PARTIAL"]}), vec!["INV-2", "INV-2024-33"]),
        (json!({"inBexio": false}), vec!["INV-4"]),
        (json!({"isOverdue": true}), vec!["INV-3"]),
        (json!({"isOverdue": false, "inBexio": true, "status": "APPROVED"}), vec!["INV-2024-33"]),
    ] {
        let data = api.data_with(query, json!({"filter": filter})).await;
        let nodes: Vec<Json> = numbers.iter().map(|number| json!({"number": number})).collect();
        assert_eq!(data["invoices"], json!({"totalCount": nodes.len(), "nodes": nodes}), "{filter}");
    }
}

#[tokio::test]
async fn what_is_not_known_is_not_filtered_by() {
    let query = "query($filter: InvoiceFilter) { invoices(filter: $filter) { totalCount } }";
    for (source, filter) in [
        (Source::Bexio, json!({"inBexio": false})),
        (Source::Bexio, json!({"bexioStatus": ["PAID"]})),
        (Source::PsohubExternalIds, json!({"hasExternalId": false})),
    ] {
        let api = Api::new(without(snapshot(rows()), source));
        let (code, _) = api.error(query, json!({"filter": filter})).await;
        assert_eq!(code, "UPSTREAM_UNAVAILABLE", "{filter}");
        assert_eq!(api.data_with(query, json!({"filter": null})).await["invoices"]["totalCount"], 4);
    }
    let api = Api::new(without(snapshot(rows()), Source::Bexio));
    let (code, _) = api.error(r#"{ invoice(by: {bexioId: "512"}) { number } }"#, json!({})).await;
    assert_eq!(code, "UPSTREAM_UNAVAILABLE");
}
