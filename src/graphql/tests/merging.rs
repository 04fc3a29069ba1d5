//! Fields that stand several times, by the specification's section 6.3.2 (`CollectFields`) and 6.4.3
//! (`MergeSelectionSets`).

use serde_json::json;

use super::support::{Api, bexio, example, invoice, row, snapshot, without};
use crate::book::Source;
use crate::domain::AccountingStatus;

#[tokio::test]
async fn a_field_at_the_top_gives_what_all_its_occurrences_select() {
    let api = Api::new(snapshot(vec![example()]));
    let data = api
        .data(
            r"{
                ...Count invoices(first: 1) { nodes { number } }
                ... on Query { invoices(first: 1) { nodes { bexio { documentNumber } } pageInfo { hasNextPage } } }
                viewer { name } connections { upstream }
                ...Rest
            }
            fragment Count on Query { invoices(first: 1) { totalCount } }
            fragment Rest on Query { viewer { role } connections { state } bexioCatalog { accounts { number } }
                bexioCatalog { taxes { code } } }",
        )
        .await;
    let page = json!({
        "totalCount": 1,
        "nodes": [{"number": "INV-2024-33", "bexio": {"documentNumber": "RE-00512"}}],
        "pageInfo": {"hasNextPage": false},
    });
    assert_eq!(data["invoices"], page);
    assert_eq!(data["viewer"], json!({"name": "local", "role": "ADMIN"}));
    assert_eq!(data["connections"][1], json!({"upstream": "BEXIO", "state": "CONNECTED"}));
    assert_eq!(data["bexioCatalog"], json!({"accounts": [{"number": "3400"}], "taxes": [{"code": "UN81"}]}));
}

#[tokio::test]
async fn occurrences_are_merged_where_one_is_skipped_or_waits() {
    let api = Api::new(snapshot(vec![example()]));
    let query = r"query ($id: ID!, $no: Boolean = false) {
        node(id: $id) { ... on Invoice { bexio { payments { bexioId } } } }
        nodes(ids: [$id]) { id }
        node(id: $id) @include(if: $no) { __typename }
        node(id: $id) { ... on Invoice { number bexio { documentNumber } } }
        nodes(ids: [$id]) { ... on Invoice { number } }
    }";
    let data = api.data_with(query, json!({"id": "SW52b2ljZTo0MTkzOTc3MTg4MTY3MjI0OQ"})).await;
    assert_eq!(
        data,
        json!({
            "node": {"bexio": {"payments": [{"bexioId": "91"}], "documentNumber": "RE-00512"}, "number": "INV-2024-33"},
            "nodes": [{"id": "SW52b2ljZTo0MTkzOTc3MTg4MTY3MjI0OQ", "number": "INV-2024-33"}],
        })
    );
}

#[tokio::test]
async fn a_field_that_stands_twice_fails_once() {
    let rows = vec![row(invoice(1, "INV-1"), Some(bexio(5, 1, AccountingStatus::Pending)))];
    let api = Api::new(without(snapshot(rows), Source::Bexio));
    let (code, _) = api
        .error("{ invoices(first: -1) { totalCount } invoices(first: -1) { totalCount } }", json!({}))
        .await;
    assert_eq!(code, "BAD_USER_INPUT");
    let twice = r#"{ invoice(by: {number: "INV-1"}) { bexio { status } } invoice(by: {number: "INV-1"}) { number } }"#;
    let unknown = Api::new(without(snapshot(vec![row(invoice(1, "INV-1"), None)]), Source::Bexio));
    let answer = unknown.answer(twice, json!({})).await;
    assert_eq!(answer["errors"].as_array().map(Vec::len), Some(1), "{answer:#}");
    assert_eq!(answer["data"], json!({"invoice": {"bexio": null, "number": "INV-1"}}));
}
