//! Pages, cursors and orders.

use serde_json::json;

use super::support::{Api, invoice, row, snapshot};

#[tokio::test]
async fn pages_run_forward() {
    let api = Api::new(snapshot((1..=5).map(|id| row(invoice(id, &format!("INV-{id}")), None)).collect()));
    let data = api
        .data("{ invoices(first: 2, orderBy: {field: NUMBER}) { totalCount nodes { number } pageInfo { hasNextPage } } }")
        .await;
    assert_eq!(
        data,
        json!({"invoices": {"totalCount": 5, "nodes": [{"number": "INV-1"}, {"number": "INV-2"}],
            "pageInfo": {"hasNextPage": true}}})
    );
}
