//! `paymentSyncProgress`, over a real socket.

use std::time::Duration;

use serde_json::{Value, json};
use upstream_simulator::psohub::Status;

use super::support::{booked, run};
use crate::live_client::{Client, connect};
use crate::support::app::TestApp;

const PROGRESS: &str = "subscription { paymentSyncProgress { id status counts { checked paid failed }
    items { nodes { invoiceNumber outcome invoice { status } } } } }";

/// Listens until a run has ended; what was told.
async fn until_end(client: &mut Client) -> Vec<Value> {
    let mut told = Vec::new();
    loop {
        let event = client.next_of("s").await["data"]["paymentSyncProgress"].take();
        let is_over = event["status"] != "RUNNING";
        told.push(event);
        if is_over {
            return told;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_told_as_it_goes_on_and_so_is_the_next_one() {
    let app = TestApp::start().await;
    let invoice = booked(&app, "INV-1", Status::Sent);
    app.look_at_both().await;
    invoice.pay(&app);
    let mut client = connect(app.address()).await;
    let subscribe = json!({ "id": "s", "type": "subscribe", "payload": { "query": PROGRESS } });
    client.say(subscribe).await;
    // It listens when it waits for the clock beside the service's own waits.
    let waiting = app.clock().sleepers();
    while app.clock().sleepers() == waiting {
        tokio::time::sleep(Duration::from_millis(5)).await;
        if app.clock().sleepers() > 0 {
            break;
        }
    }

    let first = run(&app).await;
    let told = until_end(&mut client).await;
    let end = told.last().unwrap();
    assert_eq!((&end["status"], &end["counts"]["paid"]), (&json!("SUCCEEDED"), &json!(1)), "{told:#?}");
    let items = json!([{ "invoiceNumber": "INV-1", "outcome": "PAID", "invoice": { "status": "PAID" } }]);
    assert_eq!(end["items"]["nodes"], items);
    assert!(told.iter().all(|event| event["id"] == end["id"]));

    run(&app).await;
    let next = until_end(&mut client).await;
    assert_ne!(next.last().unwrap()["id"], end["id"], "{first:?}");
}
