//! Look-ups.

use serde_json::{Value, json};

use crate::support::Company;

async fn codes(company: &Company, query: &str) -> Vec<String> {
    let rows = company.get(&format!("/3.0/taxes{query}")).await.json();
    rows.as_array().unwrap().iter().map(|row| row["code"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn taxes_are_filtered_by_kind_state_and_date() {
    let company = Company::start().await;
    assert_eq!(codes(&company, "?types=sales_tax&scope=active").await, ["UN81", "UR26"]);
    assert_eq!(codes(&company, "?types=sales_tax&scope=active&date=2023-12-31").await, ["UN77", "UR25"]);
    assert_eq!(codes(&company, "?types=sales_tax&scope=inactive").await, ["UN77", "UR25", "UB38"]);
    assert_eq!(codes(&company, "?types=pre_tax&scope=active").await, ["VM81", "VB81"]);
    assert!(codes(&company, "?scope=active").await.contains(&"UEX".to_owned()));
    assert_eq!(company.get("/3.0/taxes?types=vat").await.status, 400);

    let id = company.bexio().tax_id("UN81").unwrap();
    let tax = company.get(&format!("/3.0/taxes/{id}")).await;
    assert!(tax.header("etag").is_some());
    let tax = tax.json();
    assert_eq!(tax["value"].to_string(), "8.1");
    assert_eq!((&tax["digit"], &tax["is_active"]), (&json!("303"), &json!(true)));
    assert_eq!((&tax["start_year"], &tax["end_year"]), (&json!(2024), &json!(null)));
}

#[tokio::test]
async fn currencies_say_how_they_round() {
    let company = Company::start().await;
    let text = company.get("/3.0/currencies").await.text;
    assert!(text.starts_with(r#"[{"id":1,"name":"CHF","round_factor":0.05}"#), "{text}");
    assert!(text.contains(r#"{"id":5,"name":"JPY","round_factor":1}"#), "{text}");
}

#[tokio::test]
async fn the_chart_has_what_lines_must_avoid() {
    let company = Company::start().await;
    let rows = company.get("/2.0/accounts?limit=2000").await.json();
    let row = |no: &str| rows.as_array().unwrap().iter().find(|row| row["account_no"] == no).unwrap().clone();
    let flags =
        |row: Value| (row["account_type"].clone(), row["is_active"].clone(), row["is_locked"].clone());
    assert_eq!(flags(row("260")), (json!(1), json!(true), json!(false)));
    assert_eq!(flags(row("3410")), (json!(1), json!(false), json!(false)));
    assert_eq!(flags(row("6999")), (json!(1), json!(true), json!(true)));
    assert_eq!(flags(row("1020")), (json!(3), json!(true), json!(false)));
    assert_eq!(row("2200")["account_type"], 4);
}

#[tokio::test]
async fn the_other_lists_have_their_shapes() {
    let company = Company::start().await;
    let first = async |path: &str| company.get(path).await.json()[0].clone();
    assert_eq!(first("/2.0/unit").await, json!({ "id": 1, "name": "Stk" }));
    assert_eq!(first("/2.0/language").await["iso_639_1"], "de");
    assert_eq!(first("/2.0/country").await["iso_3166_alpha2"], "CH");
    assert_eq!(company.get("/2.0/payment_type").await.json()[3], json!({ "id": 4, "name": "Rechnung" }));
    assert_eq!(first("/3.0/banking/accounts").await["invoice_mode"], "qr_invoice");
    assert_eq!(first("/3.0/users").await["firstname"], "Eva");
    assert_eq!(first("/2.0/company_profile").await["id"], 1);
    assert_eq!(first("/3.0/document_templates").await["is_default"], true);
    assert_eq!(company.get("/2.0/company_profile/1").await.json()["city"], "Zürich");
    let me = company.get("/3.0/users/me").await.json();
    assert_eq!(
        me,
        json!({ "id": 1, "salutation_type": "female", "firstname": "Eva", "lastname": "Muster",
                "email": "eva@beispiel.example", "is_superadmin": true, "is_accountant": false })
    );
    assert_eq!(company.get("/3.0/users/99").await.status, 404);
}
