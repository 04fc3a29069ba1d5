//! Many invoices by one request.

use serde_json::{Value as Json, json};

use super::sending::{only_error, sendable};
use super::support::{Api, row, snapshot};
use crate::domain::InvoiceStatus;

/// Twelve invoices: INV-1 to INV-10 can be sent, INV-11 is a draft, INV-12 names no line.
fn api() -> Api {
    let mut rows: Vec<_> = (1..=10).map(|id| row(sendable(id, &format!("INV-{id}")), None)).collect();
    let mut draft = sendable(11, "INV-11");
    draft.status = InvoiceStatus::Draft;
    let mut empty = sendable(12, "INV-12");
    empty.lines = Box::default();
    empty.total_ex_vat = "0".parse().unwrap();
    empty.total_inc_vat = "0".parse().unwrap();
    rows.extend([row(draft, None), row(empty, None)]);
    Api::new(snapshot(rows))
}

const SEND: &str = "mutation ($input: SendInvoicesInput!) { sendInvoices(input: $input) {
    batch { id createdAt createdBy cancelledAt isFinished
        counts { total waiting inProgress done needsReview failed abandoned refused cancelled }
        items { totalCount nodes { position state psohubInvoiceId invoice { number }
            delivery { state batch { id } } refusal { code message hint } } } }
    previews { invoiceNumber isSendable }
    userErrors { field code message hint outcome retryable } } }";

async fn send(api: &Api, input: Json) -> Json {
    api.data_with(SEND, json!({"input": input})).await["sendInvoices"].take()
}

fn numbers(numbers: &[&str]) -> Json {
    let lookups: Vec<Json> = numbers.iter().map(|number| json!({"number": number})).collect();
    json!({"invoices": {"lookups": lookups}})
}

#[tokio::test]
async fn each_invoice_of_a_batch_has_an_outcome_of_its_own() {
    let api = api();
    let sent = send(&api, numbers(&["INV-3", "INV-11", "INV-1", "inv-3", "INV-12"])).await;
    assert_eq!(sent["userErrors"], json!([]));
    let batch = &sent["batch"];
    assert_eq!((&batch["createdBy"], &batch["isFinished"]), (&json!("local"), &json!(true)));
    assert_eq!(
        batch["counts"],
        json!({"total": 4, "waiting": 0, "inProgress": 0, "done": 2, "needsReview": 0, "failed": 0,
            "abandoned": 0, "refused": 2, "cancelled": 0}),
        "a double is sent once"
    );
    let items = batch["items"]["nodes"].as_array().unwrap();
    assert_eq!(
        items[0],
        json!({"position": 1, "state": "DONE", "psohubInvoiceId": "3", "invoice": {"number": "INV-3"},
            "delivery": {"state": "DONE", "batch": {"id": batch["id"]}}, "refusal": null})
    );
    assert_eq!((&items[1]["state"], &items[1]["delivery"]), (&json!("REFUSED"), &json!(null)));
    assert_eq!(items[1]["refusal"]["code"], "STATUS_NOT_SENDABLE");
    assert_eq!(items[3]["refusal"]["code"], "NO_LINES");
}

#[tokio::test]
async fn a_filter_selects_what_is_sent_oldest_first() {
    let api = api();
    let filter = json!({"invoices": {"filter": {"status": ["DRAFT"]}}});
    let sent = send(&api, filter).await;
    assert_eq!(sent["batch"]["items"]["totalCount"], 1);
    assert_eq!(sent["batch"]["items"]["nodes"][0]["invoice"]["number"], "INV-11");
    // The look for external ids is made where the filter asks for it, however deep it stands.
    let filter = json!({"invoices": {"filter": {"hasExternalId": false, "status": ["DRAFT"]}}});
    send(&api, filter).await;
    let literal = "mutation { sendInvoices(input: {invoices: {filter: {hasExternalId: true}}}) { userErrors { code } } }";
    api.data(literal).await;
    let requests = api.book.requests.lock().unwrap();
    let asked: Vec<bool> = requests.iter().map(|request| request.external_ids).collect();
    assert_eq!(asked, [false, true, true]);
}

