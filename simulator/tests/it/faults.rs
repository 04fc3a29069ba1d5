//! Each fault as a client sees it, and whether the write took effect.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::Value;
use tokio::time::Instant;
use upstream_simulator::faults::{FaultAction, FaultBody, FaultRule, LateAnswer, LateTrigger, When};
use upstream_simulator::psohub::Status;
use upstream_simulator::traffic::Upstream;

use crate::support::{Sim, numbered};

/// A simulator with one approved invoice.
async fn with_invoice() -> (Sim, i64) {
    let sim = Sim::empty().await;
    let id = sim.add(numbered("INV-1"));
    (sim, id)
}

fn add(sim: &Sim, action: FaultAction) -> u64 {
    sim.simulator.world().faults.add(FaultRule::on(Upstream::Psohub, action))
}

async fn pay(sim: &Sim, id: i64) -> reqwest::Result<StatusCode> {
    let path = format!("/invoices/paid?invoiceid={id}");
    sim.psohub(Method::PATCH, &path)
        .timeout(Duration::from_secs(2))
        .send()
        .await
        .map(|answer| answer.status())
}

fn is_paid(sim: &Sim, id: i64) -> bool {
    sim.simulator.world().psohub().invoice(id).unwrap().status == Status::Paid
}

#[tokio::test]
async fn a_status_replaces_the_answer_before_or_after_the_effect() {
    let (sim, id) = with_invoice().await;
    let rule = add(&sim, FaultAction::Status { code: 503, body: FaultBody::Json, after_effect: false });
    assert_eq!(pay(&sim, id).await.unwrap(), 503);
    assert!(!is_paid(&sim, id));
    assert_eq!(sim.simulator.world().faults.fired(rule), 1);
    sim.simulator.world().faults.clear();
    add(&sim, FaultAction::Status { code: 500, body: FaultBody::Empty, after_effect: true });
    assert_eq!(pay(&sim, id).await.unwrap(), 500);
    assert!(is_paid(&sim, id));
}

#[tokio::test]
async fn a_status_comes_with_the_chosen_body() {
    let (sim, _) = with_invoice().await;
    for (body, content_type, start) in [
        (FaultBody::Json, "application/json", r#"{"error_code":502,"message":"Bad Gateway"}"#),
        (FaultBody::Html, "text/html", "<html>"),
        (FaultBody::Raw("{\"a\":".to_owned()), "application/json", "{\"a\":"),
    ] {
        sim.simulator.world().faults.clear();
        add(&sim, FaultAction::Status { code: 502, body, after_effect: false });
        let answer = sim.psohub(Method::GET, "/invoices").send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], content_type);
        assert!(answer.text().await.unwrap().starts_with(start));
    }
}

#[tokio::test]
async fn rules_match_by_method_path_query_and_count() {
    let (sim, id) = with_invoice().await;
    let faults = &sim.simulator.world().faults;
    let action = FaultAction::Status { code: 500, body: FaultBody::Empty, after_effect: false };
    let rule =
        FaultRule::on(Upstream::Psohub, action.clone()).method("GET").path("*/invoices").query("status=sent");
    let id_of_rule = faults.add(rule.when(When::First(2)));
    faults.add(FaultRule::on(Upstream::Bexio, action));
    let mut statuses = Vec::new();
    for query in
        ["", "?invoicestatus=sent", "?invoicestatus=sent", "?invoicestatus=sent", "?invoicestatus=draft"]
    {
        statuses.push(
            sim.psohub(Method::GET, &format!("/invoices{query}")).send().await.unwrap().status().as_u16(),
        );
    }
    assert_eq!(statuses, [200, 500, 500, 200, 200]);
    assert_eq!(pay(&sim, id).await.unwrap(), 200);
    let armed = &sim.simulator.world().faults.rules()[0];
    assert_eq!((armed.id, armed.matched, armed.fired), (id_of_rule, 3, 2));
}

#[tokio::test]
async fn a_share_of_calls_fails_the_same_way_each_time() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let (sim, _) = with_invoice().await;
        let action = FaultAction::Status { code: 500, body: FaultBody::Empty, after_effect: false };
        let when = When::PerMille { share: 400, seed: 11 };
        sim.simulator.world().faults.add(FaultRule::on(Upstream::Psohub, action).when(when));
        let mut statuses = Vec::new();
        for _ in 0..40 {
            statuses.push(sim.psohub(Method::GET, "/invoices").send().await.unwrap().status().as_u16());
        }
        runs.push(statuses);
    }
    let failed = runs[0].iter().filter(|status| **status == 500).count();
    assert!((6..=26).contains(&failed), "{failed} of 40");
    assert_eq!(runs[0], runs[1]);
}

