//! Lists of deliveries, their histories and plans, and what is asked for them.

use serde_json::{Value as Json, json};

use super::sender::bexio_id;
use super::sending::{send, sendable};
use super::support::{Api, row, snapshot};
use crate::domain::delivery::{Answer, Call, Refusal};

/// Five deliveries: of INV-1 to INV-5, INV-2 refused and INV-4 with an e-mail in doubt.
async fn api() -> Api {
    let api = Api::new(snapshot((1..=6).map(|id| row(sendable(id, &format!("INV-{id}")), None)).collect()));
    for id in 1..=5 {
        if id == 2 {
            let refusal = Refusal { status: 422, message: "no".into(), raw: None };
            api.sender.script(Call::CreateDraft, Answer::Refused { refusal, wait: None });
        }
        if id == 4 {
            api.sender.script(Call::SendMail(bexio_id(704)), Answer::Unknown);
        }
        send(&api, json!({"invoice": {"number": format!("INV-{id}")}})).await;
    }
    api.sender.asked.lock().unwrap().clear();
    api
}

const LIST: &str =
    "query ($filter: DeliveryFilter, $first: Int, $after: String, $last: Int, $before: String) {
    deliveries(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
        totalCount nodes { invoiceNumber } edges { cursor node { state } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";

async fn numbers(api: &Api, variables: Json) -> Vec<String> {
    let data = api.data_with(LIST, variables).await;
    let nodes = data["deliveries"]["nodes"].as_array().unwrap();
    nodes.iter().map(|node| node["invoiceNumber"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn each_condition_selects_what_it_says() {
    let api = api().await;
    for (filter, expected) in [
        (json!(null), vec!["INV-5", "INV-4", "INV-3", "INV-2", "INV-1"]),
        (json!({"state": ["FAILED", "NEEDS_REVIEW"]}), vec!["INV-4", "INV-2"]),
        (json!({"state": []}), vec![]),
        (json!({"needsReview": true}), vec!["INV-4"]),
        (json!({"needsReview": false}), vec!["INV-5", "INV-3", "INV-2", "INV-1"]),
        (json!({"needsReview": true, "state": ["DONE"]}), vec![]),
        (json!({"isSettled": false}), vec![]),
        (json!({"reason": ["MAIL_OUTCOME_UNKNOWN"]}), vec!["INV-4"]),
        (json!({"reason": ["REFUSED_BY_UPSTREAM", "DRAFT_DIFFERS"]}), vec!["INV-2"]),
        (json!({"invoices": [{"number": "inv-3"}, {"psohubId": "6"}]}), vec!["INV-3"]),
        (json!({"acceptedAt": {"from": "2026-03-31T08:01:00Z"}, "state": ["FAILED"]}), vec!["INV-2"]),
        (json!({"acceptedAt": {"to": "2026-03-31T08:00:59Z"}}), vec![]),
        (json!({"changedAt": {"from": "2026-03-31T08:01:01Z"}}), vec![]),
        (json!({"acceptedBy": "local", "needsReview": true}), vec!["INV-4"]),
        (json!({"acceptedBy": "someone"}), vec![]),
        (json!({"batch": "QmF0Y2g6MQ"}), vec![]),
    ] {
        assert_eq!(numbers(&api, json!({"filter": filter})).await, expected, "{filter}");
    }
    for (filter, words) in [
        (json!({"batch": "RGVsaXZlcnk6MQ"}), "filter.batch"),
        (json!({"batch": 41_939_771_881_672_249_i64}), "send it as a string"),
        (json!({"invoices": [{"psohubId": "x"}]}), "filter.invoices.psohubId"),
        (json!({"acceptedAt": {"from": "2026-02-02T00:00:00Z", "to": "2026-01-01T00:00:00Z"}}), "backwards"),
    ] {
        let (code, message) = api.error(LIST, json!({"filter": filter})).await;
        assert_eq!(code, "BAD_USER_INPUT");
        assert!(message.contains(words), "{filter}: {message}");
    }
}

#[tokio::test]
async fn pages_go_forward_and_backward() {
    let api = api().await;
    let page = |variables: Json| async {
        let data = api.data_with(LIST, variables).await["deliveries"].take();
        let info = data["pageInfo"].clone();
        let nodes = data["nodes"].as_array().unwrap().clone();
        assert_eq!(data["totalCount"], 5);
        (
            nodes.iter().map(|node| node["invoiceNumber"].as_str().unwrap().to_owned()).collect::<Vec<_>>(),
            info,
        )
    };
    let (first, info) = page(json!({"first": 2})).await;
    assert_eq!(first, ["INV-5", "INV-4"]);
    assert_eq!((&info["hasNextPage"], &info["hasPreviousPage"]), (&json!(true), &json!(false)));
    let (second, info) = page(json!({"first": 2, "after": info["endCursor"]})).await;
    assert_eq!(second, ["INV-3", "INV-2"]);
    let (back, _) = page(json!({"before": info["startCursor"]})).await;
    assert_eq!(back, ["INV-5", "INV-4"]);
    let (last, info) = page(json!({"last": 2})).await;
    assert_eq!(last, ["INV-2", "INV-1"]);
    assert_eq!((&info["hasNextPage"], &info["hasPreviousPage"]), (&json!(false), &json!(true)));
    let (empty, info) = page(json!({"first": 0})).await;
    assert!(empty.is_empty() && info["endCursor"].is_null());
    for (variables, words) in [
        (json!({"first": 501}), "'first' is 501"),
        (json!({"first": 1, "last": 1}), "'first' and 'last'"),
        (json!({"after": "garbage"}), "'after': this is not a cursor of this list"),
        (json!({"before": "aTE"}), "'before': this is not a cursor of this list"),
    ] {
        let (code, message) = api.error(LIST, variables).await;
        assert_eq!(code, "BAD_USER_INPUT");
        assert!(message.contains(words), "{message}");
    }
}

#[tokio::test]
async fn what_is_not_in_memory_is_asked_for_once_for_all_rows() {
    let api = api().await;
    let query = "{ deliveries { nodes { steps { what } plan { invoiceNumber } invoice { history { what } } } }
        invoices { nodes { number history { at actor what outcome detail } delivery { steps { version } } } } }";
    let data = api.data(query).await;
    let mut asked = api.sender.asked.lock().unwrap().clone();
    asked.sort_unstable();
    let expected = [("actions", 5), ("actions", 6), ("log", 5), ("log", 5), ("plans", 5)];
    assert_eq!(asked, expected, "one question for each kind in each field");
    assert_eq!(data["deliveries"]["nodes"][4]["plan"]["invoiceNumber"], "INV-1");
    let nodes = data["invoices"]["nodes"].as_array().unwrap();
    let of = |number: &str| nodes.iter().find(|node| node["number"] == number).unwrap();
    assert_eq!(of("INV-6")["history"], json!([]));
    let history = of("INV-1")["history"].as_array().unwrap();
    assert_eq!(
        history[0],
        json!({"at": "2026-03-31T08:01:00Z", "actor": "local", "what": "asked for", "outcome": null, "detail": null})
    );
    assert!(
        history
            .iter()
            .any(|event| event["what"] == "issuing the invoice in Bexio" && event["outcome"] == "DONE")
    );
}

#[tokio::test]
async fn a_history_says_who_did_what_and_what_came_of_it() {
    let api = api().await;
    let query = "{ invoice(by: {number: \"INV-2\"}) { delivery { steps {
        version at actor kind what outcome outcomeText state detail } } } }";
    let data = api.data(query).await;
    let steps = data["invoice"]["delivery"]["steps"].as_array().unwrap();
    let last = steps.last().unwrap();
    assert_eq!(
        (&last["kind"], &last["what"], &last["outcome"], &last["outcomeText"], &last["state"]),
        (
            &json!("ANSWERED"),
            &json!("creating the draft in Bexio"),
            &json!("REFUSED"),
            &json!("refused with status 422"),
            &json!("FAILED")
        )
    );
    let before = &steps[steps.len() - 2];
    assert_eq!((&before["kind"], &before["outcome"]), (&json!("ANNOUNCED"), &json!(null)));
    let versions: Vec<u64> = steps.iter().map(|step| step["version"].as_u64().unwrap()).collect();
    assert!(versions.is_sorted(), "{versions:?}");
    assert_eq!((&steps[0]["kind"], &steps[0]["actor"]), (&json!("ACCEPTED"), &json!("local")));
}

