//! Many invoices, as a page sends them: asked for, watched and cancelled over HTTP and WebSocket.

use serde_json::{Value, json};
use upstream_simulator::faults::When;
use upstream_simulator::psohub::{NewPsohubInvoice, Status};

use super::company::data;
use crate::live_client::{Client, connect};
use crate::sending::company::Company;

const SEND: &str = "mutation ($input: SendInvoicesInput!) { sendInvoices(input: $input) {
    batch { id counts { total waiting } } userErrors { code } } }";
const CANCEL: &str = "mutation ($batch: ID!) { cancelBatch(input: { batch: $batch }) {
    batch { cancelledAt counts { total waiting cancelled } } userErrors { code } } }";
const BATCH: &str = "query ($id: ID!) { node(id: $id) { ... on Batch { isFinished cancelledAt
    counts { total done refused cancelled waiting inProgress }
    items { nodes { position state delivery { state } refusal { code message hint } } } } } }";

/// A batch of a draft, which is refused, and of `count` invoices that can be sent.
async fn a_batch(company: &Company, count: usize) -> Value {
    let draft = NewPsohubInvoice { status: Status::Draft, ..NewPsohubInvoice::default() };
    let mut ids = vec![company.invoice(draft).await];
    ids.extend(company.invoices(count).await);
    let lookups: Vec<Value> = ids.iter().map(|id| json!({ "psohubId": id.to_string() })).collect();
    let input = json!({ "input": { "invoices": { "lookups": lookups }, "idempotencyKey": "monday" } });
    let sent = data(company, SEND, input).await["sendInvoices"].take();
    assert_eq!(sent["userErrors"], json!([]));
    assert_eq!(sent["batch"]["counts"]["total"], count + 1);
    sent["batch"]["id"].clone()
}

/// Listens to the progress of `batch`.
async fn listen(company: &Company, batch: &Value) -> Client {
    let mut client = connect(company.app.address()).await;
    let query = "subscription ($batch: ID!) { deliveryProgress(batch: $batch) { id state isSettled } }";
    let payload = json!({ "query": query, "variables": { "batch": batch } });
    client.say(json!({ "id": "p", "type": "subscribe", "payload": payload })).await;
    client
}

/// The last state of each delivery that was told, once nothing more is to come.
async fn last_states(client: &mut Client) -> Vec<Value> {
    let mut last = std::collections::BTreeMap::new();
    loop {
        let mut message = client.message().await;
        if message["type"] == "complete" {
            return last.into_values().collect();
        }
        let progress = message["payload"]["data"]["deliveryProgress"].take();
        last.insert(progress["id"].to_string(), progress["state"].clone());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_is_cancelled_in_the_middle_ends_what_it_began_and_tells_so() {
    let company = Company::start().await;
    company.hold("POST", "/2.0/kb_invoice", When::First(3));
    let batch = a_batch(&company, 9).await;
    company.until_held(3).await;
    let mut client = listen(&company, &batch).await;

    let cancelled = data(&company, CANCEL, json!({ "batch": batch })).await["cancelBatch"].take();
    assert_eq!(cancelled["userErrors"], json!([]));
    assert!(cancelled["batch"]["cancelledAt"].is_string());
    assert_eq!(cancelled["batch"]["counts"], json!({ "total": 10, "waiting": 0, "cancelled": 6 }));
    let again = data(&company, CANCEL, json!({ "batch": batch })).await["cancelBatch"].take();
    assert_eq!(again, cancelled, "cancelling twice is cancelling once");

    company.release().await;
    // The clock stands still: nothing here is found by asking again.
    assert_eq!(last_states(&mut client).await, vec![json!("DONE"); 3]);
    let mut shown = data(&company, BATCH, json!({ "id": batch })).await["node"].take();
    let counts =
        json!({ "total": 10, "done": 3, "refused": 1, "cancelled": 6, "waiting": 0, "inProgress": 0 });
    assert_eq!((&shown["counts"], &shown["isFinished"]), (&counts, &json!(true)));
    let items = shown["items"]["nodes"].take();
    assert_eq!(items[0]["state"], "REFUSED");
    assert_eq!(items[0]["refusal"]["code"], "STATUS_NOT_SENDABLE");
    assert_eq!(items[1]["delivery"]["state"], "DONE");
    assert_eq!((&items[9]["state"], &items[9]["delivery"]), (&json!("CANCELLED"), &json!(null)));
    assert_eq!(company.bexio(|bexio| (bexio.invoices().len(), bexio.mails().len())), (3, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_told_over_server_sent_events_until_it_is_over() {
    let company = Company::start().await;
    let batch = a_batch(&company, 3).await;
    let query = "subscription ($batch: ID!) { deliveryProgress(batch: $batch) { state documentNumber } }";
    let body = json!({ "query": query, "variables": { "batch": batch } });
    let request = company.app.http.post(format!("{}/graphql", company.app.url())).json(&body);
    let response = request.header("accept", "text/event-stream").send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream; charset=utf-8");
    // It ends by itself, once the last invoice has come to rest.
    let told = response.text().await.unwrap();
    assert!(told.ends_with("event: complete\ndata: \n\n"), "{told}");
    let events = told.lines().filter_map(|line| line.strip_prefix("data: {"));
    let done = events.filter(|event| event.contains(r#""state":"DONE""#)).count();
    assert_eq!(done, 3, "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_over_for_its_listeners_as_soon_as_its_last_invoice_is_refused() {
    let company = Company::start().await;
    company.hold("POST", "/2.0/kb_invoice", When::First(1));
    let id = company.invoices(1).await[0];
    let draft = NewPsohubInvoice { status: Status::Draft, ..NewPsohubInvoice::default() };
    let draft = company.invoice(draft).await;
    let lookups = [id, draft].map(|id| json!({ "psohubId": id.to_string() }));
    let sent = data(&company, SEND, json!({ "input": { "invoices": { "lookups": lookups } } })).await;
    let batch = &sent["sendInvoices"]["batch"]["id"];
    let mut client = listen(&company, batch).await;
    company.until_held(1).await;
    company.release().await;
    assert_eq!(last_states(&mut client).await, [json!("DONE")]);
    let shown = data(&company, BATCH, json!({ "id": batch })).await["node"].take();
    assert_eq!((&shown["counts"]["refused"], &shown["isFinished"]), (&json!(1), &json!(true)));
}