#[tokio::test]
async fn a_dropped_connection_has_its_effect_or_not() {
    let (sim, id) = with_invoice().await;
    add(&sim, FaultAction::DropBeforeEffect);
    let error = pay(&sim, id).await.unwrap_err();
    assert!(error.is_request() && !error.is_timeout(), "{error:?}");
    assert!(!is_paid(&sim, id));
    sim.simulator.world().faults.clear();
    add(&sim, FaultAction::DropAfterEffect);
    let error = pay(&sim, id).await.unwrap_err();
    assert!(error.is_request() && !error.is_timeout(), "{error:?}");
    assert!(is_paid(&sim, id));
    sim.simulator.world().faults.clear();
    assert_eq!(sim.list("").await.len(), 1);
}

#[tokio::test]
async fn a_hanging_call_ends_when_the_client_gives_up() {
    let (sim, id) = with_invoice().await;
    add(&sim, FaultAction::Hang { after_effect: false });
    let path = format!("/invoices/paid?invoiceid={id}");
    let request = sim.psohub(Method::PATCH, &path).timeout(Duration::from_millis(200));
    assert!(request.send().await.unwrap_err().is_timeout());
    assert!(!is_paid(&sim, id));
    let traffic = &sim.simulator.world().traffic;
    while traffic.in_flight(Upstream::Psohub) > 0 {
        tokio::task::yield_now().await;
    }
    sim.simulator.world().faults.clear();
    add(&sim, FaultAction::Hang { after_effect: true });
    let request = sim.psohub(Method::PATCH, &path).timeout(Duration::from_millis(200));
    assert!(request.send().await.unwrap_err().is_timeout());
    assert!(is_paid(&sim, id));
}

#[tokio::test]
async fn a_late_effect_waits_for_its_release() {
    for (answer, status) in
        [(LateAnswer::Drop, None), (LateAnswer::GatewayTimeout, Some(StatusCode::GATEWAY_TIMEOUT))]
    {
        let (sim, id) = with_invoice().await;
        let world = sim.simulator.world();
        add(&sim, FaultAction::LateEffect { answer, trigger: LateTrigger::Release });
        assert_eq!(pay(&sim, id).await.ok(), status);
        assert!(!is_paid(&sim, id));
        assert_eq!(world.faults.late_waiting(), 1);
        assert!(!world.traffic.exchanges()[0].applied);
        assert_eq!(world.faults.release_late().await, 1);
        assert!(is_paid(&sim, id));
        assert!(world.traffic.exchanges()[0].applied);
    }
}

#[tokio::test]
async fn a_late_effect_may_answer_for_itself_and_each_is_released_alone() {
    let (sim, id) = with_invoice().await;
    let world = sim.simulator.world().clone();
    add(&sim, FaultAction::LateEffect { answer: LateAnswer::Own, trigger: LateTrigger::Release });
    let waiting = tokio::spawn(async move { (pay(&sim, id).await, sim) });
    while world.faults.held() < 1 {
        tokio::task::yield_now().await;
    }
    let first = world.faults.late_ids();
    assert_eq!(world.traffic.in_flight(Upstream::Psohub), 1);
    assert!(!world.faults.release_one(first[0] + 1).await);
    assert!(world.faults.release_one(first[0]).await);
    let (status, sim) = waiting.await.unwrap();
    assert_eq!(status.unwrap(), 200);
    assert!(is_paid(&sim, id));
    assert_eq!((world.faults.held(), world.faults.late_waiting()), (0, 0));
}

#[tokio::test]
async fn a_caller_who_gave_up_waiting_finds_the_effect_there() {
    let (sim, id) = with_invoice().await;
    let world = sim.simulator.world();
    add(&sim, FaultAction::LateEffect { answer: LateAnswer::Own, trigger: LateTrigger::Release });
    let path = format!("/invoices/paid?invoiceid={id}");
    let request = sim.psohub(Method::PATCH, &path).timeout(Duration::from_millis(200));
    assert!(request.send().await.unwrap_err().is_timeout());
    assert!(!is_paid(&sim, id));
    assert!(world.faults.release_one(world.faults.late_ids()[0]).await);
    assert!(is_paid(&sim, id));
}

