//! Stopping and starting an upstream.

use std::time::Duration;

use reqwest::Method;
use upstream_simulator::SimulatorOptions;
use upstream_simulator::faults::{FaultAction, FaultRule};
use upstream_simulator::traffic::Upstream;

use crate::support::Sim;

#[tokio::test]
async fn a_stopped_upstream_refuses_and_comes_back_on_its_port() {
    let sim = Sim::start(SimulatorOptions::with_invoices(20)).await;
    let url = sim.simulator.psohub_url().to_owned();
    assert_eq!(sim.list("").await.len(), 20);
    sim.simulator.stop_psohub().await;
    let error = sim.psohub(Method::GET, "/invoices").send().await.unwrap_err();
    assert!(error.is_connect(), "{error:?}");
    let bexio = sim.client.get(sim.simulator.bexio_url()).send().await;
    assert!(bexio.is_ok(), "the other one goes on");
    sim.simulator.start_psohub().await.unwrap();
    sim.simulator.start_psohub().await.unwrap();
    assert_eq!(sim.simulator.psohub_url(), url);
    assert_eq!(sim.list("").await.len(), 20);
}

#[tokio::test]
async fn stopping_cuts_live_connections() {
    let sim = Sim::start(SimulatorOptions::with_invoices(3)).await;
    let world = sim.simulator.world().clone();
    world.faults.add(FaultRule::on(Upstream::Psohub, FaultAction::Hang { after_effect: false }));
    let request = sim.psohub(Method::GET, "/invoices").timeout(Duration::from_mins(1)).send();
    let request = tokio::spawn(request);
    while world.traffic.in_flight(Upstream::Psohub) == 0 {
        tokio::task::yield_now().await;
    }
    sim.simulator.stop_psohub().await;
    let error = request.await.unwrap().unwrap_err();
    assert!(!error.is_timeout(), "{error:?}");
}

#[tokio::test]
async fn bexio_stops_and_starts_by_control_too() {
    let sim = Sim::empty().await;
    sim.control(Method::POST, "/bexio/stop", "").await;
    assert!(sim.client.get(sim.simulator.bexio_url()).send().await.unwrap_err().is_connect());
    sim.control(Method::POST, "/bexio/start", "").await;
    assert!(sim.client.get(sim.simulator.bexio_url()).send().await.is_ok());
}

#[tokio::test]
async fn shutdown_frees_every_port() {
    let sim = Sim::empty().await;
    let urls = sim.simulator.world().urls.clone();
    let Sim { simulator, client, .. } = sim;
    simulator.shutdown().await;
    for url in [urls.psohub, urls.bexio, urls.control] {
        assert!(client.get(url).send().await.unwrap_err().is_connect());
    }
}

#[tokio::test]
async fn http_2_with_prior_knowledge_is_served() {
    let sim = Sim::start(SimulatorOptions::with_invoices(30)).await;
    let client = reqwest::Client::builder().http2_prior_knowledge().build().unwrap();
    let url = format!("{}/rest/psohubapi/v1/invoices", sim.simulator.psohub_url());
    let answer = client.get(url).bearer_auth("psohub-simulator-token").send().await.unwrap();
    assert_eq!(answer.version(), reqwest::Version::HTTP_2);
    assert_eq!(answer.json::<Vec<serde_json::Value>>().await.unwrap().len(), 30);
}
