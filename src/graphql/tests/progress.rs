//! What `deliveryProgress` tells of what it names, and when it is over.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::StreamExt;
use serde_json::{Value as Json, json};

use super::subscriptions::{events, json_of, next, refusal};
use super::support::{Api, invoice, psohub_id, row, snapshot, without};
use crate::book::{DeliveryEntry, Source, fixtures};
use crate::domain::delivery::{DeliveryId, State};
use crate::domain::plan::SendOptions;
use crate::domain::{Batch, BatchId, BatchItem, BatchProgress};
use crate::graphql::Events;
use crate::graphql::types::GlobalId;

const PROGRESS: &str = "subscription($batch: ID, $delivery: ID, $invoice: InvoiceLookup) {
    deliveryProgress(batch: $batch, delivery: $delivery, invoice: $invoice) {
        invoiceNumber version state isSettled } }";

fn api() -> Api {
    Api::new(snapshot((1..=9).map(|id| row(invoice(id, &format!("INV-{id}")), None)).collect()))
}

/// Delivery `id` of invoice `id` in this version and state, accepted in this batch.
fn entry(id: i64, version: u64, state: State, batch: Option<i64>) -> Arc<DeliveryEntry> {
    let mut entry = fixtures::delivery(id, id, state);
    let mut record = serde_json::to_value(&entry.delivery).unwrap();
    record["version"] = json!(version);
    entry.delivery = serde_json::from_value(record).unwrap();
    entry.batch = batch.and_then(BatchId::new);
    Arc::new(entry)
}

fn batch(id: i64, items: impl IntoIterator<Item = (i64, BatchProgress)>) -> Batch {
    let items = items.into_iter().map(|(id, progress)| BatchItem { invoice: psohub_id(id), progress });
    Batch {
        id: BatchId::new(id).unwrap(),
        created_at: super::sender::now(),
        created_by: "eva".into(),
        options: SendOptions::default(),
        cancelled_at: None,
        items: items.collect(),
    }
}

fn has(id: i64) -> BatchProgress {
    BatchProgress::Delivery(DeliveryId::new(id).unwrap())
}

fn refused() -> BatchProgress {
    BatchProgress::Refused { code: "NO_LINES".into(), message: "no".into(), hint: "add one".into() }
}

fn of_delivery(id: i64) -> Json {
    json!({ "delivery": GlobalId::Delivery(DeliveryId::new(id).unwrap()).to_string() })
}

fn of_batch(id: i64) -> Json {
    json!({ "batch": GlobalId::Batch(BatchId::new(id).unwrap()).to_string() })
}

/// Number, version and state of every event that is told by now; the flag tells whether the stream is over.
async fn told(events: &mut Events) -> (Vec<(String, u64, String)>, bool) {
    let mut told = Vec::new();
    // What is read beside the board waits once before it answers.
    let mut quiet = 0;
    while quiet < 3 {
        match events.poll_next_unpin(&mut Context::from_waker(Waker::noop())) {
            Poll::Pending => {
                quiet += 1;
                tokio::task::yield_now().await;
            }
            Poll::Ready(None) => return (told, true),
            Poll::Ready(Some(event)) => {
                let event = &json_of(&event.unwrap())["data"]["deliveryProgress"];
                let text = |field: &str| event[field].as_str().unwrap().to_owned();
                told.push((text("invoiceNumber"), event["version"].as_u64().unwrap(), text("state")));
            }
        }
    }
    (told, false)
}

fn step(number: i64, version: u64, state: &str) -> (String, u64, String) {
    (format!("INV-{number}"), version, state.to_owned())
}

#[tokio::test]
async fn a_delivery_is_told_as_it_is_and_then_step_by_step_until_it_rests() {
    let api = api();
    let board = &api.changes.board;
    board.put([entry(1, 3, State::Draft, None), entry(2, 1, State::Accepted, None)]);
    let mut events = events(&api, PROGRESS, of_delivery(1)).await;
    assert_eq!(told(&mut events).await, (vec![step(1, 3, "DRAFT")], false));
    board.put([entry(1, 4, State::Issue, None)]);
    board.put([entry(2, 2, State::Draft, None)]);
    board.put([entry(1, 5, State::Email, None)]);
    assert_eq!(told(&mut events).await, (vec![step(1, 4, "ISSUE"), step(1, 5, "EMAIL")], false));
    board.put([entry(1, 6, State::NeedsReview, None)]);
    assert_eq!(told(&mut events).await, (vec![step(1, 6, "NEEDS_REVIEW")], true));
}

