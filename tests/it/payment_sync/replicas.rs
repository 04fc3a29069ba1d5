//! Several processes on one database, and processes that die: one run at a time, and nothing is lost.

use std::time::Duration;

use invoice_gateway::app::App;
use invoice_gateway::domain::payment::run::{RunStatus, Trigger};
use invoice_gateway::services::payment_sync::{RunRequest, Started};
use serde_json::{Value, json};
use upstream_simulator::faults::{FaultAction, FaultRule, When};
use upstream_simulator::psohub::Status;
use upstream_simulator::traffic::Upstream;
use upstream_simulator::{Simulator, SimulatorOptions};

use super::support::{Booked, booked, by_hand, ended, run_with, wait_until};
use crate::support::app::{TestApp, TestOptions, client};
use crate::support::databases;
use crate::support::process::GatewayProcess;

const PAID: &str = "/rest/psohubapi/v1/invoices/paid";

fn patches(simulator: &Simulator) -> u64 {
    simulator.world().traffic.calls_like(Upstream::Psohub, "PATCH */invoices/paid")
}

/// The first mark hangs until it is given up.
fn hold_first_mark(app: &TestApp) -> u64 {
    let hang = FaultAction::Hang { after_effect: true };
    let rule = FaultRule::on(Upstream::Psohub, hang).path(PAID).when(When::First(1));
    app.simulator.world().faults.add(rule)
}

/// Three invoices that are paid in Bexio, known to both processes as sent.
async fn paid(app: &TestApp, other: &App) -> Vec<Booked> {
    let invoices: Vec<_> = (0..3).map(|number| booked(app, &format!("INV-{number}"), Status::Sent)).collect();
    app.look_at_both().await;
    other.book.refresh(invoice_gateway::book::Source::Psohub).await.unwrap();
    for invoice in &invoices {
        invoice.pay(app);
    }
    invoices
}