#[tokio::test]
async fn a_batch_that_cannot_be_taken_on_says_why() {
    let api = api();
    let too_many: Vec<Json> = (0..501).map(|id| json!({"psohubId": (id + 1).to_string()})).collect();
    for (input, code, field) in [
        (numbers(&[]), "BATCH_EMPTY", json!(["input", "invoices"])),
        (json!({"invoices": {"filter": {"text": "nothing"}}}), "BATCH_EMPTY", json!(["input", "invoices"])),
        (json!({"invoices": {"lookups": too_many}}), "BATCH_TOO_LARGE", json!(["input", "invoices"])),
        (numbers(&["INV-1", "INV-404"]), "INVOICE_NOT_FOUND", json!(["input", "invoices", "lookups", "1"])),
        (
            json!({"invoices": {"lookups": [{"psohubId": 41_939_771_881_672_249_i64}]}}),
            "ID_INVALID",
            json!(["input", "invoices", "lookups", "0", "psohubId"]),
        ),
        (
            json!({"invoices": {"lookups": [{"number": "INV-1"}]}, "options": {"recipient": "a@b.example"}}),
            "OPTION_NOT_FOR_BATCH",
            json!(["input", "options", "recipient"]),
        ),
        (
            json!({"invoices": {"filter": {"date": {"from": "2026-02-02", "to": "2026-01-01"}}}}),
            "VALUE_INVALID",
            json!(["input", "invoices", "filter"]),
        ),
    ] {
        let sent = send(&api, input.clone()).await;
        let error = only_error(&sent);
        assert_eq!((&error["code"], &error["field"]), (&json!(code), &field), "{input}: {error:#}");
        assert_eq!((&sent["batch"], &error["outcome"]), (&json!(null), &json!("NOT_APPLIED")));
    }
    assert_eq!(api.data("{ batches { nodes { id } } }").await["batches"]["nodes"], json!([]));
}

#[tokio::test]
async fn a_key_stands_for_one_batch() {
    let api = api();
    let with_key = |more: Json| {
        let mut input = more;
        input["idempotencyKey"] = json!("friday");
        input
    };
    let first = send(&api, with_key(numbers(&["INV-1", "INV-2"]))).await;
    let again = send(&api, with_key(numbers(&["INV-1", "INV-2"]))).await;
    assert_eq!(first["batch"]["id"], again["batch"]["id"]);
    let other = send(&api, with_key(numbers(&["INV-3"]))).await;
    assert_eq!(only_error(&other)["code"], "IDEMPOTENCY_KEY_REUSED");
}

#[tokio::test]
async fn a_dry_run_shows_each_plan_and_sends_nothing() {
    let api = api();
    let mut input = numbers(&["INV-2", "INV-11"]);
    input["dryRun"] = json!(true);
    let sent = send(&api, input).await;
    assert_eq!(
        sent["previews"],
        json!([{"invoiceNumber": "INV-2", "isSendable": true}, {"invoiceNumber": "INV-11", "isSendable": false}])
    );
    assert_eq!((&sent["batch"], &sent["userErrors"]), (&json!(null), &json!([])));
    assert_eq!(api.data("{ deliveries { totalCount } }").await["deliveries"]["totalCount"], 0);

    let many = Api::new(snapshot((1..=51).map(|id| row(sendable(id, &format!("INV-{id}")), None)).collect()));
    let sent = send(&many, json!({"invoices": {"filter": {}}, "dryRun": true})).await;
    assert_eq!(only_error(&sent)["code"], "BATCH_TOO_LARGE");
}

