//! Renewing Bexio's tokens: in time, once for all who ask and all replicas, and what happens when it
//! fails or is cut off.

use std::time::Duration;

use futures_util::future::join_all;
use invoice_gateway::book::Source;
use invoice_gateway::domain::Upstream;
use invoice_gateway::domain::secret_key::SecretKeys;
use invoice_gateway::store::{Keyring, Store, StoreOptions, TokenVault};
use invoice_gateway::transport::TokenError;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use upstream_simulator::bexio::Quirk;
use upstream_simulator::faults::{FaultAction, FaultBody, FaultRule};
use upstream_simulator::traffic;

use super::{connect_bexio, connect_both, connection, token_calls};
use crate::support::app::{SECRETS_KEY, START, TestApp, TestOptions};
use crate::support::process::GatewayProcess;

async fn connected(invoices: usize) -> TestApp {
    let app = TestOptions::company(invoices).oauth().set("LEASE_SECONDS", "5").start().await;
    connect_both(&app).await;
    app.look_at_both().await;
    app.forget_calls();
    app
}

/// Spoils Bexio's token endpoint.
fn spoil_tokens(app: &TestApp, action: FaultAction) {
    let mut rule = FaultRule::on(traffic::Upstream::Bexio, action);
    rule.path = Some("*/token".to_owned());
    app.simulator.world().faults.add(rule);
}

/// The tokens as the store has them.
async fn vault(app: &TestApp) -> TokenVault {
    let url = format!("sqlite:{}", app.folder().join("gateway.db").display());
    let store = Store::open(&url, StoreOptions::default()).await.unwrap();
    TokenVault::new(store, Keyring::new(&SecretKeys::parse(SECRETS_KEY).unwrap()))
}

/// Ids of Bexio invoices that have a PDF.
async fn documents(app: &TestApp) -> Vec<String> {
    let data = app.data("{ invoices(first: 500) { nodes { bexio { bexioId status } } } }").await;
    let nodes = data["invoices"]["nodes"].as_array().unwrap().iter().map(|node| &node["bexio"]);
    nodes
        .filter(|bexio| bexio["status"] == "PAID")
        .map(|bexio| bexio["bexioId"].as_str().unwrap().to_owned())
        .collect()
}

