//! On disk first: the system calls of a real process that sends an invoice. Before the first byte of a
//! request that changes something upstream, the record that announces it was written and synced.

mod trace;

use serde_json::{Value, json};
use upstream_simulator::psohub::NewPsohubInvoice;
use upstream_simulator::{Simulator, SimulatorOptions};

use crate::support::app::client;
use crate::support::process::GatewayProcess;

const SEND: &str = "mutation($id: ID!) { sendInvoice(input: { invoice: { psohubId: $id }, waitSeconds: 60 }) \
                    { delivery { state } userErrors { code message } } }";

#[tokio::test(flavor = "multi_thread")]
async fn what_announces_a_writing_request_is_synced_before_it_leaves() {
    if !trace::is_possible() {
        return;
    }
    let simulator = Simulator::start(SimulatorOptions::default()).await.unwrap();
    let invoice = simulator.world().psohub().add(NewPsohubInvoice::default());
    // Bexio has no contact: it is created, too.
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("trace");

    let gateway = GatewayProcess::traced(&mut trace::strace(&output), &simulator, &folder);
    let answer = send(&gateway, invoice).await;
    assert_eq!(answer["data"]["sendInvoice"]["delivery"]["state"], "DONE", "{answer:#}");
    gateway.end();

    let trace = std::fs::read_to_string(&output).unwrap();
    let requests = trace::requests(&trace);
    let unannounced: Vec<_> = requests.iter().filter(|request| !request.is_announced).collect();
    assert!(unannounced.is_empty(), "these left before their announcement was on disk: {unannounced:#?}");
    let calls: Vec<&str> = requests.iter().map(|request| request.call).collect();
    // A company, a person, and that one belongs to the other.
    let contact = ["CreateContact"; 3];
    let invoice = ["CreateDraft", "Issue", "SendMail", "WriteExternalId"];
    assert_eq!(calls, [&contact[..], &invoice].concat(), "{requests:#?}");
}

async fn send(gateway: &GatewayProcess, invoice: i64) -> Value {
    let body = json!({ "query": SEND, "variables": { "id": invoice.to_string() } });
    let answer = client().post(format!("{}/graphql", gateway.url())).json(&body).send().await.unwrap();
    answer.json().await.unwrap()
}
