//! What a subscription gives, and what hinders it from beginning.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use async_graphql::{Request, Variables};
use futures_util::StreamExt;
use serde_json::{Value as Json, json};

use super::support::{Api, bexio, example, invoice, psohub_id, row, snapshot, without};
use crate::book::{ChangeKind, ChangeKinds, CombinedInvoice, InvoiceChange, InvoiceChanges, Source};
use crate::domain::{AccountingStatus, InvoiceStatus};
use crate::graphql::types::GlobalId;
use crate::graphql::{Caller, Events, Subscribed, TooSlow, write_response};

const CHANGED: &str = "subscription($filter: InvoiceFilter) {
    invoiceChanged(filter: $filter) { invoiceId changes presence invoice { number status } } }";

pub(super) async fn subscribe(api: &Api, query: &str, variables: Json) -> Subscribed {
    let request = Request::new(query).variables(Variables::from_json(variables));
    api.service.subscribe(request, Caller::local()).await
}

pub(super) async fn events(api: &Api, query: &str, variables: Json) -> Events {
    match subscribe(api, query, variables).await {
        Subscribed::Events(events) => events,
        Subscribed::Answer(answer) => panic!("no subscription: {answer:?}"),
    }
}

/// The only error of an operation that is refused whole.
pub(super) async fn refusal(api: &Api, query: &str, variables: Json) -> Json {
    let Subscribed::Answer(executed) = subscribe(api, query, variables).await else {
        panic!("it has begun: {query}")
    };
    let answer = json_of(&executed.response);
    assert_eq!(answer.get("data"), None, "{answer:#}");
    assert_eq!(answer["errors"].as_array().map(Vec::len), Some(1), "{answer:#}");
    assert_eq!(answer["errors"][0].get("path"), None, "{answer:#}");
    answer["errors"][0].clone()
}

pub(super) fn json_of(response: &async_graphql::Response) -> Json {
    let mut json = Vec::new();
    write_response(&mut json, response);
    serde_json::from_slice(&json).unwrap()
}

pub(super) async fn next(events: &mut Events) -> Json {
    json_of(&events.next().await.unwrap().unwrap())
}

/// Every event that can be told without waiting.
fn told(events: &mut Events) -> Vec<Json> {
    let mut told = Vec::new();
    while let Poll::Ready(Some(event)) = events.poll_next_unpin(&mut Context::from_waker(Waker::noop())) {
        told.push(json_of(&event.unwrap())["data"]["invoiceChanged"].take());
    }
    told
}

fn change(
    before: Option<Arc<CombinedInvoice>>,
    after: Option<Arc<CombinedInvoice>>,
    kind: ChangeKind,
) -> InvoiceChange {
    let row = after.as_ref().or(before.as_ref()).unwrap();
    InvoiceChange { id: row.psohub.id, before, after, kinds: ChangeKinds::only(kind) }
}

fn tell(api: &Api, changes: impl IntoIterator<Item = InvoiceChange>) {
    let changes: InvoiceChanges = changes.into_iter().collect();
    api.changes.invoices.send(Arc::new(changes)).unwrap();
}

fn standing(id: i64, status: InvoiceStatus) -> Arc<CombinedInvoice> {
    let mut invoice = invoice(id, &format!("INV-{id}"));
    invoice.status = status;
    row(invoice, None)
}

#[tokio::test]
async fn an_event_tells_what_changed_and_shows_the_newest_state() {
    let (approved, sent) = (standing(7, InvoiceStatus::Approved), standing(7, InvoiceStatus::Sent));
    let paid = standing(7, InvoiceStatus::Paid);
    let api = Api::new(snapshot(vec![Arc::clone(&approved)]));
    let mut events = events(&api, CHANGED, json!({})).await;
    assert_eq!(told(&mut events), [json!(null); 0]);
    tell(&api, [change(Some(approved), Some(sent), ChangeKind::Status)]);
    api.publish(snapshot(vec![paid]));
    let event = next(&mut events).await;
    assert_eq!(
        event["data"]["invoiceChanged"],
        json!({
            "invoiceId": "SW52b2ljZTo3",
            "changes": ["STATUS"],
            "presence": "STAYED",
            "invoice": { "number": "INV-7", "status": "PAID" },
        })
    );
    assert_eq!(event["extensions"]["freshness"]["psohub"]["state"], "CACHED", "{event:#}");
    assert_eq!(told(&mut events), [json!(null); 0]);
}

#[tokio::test]
async fn a_filter_lets_through_what_enters_stays_and_leaves() {
    let api = Api::new(snapshot(Vec::new()));
    let filter = json!({ "filter": { "status": ["SENT"] } });
    let mut events = events(&api, CHANGED, filter).await;
    let (approved, sent) =
        (|id| standing(id, InvoiceStatus::Approved), |id| standing(id, InvoiceStatus::Sent));
    tell(
        &api,
        [
            change(Some(approved(1)), Some(sent(1)), ChangeKind::Status),
            change(Some(approved(2)), Some(approved(2)), ChangeKind::Details),
            change(Some(sent(3)), Some(sent(3)), ChangeKind::Details),
            change(Some(sent(4)), Some(approved(4)), ChangeKind::Status),
            change(None, Some(sent(5)), ChangeKind::Added),
            change(Some(sent(6)), None, ChangeKind::Removed),
            change(Some(approved(7)), None, ChangeKind::Removed),
        ],
    );
    let told: Vec<_> = told(&mut events)
        .into_iter()
        .map(|event| (event["invoiceId"].clone(), event["presence"].clone(), event["invoice"].clone()))
        .collect();
    let id = |id| json!(GlobalId::Invoice(psohub_id(id)).to_string());
    assert_eq!(
        told,
        [
            (id(1), json!("ENTERED"), json!(null)),
            (id(3), json!("STAYED"), json!(null)),
            (id(4), json!("LEFT"), json!(null)),
            (id(5), json!("ENTERED"), json!(null)),
            (id(6), json!("LEFT"), json!(null)),
        ]
    );
}

