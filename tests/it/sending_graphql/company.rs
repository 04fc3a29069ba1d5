//! A company that sends over GraphQL.

use invoice_gateway::domain::PsohubInvoiceId;
use serde_json::{Value, json};
use upstream_simulator::faults::{FaultAction, FaultRule, When};
use upstream_simulator::psohub::NewPsohubInvoice;
use upstream_simulator::traffic::Upstream;

use crate::sending::company::Company;

/// The fields of a delivery that these tests look at.
pub const SEND: &str = "mutation Send($input: SendInvoiceInput!) { sendInvoice(input: $input) {
    delivery { id version state documentNumber bexioId acceptedBy decisions needsReview
        reason { code message hint upstreamText upstreamStatus } email { state recipient } writeBack { state value }
        bexio { documentNumber status total { amount } } }
    invoice { number nextAction bexio { documentNumber status } externalId { value } }
    preview { planHash }
    userErrors { field code message hint outcome retryable } } }";

pub const RESOLVE: &str = "mutation Resolve($input: ResolveDeliveryInput!) { resolveDelivery(input: $input) {
    delivery { state version decisions documentNumber contact { bexioId } email { state isConfirmedByPerson } }
    userErrors { field code message hint outcome } } }";

/// The data of an operation that must succeed.
pub async fn data(company: &Company, query: &str, variables: Value) -> Value {
    let mut answer = company.app.answer(query, variables).await;
    assert_eq!(answer.get("errors"), None, "{query}\n{answer:#}");
    answer["data"].take()
}

/// Presses Send.
pub async fn send(company: &Company, input: Value) -> Value {
    data(company, SEND, json!({"input": input})).await["sendInvoice"].take()
}

/// Decides on the delivery that `sent` shows.
pub async fn resolve(company: &Company, delivery: &Value, decision: Value) -> Value {
    let mut input =
        json!({"delivery": delivery["id"], "expectedVersion": delivery["version"], "waitSeconds": 20});
    input.as_object_mut().unwrap().extend(decision.as_object().unwrap().clone());
    data(company, RESOLVE, json!({"input": input})).await["resolveDelivery"].take()
}

/// An invoice of the company's, by the name that people know it by.
pub async fn invoice(company: &Company) -> (PsohubInvoiceId, Value) {
    let id = company.invoice(NewPsohubInvoice::default()).await;
    (id, json!({"psohubId": id.to_string()}))
}

/// Makes the first call of Bexio's like this go wrong.
pub fn spoil(company: &Company, path: &str, action: FaultAction) {
    let rule = FaultRule::on(Upstream::Bexio, action).method("POST").path(path).when(When::First(1));
    company.app.simulator.world().faults.add(rule);
}

/// Requests since the last count that changed something in either upstream.
pub fn writes(company: &Company) -> Vec<String> {
    let exchanges = company.app.simulator.world().traffic.exchanges();
    exchanges
        .iter()
        .map(|exchange| format!("{} {}", exchange.call.method, exchange.call.path))
        .filter(|call| !call.starts_with("GET") && !call.ends_with("/search"))
        .collect()
}
