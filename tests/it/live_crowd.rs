//! Many who listen at once, and one who does not keep up.

use futures_util::future::join_all;
use futures_util::{StreamExt, stream};
use invoice_gateway::domain::{InvoiceStatus, PsohubInvoiceId};
use serde_json::{Value, json};
use upstream_simulator::psohub::{EditPsohubInvoice, NewPsohubInvoice};

use crate::live_client::{Client, Heard, connect};
use crate::support::app::TestApp;

const LISTENERS: usize = 1_000;
/// Two ends of a socket for each, and some for the rest of this process.
const OPEN_FILES: u64 = 2 * LISTENERS as u64 + 400;
/// States of the book that are kept for whoever is behind.
const STATES_KEPT: usize = 1_024;

/// How many files this process may open; `None` where the system does not tell.
fn open_files_max() -> Option<u64> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find(|line| line.starts_with("Max open files"))?;
    line.split_whitespace().nth(3)?.parse().ok()
}

async fn listen(app: &TestApp, query: &str) -> Client {
    let mut client = connect(app.address()).await;
    client.subscribe("s", query).await;
    client
}

async fn until_listening(app: &TestApp, listeners: usize) {
    while app.book().listeners() < listeners {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_listeners_are_told_each_change_once() {
    if open_files_max().is_none_or(|files| files < OPEN_FILES) {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "CI must allow {OPEN_FILES} open files");
        eprintln!("SKIPPED: {LISTENERS} listeners need {OPEN_FILES} open files (ulimit -n)");
        return;
    }
    let app = TestApp::start().await;
    let new = NewPsohubInvoice { number: Some("INV-1".into()), ..NewPsohubInvoice::default() };
    let id = app.simulator.world().psohub().add(new);
    app.look_at_both().await;
    let query = "subscription { invoiceChanged { changes invoice { number name } } }";
    let mut clients: Vec<Client> =
        stream::iter(0..LISTENERS).map(|_| listen(&app, query)).buffer_unordered(50).collect().await;
    until_listening(&app, LISTENERS).await;

    app.forget_calls();
    for name in ["one", "two", "three"] {
        let edit = EditPsohubInvoice { name: Some(name.into()), ..EditPsohubInvoice::default() };
        app.simulator.world().psohub().edit(id, edit).unwrap();
        app.look_at_both().await;
        let told: Vec<Value> = join_all(clients.iter_mut().map(|client| client.next_of("s"))).await;
        let expected = json!({ "changes": ["DETAILS"], "invoice": { "number": "INV-1", "name": name } });
        let as_expected = |told: &&Value| told["data"]["invoiceChanged"] == expected;
        assert_eq!(told.iter().filter(as_expected).count(), LISTENERS, "{name}: {:#}", told[0]);
    }
    // Nothing was told twice.
    join_all(clients.iter_mut().map(Client::settle)).await;
    drop(clients);
    while app.book().listeners() > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_keep_up_is_cut_off_with_a_code_and_nobody_else_is() {
    let app = TestApp::start().await;
    // So long that a few events fill what the system holds for a reader that reads nothing.
    let long = NewPsohubInvoice { note: "x".repeat(2_000_000).into(), ..NewPsohubInvoice::default() };
    let id = app.simulator.world().psohub().add(long);
    app.look_at_both().await;
    let mut slow = listen(&app, "subscription { invoiceChanged { invoice { note } } }").await;
    let mut quick = listen(&app, "subscription { invoiceChanged { changes } }").await;
    until_listening(&app, 2).await;

    let (book, id) = (app.book(), PsohubInvoiceId::new(id).unwrap());
    let statuses = [InvoiceStatus::Sent, InvoiceStatus::Approved].into_iter().cycle();
    for status in statuses.take(STATES_KEPT + 100) {
        book.note_status(id, status).await;
        let told = quick.next_of("s").await;
        assert_eq!(told["data"]["invoiceChanged"]["changes"], json!(["STATUS"]));
    }
    let mut events = 0;
    let end = loop {
        match slow.hear().await {
            Heard::Message(_) => events += 1,
            end => break end,
        }
    };
    assert_eq!(end, Heard::Closed(4008, "Events were lost: read faster".to_owned()));
    assert!(events < 100, "{events} events of 2 MB were made for a client that does not read");
    quick.settle().await;
}
