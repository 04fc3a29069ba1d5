//! Connecting Bexio: what works, and each thing that must not.

use std::time::Duration;

use invoice_gateway::app::App;
use invoice_gateway::book::Source;
use invoice_gateway::config::Config;
use invoice_gateway::domain::{SystemClock, Upstream};
use serde_json::json;
use upstream_simulator::bexio::Quirk;
use upstream_simulator::faults::{FaultAction, FaultRule};

use super::{connect_bexio, connect_both, connection, token_calls};
use crate::support::app::{SECRETS_KEY, START, TestApp, TestOptions};
use crate::support::browser::{Browser, parameter, with_parameter};

async fn app() -> TestApp {
    TestOptions::company(20).oauth().start().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_connects_bexio_in_a_browser() {
    let app = app().await;
    let before = connection(&app, "BEXIO").await;
    assert_eq!((&before["state"], &before["method"]), (&json!("NOT_CONNECTED"), &json!(null)));
    assert_eq!(before["connectUrl"], format!("{}/connect/bexio", app.url()));

    let mut browser = Browser::new();
    let begun = browser.open(format!("{}/connect/bexio", app.url())).await;
    assert_eq!(begun.status, 303);
    let issuer = begun.to();
    assert!(issuer.as_str().starts_with(&app.simulator.issuer_url()), "{issuer}");
    let asked = |name: &str| parameter(issuer, name);
    assert_eq!(asked("response_type").as_deref(), Some("code"));
    assert_eq!(asked("redirect_uri"), Some(format!("{}/connect/bexio/callback", app.url())));
    assert_eq!(asked("code_challenge_method").as_deref(), Some("S256"));
    assert_eq!(asked("code_challenge").unwrap().len(), 43);
    assert_eq!(asked("state").unwrap().len(), 43);
    assert!(asked("client_secret").is_none(), "{issuer}");
    let scopes =
        "openid offline_access company_profile kb_invoice_edit contact_edit bank_account_show accounting";
    assert_eq!(asked("scope").as_deref(), Some(scopes));

    let back = browser.visit(issuer).await;
    let finished = browser.open(back.to()).await;
    assert_eq!(finished.to().as_str(), format!("{}/connect/bexio/done", app.url()));
    let done = browser.open(finished.to()).await;
    assert!(
        done.text.contains("Bexio is connected") && done.text.contains("Beispiel Beratung AG"),
        "{}",
        done.text
    );

    app.look(Source::Bexio).await.unwrap();
    let after = connection(&app, "BEXIO").await;
    assert_eq!((&after["state"], &after["method"]), (&json!("CONNECTED"), &json!("OAUTH")), "{after:#}");
    assert_eq!(after["account"]["companyName"], "Beispiel Beratung AG");
    assert_eq!(after["account"]["companyId"], "k7p2mq9xw4tz");
    assert!(after["account"]["userEmail"].as_str().unwrap().contains('@'), "{after:#}");
    assert_eq!(after["scopes"].as_array().unwrap().len(), 7);
    assert_eq!((&after["grantedAt"], &after["expiresAt"]), (&json!(START), &json!("2026-03-02T09:00:00Z")));
    assert!(after["requestsLastHour"].as_u64().unwrap() > 0 && after["lastError"].is_null(), "{after:#}");
    let app = app.restart().await;
    app.look(Source::Bexio).await.unwrap();
    assert_eq!(token_calls(&app), 1, "tokens outlive the process");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_declined_or_refused_is_told_and_changes_nothing() {
    let app = app().await;
    app.simulator.world().bexio().options_mut().quirks.insert(Quirk::ConsentDenied);
    let page = Browser::new().connect(app.url(), "bexio").await;
    assert_eq!(page.status, 400);
    assert!(page.text.contains("access was declined (User denied consent)"), "{}", page.text);
    assert_eq!(connection(&app, "BEXIO").await["state"], "NOT_CONNECTED");

    let app = TestOptions::company(1).oauth().set("BEXIO_SCOPES", "openid general").start().await;
    let page = Browser::new().connect(app.url(), "bexio").await;
    assert_eq!(page.status, 400);
    assert!(page.text.contains("Bexio refused the request (Invalid scopes)"), "{}", page.text);

    let app = TestOptions::company(1).oauth().set("BEXIO_CLIENT_SECRET", "wrong").start().await;
    let page = Browser::new().connect(app.url(), "bexio").await;
    assert_eq!(page.status, 502);
    assert!(page.text.contains("invalid_client") && page.text.contains("check the app"), "{}", page.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_browser_that_began_comes_back_and_only_once() {
    let app = app().await;
    let no_attempt = "an attempt of this browser that is still open";
    let mut browser = Browser::new();
    let callback = browser.agree(app.url(), "bexio").await;

    // Another browser, another state, another browser's attempt, no state: the code is not even looked at.
    let forged = with_parameter(&callback, "state", Some("A23456789012345678901234567890123456789012"));
    let stateless = with_parameter(&callback, "state", None);
    let (mut other, mut second) = (Browser::new(), Browser::new());
    second.agree(app.url(), "bexio").await;
    for (browser, url) in [(&mut other, &callback), (&mut browser, &forged), (&mut second, &callback)] {
        let page = browser.open(url).await;
        assert!(page.status == 400 && page.text.contains(no_attempt), "{} {}", page.status, page.text);
    }
    browser.agree(app.url(), "bexio").await;
    let page = browser.open(&stateless).await;
    assert!(page.status == 400 && page.text.contains(no_attempt), "{} {}", page.status, page.text);
    assert_eq!(token_calls(&app), 0);

    // A code is good once, also inside another attempt.
    let callback = browser.agree(app.url(), "bexio").await;
    let code = parameter(&callback, "code").unwrap();
    assert_eq!(browser.open(&callback).await.status, 303);
    assert!(browser.open(&callback).await.text.contains(no_attempt));
    let next = browser.agree(app.url(), "bexio").await;
    let page = browser.open(with_parameter(&next, "code", Some(&code))).await;
    assert_eq!(page.status, 400);
    assert!(
        page.text.contains("Bexio gave no tokens") && page.text.contains("invalid_grant"),
        "{}",
        page.text
    );
    assert_eq!(connection(&app, "BEXIO").await["state"], "CONNECTED", "what was connected before stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mixed_up_issuer_is_refused() {
    let app = app().await;
    let mut browser = Browser::new();
    let callback = browser.agree(app.url(), "bexio").await;
    let page = browser.open(with_parameter(&callback, "iss", Some("https://evil.example"))).await;
    assert!(page.status == 400 && page.text.contains("another issuer answered"), "{}", page.text);
    assert_eq!(token_calls(&app), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_expires_and_so_does_the_attempt() {
    let app = app().await;
    let mut browser = Browser::new();
    let callback = browser.agree(app.url(), "bexio").await;
    app.advance(Duration::from_secs(61));
    let page = browser.open(&callback).await;
    assert!(page.status == 400 && page.text.contains("Code not valid"), "{}", page.text);

    let callback = browser.agree(app.url(), "bexio").await;
    app.advance(Duration::from_mins(11));
    let page = browser.open(&callback).await;
    assert!(page.status == 400 && page.text.contains("came too late"), "{}", page.text);
    assert_eq!(token_calls(&app), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_of_another_challenge_is_of_no_use() {
    let app = app().await;
    let mut browser = Browser::new();
    let begun = browser.open(format!("{}/connect/bexio", app.url())).await;
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let back = browser.visit(with_parameter(begun.to(), "code_challenge", Some(challenge))).await;
    let page = browser.open(back.to()).await;
    assert!(page.status == 400 && page.text.contains("PKCE verification failed"), "{}", page.text);
    assert_eq!(connection(&app, "BEXIO").await["state"], "NOT_CONNECTED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_on_another_site_begins_nothing() {
    let app = app().await;
    let url = format!("{}/connect/bexio", app.url());
    let response = app.http.get(&url).header("sec-fetch-site", "cross-site").send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.headers().get("set-cookie")), (200, None));
    let text = response.text().await.unwrap();
    assert!(text.contains("<a href=\"/connect/bexio\">Begin</a>"), "{text}");
    for path in ["/connect/bexio/callback", "/connect/exact/done"] {
        let response = app.http.post(format!("{}{path}", app.url())).send().await.unwrap();
        assert_eq!(response.status(), 405, "{path}");
    }
    assert_eq!(app.http.get(format!("{}/connect/exact", app.url())).send().await.unwrap().status(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_companys_books_do_not_come_into_this_database() {
    let app = app().await;
    connect_bexio(&app).await;
    app.connections().disconnect(Upstream::Bexio, "ada").await.unwrap();
    app.simulator.world().bexio().options_mut().company_id = "zzzzzzzzzzzz".to_owned();
    let page = Browser::new().connect(app.url(), "bexio").await;
    assert_eq!(page.status, 409);
    assert!(page.text.contains("holds the invoices of Beispiel Beratung AG"), "{}", page.text);
    assert_eq!(connection(&app, "BEXIO").await["state"], "NOT_CONNECTED");
}

#[tokio::test(flavor = "multi_thread")]
async fn disconnecting_ends_the_tokens_and_leaves_the_invoices() {
    let app = app().await;
    connect_both(&app).await;
    app.look_at_both().await;
    let invoices = "{ invoices { totalCount nodes { number bexio { documentNumber } } } }";
    let before = app.data(invoices).await;
    let done = app.connections().disconnect(Upstream::Bexio, "ada").await.unwrap();
    assert!(done.was_connected && done.revoked);
    assert!(!app.connections().disconnect(Upstream::Bexio, "ada").await.unwrap().was_connected);
    assert_eq!(connection(&app, "BEXIO").await["state"], "NOT_CONNECTED");
    assert!(app.look(Source::Bexio).await.is_err());
    assert_eq!(app.data(invoices).await, before);
    connect_bexio(&app).await;
    app.look(Source::Bexio).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn another_replica_lets_go_of_a_disconnected_account_within_a_minute() {
    let app = TestOptions::company(3).oauth().start().await;
    connect_both(&app).await;
    app.look_at_both().await;
    let replica = app.replica_on_the_clock().await;
    // PSOhub cannot be told: its token stays good.
    replica.connections().disconnect(Upstream::Psohub, "ada").await.unwrap();
    app.advance(Duration::from_secs(61));
    let words = app.look(Source::Psohub).await.unwrap_err();
    assert!(words.contains("no account is connected"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_forgotten_also_when_the_upstream_cannot_be_told() {
    let app = app().await;
    connect_bexio(&app).await;
    let mut gone = FaultRule::on(upstream_simulator::traffic::Upstream::Bexio, FaultAction::DropBeforeEffect);
    gone.path = Some("*/revoke".to_owned());
    app.simulator.world().faults.add(gone);
    let done = app.connections().disconnect(Upstream::Bexio, "ada").await.unwrap();
    assert!(done.was_connected && !done.revoked);
    assert_eq!(connection(&app, "BEXIO").await["state"], "NOT_CONNECTED");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_set_up_says_what_to_set() {
    let configured = TestApp::start().await;
    let unset = TestOptions::default().oauth().set("BEXIO_CLIENT_ID", "").start().await;
    for (app, words) in [
        (&configured, "BEXIO_ACCESS_TOKEN is set, and that token is used for Bexio"),
        (&unset, "Bexio cannot be connected yet: set BEXIO_CLIENT_ID and BEXIO_CLIENT_SECRET"),
    ] {
        let page = Browser::new().open(format!("{}/connect/bexio", app.url())).await;
        assert!(matches!(page.status, 409), "{} {}", page.status, page.text);
        assert!(page.text.contains(words), "{}", page.text);
    }
    let bexio = connection(&configured, "BEXIO").await;
    assert_eq!((&bexio["state"], &bexio["method"]), (&json!("CONNECTED"), &json!("ACCESS_TOKEN")));
    assert_eq!(bexio["connectUrl"], json!(null));
}

#[tokio::test]
async fn an_app_without_a_key_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", folder.path().join("x.db").display());
    let config = |key: &str| {
        let key = key.to_owned();
        Config::from_env_map(|name| match name {
            "DATABASE_URL" => Some(database.clone()),
            "BEXIO_CLIENT_ID" | "BEXIO_CLIENT_SECRET" => Some("x".to_owned()),
            "SECRETS_KEY" => Some(key.clone()),
            _ => None,
        })
        .unwrap()
    };
    let clock = || std::sync::Arc::new(SystemClock::new());
    let Err(error) = App::build(&config(""), clock()).await else { panic!("it started") };
    let words = error.to_string();
    assert!(words.contains("SECRETS_KEY") && words.contains("invoice-gateway secrets new-key"), "{words}");
    assert!(App::build(&config(SECRETS_KEY), clock()).await.is_ok());
}
