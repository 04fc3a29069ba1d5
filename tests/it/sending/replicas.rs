//! Two processes on one PostgreSQL database: one executes, the other shows it and takes over when the
//! first is gone. Each has a clock of its own; the lease is by the database's.

use std::collections::BTreeSet;
use std::future::Future;
use std::time::Duration;

use futures_util::future::join_all;
use invoice_gateway::book::BookService;
use invoice_gateway::domain::delivery::{Decision, DeliveryId, State};
use invoice_gateway::domain::{ManualClock, PsohubInvoiceId};
use invoice_gateway::services::deliveries::SendRequest;
use serde_json::{Value, json};
use upstream_simulator::faults::{LateAnswer, When};
use upstream_simulator::psohub::NewPsohubInvoice;

use super::company::{Company, request};
use crate::live_client::{Client, connect};
use crate::support::app::{Replica, TestOptions};
use crate::support::postgres;

/// Longest real time that anything here takes.
const PATIENCE: Duration = Duration::from_secs(100);
/// Real time between two looks at what has changed.
const TICK: Duration = Duration::from_millis(1);

async fn company(lease_seconds: &str) -> Option<Company> {
    let url = postgres::database_url().await?;
    let options = TestOptions::default()
        .set("DATABASE_URL", url)
        .set("LEASE_SECONDS", lease_seconds)
        .set("QUIET_PERIOD_SECONDS", "2");
    let company = Company::of(options).await;
    company.app.settle().await;
    Some(company)
}

/// The first process leads; `None` where PostgreSQL is not installed.
async fn two_processes(lease_seconds: &str) -> Option<(Company, Replica)> {
    let company = company(lease_seconds).await?;
    let replica = company.app.replica().await;
    Some((company, replica))
}

/// The other one leads, and the first one follows it.
async fn a_process_beside_the_leading_one(lease_seconds: &str) -> Option<(Company, Replica)> {
    let company = company(lease_seconds).await?;
    company.app.deliveries().drain(PATIENCE).await;
    let replica = company.app.replica().await;
    let restarted = async {
        replica.deliveries().settle_due().await;
        company.app.restart().await
    };
    let app = while_passes(&[replica.clock()], Box::pin(restarted)).await;
    Some((Company { app }, replica))
}

/// Lets time pass for these processes until `done` is, twenty times as fast as it does outside.
async fn while_passes<T>(clocks: &[&ManualClock], done: impl Future<Output = T>) -> T {
    let time = async {
        loop {
            tokio::time::sleep(TICK).await;
            for clock in clocks {
                clock.advance(20 * TICK);
            }
        }
    };
    let driven = async {
        tokio::select! {
            done = done => done,
            () = time => unreachable!("it has no end"),
        }
    };
    tokio::time::timeout(PATIENCE, driven).await.unwrap()
}

/// Lets time pass for both.
async fn driven<T>(company: &Company, replica: &Replica, done: impl Future<Output = T>) -> T {
    while_passes(&[company.app.clock(), replica.clock()], done).await
}

async fn until_state(book: &BookService, id: PsohubInvoiceId, state: State) {
    let shown = || book.deliveries().current().of_invoice(id).map(|entry| entry.state());
    while shown() != Some(state) {
        tokio::time::sleep(TICK).await;
    }
}

