//! Lists as CSV over HTTP: what a spreadsheet opens is what the API answers.

use std::sync::Arc;

use csv::StringRecord;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use upstream_simulator::psohub::{Customer, NewPsohubInvoice};

use super::books::Books;
use crate::support::app::{TestApp, TestOptions};

/// A table that was opened.
struct Table {
    header: StringRecord,
    rows: Vec<StringRecord>,
}

impl Table {
    fn of(bytes: &[u8], separator: u8) -> Self {
        assert!(bytes.starts_with("\u{feff}".as_bytes()), "Excel needs the byte order mark");
        let mut reader = csv::ReaderBuilder::new().delimiter(separator).from_reader(bytes);
        let header = reader.headers().unwrap().clone();
        Self { header, rows: reader.records().map(Result::unwrap).collect() }
    }

    fn cell<'a>(&self, row: &'a StringRecord, column: &str) -> &'a str {
        row.get(self.header.iter().position(|name| name == column).unwrap()).unwrap()
    }
}

async fn get(app: &TestApp, path: &str) -> Response {
    app.http.get(format!("{}{path}", app.url())).send().await.unwrap()
}

async fn table(app: &TestApp, path: &str) -> Table {
    let response = get(app, path).await;
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    Table::of(&response.bytes().await.unwrap(), b',')
}

/// `filter=` and the like, encoded for a URL.
fn parameter(name: &str, value: &Value) -> String {
    let text = value.to_string();
    let encoded = percent_encoding::percent_encode(text.as_bytes(), percent_encoding::NON_ALPHANUMERIC);
    format!("{name}={encoded}")
}

