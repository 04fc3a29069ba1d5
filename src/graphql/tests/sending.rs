//! Sending one invoice: what a caller reads of it.

use serde_json::{Value as Json, json};

use super::support::{Api, EXAMPLE_ID, invoice, line, row, snapshot};

/// An invoice that can be sent: CHF 1000 and VAT on one line.
pub(super) fn sendable(id: i64, number: &str) -> crate::domain::Invoice {
    let mut invoice = invoice(id, number);
    invoice.lines = Box::new([line()]);
    invoice.contact = Some(crate::domain::InvoiceContact {
        id: None,
        name: Some("Anna Beispiel".into()),
        email: Some("anna@customer.example".into()),
    });
    invoice
}

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
