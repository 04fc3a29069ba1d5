//! `invoiceChanged` on the real service: what happens in the upstreams is told to who listens, once a look
//! has seen it.

use invoice_gateway::book::Source;
use serde_json::{Value, json};
use upstream_simulator::bexio::NewInvoice;
use upstream_simulator::psohub::{EditPsohubInvoice, NewPsohubInvoice, Status};

use crate::live_client::{Client, connect};
use crate::support::app::{TestApp, TestOptions};

const CHANGED: &str = "subscription($filter: InvoiceFilter) { invoiceChanged(filter: $filter) {
    changes presence invoice { number status bexio { status } } } }";

/// Listens to `query` under `id`; what happens from now on is told.
async fn listen(app: &TestApp, client: &mut Client, id: &str, query: &str, variables: Value) {
    let before = app.book().listeners();
    let payload = json!({ "query": query, "variables": variables });
    client.say(json!({ "id": id, "type": "subscribe", "payload": payload })).await;
    while app.book().listeners() == before {
        tokio::task::yield_now().await;
    }
}

async fn event(client: &mut Client, id: &str) -> Value {
    client.next_of(id).await["data"]["invoiceChanged"].take()
}

fn add(app: &TestApp, number: &str) -> i64 {
    let new = NewPsohubInvoice { number: Some(number.into()), ..NewPsohubInvoice::default() };
    app.simulator.world().psohub().add(new)
}

#[tokio::test]
async fn each_side_is_told_as_it_changes() {
    let app = TestApp::start().await;
    let id = add(&app, "INV-1");
    app.look_at_both().await;
    let mut client = connect(app.address()).await;
    listen(&app, &mut client, "s", CHANGED, json!({})).await;

    app.simulator.world().psohub().set_status(id, Status::Sent).unwrap();
    app.look(Source::Psohub).await.unwrap();
    assert_eq!(
        event(&mut client, "s").await,
        json!({
            "changes": ["STATUS"],
            "presence": "STAYED",
            "invoice": { "number": "INV-1", "status": "SENT", "bexio": null },
        })
    );

    let booked = NewInvoice { api_reference: Some(format!("psohub:{id}")), ..NewInvoice::default() };
    app.simulator.world().bexio().create_invoice(booked);
    app.look(Source::Bexio).await.unwrap();
    let linked = event(&mut client, "s").await;
    assert_eq!(
        (&linked["changes"], &linked["invoice"]["bexio"]["status"]),
        (&json!(["LINK"]), &json!("DRAFT"))
    );

    add(&app, "INV-2");
    app.simulator.world().psohub().set_status(id, Status::Paid).unwrap();
    app.look(Source::Psohub).await.unwrap();
    let mut told = [event(&mut client, "s").await, event(&mut client, "s").await];
    told.sort_by_key(|event| event["invoice"]["number"].to_string());
    assert_eq!((&told[0]["changes"], &told[0]["invoice"]["status"]), (&json!(["STATUS"]), &json!("PAID")));
    assert_eq!((&told[1]["changes"], &told[1]["presence"]), (&json!(["ADDED"]), &json!("ENTERED")));

    // A look that finds nothing new tells nothing.
    app.look_at_both().await;
    client.settle().await;
}

#[tokio::test]
async fn a_filter_says_what_enters_and_what_leaves() {
    let app = TestApp::start().await;
    let id = add(&app, "INV-1");
    let other = add(&app, "INV-2");
    app.look_at_both().await;
    let mut client = connect(app.address()).await;
    let filter = json!({ "filter": { "status": ["SENT"], "numbers": ["INV-1"] } });
    listen(&app, &mut client, "s", CHANGED, filter).await;
    for (status, presence) in [(Status::Sent, "ENTERED"), (Status::Paid, "LEFT")] {
        app.simulator.world().psohub().set_status(id, status.clone()).unwrap();
        app.simulator.world().psohub().set_status(other, status).unwrap();
        app.look(Source::Psohub).await.unwrap();
        let told = event(&mut client, "s").await;
        assert_eq!((&told["presence"], &told["invoice"]["number"]), (&json!(presence), &json!("INV-1")));
    }
    client.settle().await;
}

#[tokio::test]
async fn an_invoice_that_is_gone_is_told_by_its_id() {
    let app = TestApp::start().await;
    let id = add(&app, "INV-1");
    app.look_at_both().await;
    let global = app.data(r#"{ invoice(by: { number: "INV-1" }) { id } }"#).await["invoice"]["id"].take();
    let mut client = connect(app.address()).await;
    let query = "subscription { invoiceChanged { invoiceId changes presence invoice { number } } }";
    listen(&app, &mut client, "s", query, json!({})).await;
    app.simulator.world().psohub().delete(id).unwrap();
    app.look(Source::Psohub).await.unwrap();
    assert_eq!(
        event(&mut client, "s").await,
        json!({ "invoiceId": global, "changes": ["REMOVED"], "presence": "LEFT", "invoice": null })
    );
}

#[tokio::test]
async fn listeners_of_one_connection_are_told_each_their_own_and_stop_alone() {
    let app = TestApp::start().await;
    let id = add(&app, "INV-1");
    app.look_at_both().await;
    let mut client = connect(app.address()).await;
    listen(&app, &mut client, "all", CHANGED, json!({})).await;
    listen(&app, &mut client, "drafts", CHANGED, json!({ "filter": { "status": ["DRAFT"] } })).await;
    let rename = |name: &str| {
        let edit = EditPsohubInvoice { name: Some(name.into()), ..EditPsohubInvoice::default() };
        app.simulator.world().psohub().edit(id, edit).unwrap();
    };
    rename("One");
    app.look(Source::Psohub).await.unwrap();
    assert_eq!(event(&mut client, "all").await["changes"], json!(["DETAILS"]));
    client.complete("all").await;
    while app.book().listeners() > 1 {
        tokio::task::yield_now().await;
    }
    rename("Two");
    app.look(Source::Psohub).await.unwrap();
    client.settle().await;
    drop(client);
    while app.book().listeners() > 0 {
        tokio::task::yield_now().await;
    }
    // Whoever comes after all have left is told again.
    let mut client = connect(app.address()).await;
    listen(&app, &mut client, "all", CHANGED, json!({})).await;
    rename("Three");
    app.look(Source::Psohub).await.unwrap();
    assert_eq!(event(&mut client, "all").await["changes"], json!(["DETAILS"]));
}

#[tokio::test]
async fn a_large_change_reaches_a_listener_whole() {
    let app = TestOptions::company(300).start().await;
    app.look_at_both().await;
    let ids: Vec<i64> = app.simulator.world().psohub().invoices().iter().map(|invoice| invoice.id).collect();
    let mut client = connect(app.address()).await;
    listen(&app, &mut client, "s", CHANGED, json!({})).await;
    let mut open = 0;
    for id in ids {
        let edit = EditPsohubInvoice { name: Some("Renamed".into()), ..EditPsohubInvoice::default() };
        let is_open = {
            let mut psohub = app.simulator.world().psohub();
            psohub.edit(id, edit).unwrap();
            let status = &psohub.invoice(id).unwrap().status;
            [Status::Draft, Status::Approved, Status::Sent].contains(status)
        };
        open += usize::from(is_open);
    }
    app.look(Source::Psohub).await.unwrap();
    assert!(open > 20, "{open} open invoices");
    for _ in 0..open {
        assert_eq!(event(&mut client, "s").await["changes"], json!(["DETAILS"]));
    }
    client.settle().await;
}
