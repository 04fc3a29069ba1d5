//! A hundred thousand invoices: made, searched and listed in no time that anybody waits for.

use jiff::civil::date;
use rust_decimal::Decimal;
use serde_json::json;
use upstream_simulator::bexio::{Line, NewInvoice, Position};

use crate::support::Company;

#[tokio::test]
async fn a_hundred_thousand_invoices_are_found_page_by_page() {
    const COUNT: i64 = 100_000;
    let company = Company::start().await;
    let contact_id = Some(company.add_customer());
    let account_id = company.bexio().account_id("3400");
    let tax_id = company.bexio().tax_id("UN81");
    for number in 0..COUNT {
        let unit_price = Decimal::new(10_000 + number, 2);
        let line = || Position::Custom(Line { unit_price, account_id, tax_id, ..Line::default() });
        let mut bexio = company.bexio();
        let id = bexio.create_invoice(NewInvoice {
            contact_id,
            api_reference: Some(format!("psohub:{number}")),
            positions: vec![line(), line(), line()],
            ..NewInvoice::default()
        });
        bexio.issue(id).unwrap();
        if number % 10 != 0 {
            bexio.pay(id, None, date(2026, 6, 18)).unwrap();
        }
    }
    let open = json!([{ "field": "kb_item_status_id", "value": "8", "criteria": "=" }]);
    let mut found: Vec<i64> = Vec::new();
    loop {
        let path = format!("/2.0/kb_invoice/search?limit=2000&offset={}&order_by=id", found.len());
        let page = company.post(&path, open.clone()).await.ids();
        found.extend(&page);
        if page.len() < 2000 {
            break;
        }
    }
    assert_eq!(found, (0..COUNT / 10).map(|number| number * 10 + 1).collect::<Vec<_>>());
    let one = json!([{ "field": "api_reference", "value": "psohub:77777", "criteria": "=" }]);
    assert_eq!(company.post("/2.0/kb_invoice/search", one).await.ids(), [77_778]);
}