async fn fetch_pdf(url: &str, id: &str) -> u16 {
    let url = format!("{url}/documents/bexio/{id}");
    crate::support::app::client().get(url).send().await.unwrap().status().as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_renewed_before_its_end_and_not_long_before() {
    let app = connected(5).await;
    app.advance(Duration::from_mins(44));
    app.look(Source::Bexio).await.unwrap();
    assert_eq!(token_calls(&app), 0);
    app.advance(Duration::from_mins(5));
    app.look(Source::Bexio).await.unwrap();
    app.look(Source::Bexio).await.unwrap();
    assert_eq!(token_calls(&app), 1);
    // Each renewal uses the refresh token that the one before brought.
    for hour in 1..=3 {
        app.advance(Duration::from_hours(1));
        app.look(Source::Bexio).await.unwrap();
        assert_eq!(token_calls(&app), 1 + hour);
    }
    assert_eq!(connection(&app, "BEXIO").await["state"], "CONNECTED");
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_callers_of_two_replicas_renew_once() {
    let app = connected(120).await;
    let documents = documents(&app).await;
    assert!(documents.len() >= 20, "{} invoices with a PDF", documents.len());
    for refused in [false, true] {
        let replica = app.replica_on_the_clock().await;
        // Either its time has come, or it is refused before its time.
        if refused {
            app.simulator.world().bexio().expire_access_tokens();
        } else {
            app.advance(Duration::from_hours(1));
        }
        app.forget_calls();
        let urls = [app.url(), replica.url()];
        let skipped = if refused { 10 } else { 0 };
        let calls = documents.iter().skip(skipped).take(10).flat_map(|id| urls.map(|url| fetch_pdf(url, id)));
        let statuses = join_all(calls).await;
        assert_eq!(statuses, [200; 20], "refused: {refused}");
        assert_eq!(token_calls(&app), 1, "refused: {refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_renew_once() {
    let app = connected(120).await;
    let documents = documents(&app).await;
    assert!(documents.len() >= 10, "{} invoices with a PDF", documents.len());
    let processes = [process(&app, "0.5"), process(&app, "0.5")];
    // Their background looks are done with when both serve Bexio's invoices.
    for process in &processes {
        wait_until_connected(process.url()).await;
    }
    app.simulator.world().bexio().expire_access_tokens();
    app.forget_calls();
    let calls = documents.iter().take(10).flat_map(|id| processes.iter().map(|p| fetch_pdf(p.url(), id)));
    assert_eq!(join_all(calls).await, [200; 20]);
    assert_eq!(token_calls(&app), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawn_consent_asks_for_a_person_and_leaves_the_invoices() {
    let app = connected(20).await;
    let invoices = "{ invoices { totalCount nodes { number bexio { documentNumber } } } }";
    let before = app.data(invoices).await;
    app.simulator.world().bexio().revoke_all_tokens();
    let words = app.look(Source::Bexio).await.unwrap_err();
    assert!(words.contains("401") || words.contains("no longer honours"), "{words}");
    app.advance(Duration::from_mins(2));
    let words = app.look(Source::Bexio).await.unwrap_err();
    let link = format!("{}/connect/bexio", app.url());
    assert!(words.contains("no longer honours the connection") && words.contains(&link), "{words}");

    let bexio = connection(&app, "BEXIO").await;
    assert_eq!((&bexio["state"], &bexio["connectUrl"]), (&json!("NEEDS_CONSENT"), &json!(link)));
    assert!(bexio["lastError"].as_str().unwrap().contains("invalid_grant"), "{bexio:#}");
    let answer = app.answer(invoices, json!({})).await;
    assert_eq!(answer["data"], before, "reads go on");
    let stale = answer["extensions"]["freshness"].to_string();
    assert!(stale.contains("STALE_ON_ERROR"), "{stale}");
    let refused = app.connections().require(Upstream::Bexio).await.unwrap_err();
    assert!(
        matches!(&refused, TokenError::ReconnectNeeded { connect_at, .. } if **connect_at == *link),
        "{refused}"
    );

    // Nothing is asked of the issuer any more, also by another run, until somebody connects again.
    app.forget_calls();
    let app = app.restart().await;
    assert!(app.look(Source::Bexio).await.is_err());
    assert_eq!(token_calls(&app), 0);
    connect_bexio(&app).await;
    app.look(Source::Bexio).await.unwrap();
    assert_eq!(connection(&app, "BEXIO").await["state"], "CONNECTED");
    assert!(app.connections().require(Upstream::Bexio).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_that_somebody_else_used_asks_for_a_person() {
    let app = connected(5).await;
    let stored = vault(&app).await.connection(Upstream::Bexio).await.unwrap().unwrap();
    let refresh = stored.tokens.unwrap().refresh.unwrap();
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh.expose_secret()),
        ("client_id", "simulated-app"),
        ("client_secret", "simulated-secret"),
    ];
    let url = format!("{}/protocol/openid-connect/token", app.simulator.issuer_url());
    assert_eq!(app.http.post(url).form(&form).send().await.unwrap().status(), 200);
    // The access token is still good; only renewing it shows what happened.
    app.look(Source::Bexio).await.unwrap();
    app.advance(Duration::from_mins(50));
    assert!(app.look(Source::Bexio).await.is_err());
    let bexio = connection(&app, "BEXIO").await;
    assert_eq!(bexio["state"], "NEEDS_CONSENT");
    assert!(bexio["lastError"].as_str().unwrap().contains("Token is not active"), "{bexio:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_that_is_away_costs_nothing_until_the_token_ends() {
    let away = [
        FaultAction::Status { code: 503, body: FaultBody::Html, after_effect: false },
        FaultAction::TooManyRequests { retry_after: None, ratelimit_reset: None },
        FaultAction::DropBeforeEffect,
        FaultAction::Status { code: 200, body: FaultBody::Html, after_effect: false },
    ];
    for action in away {
        let app = connected(3).await;
        spoil_tokens(&app, action.clone());
        app.advance(Duration::from_mins(50));
        app.look(Source::Bexio).await.unwrap();
        app.look(Source::Bexio).await.unwrap();
        assert_eq!(token_calls(&app), 1, "{action:?}: it waits before it asks again");
        assert_eq!(connection(&app, "BEXIO").await["state"], "CONNECTED", "{action:?}");

        app.advance(Duration::from_mins(11));
        assert!(app.look(Source::Bexio).await.is_err(), "{action:?}");
        assert_eq!(connection(&app, "BEXIO").await["state"], "FAILING", "{action:?}");
        app.simulator.world().faults.clear();
        app.advance(Duration::from_mins(2));
        app.look(Source::Bexio).await.unwrap();
        assert_eq!(connection(&app, "BEXIO").await["state"], "CONNECTED", "{action:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_that_does_not_answer_is_given_up() {
    let app = TestOptions::company(3).oauth().set("UPSTREAM_TOTAL_SECONDS", "1").start().await;
    connect_both(&app).await;
    app.forget_calls();
    spoil_tokens(&app, FaultAction::Hang { after_effect: false });
    app.advance(Duration::from_mins(50));
    app.look(Source::Bexio).await.unwrap();
    assert_eq!(token_calls(&app), 1, "the present token does until its end");
    app.simulator.world().faults.clear();
    app.advance(Duration::from_secs(10));
    app.look(Source::Bexio).await.unwrap();
    assert_eq!(token_calls(&app), 2);
    assert_eq!(connection(&app, "BEXIO").await["state"], "CONNECTED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_refused_with_new_tokens_too_does_not_renew_for_ever() {
    let app = connected(3).await;
    let mut rule = FaultRule::on(
        traffic::Upstream::Bexio,
        FaultAction::Status { code: 401, body: FaultBody::Json, after_effect: false },
    );
    rule.path = Some("/2.0/*".to_owned());
    app.simulator.world().faults.add(rule);
    for _ in 0..5 {
        assert!(app.look(Source::Bexio).await.is_err());
    }
    assert_eq!(token_calls(&app), 1);
    app.advance(Duration::from_mins(2));
    assert!(app.look(Source::Bexio).await.is_err());
    assert_eq!(token_calls(&app), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn new_tokens_whose_answer_was_lost_are_asked_for_once_more() {
    for kept in [true, false] {
        let app = connected(3).await;
        if kept {
            app.simulator.world().bexio().options_mut().quirks.insert(Quirk::RefreshTokenKept);
        }
        spoil_tokens(&app, FaultAction::DropAfterEffect);
        app.advance(Duration::from_mins(61));
        assert!(app.look(Source::Bexio).await.is_err());
        assert_eq!(connection(&app, "BEXIO").await["state"], "FAILING");
        app.simulator.world().faults.clear();
        app.advance(Duration::from_secs(10));
        let outcome = app.look(Source::Bexio).await;
        let bexio = connection(&app, "BEXIO").await;
        if kept {
            assert!(outcome.is_ok(), "{outcome:?}");
            assert_eq!(bexio["state"], "CONNECTED");
        } else {
            assert_eq!(bexio["state"], "NEEDS_CONSENT");
            assert!(bexio["lastError"].as_str().unwrap().contains("was cut off"), "{bexio:#}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_dies_while_it_renews_leaves_what_can_be_left() {
    for (applied, state) in [(false, "CONNECTED"), (true, "NEEDS_CONSENT")] {
        let app = connected(3).await;
        app.simulator.world().bexio().expire_access_tokens();
        spoil_tokens(&app, FaultAction::Hang { after_effect: applied });
        app.forget_calls();
        let dying = process(&app, "0.5");
        let hangs = || {
            app.simulator
                .world()
                .traffic
                .exchanges()
                .into_iter()
                .any(|exchange| exchange.call.path.ends_with("/token") && exchange.applied == applied)
        };
        while !hangs() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        drop(dying);
        app.simulator.world().faults.clear();

        let next = process(&app, "0.5");
        let bexio = wait_until_decided(next.url()).await;
        assert_eq!(bexio["state"], state, "applied: {applied}: {bexio:#}");
        if applied {
            assert!(bexio["lastError"].as_str().unwrap().contains("was cut off"), "{bexio:#}");
        }
    }
}

/// `serve` on the test's database, with its tokens and apps.
fn process(app: &TestApp, lease: &str) -> GatewayProcess {
    GatewayProcess::serve_with(
        &app.simulator,
        app.folder(),
        &[
            ("SECRETS_KEY", SECRETS_KEY),
            ("BEXIO_ACCESS_TOKEN", ""),
            ("BEXIO_CLIENT_ID", "simulated-app"),
            ("BEXIO_CLIENT_SECRET", "simulated-secret"),
            ("LEASE_SECONDS", lease),
            ("REFRESH_RETRY_SECONDS", "0.1"),
        ],
    )
}

/// Asks until `decided`; real processes have real clocks.
async fn ask_until(url: &str, decided: impl Fn(&Value) -> bool) -> Value {
    let query = json!({ "query": "{ connections { upstream state lastSuccessAt lastError } }" });
    loop {
        let answer =
            crate::support::app::client().post(format!("{url}/graphql")).json(&query).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        let bexio = answer["data"]["connections"][1].clone();
        if decided(&bexio) {
            return bexio;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Until it has looked at Bexio itself: what it started from was read by the test's own service.
fn has_looked(bexio: &Value) -> bool {
    bexio["lastSuccessAt"].as_str().is_some_and(|at| at != START)
}

async fn wait_until_connected(url: &str) {
    ask_until(url, has_looked).await;
}

async fn wait_until_decided(url: &str) -> Value {
    ask_until(url, |bexio| bexio["state"] == "NEEDS_CONSENT" || has_looked(bexio)).await
}
