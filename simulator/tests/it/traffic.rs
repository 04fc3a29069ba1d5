//! The request log: calls, counts, bytes, and how many were under way.

use reqwest::Method;
use upstream_simulator::SimulatorOptions;
use upstream_simulator::faults::{FaultAction, FaultRule, LateAnswer, LateTrigger};
use upstream_simulator::traffic::Upstream;

use crate::support::{Sim, numbered};

#[tokio::test]
async fn calls_are_logged_with_what_became_of_them() {
    let sim = Sim::start(SimulatorOptions::with_invoices(12)).await;
    let body = sim.psohub(Method::GET, "/invoices?limit=5").send().await.unwrap().bytes().await.unwrap();
    let id = sim.add(numbered("INV-X"));
    sim.psohub(Method::PATCH, &format!("/invoices/paid?invoiceid={id}")).send().await.unwrap();
    let url = format!("{}/2.0/kb_invoice/{}/issue", sim.simulator.bexio_url(), 7_777);
    sim.client.post(url).body("{\"a\":1}").send().await.unwrap();

    let traffic = &sim.simulator.world().traffic;
    let exchanges = traffic.exchanges();
    assert_eq!(exchanges.len(), 3);
    let list = &exchanges[0];
    assert_eq!(
        (list.call.path.as_str(), list.call.query.as_deref()),
        ("/rest/psohubapi/v1/invoices", Some("limit=5"))
    );
    assert_eq!((list.status, list.applied, list.completed), (Some(200), true, true));
    assert_eq!(list.bytes_out, body.len() as u64);
    assert_eq!(exchanges[2].call.json().unwrap()["a"], 1);
    assert_eq!((traffic.calls(Upstream::Psohub), traffic.calls(Upstream::Bexio)), (2, 1));
    assert_eq!(traffic.calls_like(Upstream::Psohub, "PATCH */paid"), 1);
    assert_eq!(traffic.calls_like(Upstream::Bexio, "POST /2.0/kb_invoice/{id}/issue"), 1);

    traffic.reset();
    assert_eq!((traffic.calls(Upstream::Psohub), traffic.exchanges().len()), (0, 0));
    sim.list("").await;
    assert_eq!(traffic.calls(Upstream::Psohub), 1);
    assert!(traffic.exchanges()[0].applied);
}

#[tokio::test]
async fn what_a_fault_kept_away_is_not_applied() {
    let sim = Sim::empty().await;
    let world = sim.simulator.world();
    world.faults.add(FaultRule::on(Upstream::Psohub, FaultAction::DropBeforeEffect));
    sim.psohub(Method::GET, "/invoices").send().await.unwrap_err();
    let exchange = &world.traffic.exchanges()[0];
    assert_eq!((exchange.applied, exchange.status), (false, None));
    assert_eq!(exchange.fault, Some(FaultAction::DropBeforeEffect));
}

#[tokio::test]
async fn the_most_calls_under_way_are_counted() {
    let sim = Sim::empty().await;
    let world = sim.simulator.world();
    let rule = world.faults.add(FaultRule::on(Upstream::Psohub, FaultAction::Hang { after_effect: false }));
    let calls: Vec<_> = (0..5).map(|_| tokio::spawn(sim.psohub(Method::GET, "/invoices").send())).collect();
    while world.traffic.in_flight(Upstream::Psohub) < 5 {
        tokio::task::yield_now().await;
    }
    calls.iter().for_each(tokio::task::JoinHandle::abort);
    while world.traffic.in_flight(Upstream::Psohub) > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(world.traffic.in_flight_max(Upstream::Psohub), 5);
    world.faults.remove(rule);
    world.traffic.reset();
    sim.list("").await;
    assert_eq!(world.traffic.in_flight_max(Upstream::Psohub), 1);
}

#[tokio::test]
async fn a_call_from_before_a_reset_counts_nowhere() {
    let sim = Sim::empty().await;
    let world = sim.simulator.world();
    let late = FaultAction::LateEffect { answer: LateAnswer::Drop, trigger: LateTrigger::Release };
    let rule = world.faults.add(FaultRule::on(Upstream::Psohub, late));
    sim.psohub(Method::GET, "/invoices").send().await.unwrap_err();
    world.faults.remove(rule);
    world.traffic.reset();
    sim.list("").await;
    world.faults.release_late().await;
    assert_eq!(world.traffic.last_number(), 2);
    assert_eq!(world.traffic.exchanges_after(1).len(), 1);
    assert_eq!(world.traffic.exchanges_after(2).len(), 0);
    let counts = world.traffic.counts().into_values().next().unwrap();
    assert_eq!((counts.calls, counts.applied), (1, 1));
}