#[tokio::test]
async fn batches_and_their_invoices_are_read_page_by_page() {
    let api = api();
    for number in 1..=5 {
        send(&api, numbers(&[&format!("INV-{number}")])).await;
    }
    let all = send(&api, json!({"invoices": {"filter": {"status": ["APPROVED"]}}})).await;
    let query = "query ($after: String) { batches(first: 4, after: $after) {
        edges { cursor node { counts { total } } } nodes { id } pageInfo { hasNextPage hasPreviousPage endCursor } } }";
    let first = api.data_with(query, json!({})).await["batches"].take();
    assert_eq!(first["nodes"][0]["id"], all["batch"]["id"], "the newest first");
    assert_eq!(first["pageInfo"]["hasNextPage"], true);
    let second =
        api.data_with(query, json!({"after": first["pageInfo"]["endCursor"]})).await["batches"].take();
    assert_eq!(second["nodes"].as_array().unwrap().len(), 2);
    assert_eq!(
        (&second["pageInfo"]["hasNextPage"], &second["pageInfo"]["hasPreviousPage"]),
        (&json!(false), &json!(true))
    );

    let query = "query ($id: ID!, $first: Int, $after: String) { batch(id: $id) { items(first: $first, after: $after) {
        totalCount nodes { position } edges { cursor }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }";
    let mut variables = json!({"id": all["batch"]["id"], "first": 4});
    let mut seen = Vec::new();
    loop {
        let items = api.data_with(query, variables.clone()).await["batch"]["items"].take();
        seen.extend(items["nodes"].as_array().unwrap().iter().map(|item| item["position"].as_u64().unwrap()));
        assert_eq!(items["edges"][0]["cursor"], items["pageInfo"]["startCursor"]);
        if items["pageInfo"]["hasNextPage"] == false {
            assert_eq!((items["totalCount"].as_u64(), seen.len()), (Some(11), 11));
            break;
        }
        variables["after"] = items["pageInfo"]["endCursor"].clone();
    }
    assert!(seen.iter().copied().eq(1..=11), "{seen:?}");
    for (bad, words) in [
        (json!({"first": -1}), "'first' is -1"),
        (json!({"first": 501}), "'first' is 501"),
        (json!({"after": "x"}), "'after'"),
        (json!({"after": first["pageInfo"]["endCursor"]}), "'after'"),
    ] {
        variables = json!({"id": all["batch"]["id"]});
        variables.as_object_mut().unwrap().extend(bad.as_object().unwrap().clone());
        let (code, message) = api.error(query, variables.clone()).await;
        assert_eq!(code, "BAD_USER_INPUT");
        assert!(message.contains(words), "{message}");
    }
}

#[tokio::test]
async fn a_batch_is_cancelled_or_it_is_said_why_not() {
    let api = api();
    let sent = send(&api, numbers(&["INV-1"])).await;
    let query = "mutation ($input: CancelBatchInput!) { cancelBatch(input: $input) {
        batch { cancelledAt counts { done } } userErrors { field code } } }";
    let cancel =
        async |id: &Json| api.data_with(query, json!({"input": {"batch": id}})).await["cancelBatch"].take();
    let cancelled = cancel(&sent["batch"]["id"]).await;
    assert_eq!(
        cancelled,
        json!({"batch": {"cancelledAt": "2026-03-31T08:01:00Z", "counts": {"done": 1}}, "userErrors": []})
    );
    for (id, code) in [
        (json!("QmF0Y2g6OTk"), "BATCH_NOT_FOUND"),
        (sent["batch"]["items"]["nodes"][0]["delivery"]["batch"]["id"].clone(), ""),
        (json!("RGVsaXZlcnk6MQ"), "BATCH_NOT_FOUND"),
        (json!("7"), "ID_INVALID"),
    ] {
        let answered = cancel(&id).await;
        match code {
            "" => assert_eq!(answered["userErrors"], json!([]), "cancelling twice changes nothing"),
            code => assert_eq!(answered["userErrors"], json!([{"field": ["input", "batch"], "code": code}])),
        }
    }
}
