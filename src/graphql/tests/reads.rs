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
                    pdf { url fileName } payments { bexioId date value { amount currency } kind title } }
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
                "payments": [{"bexioId": "91", "date": "2026-03-20", "value": {"amount": "81.00", "currency": "CHF"},
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

#[tokio::test]
async fn nodes_are_found_by_their_ids_in_the_order_asked_for() {
    let api = Api::new(snapshot(vec![example(), row(invoice(1, "INV-1"), None)]));
    let ids = api.data(r#"{ invoice(by: {number: "INV-2024-33"}) { id bexio { id } } }"#).await;
    let variables = json!({"ids": [ids["invoice"]["bexio"]["id"], "SW52b2ljZTo5OTk", ids["invoice"]["id"]]});
    let query = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Invoice { number } ...B } }
        fragment B on BexioInvoice { documentNumber }";
    assert_eq!(
        api.data_with(query, variables).await,
        json!({"nodes": [
            {"__typename": "BexioInvoice", "id": ids["invoice"]["bexio"]["id"], "documentNumber": "RE-00512"},
            null,
            {"__typename": "Invoice", "id": ids["invoice"]["id"], "number": "INV-2024-33"},
        ]})
    );
    // A Bexio invoice that stands for no PSOhub invoice is a node too: QmV4aW9JbnZvaWNlOjkwMA is BexioInvoice:900.
    let query =
        r#"{ node(id: "QmV4aW9JbnZvaWNlOjkwMA") { ... on Node { id } ... on BexioInvoice { bexioId } } }"#;
    assert_eq!(api.data(query).await, json!({"node": {"id": "QmV4aW9JbnZvaWNlOjkwMA", "bexioId": "900"}}));
    assert_eq!(api.data(r#"{ node(id: "SW52b2ljZTo5OTk") { id } }"#).await, json!({"node": null}));
}

#[tokio::test]
async fn an_invoice_is_found_by_each_of_its_names_and_is_null_where_there_is_none() {
    let api = Api::new(snapshot(vec![example(), row(invoice(1, "INV-1"), None)]));
    let query = "query($by: InvoiceLookup!) { invoice(by: $by) { number } }";
    for by in [
        json!({"id": "SW52b2ljZTo0MTkzOTc3MTg4MTY3MjI0OQ"}),
        json!({"id": "QmV4aW9JbnZvaWNlOjUxMg"}),
        json!({"psohubId": "41939771881672249"}),
        json!({"number": " inv-2024-33 "}),
        json!({"bexioId": "512"}),
        json!({"bexioId": 512}),
        json!({"bexioDocumentNumber": "re-00512"}),
    ] {
        let data = api.data_with(query, json!({"by": by})).await;
        assert_eq!(data, json!({"invoice": {"number": "INV-2024-33"}}), "{by}");
    }
    for by in [json!({"psohubId": "2"}), json!({"number": "INV-9"}), json!({"bexioId": "513"})] {
        assert_eq!(api.data_with(query, json!({"by": by})).await, json!({"invoice": null}), "{by}");
    }
}

#[tokio::test]
async fn fields_are_answered_in_the_order_of_the_query_also_where_one_waits() {
    let api = Api::new(snapshot(vec![example()]));
    let query = r#"{ bexioCatalog { units { name } accounts { number } }
        invoice(by: {bexioId: "512"}) { note bexio { payments { title } documentNumber } number }
        viewer { role name } b: invoice(by: {bexioId: "512"}) { number } __typename }"#;
    let executed = api.execute(query, json!({})).await;
    let mut json = Vec::new();
    crate::graphql::write_response(&mut json, &executed.response);
    let text = String::from_utf8(json).unwrap();
    let data = &text[text.find("\"data\":").unwrap()..];
    assert!(
        data.starts_with(concat!(
            r#""data":{"bexioCatalog":{"units":null,"accounts":[{"number":"3400"}]},"#,
            r#""invoice":{"note":"Thank you","bexio":{"payments":[{"title":"Zahlungseingang"}],"#,
            r#""documentNumber":"RE-00512"},"number":"INV-2024-33"},"viewer":{"role":"ADMIN","name":"local"},"#,
            r#""b":{"number":"INV-2024-33"},"__typename":"Query"}"#,
        )),
        "{data}"
    );
}

#[tokio::test]
async fn fragments_aliases_and_directives_select_what_they_say() {
    let api = Api::new(snapshot(vec![example()]));
    let query = "query($no: Boolean!, $yes: Boolean = true) {
            found: invoice(by: {bexioId: \"512\"}) {
                money: totalIncVat { sum: amount } money: totalIncVat { currency }
                ...Sides ... on Invoice { status } ... @include(if: $no) { name } note @skip(if: $yes)
                ... on Node { id } ... { statusRaw }
            }
            viewer @skip(if: $yes) { name }
        }
        fragment Sides on Invoice { number bexio { ...Book } }
        fragment Book on BexioInvoice { status total { amount } }";
    assert_eq!(
        api.data_with(query, json!({"no": false, "yes": true})).await,
        json!({"found": {
            "money": {"sum": "33517.10", "currency": "CHF"}, "number": "INV-2024-33",
            "bexio": {"status": "PARTIAL", "total": {"amount": "1081.00"}}, "status": "APPROVED",
            "id": "SW52b2ljZTo0MTkzOTc3MTg4MTY3MjI0OQ", "statusRaw": "Approved",
        }})
    );
}

#[tokio::test]
async fn the_catalog_shows_what_could_be_read_and_an_error_for_what_could_not() {
    let api = Api::new(snapshot(vec![]));
    let answer = api
        .answer(
            "{ bexioCatalog { accounts { bexioId number name kind isActive takesInvoiceLines } units { name }
                taxes { code rate validFrom validTo } currencies { code roundingStep } paymentTypes { name }
                languages { code } bankAccounts { iban } } }",
            json!({}),
        )
        .await;
    assert_eq!(
        answer["data"]["bexioCatalog"],
        json!({
            "accounts": [{"bexioId": "101", "number": "3400", "name": "Dienstleistungserlöse", "kind": "REVENUE",
                "isActive": true, "takesInvoiceLines": true}],
            "units": null,
            "taxes": [{"code": "UN81", "rate": "8.1", "validFrom": "2024-01-01", "validTo": null}],
            "currencies": [{"code": "CHF", "roundingStep": "0.05"}],
            "paymentTypes": [{"name": "Rechnung"}], "languages": [{"code": "de"}], "bankAccounts": [],
        })
    );
    assert_eq!(answer["errors"][0]["path"], json!(["bexioCatalog", "units"]));
}

#[tokio::test]
async fn connections_say_how_each_upstream_is_doing() {
    let api = Api::new(without(snapshot(vec![]), Source::Psohub));
    let data = api
        .data(
            "{ connections { upstream state lastSuccessAt lastError rateLimitRemaining requestsTotal failuresTotal
                problems { invoicesLost fieldsLost examples } } }",
        )
        .await;
    assert_eq!(
        data["connections"],
        json!([
            {"upstream": "PSOHUB", "state": "FAILING", "lastSuccessAt": null, "lastError": "connection refused",
                "rateLimitRemaining": null, "requestsTotal": 0, "failuresTotal": 0,
                "problems": {"invoicesLost": 0, "fieldsLost": 0, "examples": []}},
            {"upstream": "BEXIO", "state": "CONNECTED", "lastSuccessAt": "2026-03-31T08:00:00Z", "lastError": null,
                "rateLimitRemaining": 249, "requestsTotal": i32::MAX, "failuresTotal": 2,
                "problems": {"invoicesLost": 1, "fieldsLost": 3, "examples": ["RE-1: total: \"x\""]}},
        ])
    );
}