#[tokio::test]
async fn what_cannot_be_read_is_null_with_an_error_and_the_rest_is_there() {
    let api = api().await;
    *api.sender.fails.lock().unwrap() = true;
    let query = "{ deliveries(first: 1) { nodes { state steps { what } plan { planHash } } } }";
    let answer = api.answer(query, json!({})).await;
    assert_eq!(
        answer["data"]["deliveries"]["nodes"],
        json!([{"state": "DONE", "steps": null, "plan": null}])
    );
    let paths: Vec<&Json> = answer["errors"].as_array().unwrap().iter().map(|error| &error["path"]).collect();
    assert_eq!(
        paths,
        [&json!(["deliveries", "nodes", 0, "steps"]), &json!(["deliveries", "nodes", 0, "plan"])]
    );
}

#[tokio::test]
async fn deliveries_and_batches_are_nodes_found_together() {
    let api = api().await;
    let many =
        "mutation { sendInvoices(input: {invoices: {lookups: [{number: \"INV-6\"}]}}) { batch { id } } }";
    let batch = api.data(many).await["sendInvoices"]["batch"]["id"].take();
    let ids = api.data("{ deliveries { nodes { id } } }").await["deliveries"]["nodes"].take();
    let ids: Vec<Json> = ids.as_array().unwrap().iter().map(|node| node["id"].clone()).collect();
    api.sender.asked.lock().unwrap().clear();
    let query = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id
        ... on Delivery { invoiceNumber steps { version } batch { id } } ... on Batch { counts { total } } } }";
    let mut all = ids.clone();
    all.extend([batch.clone(), json!("QmF0Y2g6OTk"), json!("RGVsaXZlcnk6OTk")]);
    let nodes = api.data_with(query, json!({"ids": all})).await["nodes"].take();
    assert_eq!((&nodes[0]["__typename"], &nodes[0]["invoiceNumber"]), (&json!("Delivery"), &json!("INV-6")));
    assert_eq!(nodes[0]["batch"]["id"], batch);
    assert_eq!(nodes[1]["batch"], json!(null));
    assert_eq!(nodes[6], json!({"__typename": "Batch", "id": batch, "counts": {"total": 1}}));
    assert_eq!((&nodes[7], &nodes[8]), (&json!(null), &json!(null)));
    let asked = api.sender.asked.lock().unwrap().clone();
    assert_eq!(asked, [("batches_by_id", 2), ("log", 6), ("batches_by_id", 1)]);
    let one = api
        .data_with("query ($id: ID!) { node(id: $id) { ... on Delivery { state } } }", json!({"id": ids[0]}));
    assert_eq!(one.await["node"]["state"], "DONE");
    let none = "{ delivery(id: \"RGVsaXZlcnk6OTk\") { id } batch(id: \"QmF0Y2g6OTk\") { id } }";
    assert_eq!(api.data(none).await, json!({"delivery": null, "batch": null}));
}
