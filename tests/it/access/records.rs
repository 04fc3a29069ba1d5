//! Every write records who asked for it, by the name of the key.

use invoice_gateway::domain::Role;
use serde_json::{Value, json};
use upstream_simulator::psohub::{NewPsohubInvoice, Status};

use super::callers::{ask_with, key};
use crate::support::app::{TestApp, TestOptions};

async fn run(app: &TestApp, key: &str, query: &str, variables: Value) -> Value {
    let answer = ask_with(app, Some(&format!("Bearer {key}")), query, variables).await;
    let data = answer.data().clone();
    let payloads = data.as_object().unwrap().values();
    for errors in payloads.filter_map(|payload| payload.get("userErrors")) {
        assert_eq!(*errors, json!([]), "{query}");
    }
    data
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_keys_each_stands_in_what_was_done_with_it() {
    let options = TestOptions::default().set("REVENUE_ACCOUNT", "3400").set("QUIET_PERIOD_SECONDS", "0.1");
    let app = options.guarded().start().await;
    let world = app.simulator.world();
    let invoice = |number: &str, status| {
        let new = NewPsohubInvoice { number: Some(number.into()), status, ..Default::default() };
        world.psohub().add(new);
    };
    for number in ["INV-1", "INV-2", "INV-3", "INV-4"] {
        invoice(number, Status::Approved);
    }
    app.look_at_both().await;
    let (eva, job) = (key(&app, "eva", Role::Admin).await, key(&app, "night job", Role::Operator).await);

    let asked = "mutation ($n: String!) { sendInvoice(input: {invoice: {number: $n}, waitSeconds: 20}) {
        delivery { acceptedBy steps { kind actor } } userErrors { code } } }";
    for (who, key, number) in [("eva", &eva, "INV-1"), ("night job", &job, "INV-2")] {
        let sent = run(&app, key, asked, json!({ "n": number })).await["sendInvoice"]["delivery"].take();
        assert_eq!((&sent["acceptedBy"], &sent["steps"][0]["actor"]), (&json!(who), &json!(who)), "{sent:#}");
    }
    let batch = "mutation { sendInvoices(input: {invoices: {filter: {numbers: [\"INV-3\"]}}}) {
        batch { createdBy } userErrors { code } } }";
    let batch = run(&app, &job, batch, json!({})).await;
    assert_eq!(batch["sendInvoices"]["batch"]["createdBy"], "night job");

    let history = "invoice { history { actor what } } userErrors { code }";
    let mark = format!(
        "mutation {{ markInvoicePaid(input: {{invoice: {{number: \"INV-4\"}}, confirmUnpaidInBexio: true}}) {{ {history} }} }}"
    );
    let marked = run(&app, &eva, &mark, json!({})).await;
    assert_eq!(marked["markInvoicePaid"]["invoice"]["history"][0]["actor"], "eva");
    let set = format!(
        "mutation {{ setInvoiceExternalId(input: {{invoice: {{number: \"INV-4\"}}, externalId: \"RE-9\", replace: true}}) {{ {history} }} }}"
    );
    let set = run(&app, &job, &set, json!({})).await;
    let actors = set["setInvoiceExternalId"]["invoice"]["history"].as_array().unwrap();
    let actors: Vec<&str> = actors.iter().map(|event| event["actor"].as_str().unwrap()).collect();
    assert_eq!(actors, ["eva", "night job"]);

    let sync = "mutation { runPaymentSync(input: {}) { run { startedBy } userErrors { code } } }";
    let synced = run(&app, &job, sync, json!({})).await;
    assert_eq!(synced["runPaymentSync"]["run"]["startedBy"], "night job");

    let settings = "mutation { updateSettings(input: {expectedVersion: 0, attachPdf: false}) {
        settings { changedBy history { changedBy } } userErrors { code } } }";
    let saved = run(&app, &eva, settings, json!({})).await["updateSettings"]["settings"].take();
    assert_eq!(saved, json!({"changedBy": "eva", "history": [{"changedBy": "eva"}]}));
}