#[tokio::test]
async fn what_rests_already_is_told_once_and_is_over() {
    let api = api();
    api.changes.board.put([entry(1, 9, State::Done, None)]);
    for named in [of_delivery(1), json!({ "invoice": { "number": "INV-1" } })] {
        let mut events = events(&api, PROGRESS, named).await;
        assert_eq!(told(&mut events).await, (vec![step(1, 9, "DONE")], true));
    }
}

#[tokio::test]
async fn the_delivery_of_an_invoice_is_waited_for() {
    let api = api();
    let mut events = events(&api, PROGRESS, json!({ "invoice": { "psohubId": "4" } })).await;
    assert_eq!(told(&mut events).await, (vec![], false));
    api.changes.board.put([entry(4, 1, State::Accepted, None), entry(5, 1, State::Accepted, None)]);
    api.changes.board.put([entry(4, 2, State::Failed, None)]);
    assert_eq!(told(&mut events).await, (vec![step(4, 1, "ACCEPTED"), step(4, 2, "FAILED")], true));
}

#[tokio::test]
async fn without_a_name_every_delivery_is_told_from_now_on() {
    let api = api();
    let board = &api.changes.board;
    board.put([entry(1, 3, State::Draft, None)]);
    let mut events = events(&api, PROGRESS, json!({})).await;
    assert_eq!(told(&mut events).await, (vec![], false));
    board.put([entry(1, 4, State::Done, None), entry(2, 1, State::Accepted, Some(1))]);
    assert_eq!(told(&mut events).await, (vec![step(1, 4, "DONE"), step(2, 1, "ACCEPTED")], false));
}

#[tokio::test]
async fn who_falls_behind_is_told_the_present_state_and_never_an_older_one() {
    let api = api();
    let board = &api.changes.board;
    let mut one = events(&api, PROGRESS, of_delivery_of(&api, 1)).await;
    let mut every = events(&api, PROGRESS, json!({})).await;
    told(&mut one).await;
    for version in 2..=2_000 {
        board.put([entry(1, version, State::Draft, None)]);
    }
    board.put([entry(2, 1, State::Accepted, None)]);
    assert_eq!(told(&mut one).await, (vec![step(1, 2_000, "DRAFT")], false));
    let mut caught_up = told(&mut every).await.0;
    caught_up.sort();
    assert_eq!(caught_up, [step(1, 2_000, "DRAFT"), step(2, 1, "ACCEPTED")]);
    board.put([entry(1, 2_001, State::Done, None)]);
    assert_eq!(told(&mut one).await, (vec![step(1, 2_001, "DONE")], true));
    assert_eq!(told(&mut every).await, (vec![step(1, 2_001, "DONE")], false));
}

/// Puts delivery `id` on the board in its first version and names it.
fn of_delivery_of(api: &Api, id: i64) -> Json {
    api.changes.board.put([entry(id, 1, State::Accepted, None)]);
    of_delivery(id)
}

#[tokio::test]
async fn a_batch_is_over_when_each_of_its_deliveries_rests() {
    let api = api();
    let board = &api.changes.board;
    let waiting = [1, 2].map(|id| (id, BatchProgress::Waiting));
    api.sender.keep_batch(batch(7, waiting));
    board.put([entry(1, 2, State::Draft, Some(7))]);
    let mut events = events(&api, PROGRESS, of_batch(7)).await;
    assert_eq!(told(&mut events).await, (vec![step(1, 2, "DRAFT")], false));
    board.put([entry(3, 1, State::Accepted, Some(8))]);
    board.put([entry(1, 3, State::Done, Some(7))]);
    assert_eq!(told(&mut events).await, (vec![step(1, 3, "DONE")], false), "the second has not begun");
    board.put([entry(2, 1, State::Accepted, Some(7))]);
    board.put([entry(2, 2, State::Failed, Some(7))]);
    assert_eq!(told(&mut events).await, (vec![step(2, 1, "ACCEPTED"), step(2, 2, "FAILED")], true));
}

#[tokio::test]
async fn invoices_of_a_batch_that_get_no_delivery_of_its_own_do_not_hold_it_up() {
    let api = api();
    let board = &api.changes.board;
    // The first was sent long ago, outside of the batch; the third will be refused.
    board.put([entry(1, 9, State::Done, None), entry(2, 1, State::Accepted, Some(7))]);
    api.sender.keep_batch(batch(7, [(1, has(1)), (2, BatchProgress::Waiting), (3, BatchProgress::Waiting)]));
    let mut events = events(&api, PROGRESS, of_batch(7)).await;
    assert_eq!(told(&mut events).await, (vec![step(1, 9, "DONE"), step(2, 1, "ACCEPTED")], false));
    board.put([entry(2, 2, State::Done, Some(7))]);
    assert_eq!(told(&mut events).await, (vec![step(2, 2, "DONE")], false));
    api.sender.keep_batch(batch(7, [(1, has(1)), (2, has(2)), (3, refused())]));
    assert_eq!(told(&mut events).await, (vec![], false), "nobody has told it yet");
    api.changes.clock.advance(Duration::from_secs(2));
    assert_eq!(told(&mut events).await, (vec![], true));
}

