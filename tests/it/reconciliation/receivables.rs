//! What customers owe: the sums of what each invoice says is open, whatever they are grouped by.

use std::collections::BTreeMap;

use jiff::civil::date;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use upstream_simulator::psohub::{NewPsohubInvoice, Status};

use super::books::Books;
use crate::support::app::{TestApp, TestOptions};

const GROUPS: &str = "query($by: [ReceivablesDimension!]!, $filter: InvoiceFilter) {
    receivables(groupBy: $by, filter: $filter) { status customer { name } currency month age count
        open { currency count total { amount currency } } openBase { amount currency } withoutBaseCount } }";

async fn groups(app: &TestApp, by: Value) -> Vec<Value> {
    let mut answer = app.answer(GROUPS, json!({"by": by})).await;
    assert_eq!(answer.get("errors"), None, "{answer:#}");
    answer["data"]["receivables"].take().as_array().unwrap().clone()
}

/// The sums of `open`, by currency.
fn sums<'a>(groups: impl IntoIterator<Item = &'a Value>) -> BTreeMap<String, Decimal> {
    let mut sums = BTreeMap::new();
    for sum in groups.into_iter().flat_map(|group| group["open"].as_array().unwrap()) {
        let amount: Decimal = sum["total"]["amount"].as_str().unwrap().parse().unwrap();
        *sums.entry(sum["currency"].as_str().unwrap().to_owned()).or_default() += amount;
    }
    sums
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_they_are_grouped_by_they_are_what_the_invoices_say() {
    let app = TestOptions::company(400).start().await;
    app.look_at_both().await;
    let invoices = app.data("{ invoices(first: 500) { nodes { openAmount { amount currency } } } }").await;
    let mut expected: BTreeMap<String, Decimal> = BTreeMap::new();
    for open in invoices["invoices"]["nodes"].as_array().unwrap().iter().map(|node| &node["openAmount"]) {
        let Some(amount) = open["amount"].as_str() else { continue };
        let amount: Decimal = amount.parse().unwrap();
        if !amount.is_zero() {
            *expected.entry(open["currency"].as_str().unwrap().to_owned()).or_default() += amount;
        }
    }
    assert!(expected.len() > 1, "several currencies are wanted: {expected:?}");
    let whole = groups(&app, json!([])).await;
    assert_eq!((whole.len(), sums(&whole)), (1, expected.clone()));
    for by in [
        json!(["STATUS"]),
        json!(["CUSTOMER"]),
        json!(["CURRENCY", "AGE"]),
        json!(["MONTH"]),
        json!(["AGE", "CUSTOMER", "STATUS", "MONTH", "CURRENCY"]),
    ] {
        let groups = groups(&app, by.clone()).await;
        assert_eq!(sums(&groups), expected, "{by}");
        let count: u64 = groups.iter().map(|group| group["count"].as_u64().unwrap()).sum();
        assert_eq!(whole[0]["count"], count, "{by}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bexio_says_what_is_open_and_the_due_date_how_old_it_is() {
    let books = Books::start().await;
    let due = |day| NewPsohubInvoice { due_date: Some(day), status: Status::Sent, ..Default::default() };
    let partly = books.booked(due(date(2026, 3, 1)));
    books.bexio(|bexio| bexio.pay(partly.bexio, Some(Decimal::from(1000)), date(2026, 3, 1))).unwrap();
    let paid = books.booked(due(date(2026, 1, 1)));
    books.bexio(|bexio| bexio.pay(paid.bexio, None, date(2026, 3, 1))).unwrap();
    let cancelled = books.booked(due(date(2026, 1, 1)));
    books.bexio(|bexio| bexio.cancel(cancelled.bexio)).unwrap();
    for status in [Status::Draft, Status::Void, Status::Paid] {
        books.psohub(|psohub| psohub.add(NewPsohubInvoice { status, ..Default::default() }));
    }
    books.psohub(|psohub| psohub.add(due(date(2026, 3, 2))));
    books.psohub(|psohub| psohub.add(due(date(2025, 12, 1))));
    books.app.look_at_both().await;
    let told: Vec<_> = groups(&books.app, json!(["AGE"]))
        .await
        .iter()
        .map(|group| format!("{} {} {}", group["age"], group["count"], group["open"][0]["total"]["amount"]))
        .collect();
    assert_eq!(told, ["\"NOT_DUE\" 1 \"1081.00\"", "\"DAYS_1_30\" 1 \"81.00\"", "\"OVER_90\" 1 \"1081.00\""]);
}

#[tokio::test(flavor = "multi_thread")]
async fn currencies_are_never_added_and_the_base_is_psohubs() {
    let books = Books::start().await;
    let base = |amount: i64| Some(Decimal::from(amount));
    let euro =
        NewPsohubInvoice { currency: "EUR".into(), total_inc_vat_base: base(1000), ..Default::default() };
    books.psohub(|psohub| psohub.add(euro));
    books.invoice();
    books.app.look_at_both().await;
    let group = &groups(&books.app, json!(["STATUS"])).await[0];
    assert_eq!(
        (&group["status"], &group["count"], &group["currency"]),
        (&json!("APPROVED"), &json!(2), &Value::Null)
    );
    let open: Vec<_> = group["open"].as_array().unwrap().iter().map(|sum| sum["total"].clone()).collect();
    let money = |amount: &str, currency: &str| json!({"amount": amount, "currency": currency});
    assert_eq!(open, [money("1081.00", "CHF"), money("1081.00", "EUR")]);
    assert_eq!((&group["openBase"], &group["withoutBaseCount"]), (&money("2081.00", "CHF"), &json!(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_known_or_too_much_is_said() {
    let app = TestApp::start().await;
    let twice = app.answer(GROUPS, json!({"by": ["AGE", "AGE"]})).await;
    assert_eq!(twice["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{twice:#}");
}
