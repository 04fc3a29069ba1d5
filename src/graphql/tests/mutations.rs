//! What holds for every mutation: who may, in which order, and that nothing of it is given again.

use async_graphql::{Request, Variables};
use serde_json::{Value as Json, json};

use super::sending::{api, sendable};
use super::support::{Api, row, snapshot};
use crate::graphql::{Caller, Role, write_response};

async fn as_role(api: &Api, role: Role, query: &str) -> Json {
    let caller = Caller { role, name: "eva".into() };
    let executed = api.service.execute(Request::new(query).variables(Variables::default()), caller).await;
    let mut json = Vec::new();
    write_response(&mut json, &executed.response);
    serde_json::from_slice(&json).unwrap()
}

#[tokio::test]
async fn a_viewer_may_look_and_not_send() {
    let api = api();
    for (field, call) in [
        ("sendInvoice", "sendInvoice(input: {invoice: {number: \"INV-1\"}}) { userErrors { code } }"),
        ("sendInvoices", "sendInvoices(input: {invoices: {filter: {}}}) { userErrors { code } }"),
        ("cancelBatch", "cancelBatch(input: {batch: \"QmF0Y2g6MQ\"}) { userErrors { code } }"),
        (
            "resolveDelivery",
            "resolveDelivery(input: {delivery: \"x\", decision: ABANDON, expectedVersion: 1}) { userErrors { code } }",
        ),
    ] {
        let answer = as_role(&api, Role::Viewer, &format!("mutation {{ {call} }}")).await;
        assert_eq!(answer.get("data"), None, "{answer:#}");
        let error = &answer["errors"][0];
        assert_eq!((&error["extensions"]["code"], error.get("path")), (&json!("FORBIDDEN"), None));
        let message = error["message"].as_str().unwrap();
        assert!(
            message.contains(field) && message.contains("OPERATOR") && message.contains("VIEWER"),
            "{message}"
        );
    }
    assert_eq!(api.data("{ deliveries { totalCount } }").await["deliveries"]["totalCount"], 0);
    let looked =
        as_role(&api, Role::Viewer, "{ sendPreview(invoice: {number: \"INV-1\"}) { isSendable } }").await;
    assert_eq!(looked["data"]["sendPreview"]["isSendable"], true);
    let sent = "mutation { sendInvoice(input: {invoice: {number: \"INV-1\"}}) { delivery { acceptedBy } } }";
    let sent = as_role(&api, Role::Operator, sent).await;
    assert_eq!(sent["data"]["sendInvoice"]["delivery"]["acceptedBy"], "eva");
}