#[tokio::test]
async fn what_is_refused_here_is_told_without_waiting() {
    let api = api();
    let board = &api.changes.board;
    api.sender.keep_batch(batch(7, [(1, BatchProgress::Waiting), (2, BatchProgress::Waiting)]));
    let mut events = events(&api, PROGRESS, of_batch(7)).await;
    assert_eq!(told(&mut events).await, (vec![], false));
    api.sender.keep_batch(batch(7, [(1, refused()), (2, BatchProgress::Waiting)]));
    board.tell_batch(BatchId::new(7).unwrap());
    assert_eq!(told(&mut events).await, (vec![], false));
    board.put([entry(2, 1, State::Done, Some(7))]);
    api.sender.keep_batch(batch(7, [(1, refused()), (2, has(2))]));
    board.tell_batch(BatchId::new(8).unwrap());
    assert_eq!(told(&mut events).await, (vec![step(2, 1, "DONE")], true));
}

#[tokio::test]
async fn a_batch_is_looked_up_less_often_while_nothing_happens() {
    let api = api();
    api.sender.keep_batch(batch(7, [(1, BatchProgress::Waiting)]));
    let mut events = events(&api, PROGRESS, of_batch(7)).await;
    let looks =
        || api.sender.asked.lock().unwrap().iter().filter(|(what, _)| *what == "batches_by_id").count();
    assert_eq!(told(&mut events).await, (vec![], false));
    assert_eq!(looks(), 1);
    for _ in 0..120 {
        api.changes.clock.advance(Duration::from_secs(1));
        assert_eq!(told(&mut events).await, (vec![], false));
    }
    assert_eq!(looks(), 1 + 7, "after 2, 4, 8, 16 and thrice 30 of 120 seconds");
    api.sender.keep_batch(batch(7, [(1, BatchProgress::Cancelled)]));
    api.changes.clock.advance(Duration::from_secs(30));
    assert_eq!(told(&mut events).await, (vec![], true));
}

#[tokio::test]
async fn a_batch_of_refusals_is_over_at_once() {
    let api = api();
    api.sender.keep_batch(batch(7, [(1, refused()), (2, BatchProgress::Cancelled)]));
    let mut events = events(&api, PROGRESS, of_batch(7)).await;
    assert_eq!(told(&mut events).await, (vec![], true));
}

#[tokio::test]
async fn an_event_holds_what_is_kept_beside_the_board() {
    let api = api();
    api.sender.keep_batch(batch(7, [(1, has(1))]));
    let query = "subscription { deliveryProgress { batch { counts { total } } steps { state } } }";
    let mut events = events(&api, query, json!({})).await;
    api.changes.board.put([entry(1, 1, State::Accepted, Some(7))]);
    let event = next(&mut events).await;
    let expected = json!({ "batch": { "counts": { "total": 1 } }, "steps": [] });
    assert_eq!(event["data"]["deliveryProgress"], expected, "{event:#}");
}

#[tokio::test]
async fn what_is_named_must_exist_and_be_one_thing() {
    let api = api();
    api.changes.board.put([entry(1, 1, State::Accepted, None)]);
    let cases = [
        (of_delivery(2), "there is no such delivery"),
        (of_batch(7), "there is no such batch"),
        (json!({ "delivery": "x" }), "'delivery': 'x' is not an id"),
        (json!({ "batch": of_delivery(1)["delivery"] }), "there is no such batch"),
        (json!({ "invoice": { "number": "INV-99" } }), "invoice.number: no invoice is known by 'INV-99'"),
        (json!({ "invoice": { "number": "INV-1" }, "delivery": "x" }), "Give one of"),
    ];
    for (named, words) in cases {
        let error = refusal(&api, PROGRESS, named.clone()).await;
        assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{named}: {error:#}");
        assert!(error["message"].as_str().unwrap().contains(words), "{named}: {error:#}");
    }
    let api = Api::new(without(snapshot(Vec::new()), Source::Psohub));
    let error = refusal(&api, PROGRESS, json!({ "invoice": { "number": "INV-1" } })).await;
    assert_eq!(error["extensions"]["code"], "UPSTREAM_UNAVAILABLE", "{error:#}");
    assert_eq!(told(&mut events(&api, PROGRESS, json!({})).await).await, (vec![], false));
}
