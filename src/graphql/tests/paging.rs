//! Pages, cursors and orders.

use serde_json::{Value as Json, json};

use super::support::{Api, invoice, row, snapshot};
use crate::book::Snapshot;

fn numbered(ids: impl IntoIterator<Item = i64>) -> Snapshot {
    snapshot(ids.into_iter().map(|id| row(invoice(id, &format!("INV-{id}")), None)).collect())
}

const PAGE: &str =
    "query($first: Int, $after: String, $last: Int, $before: String, $direction: OrderDirection = ASC) {
    invoices(first: $first, after: $after, last: $last, before: $before,
        orderBy: {field: NUMBER, direction: $direction}) {
        totalCount edges { cursor node { number } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    } }";

async fn page(api: &Api, variables: Json) -> (Vec<String>, Json) {
    let mut data = api.data_with(PAGE, variables).await["invoices"].take();
    let edges = data["edges"].as_array().unwrap();
    let numbers = edges.iter().map(|edge| edge["node"]["number"].as_str().unwrap().to_owned()).collect();
    let cursors = |at: usize| edges.get(at).map(|edge| edge["cursor"].clone());
    assert_eq!(data["pageInfo"]["startCursor"], cursors(0).unwrap_or_default());
    assert_eq!(data["pageInfo"]["endCursor"], cursors(edges.len().wrapping_sub(1)).unwrap_or_default());
    (numbers, data["pageInfo"].take())
}

#[tokio::test]
async fn walking_forward_and_backward_meets_every_invoice_once() {
    for direction in ["ASC", "DESC"] {
        let api = Api::new(numbered(1..=23));
        let (mut forward, mut after) = (Vec::new(), Json::Null);
        loop {
            let (numbers, info) =
                page(&api, json!({"first": 5, "after": after, "direction": direction})).await;
            assert_eq!(info["hasPreviousPage"], !forward.is_empty());
            forward.extend(numbers);
            after = info["endCursor"].clone();
            if info["hasNextPage"] == false {
                break;
            }
        }
        let (mut backward, mut before) = (Vec::new(), Json::Null);
        loop {
            let (numbers, info) =
                page(&api, json!({"last": 5, "before": before, "direction": direction})).await;
            assert_eq!(info["hasNextPage"], !backward.is_empty());
            backward.splice(0..0, numbers);
            before = info["startCursor"].clone();
            if info["hasPreviousPage"] == false {
                break;
            }
        }
        let mut all: Vec<String> = (1..=23).map(|id| format!("INV-{id}")).collect();
        if direction == "DESC" {
            all.reverse();
        }
        assert_eq!(forward, all);
        assert_eq!(backward, all);
    }
}

#[tokio::test]
async fn a_cursor_keeps_its_place_when_invoices_come_and_go() {
    let api = Api::new(numbered([2, 4, 6, 8]));
    let (numbers, info) = page(&api, json!({"first": 2})).await;
    assert_eq!(numbers, ["INV-2", "INV-4"]);
    // The invoice that the cursor was taken from is gone, others came before and behind it.
    api.publish(numbered([1, 2, 3, 5, 6, 8]));
    let (numbers, _) = page(&api, json!({"first": 2, "after": info["endCursor"]})).await;
    assert_eq!(numbers, ["INV-5", "INV-6"]);
    let (numbers, _) = page(&api, json!({"before": info["endCursor"]})).await;
    assert_eq!(numbers, ["INV-1", "INV-2", "INV-3"]);
}

#[tokio::test]
async fn pages_are_as_long_as_asked_for_within_limits() {
    let api = Api::new(numbered(1..=600));
    for (variables, length) in [
        (json!({}), 50),
        (json!({"first": 0}), 0),
        (json!({"first": 500}), 500),
        (json!({"last": 500}), 500),
        (json!({"first": null, "last": 3}), 3),
    ] {
        assert_eq!(page(&api, variables.clone()).await.0.len(), length, "{variables}");
    }
    let (_, info) = page(&api, json!({"first": 0})).await;
    assert_eq!(
        info,
        json!({"hasNextPage": true, "hasPreviousPage": false, "startCursor": null, "endCursor": null})
    );
}

#[tokio::test]
async fn each_order_is_served_in_both_directions() {
    let mut first = invoice(2, "INV-9");
    first.date = Some("2026-01-01".parse().unwrap());
    first.due_date = Some("2026-09-01".parse().unwrap());
    first.total_inc_vat = "5".parse().unwrap();
    first.customer.as_mut().unwrap().name = "aa".into();
    first.status = crate::domain::InvoiceStatus::Draft;
    let mut second = invoice(1, "INV-33");
    second.date = Some("2026-02-01".parse().unwrap());
    second.due_date = Some("2026-08-01".parse().unwrap());
    second.total_inc_vat = "10".parse().unwrap();
    second.customer.as_mut().unwrap().name = "Bb".into();
    let api = Api::new(snapshot(vec![row(second, None), row(first, None)]));
    for (field, ascending) in [
        ("DATE", ["INV-9", "INV-33"]),
        ("DUE_DATE", ["INV-33", "INV-9"]),
        ("NUMBER", ["INV-9", "INV-33"]),
        ("CUSTOMER", ["INV-9", "INV-33"]),
        ("TOTAL_INC_VAT", ["INV-9", "INV-33"]),
        ("STATUS", ["INV-9", "INV-33"]),
    ] {
        for (direction, numbers) in [("ASC", ascending), ("DESC", [ascending[1], ascending[0]])] {
            let query = format!(
                "{{ invoices(orderBy: {{field: {field}, direction: {direction}}}) {{ nodes {{ number }} }} }}"
            );
            let expected: Vec<Json> = numbers.iter().map(|number| json!({"number": number})).collect();
            assert_eq!(api.data(&query).await["invoices"]["nodes"], json!(expected), "{field} {direction}");
        }
    }
    let newest_first = api.data("{ invoices { nodes { number } } }").await;
    assert_eq!(newest_first["invoices"]["nodes"], json!([{"number": "INV-33"}, {"number": "INV-9"}]));
}