async fn overlap(options: TestOptions) {
    let app = options.set("UPSTREAM_READ_SECONDS", "1").start().await;
    let other = app.other_process().await;
    let invoices = paid(&app, &other).await;
    let held = hold_first_mark(&app);
    let Started::Began(first) = app.payment_sync().start(by_hand(false)).await.unwrap() else {
        panic!("nobody else runs")
    };
    wait_until(|| app.simulator.world().faults.fired(held) == 1).await;

    // Whoever asks meanwhile, in whichever process, is given the run that goes on.
    for service in [app.payment_sync(), &other.payment_sync] {
        let schedule = RunRequest { trigger: Trigger::Schedule, is_dry_run: false, key: None };
        for request in [by_hand(false), schedule] {
            match service.start(request).await.unwrap() {
                Started::Running(run) => assert_eq!(run.id, first.id),
                joined => panic!("{joined:?}"),
            }
        }
    }
    let first = ended(&other.payment_sync, &first).await;
    assert_eq!((first.status, first.counts.paid), (RunStatus::Succeeded, 3), "{first:#?}");
    let second = run_with(&other.payment_sync, by_hand(false)).await;
    assert_eq!((second.status, second.counts.paid), (RunStatus::Succeeded, 0), "{second:#?}");
    assert!(invoices.iter().all(|invoice| invoice.status(&app) == Status::Paid));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_on_one_file_run_one_after_the_other() {
    overlap(TestOptions::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_on_one_server_run_one_after_the_other() {
    if let Some(database) = databases::postgres().await {
        overlap(TestOptions::default().set("DATABASE_URL", database.url.as_str())).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_lost_its_lease_writes_no_more() {
    let app =
        TestOptions::default().set("UPSTREAM_READ_SECONDS", "2").set("LEASE_SECONDS", "0.5").start().await;
    let other = app.other_process().await;
    let invoices = paid(&app, &other).await;
    let held = hold_first_mark(&app);
    let Started::Began(slow) = app.payment_sync().start(by_hand(false)).await.unwrap() else {
        panic!("nobody else runs")
    };
    wait_until(|| app.simulator.world().faults.fired(held) == 1).await;
    // The process stands still: nobody renews, and the lease ends by the database's clock.
    let second = loop {
        match other.payment_sync.start(by_hand(false)).await.unwrap() {
            Started::Began(run) => break ended(&other.payment_sync, &run).await,
            Started::Running(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            unexpected => panic!("{unexpected:?}"),
        }
    };
    assert_eq!(second.status, RunStatus::Succeeded, "{second:#?}");
    app.clock().advance(Duration::from_secs(5));
    let slow = ended(app.payment_sync(), &slow).await;
    assert_eq!(slow.status, RunStatus::Interrupted, "{slow:#?}");
    assert!(slow.counts.paid <= 1, "it marked on without its lease: {slow:#?}");
    assert!(invoices.iter().all(|invoice| invoice.status(&app) == Status::Paid));
    let stored = app.store().sync_runs(None, 10).await.unwrap();
    let statuses: Vec<_> = stored.iter().map(|run| run.status).collect();
    assert_eq!(statuses, [RunStatus::Succeeded, RunStatus::Interrupted]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_ends_the_run_after_its_invoice_and_says_so() {
    let app = TestOptions::default().set("UPSTREAM_READ_SECONDS", "1").start().await;
    let other = app.other_process().await;
    let invoices = paid(&app, &other).await;
    let held = hold_first_mark(&app);
    app.payment_sync().start(by_hand(false)).await.unwrap();
    wait_until(|| app.simulator.world().faults.fired(held) == 1).await;
    let app = app.restart().await;
    let stored = app.store().sync_runs(None, 10).await.unwrap();
    assert_eq!((stored.len(), stored[0].status, stored[0].counts.paid), (1, RunStatus::Interrupted, 1));
    // The lease was given back: the next one begins at once.
    let next = run_with(app.payment_sync(), by_hand(false)).await;
    assert_eq!((next.status, next.counts.paid), (RunStatus::Succeeded, 2), "{next:#?}");
    assert!(invoices.iter().all(|invoice| invoice.status(&app) == Status::Paid));
}

/// A process of its own, killed between PSOhub's effect and our record of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_killed_in_the_middle_is_made_up_for_at_the_next_start() {
    let simulator = Simulator::start(SimulatorOptions::default()).await.unwrap();
    let world = simulator.world();
    let invoices: Vec<i64> = (0..2)
        .map(|number| {
            let number = Some(format!("INV-{number}").into());
            let new = upstream_simulator::psohub::NewPsohubInvoice {
                number,
                status: Status::Sent,
                ..Default::default()
            };
            let id = world.psohub().add(new);
            let bexio = world.book_in_bexio(id).unwrap();
            world.bexio().issue(bexio).unwrap();
            world.bexio().pay(bexio, None, world.clock.today()).unwrap();
            id
        })
        .collect();
    let hang = FaultRule::on(Upstream::Psohub, FaultAction::Hang { after_effect: true }).path(PAID);
    let rule = world.faults.add(hang.when(When::First(1)));
    let folder = tempfile::tempdir().unwrap();
    let settings = [("REFRESH_WAIT_SECONDS", "60"), ("LEASE_SECONDS", "0.5")];
    let process = GatewayProcess::serve_with(&simulator, folder.path(), &settings);
    wait_until(|| world.faults.fired(rule) == 1).await;
    process.end();
    assert_eq!(patches(&simulator), 1);

    let process = GatewayProcess::serve_with(&simulator, folder.path(), &settings);
    let all_paid = || invoices.iter().all(|id| world.psohub().invoice(*id).unwrap().status == Status::Paid);
    wait_until(all_paid).await;
    let runs = loop {
        let runs = runs(&process).await;
        if runs[0]["status"] != "RUNNING" {
            break runs;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let told: Vec<_> =
        runs.iter().map(|run| (run["trigger"].as_str().unwrap(), run["status"].as_str().unwrap())).collect();
    assert_eq!(told, [("START", "SUCCEEDED"), ("START", "INTERRUPTED")], "{}", process.log());
    assert_eq!(patches(&simulator), 2, "one for each invoice");
}

async fn runs(process: &GatewayProcess) -> Vec<Value> {
    let query = json!({ "query": "{ paymentSyncRuns { nodes { trigger status } } }" });
    let answer = client().post(format!("{}/graphql", process.url())).json(&query).send().await.unwrap();
    let mut answer: Value = answer.json().await.unwrap();
    let Value::Array(nodes) = answer["data"]["paymentSyncRuns"]["nodes"].take() else { panic!("{answer:#}") };
    nodes
}
