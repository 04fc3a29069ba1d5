//! A company whose connections are tested.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use upstream_simulator::faults::{FaultAction, FaultBody, FaultRule};
use upstream_simulator::traffic::Upstream;

use crate::support::app::{TestApp, TestOptions};

const TEST: &str = "mutation Test($input: TestConnectionInput!) { testConnection(input: $input) {
    test { level state company steps { name upstream state found skippedBecause
        findings { code severity message hint upstreamText upstreamStatus } } }
    userErrors { code } } }";

/// A service that is set up well.
pub fn options() -> TestOptions {
    TestOptions::default().set("REVENUE_ACCOUNT", "3400").set("TAX_CODE", "UN81")
}

/// Runs a test.
pub async fn test(app: &TestApp, level: &str) -> Value {
    let mut answer = app.answer(TEST, json!({"input": {"level": level}})).await;
    assert_eq!(answer.get("errors"), None, "{answer:#}");
    answer["data"]["testConnection"]["test"].take()
}

/// The step of this name.
pub fn step<'a>(test: &'a Value, name: &str) -> &'a Value {
    let steps = test["steps"].as_array().unwrap();
    steps.iter().find(|step| step["name"] == name).unwrap_or_else(|| panic!("no {name}: {test:#}"))
}

/// The code of the first finding of a step.
pub fn code<'a>(test: &'a Value, name: &str) -> &'a Value {
    &step(test, name)["findings"][0]["code"]
}

/// Spoils the calls of Bexio with this method and path.
pub fn spoil(app: &TestApp, method: &str, path: &str, action: FaultAction) {
    let rule = FaultRule::on(Upstream::Bexio, action).method(method).path(path);
    app.simulator.world().faults.add(rule);
}

/// An answer with these words.
pub fn says(code: u16, message: &str) -> FaultAction {
    let body = FaultBody::Raw(json!({"error_code": code, "message": message}).to_string());
    FaultAction::Status { code, body, after_effect: false }
}

/// A JSON Web Token with these claims.
pub fn web_token(claims: &Value) -> String {
    format!("eyJhbGciOiJSUzI1NiJ9.{}.c2lnbmF0dXJl", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

/// What of tests is in Bexio: invoices of any kind, and contacts that are not archived.
pub fn left(app: &TestApp) -> Vec<String> {
    let bexio = app.simulator.world().bexio();
    let invoices = bexio.invoices().map(|invoice| format!("invoice {}", invoice.document_nr));
    let contacts = bexio.contacts().filter(|contact| !contact.is_archived);
    invoices.chain(contacts.map(|contact| format!("contact {}", contact.details.name_1))).collect()
}