/// Presses Send at a process over HTTP; the delivery's id.
async fn press_send(company: &Company, url: &str, id: PsohubInvoiceId) -> String {
    let query = "mutation ($id: ID!) { sendInvoice(input: { invoice: { psohubId: $id }, waitSeconds: 0 }) {
        delivery { id } userErrors { message } } }";
    let body = json!({ "query": query, "variables": { "id": id.to_string() } });
    let answer = company.app.http.post(format!("{url}/graphql")).json(&body).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    let delivery = &answer["data"]["sendInvoice"]["delivery"]["id"];
    delivery.as_str().unwrap_or_else(|| panic!("{answer:#}")).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_process_takes_on_the_leading_one_executes() {
    let Some((company, replica)) = two_processes("30").await else { return };
    let id = company.invoice(NewPsohubInvoice::default()).await;
    replica.look_at_both().await;
    let sent = driven(&company, &replica, Box::pin(replica.deliveries().send(request(id)))).await.unwrap();
    assert!(!sent.replayed);
    // The caller's time may be over by then; the delivery is shown there all the same.
    driven(&company, &replica, until_state(replica.book(), id, State::Done)).await;
    assert_eq!(company.booked(id).len(), 1);
    assert_eq!(company.bexio(|bexio| bexio.mails().len()), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_caller_of_the_leading_one_found_in_the_store_is_executed_all_the_same() {
    let Some((company, replica)) = two_processes("30").await else { return };
    let id = company.invoice(NewPsohubInvoice::default()).await;
    replica.look_at_both().await;
    // The clocks stand still: the leading process has not looked for what others took on.
    let at_once = || SendRequest { wait: Duration::ZERO, ..request(id) };
    let taken_on = replica.deliveries().send(at_once()).await.unwrap();
    let found = company.app.deliveries().send(at_once()).await.unwrap();
    assert_eq!((taken_on.replayed, found.replayed), (false, true));
    let book = company.app.book();
    driven(&company, &replica, until_state(&book, id, State::Done)).await;
    assert_eq!(company.booked(id).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_callers_of_two_processes_get_one_delivery() {
    let Some((company, replica)) = two_processes("30").await else { return };
    let id = company.invoice(NewPsohubInvoice::default()).await;
    replica.look_at_both().await;
    let callers = (0..50).map(|caller| {
        let deliveries = if caller % 2 == 0 { company.app.deliveries() } else { replica.deliveries() };
        deliveries.send(request(id))
    });
    let sent = driven(&company, &replica, join_all(callers)).await;
    let ids: BTreeSet<DeliveryId> =
        sent.into_iter().map(|sent| sent.unwrap().delivery.delivery.id()).collect();
    assert_eq!(ids.len(), 1);
    driven(&company, &replica, until_state(replica.book(), id, State::Done)).await;
    assert_eq!(company.booked(id).len(), 1);
    assert_eq!(company.bexio(|bexio| bexio.mails().len()), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_stalls_loses_its_lease_and_the_other_one_goes_on() {
    let Some((company, replica)) = two_processes("2").await else { return };
    company.hold_and_answer(LateAnswer::Hang, "POST", "/2.0/kb_invoice/*/issue", When::First(1));
    let id = company.invoice(NewPsohubInvoice::default()).await;
    replica.look_at_both().await;
    company.begin(id).await;
    company.until_held(1).await;
    company.release().await;
    // The first process's clock stands still: it neither renews its lease nor gives up its call.
    while_passes(&[replica.clock()], until_state(replica.book(), id, State::Done)).await;
    assert_eq!(company.booked(id).len(), 1);
    assert_eq!(company.bexio(|bexio| bexio.mails().len()), 1);
    assert!(company.external_id(id).is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_stops_lets_the_other_one_lead_at_once() {
    let Some((company, replica)) = two_processes("240").await else { return };
    company.app.deliveries().drain(Duration::from_secs(10)).await;
    let id = company.invoice(NewPsohubInvoice::default()).await;
    replica.look_at_both().await;
    let sent = driven(&company, &replica, Box::pin(replica.deliveries().send(request(id)))).await.unwrap();
    driven(&company, &replica, until_state(replica.book(), id, State::Done)).await;
    assert_eq!(sent.delivery.delivery.invoice_id(), id);
    assert_eq!(company.booked(id).len(), 1);
}

/// Listens to the progress of an invoice at the first process.
async fn listen(company: &Company, id: PsohubInvoiceId) -> Client {
    let mut client = connect(company.app.address()).await;
    let query =
        "subscription ($id: ID!) { deliveryProgress(invoice: { psohubId: $id }) { state documentNumber } }";
    let payload = json!({ "query": query, "variables": { "id": id.to_string() } });
    client.say(json!({ "id": "s", "type": "subscribe", "payload": payload })).await;
    client
}

/// Every state that is told until the delivery has come to rest.
async fn states_told(mut client: Client) -> Vec<String> {
    let mut states = Vec::new();
    loop {
        let message = client.message().await;
        if message["type"] == "complete" {
            return states;
        }
        let state = &message["payload"]["data"]["deliveryProgress"]["state"];
        states.push(state.as_str().unwrap_or_else(|| panic!("{message:#}")).to_owned());
    }
}

/// Both processes are asked for an invoice at once; the leading one dies inside this call, which takes
/// effect all the same, and the other one ends what it began.
async fn dies_inside(path: &str, last: State) {
    let Some((company, replica)) = Box::pin(a_process_beside_the_leading_one("2")).await else { return };
    company.hold_and_answer(LateAnswer::Hang, "POST", path, When::First(1));
    let id = company.invoice(NewPsohubInvoice::default()).await;
    replica.look_at_both().await;
    let asked = async {
        tokio::join!(press_send(&company, company.app.url(), id), press_send(&company, replica.url(), id))
    };
    let (here, there) = driven(&company, &replica, asked).await;
    assert_eq!(here, there, "{path}: two deliveries");
    driven(&company, &replica, company.until_held(1)).await;
    let client = listen(&company, id).await;
    // What the other one stored is shown here while it is under way.
    let begun = || {
        company
            .app
            .book()
            .deliveries()
            .current()
            .of_invoice(id)
            .is_some_and(|entry| entry.delivery.intent().is_some())
    };
    driven(&company, &replica, async {
        while !begun() {
            tokio::time::sleep(TICK).await;
        }
    })
    .await;
    replica.die();
    company.release().await;
    let (states, ()) = while_passes(&[company.app.clock()], async {
        let book = company.app.book();
        tokio::join!(states_told(client), until_state(&book, id, last))
    })
    .await;
    assert!(states.len() > 1, "{path}: {states:?}");
    // What does not wait for the answer is done, too.
    company.app.settle().await;
    if last == State::NeedsReview {
        company.resolve(&company.shown(id), Decision::MailArrived).await;
    }
    assert_eq!(company.booked(id).len(), 1, "{path}");
    assert_eq!(company.bexio(|bexio| bexio.mails().len()), 1, "{path}");
    assert_eq!(company.bexio(|bexio| bexio.contacts().len()), 2, "{path}: the customer and its person");
    assert_eq!(company.external_id(id).as_deref(), Some(&*company.booked(id)[0].document_nr), "{path}");
    assert_eq!(company.shown(id).state(), State::Done, "{path}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_dies_while_it_creates_the_contact_leaves_it_to_the_other() {
    Box::pin(dies_inside("/2.0/contact", State::Done)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_dies_while_it_creates_the_draft_leaves_it_to_the_other() {
    Box::pin(dies_inside("/2.0/kb_invoice", State::Done)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_dies_while_it_issues_leaves_it_to_the_other() {
    Box::pin(dies_inside("/2.0/kb_invoice/*/issue", State::Done)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_dies_while_it_mails_leaves_the_question_to_a_person() {
    Box::pin(dies_inside("/2.0/kb_invoice/*/send", State::NeedsReview)).await;
}
