//! The report over all invoices: it counts what it lists, is paged, and is the same by every door.

use jiff::civil::date;
use serde_json::{Value, json};
use upstream_simulator::psohub::NewPsohubInvoice;

use super::books::Books;
use crate::support::app::{TestApp, TestOptions};

const PAGE: &str = "query($filter: InvoiceFilter, $verdicts: [ReconciliationVerdict!], $first: Int, $after: String) {
    reconciliation(filter: $filter, verdicts: $verdicts) {
        verdicts { verdict count totals { currency count total { amount } } }
        items(first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor } edges { cursor node { verdict } }
            nodes { verdict invoice { number reconciliation { verdict } } bexio { documentNumber } } } } }";

async fn report(app: &TestApp, variables: Value) -> Value {
    let mut answer = app.answer(PAGE, variables).await;
    assert_eq!(answer.get("errors"), None, "{answer:#}");
    answer["data"]["reconciliation"].take()
}

fn count(report: &Value, verdict: &str) -> u64 {
    let totals = report["verdicts"].as_array().unwrap();
    totals.iter().find(|total| total["verdict"] == verdict).unwrap()["count"].as_u64().unwrap()
}

/// A company as it lives, with some hundred invoices in every state.
async fn lived_in() -> TestApp {
    let app = TestOptions::company(400).start().await;
    app.look_at_both().await;
    app
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_hold_every_invoice_once_and_the_figures_count_them() {
    let app = lived_in().await;
    let (mut seen, mut after) = (Vec::new(), Value::Null);
    let whole = loop {
        let report = report(&app, json!({"first": 73, "after": after})).await;
        for node in report["items"]["nodes"].as_array().unwrap() {
            let invoice = &node["invoice"];
            assert!(invoice.is_null() || invoice["reconciliation"]["verdict"] == node["verdict"], "{node}");
            seen.push(format!("{} {}", node["invoice"]["number"], node["bexio"]["documentNumber"]));
        }
        after = report["items"]["pageInfo"]["endCursor"].clone();
        if report["items"]["pageInfo"]["hasNextPage"] == false {
            break report;
        }
    };
    let listed = seen.len();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!((seen.len(), json!(listed)), (listed, whole["items"]["totalCount"].clone()));
    let totals = whole["verdicts"].as_array().unwrap();
    assert_eq!(totals.len(), 12);
    assert_eq!(totals.iter().map(|total| total["count"].as_u64().unwrap()).sum::<u64>(), listed as u64);
    assert!(count(&whole, "MATCHED") > 100, "{totals:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verdict_can_be_asked_for_in_every_filter() {
    let app = lived_in().await;
    let whole = report(&app, json!({})).await;
    for verdict in ["MATCHED", "MISSING_IN_BEXIO", "NOT_SENT_YET", "NOT_APPLICABLE"] {
        let wanted = json!({"verdict": [verdict]});
        let query = "query($filter: InvoiceFilter) { invoices(filter: $filter) { totalCount nodes { reconciliation { verdict } } } }";
        let invoices = app.answer(query, json!({"filter": wanted})).await["data"]["invoices"].take();
        assert_eq!(invoices["totalCount"], count(&whole, verdict), "{verdict}");
        let nodes = invoices["nodes"].as_array().unwrap();
        assert!(nodes.iter().all(|node| node["reconciliation"]["verdict"] == verdict));
        // Asked for as a list it leaves the figures whole; as a filter it does not.
        let listed = report(&app, json!({"verdicts": [verdict]})).await;
        assert_eq!(listed["items"]["totalCount"], count(&whole, verdict));
        assert_eq!(listed["verdicts"], whole["verdicts"]);
        let filtered = report(&app, json!({"filter": wanted})).await;
        assert_eq!(count(&filtered, verdict), count(&whole, verdict));
        let all: u64 = filtered["verdicts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|total| total["count"].as_u64().unwrap())
            .sum();
        assert_eq!(all, count(&whole, verdict));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sums_are_kept_by_verdict_and_currency() {
    let books = Books::start().await;
    let euro = NewPsohubInvoice { currency: "EUR".into(), ..NewPsohubInvoice::default() };
    books.psohub(|psohub| psohub.add(euro));
    books.invoice();
    books.invoice();
    let pair = books.agreeing();
    books.bexio(|bexio| bexio.pay(pair.bexio, None, date(2026, 3, 2))).unwrap();
    books.app.look_at_both().await;
    let report = report(&books.app, json!({})).await;
    let sums = |verdict: &str| {
        let totals = report["verdicts"].as_array().unwrap();
        totals.iter().find(|total| total["verdict"] == verdict).unwrap()["totals"].clone()
    };
    let sum = |currency: &str, count: u32, amount: &str| json!({"currency": currency, "count": count, "total": {"amount": amount}});
    assert_eq!(sums("NOT_SENT_YET"), json!([sum("CHF", 2, "2162.00"), sum("EUR", 1, "1081.00")]));
    assert_eq!(sums("PAID_ONLY_IN_BEXIO"), json!([sum("CHF", 1, "1081.00")]));
    assert_eq!(sums("MATCHED"), json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_pages_and_subscriptions_by_verdict_are_refused() {
    let app = TestApp::start().await;
    app.look_at_both().await;
    let invoices =
        app.data("{ invoices { pageInfo { endCursor } } reconciliation { items { totalCount } } }").await;
    assert_eq!(invoices["reconciliation"]["items"]["totalCount"], 0);
    for (arguments, page, words) in [
        ("verdicts: []", "first: 501", "0 to 500"),
        ("verdicts: []", "last: -1", "0 to 500"),
        ("verdicts: []", "first: 1, last: 1", "both given"),
        ("verdicts: []", "after: \"bm90IGEgY3Vyc29y\"", "not a cursor of this list"),
        ("maxAgeSeconds: -1", "first: 1", "maxAgeSeconds"),
        ("filter: { totalIncVat: { from: \"2\", to: \"1\" } }", "first: 1", "backwards"),
    ] {
        let query = format!("{{ reconciliation({arguments}) {{ items({page}) {{ totalCount }} }} }}");
        let answer = app.answer(&query, json!({})).await;
        let error = &answer["errors"][0];
        assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{answer:#}");
        assert!(error["message"].as_str().unwrap().contains(words), "{answer:#}");
    }
}
