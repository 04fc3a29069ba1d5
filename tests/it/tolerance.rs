//! What cannot be understood costs itself and nothing else, and is told to the operator; and what
//! leaves PSOhub's open lists is followed, whatever became of it.

use invoice_gateway::book::Source;
use serde_json::{Value, json};
use upstream_simulator::psohub::{EditPsohubInvoice, NewPsohubInvoice, Status};

use crate::support::app::TestApp;

/// Adds an approved invoice whose row has this raw JSON in place of these fields.
fn add(app: &TestApp, number: &str, raw_fields: &[(&str, &str)]) -> i64 {
    let raw_fields = raw_fields.iter().map(|(name, raw)| ((*name).to_owned(), (*raw).to_owned())).collect();
    let new = NewPsohubInvoice { number: Some(number.into()), raw_fields, ..NewPsohubInvoice::default() };
    app.simulator.world().psohub().add(new)
}

async fn invoice(app: &TestApp, number: &str) -> Value {
    let query = format!(r#"{{ invoice(by: {{ number: "{number}" }}) {{ status statusRaw dueDate }} }}"#);
    app.data(&query).await["invoice"].take()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_understood_costs_the_field_or_the_invoice_and_never_the_list() {
    let app = TestApp::start().await;
    add(&app, "INV-1", &[]);
    add(&app, "INV-2", &[("InvoiceDueDate", "\"soon\"")]);
    add(&app, "INV-3", &[("TotalAmountIncVAT", "\"about a thousand\"")]);
    add(&app, "INV-4", &[("SomethingNew", "{\"a\":[1,2]}")]);
    app.look_at_both().await;

    let data = app.data("{ invoices { totalCount } connections { upstream problems { fieldsLost invoicesLost examples } } }").await;
    assert_eq!(data["invoices"]["totalCount"], 3);
    let problems = &data["connections"][0]["problems"];
    assert_eq!((&problems["fieldsLost"], &problems["invoicesLost"]), (&json!(1), &json!(1)), "{problems:#}");
    let examples = problems["examples"].to_string();
    assert!(examples.contains("INV-2") && examples.contains("InvoiceDueDate"), "{examples}");
    assert!(examples.contains("INV-3") && examples.contains("TotalAmountIncVAT"), "{examples}");
    assert_eq!(invoice(&app, "INV-2").await["dueDate"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_that_leaves_the_open_lists_is_followed() {
    let app = TestApp::start().await;
    let [paid, voided, deleted, odd] =
        ["INV-1", "INV-2", "INV-3", "INV-4"].map(|number| add(&app, number, &[]));
    app.look_at_both().await;
    {
        let mut psohub = app.simulator.world().psohub();
        psohub.mark_paid(paid).unwrap();
        psohub.set_status(voided, Status::Void).unwrap();
        psohub.delete(deleted).unwrap();
        let raw_fields = Some(vec![("InvoiceStatus".to_owned(), "\"On hold\"".to_owned())]);
        psohub.edit(odd, EditPsohubInvoice { raw_fields, ..EditPsohubInvoice::default() }).unwrap();
    }
    app.look(Source::Psohub).await.unwrap();
    assert_eq!(invoice(&app, "INV-1").await["status"], "PAID");
    assert_eq!(invoice(&app, "INV-2").await["status"], "VOID");
    assert_eq!(invoice(&app, "INV-3").await, Value::Null);
    let on_hold = invoice(&app, "INV-4").await;
    assert_eq!((&on_hold["status"], &on_hold["statusRaw"]), (&json!("UNKNOWN"), &json!("On hold")));

    // A status that stands in no list is asked for again, so that what follows it is seen.
    let mended = EditPsohubInvoice { raw_fields: Some(Vec::new()), ..EditPsohubInvoice::default() };
    app.simulator.world().psohub().edit(odd, mended).unwrap();
    app.simulator.world().psohub().mark_paid(odd).unwrap();
    app.look(Source::Psohub).await.unwrap();
    assert_eq!(invoice(&app, "INV-4").await["status"], "PAID");
}