#[tokio::test]
async fn many_changes_at_once_are_all_told() {
    let api = Api::new(snapshot(Vec::new()));
    let mut events = events(&api, CHANGED, json!({})).await;
    tell(&api, (1..=1000).map(|id| change(None, Some(standing(id, InvoiceStatus::Sent)), ChangeKind::Added)));
    assert_eq!(told(&mut events).len(), 1000);
}

#[tokio::test]
async fn a_listener_that_falls_behind_is_told_so_and_nothing_else() {
    let api = Api::new(snapshot(Vec::new()));
    let mut events = events(&api, CHANGED, json!({})).await;
    for id in 1..=5 {
        tell(&api, [change(None, Some(standing(id, InvoiceStatus::Sent)), ChangeKind::Added)]);
    }
    assert_eq!(events.next().await.unwrap().unwrap_err(), TooSlow);
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn payments_below_an_event_are_fetched() {
    let paid = row(invoice(7, "INV-7"), Some(bexio(512, 7, AccountingStatus::Paid)));
    let api = Api::new(snapshot(vec![Arc::clone(&paid)]));
    let query =
        "subscription { now: invoiceChanged { invoice { bexio { payments { value { amount } } } } } }";
    let mut events = events(&api, query, json!({})).await;
    tell(&api, [change(Some(Arc::clone(&paid)), Some(paid), ChangeKind::Payment)]);
    let event = next(&mut events).await;
    assert_eq!(
        event["data"]["now"],
        json!({ "invoice": { "bexio": { "payments": [{ "value": { "amount": "81.00" } }] } } })
    );
}

#[tokio::test]
async fn what_hinders_a_subscription_is_told_before_it_begins() {
    let api = Api::new(snapshot(vec![example()]));
    let cases = [
        ("subscription {", json!({}), "GRAPHQL_PARSE_FAILED", "expected"),
        ("subscription { nothing }", json!({}), "GRAPHQL_VALIDATION_FAILED", "nothing"),
        (CHANGED, json!({ "filter": { "text": "x".repeat(201) } }), "BAD_USER_INPUT", "filter.text"),
        (CHANGED, json!({ "filter": { "status": ["OPEN"] } }), "BAD_USER_INPUT", "InvoiceStatus"),
        (
            "subscription { a: invoiceChanged { changes } b: invoiceChanged { changes } }",
            json!({}),
            "GRAPHQL_VALIDATION_FAILED",
            "exactly one field",
        ),
        (
            "subscription { ...A ...A } fragment A on Subscription { invoiceChanged { changes } }",
            json!({}),
            "GRAPHQL_VALIDATION_FAILED",
            "exactly one field",
        ),
        ("subscription { __typename }", json!({}), "GRAPHQL_VALIDATION_FAILED", "introspection"),
        (
            "subscription($no: Boolean = false) { invoiceChanged @include(if: $no) { changes } }",
            json!({}),
            "GRAPHQL_VALIDATION_FAILED",
            "@skip",
        ),
        (
            "subscription A { invoiceChanged { changes } } subscription B { invoiceChanged { changes } }",
            json!({}),
            "OPERATION_RESOLUTION_FAILURE",
            "operationName",
        ),
    ];
    for (query, variables, code, words) in cases {
        let error = refusal(&api, query, variables).await;
        assert_eq!(error["extensions"]["code"], code, "{query}: {error:#}");
        assert!(error["message"].as_str().unwrap().contains(words), "{query}: {error:#}");
    }
    assert_eq!(api.changes.invoices.receiver_count(), 0, "a refused subscription listens to nothing");
}

#[tokio::test]
async fn the_limits_hold_for_subscriptions() {
    let api = Api::new(snapshot(vec![example()]));
    let bomb = format!("subscription {{ invoiceChanged(filter: {}", "{ a: ".repeat(1500));
    assert_eq!(refusal(&api, &bomb, json!({})).await["extensions"]["code"], "QUERY_TOO_DEEP");
    let renamed: Vec<_> = (0..31).map(|n| format!("a{n}: changes")).collect();
    let query = format!("subscription {{ invoiceChanged {{ {} }} }}", renamed.join(" "));
    assert_eq!(refusal(&api, &query, json!({})).await["extensions"]["code"], "TOO_MANY_ALIASES");
}

#[tokio::test]
async fn nothing_is_watched_while_its_source_was_never_read() {
    let api = Api::new(without(snapshot(Vec::new()), Source::Psohub));
    let error = refusal(&api, CHANGED, json!({})).await;
    assert_eq!(error["extensions"]["code"], "UPSTREAM_UNAVAILABLE", "{error:#}");
    let api = Api::new(without(snapshot(Vec::new()), Source::Bexio));
    let error = refusal(&api, CHANGED, json!({ "filter": { "inBexio": true } })).await;
    assert_eq!(error["extensions"]["code"], "UPSTREAM_UNAVAILABLE", "{error:#}");
}

#[tokio::test]
async fn a_query_has_one_answer_and_a_subscription_needs_a_stream() {
    let api = Api::new(snapshot(vec![example()]));
    let Subscribed::Answer(answer) = subscribe(&api, "{ invoices { totalCount } }", json!({})).await else {
        panic!("a query is no subscription")
    };
    assert_eq!(json_of(&answer.response)["data"]["invoices"]["totalCount"], 1);
    let (code, message) = api.error(CHANGED, json!({})).await;
    assert_eq!(code, "BAD_REQUEST");
    assert!(message.contains("text/event-stream"), "{message}");
}