#[tokio::test]
async fn only_an_administrator_disconnects_an_account() {
    let api = api();
    let call = "mutation { disconnect(input: {upstream: BEXIO}) { wasConnected revoked } }";
    let answer = as_role(&api, Role::Operator, call).await;
    assert_eq!(answer.get("data"), None, "{answer:#}");
    let message = answer["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains("ADMIN") && message.contains("OPERATOR"), "{message}");
    let answer = as_role(&api, Role::Admin, call).await;
    assert_eq!(answer["data"]["disconnect"], json!({"wasConnected": true, "revoked": false}), "{answer:#}");
}

#[tokio::test]
async fn mutations_run_in_order_and_each_shows_the_state_after_it() {
    let api = Api::new(snapshot((1..=3).map(|id| row(sendable(id, &format!("INV-{id}")), None)).collect()));
    let query = "mutation ($three: InvoiceLookup!) {
        b: sendInvoice(input: {invoice: {number: \"INV-2\"}}) { ...P }
        none: sendInvoice(input: {invoice: {number: \"INV-9\"}}) { userErrors { code } delivery { id } }
        a: sendInvoice(input: {invoice: {number: \"INV-1\"}}) { ...P }
        c: sendInvoice(input: {invoice: $three}) { ...P }
        again: sendInvoice(input: {invoice: {number: \"INV-2\"}}) { wasThereBefore }
    }
    fragment P on SendInvoicePayload { delivery { id invoice { number delivery { state } } } }";
    let executed = api.execute(query, json!({"three": {"psohubId": "3"}})).await;
    assert_eq!(executed.reusable, None, "an answer to a mutation is never given again");
    let mut json = Vec::new();
    write_response(&mut json, &executed.response);
    let text = String::from_utf8(json).unwrap();
    let data: Json = serde_json::from_str::<Json>(&text).unwrap()["data"].take();
    let at = |key: &str| text.find(&format!("\"{key}\":{{")).unwrap();
    assert!(at("b") < at("none") && at("none") < at("a") && at("a") < at("c") && at("c") < at("again"));
    for (key, id, number) in [("b", "RGVsaXZlcnk6MQ", "INV-2"), ("a", "RGVsaXZlcnk6Mg", "INV-1")] {
        assert_eq!(
            data[key]["delivery"],
            json!({"id": id, "invoice": {"number": number, "delivery": {"state": "DONE"}}})
        );
    }
    assert_eq!(data["none"], json!({"userErrors": [{"code": "INVOICE_NOT_FOUND"}], "delivery": null}));
    assert_eq!(data["again"], json!({"wasThereBefore": true}));
}

#[tokio::test]
async fn a_mutation_that_stands_there_twice_runs_once() {
    let api = api();
    let query = "mutation {
        sendInvoices(input: {invoices: {filter: {}}}) { batch { id } }
        ... on Mutation { sendInvoices(input: {invoices: {filter: {}}}) { userErrors { code } batch { createdBy } } }
    }";
    let data = api.data(query).await;
    assert_eq!(
        data["sendInvoices"],
        json!({"batch": {"id": "QmF0Y2g6MQ", "createdBy": "local"}, "userErrors": []})
    );
    assert_eq!(
        api.data("{ batches { nodes { id } } }").await["batches"]["nodes"],
        json!([{"id": "QmF0Y2g6MQ"}])
    );
}

#[tokio::test]
async fn only_what_follows_from_memory_is_given_again() {
    let api = api();
    api.data("mutation { sendInvoice(input: {invoice: {number: \"INV-1\"}}) { delivery { id } } }").await;
    for (query, is_reusable) in [
        ("{ deliveries { nodes { state email { state } invoice { number } } } }", true),
        ("{ invoices { nodes { canSend { allowed } nextAction delivery { state waitsUntil } } } }", true),
        ("{ deliveries { nodes { steps { what } } } }", false),
        ("{ deliveries { nodes { plan { planHash } } } }", false),
        ("{ invoices { nodes { history { what } } } }", false),
        ("{ batches { nodes { id } } }", false),
        ("{ sendPreview(invoice: {number: \"INV-1\"}) { planHash } }", false),
        ("mutation { cancelBatch(input: {batch: \"x\"}) { userErrors { code } } }", false),
    ] {
        assert_eq!(api.execute(query, json!({})).await.reusable.is_some(), is_reusable, "{query}");
    }
}

#[tokio::test]
async fn limits_hold_for_mutations_and_for_the_new_lists() {
    let api = api();
    let send =
        |n| format!("s{n}: sendInvoice(input: {{invoice: {{number: \"INV-1\"}}}}) {{ delivery {{ id }} }}");
    let sends = (0..100).map(send).collect::<Vec<_>>().join(" ");
    let (code, _) = api.error(&format!("mutation {{ {sends} }}"), json!({})).await;
    assert_eq!(code, "TOO_MANY_ROOT_FIELDS");
    assert!(api.sender.requests.lock().unwrap().is_empty());
    for query in [
        "{ deliveries(first: 500) { nodes { steps { version at actor kind what outcome outcomeText state detail } } } }",
        "{ batches(first: 500) { nodes { items(first: 500) { nodes { position } } } } }",
        "{ batches { nodes { items(first: 500) { nodes { position state delivery { id } } } } } }",
        "{ invoices(first: 500) { nodes { history { what at actor detail } delivery { steps { what at actor state } } } } }",
        "mutation { sendInvoices(input: {invoices: {filter: {}}}) { batch { items(first: 500) { nodes { delivery {
            steps { what at detail } plan { planHash } batch { id } invoice { history { at what actor } } } } } } } }",
        "mutation { sendInvoices(input: {invoices: {filter: {}}}) {
            previews { positions { text } invoice { history { at } bexio { payments { value { amount } } }
            delivery { batch { items(first: 200) { nodes { invoice { history { at } } } } } } } } } }",
    ] {
        let (code, message) = api.error(query, json!({})).await;
        assert_eq!(code, "QUERY_TOO_COMPLEX", "{query}: {message}");
    }
    assert!(api.sender.requests.lock().unwrap().is_empty());
    for query in [
        "{ deliveries(first: 500) { nodes { id state documentNumber email { state } reason { message } } } }",
        "{ batches { nodes { items { nodes { state delivery { state } } } } } }",
        "{ deliveries(first: 500) { nodes { steps { what at outcome } plan { planHash } } } }",
    ] {
        api.data(query).await;
    }
}
