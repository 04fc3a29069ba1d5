//! Search: fields, criteria, Zurich wall-clock times.

use serde_json::{Value, json};
use upstream_simulator::bexio::Quirk;

use crate::support::Company;

async fn found(company: &Company, criteria: Value) -> Vec<i64> {
    company.post("/2.0/kb_invoice/search", criteria).await.ids()
}

#[tokio::test]
async fn the_api_reference_finds_its_invoice() {
    let company = Company::start().await;
    let id = company.draft("100").await;
    let mut other = company.invoice_body("100");
    other["api_reference"] = json!("psohub:4193977100000007");
    company.post("/2.0/kb_invoice", other).await;
    let by = |value: &str| json!([{ "field": "api_reference", "value": value, "criteria": "=" }]);
    assert_eq!(found(&company, by("psohub:41939771000000077")).await, [id]);
    let like = json!([{ "field": "api_reference", "value": "psohub:%" }]);
    assert_eq!(found(&company, like).await, [1, 2]);
    assert!(
        company.post("/2.0/kb_invoice/search", by("psohub:4193977100000007")).await.json()[0]
            .get("positions")
            .is_none()
    );
}

#[tokio::test]
async fn status_ranges_lists_and_switches() {
    let company = Company::start().await;
    let (_draft, open, paid) =
        (company.draft("1").await, company.issued("1").await, company.issued("1").await);
    company.bexio().pay(paid, None, jiff::civil::date(2026, 6, 18)).unwrap();
    let range = json!([
        { "field": "kb_item_status_id", "value": "7", "criteria": ">" },
        { "field": "kb_item_status_id", "value": "10", "criteria": "<" },
    ]);
    assert_eq!(found(&company, range).await, [open, paid]);
    let within = |value: Value| json!([{ "field": "kb_item_status_id", "value": value, "criteria": "in" }]);
    assert_eq!(found(&company, within(json!(["8", "16", "31"]))).await, [open]);
    assert_eq!(found(&company, within(json!([8, 9]))).await, [open, paid]);
    assert_eq!(found(&company, within(json!("8,9"))).await, [open, paid]);
    company.turn_on(Quirk::InTextOnly);
    assert_eq!(found(&company, within(json!([8, 9]))).await, [] as [i64; 0]);
    company.bexio().set_quirk(Quirk::InTextOnly, false);
    company.turn_on(Quirk::InArrayOnly);
    assert_eq!(found(&company, within(json!("8,9"))).await, [] as [i64; 0]);
}

#[tokio::test]
async fn a_body_that_is_no_array_finds_nothing_and_unknown_fields_are_refused() {
    let company = Company::start().await;
    company.draft("1").await;
    assert_eq!(
        found(&company, json!({ "field": "id", "value": "1", "criteria": "=" })).await,
        [] as [i64; 0]
    );
    let refused =
        company.post("/2.0/kb_invoice/search", json!([{ "field": "reference", "value": "x" }])).await;
    assert_eq!((refused.status, &refused.json()["message"]), (400, &json!("Parameters are invalid")));
}

#[tokio::test]
async fn updated_at_is_zurich_wall_clock_in_summer_and_winter() {
    let company = Company::start().await;
    let since = |time: &str| json!([{ "field": "updated_at", "value": time, "criteria": ">=" }]);
    company.set_clock("2026-07-01T22:30:00Z");
    let summer = company.draft("1").await;
    assert_eq!(company.show(summer).await["updated_at"], "2026-07-02 00:30:00");
    assert_eq!(found(&company, since("2026-07-02 00:30:00")).await, [summer]);
    assert_eq!(found(&company, since("2026-07-02 00:30:01")).await, [] as [i64; 0]);
    company.set_clock("2026-12-31T23:30:00Z");
    let winter = company.draft("1").await;
    assert_eq!(company.show(winter).await["updated_at"], "2027-01-01 00:30:00");
    assert_eq!(found(&company, since("2027-01-01")).await, [winter]);
}

#[tokio::test]
async fn the_repeated_hour_in_october_hides_an_hour_from_a_naive_search() {
    let company = Company::start().await;
    // 02:50 for the first time (summer time), then 02:10 forty minutes later but for the second time.
    company.set_clock("2026-10-25T00:50:00Z");
    let before = company.draft("1").await;
    company.set_clock("2026-10-25T01:10:00Z");
    let after = company.draft("1").await;
    assert_eq!(company.show(before).await["updated_at"], "2026-10-25 02:50:00");
    assert_eq!(company.show(after).await["updated_at"], "2026-10-25 02:10:00");
    let since = |time: &str| json!([{ "field": "updated_at", "value": time, "criteria": ">=" }]);
    assert_eq!(found(&company, since("2026-10-25 02:50:00")).await, [before]);
    assert_eq!(found(&company, since("2026-10-25 01:50:00")).await, [before, after]);
    // In March the clock jumps from 02:00 to 03:00.
    company.set_clock("2027-03-28T01:00:00Z");
    let march = company.draft("1").await;
    assert_eq!(company.show(march).await["updated_at"], "2027-03-28 03:00:00");
}

#[tokio::test]
async fn the_small_searches_work_too() {
    let company = Company::start().await;
    let by_no = json!([{ "field": "account_no", "value": "3400", "criteria": "=" }]);
    let accounts = company.post("/2.0/accounts/search", by_no).await;
    assert_eq!(accounts.header("ratelimit-limit"), Some("1000"));
    assert_eq!(accounts.ids(), [company.bexio().account_id("3400").unwrap()]);
    assert_eq!(company.post("/2.0/accounts/search", json!({ "account_no": "3400" })).await.json(), json!([]));
    let country = json!([{ "field": "name_short", "value": "CH", "criteria": "=" }]);
    assert_eq!(company.post("/2.0/country/search", country).await.ids(), [1]);
}
