//! `invoice-gateway sync`, as an operator runs it.

use std::process::{Command, Output};

use serde_json::Value;
use upstream_simulator::faults::{FaultAction, FaultBody, FaultRule};
use upstream_simulator::psohub::{NewPsohubInvoice, Status};
use upstream_simulator::traffic::Upstream;
use upstream_simulator::{Simulator, SimulatorOptions};

use crate::support::process::binary;

async fn sync(simulator: &Simulator, folder: &tempfile::TempDir, arguments: &[&str]) -> Output {
    let database = format!("sqlite:{}", folder.path().join("gateway.db").display());
    let mut command = Command::new(binary());
    command.arg("sync").args(arguments).env("DATABASE_URL", database).envs(simulator.environment());
    // The simulator lives in this runtime.
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

fn printed(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_says_what_it_did_and_exits_by_it() {
    let simulator = Simulator::start(SimulatorOptions::default()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let world = simulator.world();
    let new = NewPsohubInvoice { number: Some("INV-1".into()), status: Status::Sent, ..Default::default() };
    let id = world.psohub().add(new);
    let bexio = world.book_in_bexio(id).unwrap();
    world.bexio().issue(bexio).unwrap();
    world.bexio().pay(bexio, None, world.clock.today()).unwrap();

    let dry = sync(&simulator, &folder, &["--dry-run"]).await;
    assert_eq!(dry.status.code(), Some(0));
    assert!(printed(&dry).contains("INV-1: would be set to Paid (settled by money on"), "{}", printed(&dry));
    assert_eq!(world.psohub().invoice(id).unwrap().status, Status::Sent);

    let refused = FaultAction::Status { code: 422, body: FaultBody::Json, after_effect: false };
    world.faults.add(FaultRule::on(Upstream::Psohub, refused).path("/rest/psohubapi/v1/invoices/paid"));
    let failing = sync(&simulator, &folder, &[]).await;
    assert_eq!(failing.status.code(), Some(3), "{}", printed(&failing));
    assert!(printed(&failing).contains("INV-1: failed: "), "{}", printed(&failing));
    world.faults.clear();

    let done = sync(&simulator, &folder, &["--json"]).await;
    assert_eq!(done.status.code(), Some(0));
    let json: Value = serde_json::from_str(&printed(&done)).unwrap();
    assert_eq!((&json["run"]["status"], &json["run"]["counts"]["paid"]), (&"SUCCEEDED".into(), &1.into()));
    assert_eq!(json["items"][0]["number"], "INV-1");
    assert_eq!(world.psohub().invoice(id).unwrap().status, Status::Paid);

    simulator.stop_bexio().await;
    let down = sync(&simulator, &folder, &[]).await;
    assert_eq!(down.status.code(), Some(1));
    assert!(printed(&down).contains("could not be read, so nothing was marked"), "{}", printed(&down));
}