#[tokio::test]
async fn a_late_effect_comes_by_itself() {
    let (sim, id) = with_invoice().await;
    add(&sim, FaultAction::LateEffect { answer: LateAnswer::Drop, trigger: LateTrigger::AfterMs(100) });
    assert!(pay(&sim, id).await.is_err());
    assert!(!is_paid(&sim, id));
    while !is_paid(&sim, id) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_cut_body_is_an_error_of_the_body() {
    let (sim, _) = with_invoice().await;
    add(&sim, FaultAction::Truncate { bytes: 100 });
    let mut answer = sim.psohub(Method::GET, "/invoices").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let mut received = 0;
    let error = loop {
        match answer.chunk().await {
            Ok(Some(chunk)) => received += chunk.len(),
            Ok(None) => panic!("the body ended well after {received} bytes"),
            Err(error) => break error,
        }
    };
    assert!(!error.is_timeout(), "{error:?}");
    assert_eq!(received, 100);
}

#[tokio::test]
async fn invalid_json_is_complete_for_http() {
    let (sim, _) = with_invoice().await;
    add(&sim, FaultAction::InvalidJson);
    let text = sim.psohub(Method::GET, "/invoices").send().await.unwrap().text().await.unwrap();
    assert!(text.starts_with("[{") && serde_json::from_str::<Value>(&text).is_err());
}

#[tokio::test]
async fn slow_bytes_and_delays_take_their_time() {
    let (sim, _) = with_invoice().await;
    let whole =
        sim.psohub(Method::GET, "/invoices?invoicenumber=none").send().await.unwrap().text().await.unwrap();
    assert_eq!(whole, "[]");
    let rule = add(&sim, FaultAction::SlowBytes { chunk_bytes: 1, delay_ms: 60 });
    let start = Instant::now();
    let slow =
        sim.psohub(Method::GET, "/invoices?invoicenumber=none").send().await.unwrap().text().await.unwrap();
    assert_eq!(slow, whole);
    assert!(start.elapsed() >= Duration::from_millis(120), "{:?}", start.elapsed());
    assert!(sim.simulator.world().faults.remove(rule));
    add(&sim, FaultAction::Delay { ms: 80 });
    let start = Instant::now();
    assert_eq!(sim.list("").await.len(), 1);
    assert!(start.elapsed() >= Duration::from_millis(80));
}

#[tokio::test]
async fn a_429_comes_with_and_without_its_headers() {
    let (sim, _) = with_invoice().await;
    let rule = add(&sim, FaultAction::TooManyRequests { retry_after: Some(7), ratelimit_reset: Some(30) });
    let answer = sim.psohub(Method::GET, "/invoices").send().await.unwrap();
    assert_eq!(answer.status(), 429);
    assert_eq!(
        (&answer.headers()["retry-after"], &answer.headers()["ratelimit-reset"]),
        (&"7".parse().unwrap(), &"30".parse().unwrap())
    );
    sim.simulator.world().faults.remove(rule);
    add(&sim, FaultAction::TooManyRequests { retry_after: None, ratelimit_reset: None });
    let answer = sim.psohub(Method::GET, "/invoices").send().await.unwrap();
    assert!(
        !answer.headers().contains_key("retry-after") && !answer.headers().contains_key("ratelimit-reset")
    );
}

#[tokio::test]
async fn a_redirect_leads_elsewhere() {
    let (sim, _) = with_invoice().await;
    add(&sim, FaultAction::Redirect { code: 301, location: "http://elsewhere.example/".to_owned() });
    let answer = sim.psohub(Method::GET, "/invoices").send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), answer.headers()["location"].as_bytes()),
        (301, &b"http://elsewhere.example/"[..])
    );
}

#[tokio::test]
async fn bexio_can_lose_its_rate_limit_headers() {
    let sim = Sim::empty().await;
    let get = || {
        let url = format!("{}/3.0/currencies", sim.simulator.bexio_url());
        sim.client.get(url).bearer_auth("bexio-token").header("accept", "application/json").send()
    };
    assert!(get().await.unwrap().headers().contains_key("ratelimit-remaining"));
    sim.simulator.world().faults.add(FaultRule::on(Upstream::Bexio, FaultAction::NoRateLimitHeaders));
    let answer = get().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(
        answer.headers().keys().all(|name| !name.as_str().contains("ratelimit")),
        "{:?}",
        answer.headers()
    );
}
