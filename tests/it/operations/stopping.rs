//! The end of the process: what is under way is finished, within the grace; a second signal ends it at once.

use std::time::Duration;

use invoice_gateway::domain::{Clock, SystemClock};
use serde_json::{Value, json};
use tempfile::TempDir;
use upstream_simulator::faults::{FaultAction, FaultRule};
use upstream_simulator::traffic::Upstream;
use upstream_simulator::{Simulator, SimulatorOptions};

use crate::support::app::client;
use crate::support::process::GatewayProcess;

/// A service whose queries wait for PSOhub, which answers as `action` says.
async fn waiting_for_psohub(
    action: FaultAction,
    settings: &[(&str, &str)],
) -> (Simulator, TempDir, GatewayProcess) {
    let simulator = Simulator::start(SimulatorOptions::default()).await.unwrap();
    simulator.world().faults.add(FaultRule::on(Upstream::Psohub, action));
    let folder = tempfile::tempdir().unwrap();
    let mut all = vec![("REFRESH_WAIT_SECONDS", "600")];
    all.extend(settings);
    let process = GatewayProcess::serve_with(&simulator, folder.path(), &all);
    (simulator, folder, process)
}

async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    for _ in 0..1_000 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{what}: not within 10 s");
}

fn query(url: &str) -> tokio::task::JoinHandle<reqwest::Result<Value>> {
    let asked = client()
        .post(format!("{url}/graphql"))
        .json(&json!({ "query": "{ invoices(maxAgeSeconds: 0) { totalCount } }" }));
    tokio::spawn(async move { asked.send().await?.json().await })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_under_way_is_answered_and_no_other_is_taken() {
    let (simulator, _folder, mut process) =
        waiting_for_psohub(FaultAction::Delay { ms: 3_000 }, &[("METRICS_ADDR", "127.0.0.1:0")]).await;
    let monitoring = monitoring_of(&process);
    let http = client();
    let state = async || {
        let response = http.get(format!("{monitoring}/readyz")).send().await.unwrap();
        let status = response.status().as_u16();
        (status, response.json::<Value>().await.unwrap())
    };
    let answer = query(process.url());
    until("PSOhub is asked", async || simulator.world().traffic.in_flight(Upstream::Psohub) > 0).await;
    process.signal("TERM");
    let url = process.url().to_owned();
    until("it listens no more", async || client().get(format!("{url}/livez")).send().await.is_err()).await;
    let (status, report) = state().await;
    assert_eq!(status, 503, "{report:#}");
    let ending = &report["checks"][0];
    assert_eq!((&ending["name"], &ending["ok"]), (&json!("process"), &json!(false)), "{report:#}");
    assert!(
        ending["since"].is_string() && ending["reason"].as_str().unwrap().contains("ending"),
        "{report:#}"
    );

    let answer = answer.await.unwrap().unwrap();
    assert_eq!(answer["data"]["invoices"]["totalCount"], 0, "{answer:#}");
    let ended = process.wait();
    assert!(ended.success(), "{ended} {}", process.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_longer_than_the_grace_is_cut_off() {
    let hangs = FaultAction::Hang { after_effect: false };
    let (simulator, _folder, mut process) =
        waiting_for_psohub(hangs, &[("SHUTDOWN_GRACE_SECONDS", "1")]).await;
    let answer = query(process.url());
    until("PSOhub is asked", async || simulator.world().traffic.in_flight(Upstream::Psohub) > 0).await;
    let clock = SystemClock::new();
    process.signal("TERM");
    let ended = process.wait();
    assert!(ended.success(), "{ended} {}", process.log());
    let took = clock.elapsed();
    assert!(Duration::from_millis(900) < took && took < Duration::from_secs(8), "{took:?}");
    assert!(answer.await.unwrap().is_err(), "it was cut off");
    assert!(process.log().contains("shutdown grace is over"), "{}", process.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_it_at_once() {
    let hangs = FaultAction::Hang { after_effect: false };
    let (simulator, _folder, mut process) =
        waiting_for_psohub(hangs, &[("SHUTDOWN_GRACE_SECONDS", "600")]).await;
    let _answer = query(process.url());
    until("PSOhub is asked", async || simulator.world().traffic.in_flight(Upstream::Psohub) > 0).await;
    process.signal("TERM");
    until("it is stopping", async || process.log().contains("stopping: finishing")).await;
    assert!(process.is_alive());
    process.signal("TERM");
    let ended = process.wait();
    assert_eq!(ended.code(), Some(130), "{}", process.log());
}

/// The address that the log says.
fn monitoring_of(process: &GatewayProcess) -> String {
    let log = process.log();
    let line = log.lines().find(|line| line.contains("metrics are at ")).unwrap_or_else(|| panic!("{log}"));
    let at = line.find("http://").unwrap();
    line[at..].trim_end().trim_end_matches("/metrics").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_for_monitoring_tells_nothing_else() {
    let simulator = Simulator::start(SimulatorOptions::default()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let process = GatewayProcess::serve_with(&simulator, folder.path(), &[("METRICS_ADDR", "127.0.0.1:0")]);
    let monitoring = monitoring_of(&process);
    let status = async |path: &str| {
        let asked = client().get(format!("{monitoring}{path}")).send();
        asked.await.unwrap().status().as_u16()
    };
    for (path, expected) in [
        ("/metrics", 200),
        ("/livez", 200),
        ("/graphql?query=%7B__typename%7D", 404),
        ("/graphiql", 404),
        ("/", 404),
    ] {
        assert_eq!(status(path).await, expected, "{path}");
    }
}