/// A value of the API as a cell shows it.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_invoices_of_a_spreadsheet_are_those_of_the_api() {
    let app = TestOptions::company(300).start().await;
    app.look_at_both().await;
    let filter = json!({"status": ["SENT", "APPROVED", "DRAFT"]});
    let order = json!({"field": "TOTAL_INC_VAT", "direction": "DESC"});
    let query = "query($filter: InvoiceFilter, $order: InvoiceOrder) { invoices(first: 500, filter: $filter, orderBy: $order) {
        nodes { number psohubId name date dueDate status statusRaw isOverdue customer { name } contact { name email }
            totalExVat { amount currency } totalIncVat { amount } totalIncVatBase { amount currency } openAmount { amount currency }
            externalId { value } reconciliation { verdict isSettled } delivery { state }
            bexio { documentNumber bexioId status dueDate total { amount currency } received { amount } remaining { amount } } } } }";
    let answer = app.answer(query, json!({"filter": filter, "order": order})).await;
    let nodes = answer["data"]["invoices"]["nodes"].as_array().unwrap();
    let path =
        format!("/export/invoices.csv?{}&{}", parameter("filter", &filter), parameter("orderBy", &order));
    let table = table(&app, &path).await;
    assert!(nodes.len() > 20 && nodes.len() == table.rows.len(), "{} and {}", nodes.len(), table.rows.len());
    for (node, row) in nodes.iter().zip(&table.rows) {
        let bexio = &node["bexio"];
        for (column, value) in [
            ("number", &node["number"]),
            ("name", &node["name"]),
            ("date", &node["date"]),
            ("due_date", &node["dueDate"]),
            ("status", &node["status"]),
            ("status_raw", &node["statusRaw"]),
            ("customer", &node["customer"]["name"]),
            ("contact", &node["contact"]["name"]),
            ("contact_email", &node["contact"]["email"]),
            ("currency", &node["totalExVat"]["currency"]),
            ("total_ex_vat", &node["totalExVat"]["amount"]),
            ("total_inc_vat", &node["totalIncVat"]["amount"]),
            ("base_currency", &node["totalIncVatBase"]["currency"]),
            ("total_inc_vat_base", &node["totalIncVatBase"]["amount"]),
            ("open_amount", &node["openAmount"]["amount"]),
            ("open_currency", &node["openAmount"]["currency"]),
            ("is_overdue", &node["isOverdue"]),
            ("external_id", &node["externalId"]["value"]),
            ("bexio_number", &bexio["documentNumber"]),
            ("bexio_id", &bexio["bexioId"]),
            ("bexio_status", &bexio["status"]),
            ("bexio_currency", &bexio["total"]["currency"]),
            ("bexio_total", &bexio["total"]["amount"]),
            ("bexio_received", &bexio["received"]["amount"]),
            ("bexio_remaining", &bexio["remaining"]["amount"]),
            ("bexio_due_date", &bexio["dueDate"]),
            ("delivery", &node["delivery"]["state"]),
            ("verdict", &node["reconciliation"]["verdict"]),
            ("is_settled", &node["reconciliation"]["isSettled"]),
        ] {
            assert_eq!(table.cell(row, column), shown(value), "{column} of {node:#}");
        }
        assert_eq!(table.cell(row, "psohub_reference"), format!("psohub:{}", shown(&node["psohubId"])));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_comparisons_of_a_spreadsheet_are_those_of_the_api() {
    let app = TestOptions::company(300).start().await;
    app.look_at_both().await;
    let verdicts = json!(["MISMATCH", "EXPLAINED", "PAID_ONLY_IN_BEXIO", "MISSING_IN_BEXIO", "MATCHED"]);
    let query = "query($verdicts: [ReconciliationVerdict!]) { reconciliation(verdicts: $verdicts) { items(first: 500) { nodes {
        verdict total { amount currency } invoice { number customer { name } date } bexio { documentNumber bexioId }
        reasons { code field severity psohubValue bexioValue difference { amount } rule fix mutation } } } } }";
    let answer = app.answer(query, json!({"verdicts": verdicts})).await;
    assert_eq!(answer.get("errors"), None, "{answer:#}");
    let nodes = answer["data"]["reconciliation"]["items"]["nodes"].as_array().unwrap();
    let table =
        table(&app, &format!("/export/reconciliation.csv?{}", parameter("verdicts", &verdicts))).await;
    let none = [Value::Null];
    let expected: Vec<(&Value, &Value)> = nodes
        .iter()
        .flat_map(|node| {
            let reasons = node["reasons"].as_array().unwrap();
            let reasons = if reasons.is_empty() { &none[..] } else { reasons };
            reasons.iter().map(move |reason| (node, reason))
        })
        .collect();
    assert!(nodes.len() > 20);
    assert_eq!(expected.len(), table.rows.len());
    for ((node, reason), row) in expected.into_iter().zip(&table.rows) {
        for (column, value) in [
            ("verdict", &node["verdict"]),
            ("severity", &reason["severity"]),
            ("reason", &reason["code"]),
            ("field", &reason["field"]),
            ("psohub_value", &reason["psohubValue"]),
            ("bexio_value", &reason["bexioValue"]),
            ("difference", &reason["difference"]["amount"]),
            ("rule", &reason["rule"]),
            ("fix", &reason["fix"]),
            ("mutation", &reason["mutation"]),
            ("number", &node["invoice"]["number"]),
            ("customer", &node["invoice"]["customer"]["name"]),
            ("date", &node["invoice"]["date"]),
            ("total", &node["total"]["amount"]),
            ("currency", &node["total"]["currency"]),
            ("bexio_number", &node["bexio"]["documentNumber"]),
            ("bexio_id", &node["bexio"]["bexioId"]),
        ] {
            assert_eq!(table.cell(row, column), shown(value), "{column} of {node:#}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customers_name_is_no_formula_and_the_answer_is_a_file() {
    let books = Books::start().await;
    let mut new = NewPsohubInvoice::default();
    new.customer = Arc::new(Customer { name: "=cmd|' /C calc'!A0".into(), ..Customer::clone(&new.customer) });
    books.psohub(|psohub| psohub.add(new));
    books.app.look_at_both().await;
    let response = get(&books.app, "/export/invoices.csv?separator=semicolon").await;
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "text/csv; charset=utf-8; header=present");
    assert_eq!(
        header("content-disposition"),
        "attachment; filename=\"invoices-2026-03-02.csv\"; filename*=UTF-8''invoices-2026-03-02.csv"
    );
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("x-content-type-options"), "nosniff");
    let table = Table::of(&response.bytes().await.unwrap(), b';');
    assert_eq!(table.cell(&table.rows[0], "customer"), "'=cmd|' /C calc'!A0");

    let head =
        books.app.http.head(format!("{}/export/reconciliation.csv", books.app.url())).send().await.unwrap();
    assert_eq!(head.status(), StatusCode::OK);
    assert_eq!(head.headers()["content-type"], "text/csv; charset=utf-8; header=present");
    let post = books.app.http.request(Method::POST, format!("{}/export/invoices.csv", books.app.url()));
    assert_eq!(post.send().await.unwrap().status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_export_something_else_is_refused() {
    let app = TestApp::start().await;
    app.look_at_both().await;
    let filter = |value: Value| parameter("filter", &value);
    for (list, query, words) in [
        ("invoices", "filtr=%7B%7D".to_owned(), "'filtr'"),
        ("invoices", "filter=%7B%7D&filter=%7B%7D".to_owned(), "more than once"),
        ("invoices", "filter=%7B".to_owned(), "not valid JSON"),
        ("invoices", "filter=[1]".to_owned(), "filter"),
        ("invoices", filter(json!({"statuz": ["SENT"]})), "filter.statuz"),
        ("invoices", filter(json!({"date": {"form": "2026-01-01"}})), "filter.date.form"),
        ("invoices", filter(json!({"status": ["SENDED"]})), "SENDED"),
        ("invoices", filter(json!({"totalIncVat": {"from": 1.5}})), "string"),
        ("invoices", parameter("orderBy", &json!({"field": "COLOUR"})), "COLOUR"),
        ("invoices", "verdicts=[]".to_owned(), "'verdicts'"),
        ("invoices", "separator=tab".to_owned(), "separator"),
        ("reconciliation", "verdicts=[\"FINE\"]".to_owned(), "FINE"),
        ("reconciliation", "orderBy={}".to_owned(), "'orderBy'"),
    ] {
        let response = get(&app, &format!("/export/{list}.csv?{query}")).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{query}");
        let body: Value = response.json().await.unwrap();
        let error = &body["errors"][0];
        assert!(error["message"].as_str().unwrap().contains(words), "{query}: {error:#}");
        let code = error["extensions"]["code"].as_str().unwrap();
        assert!(["BAD_USER_INPUT", "BAD_REQUEST"].contains(&code), "{error:#}");
        assert!(error["extensions"]["requestId"].is_string());
    }
}
