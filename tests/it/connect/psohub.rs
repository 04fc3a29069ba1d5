//! Connecting PSOhub, whose OAuth has names of its own and is documented in part.

use std::time::Duration;

use invoice_gateway::book::Source;
use invoice_gateway::domain::Upstream;
use serde_json::json;
use upstream_simulator::traffic;

use super::{connect_both, connection};
use crate::support::app::{TestApp, TestOptions};
use crate::support::browser::{Browser, parameter, with_parameter};

fn token_calls(app: &TestApp) -> u64 {
    app.simulator.world().traffic.calls_like(traffic::Upstream::Psohub, "POST /link/apitoken")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_connects_psohub_in_a_browser() {
    let app = TestOptions::company(20)
        .oauth()
        .simulator(|options| options.psohub.oauth.consent_page = true)
        .set("PSOHUB_SCOPES", "invoices projects")
        .start()
        .await;
    let mut browser = Browser::new();
    let begun = browser.open(format!("{}/connect/psohub", app.url())).await;
    let page = begun.to();
    assert!(page.as_str().contains("scope=invoices%20projects"), "{page}");
    assert_eq!(parameter(page, "clientid").as_deref(), Some("psohub-simulator-client"));
    assert_eq!(parameter(page, "clientsecret").as_deref(), Some("psohub-simulator-secret"));
    assert_eq!(parameter(page, "redirecturl"), Some(format!("{}/connect/psohub/callback", app.url())));

    let declined = browser.visit(with_parameter(page, "consent", Some("deny"))).await;
    let page_of_decline = browser.open(declined.to()).await;
    assert!(
        page_of_decline.status == 400 && page_of_decline.text.contains("access was declined"),
        "{page_of_decline:?}"
    );

    let begun = browser.open(format!("{}/connect/psohub", app.url())).await;
    let allowed = browser.visit(with_parameter(begun.to(), "consent", Some("allow"))).await;
    let back = browser.open(allowed.to()).await;
    assert_eq!(back.to().path(), "/connect/psohub/done");
    assert!(browser.open(back.to()).await.text.contains("PSOhub is connected"));
    app.look(Source::Psohub).await.unwrap();
    let psohub = connection(&app, "PSOHUB").await;
    assert_eq!((&psohub["state"], &psohub["method"]), (&json!("CONNECTED"), &json!("OAUTH")));
    assert_eq!(psohub["scopes"], json!(["invoices", "projects"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_does_not_come_back_is_made_up_for_by_the_cookie() {
    let app = TestOptions::company(1).oauth().start().await;
    let mut browser = Browser::new();
    let callback = browser.agree(app.url(), "psohub").await;
    let forged = with_parameter(&callback, "state", Some("A23456789012345678901234567890123456789012"));
    let stateless = with_parameter(&callback, "state", None);
    for (browser, url) in [(&mut Browser::new(), &stateless), (&mut Browser::new(), &callback)] {
        assert_eq!(browser.open(url).await.status, 400);
    }
    assert_eq!(token_calls(&app), 0);
    let callback = browser.agree(app.url(), "psohub").await;
    let stateless = with_parameter(&callback, "state", None);
    assert_eq!(browser.open(&stateless).await.status, 303);
    assert_eq!(browser.open(&stateless).await.status, 400, "once");
    browser.agree(app.url(), "psohub").await;
    assert_eq!(browser.open(&forged).await.status, 400);
    assert_eq!(token_calls(&app), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_call_takes_other_names_and_another_body() {
    for (names, body) in [
        ("client_id=client_id", "form"),
        (
            "client_id=clientid client_secret=client_secret redirect_uri=redirecturi grant_type=granttype",
            "json",
        ),
    ] {
        let app = TestOptions::company(1)
            .oauth()
            .set("PSOHUB_TOKEN_NAMES", names)
            .set("PSOHUB_TOKEN_BODY", body)
            .start()
            .await;
        connect_both(&app).await;
        app.look(Source::Psohub).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_renewed_with_and_without_rotation() {
    for rotate in [false, true] {
        let app = TestOptions::company(5)
            .oauth()
            .simulator(|options| options.psohub.oauth.rotate_refresh_tokens = rotate)
            .start()
            .await;
        connect_both(&app).await;
        for hour in 1..=3 {
            app.advance(Duration::from_hours(1));
            app.look(Source::Psohub).await.unwrap();
            assert_eq!(token_calls(&app), 1 + hour, "rotate: {rotate}");
        }
        app.simulator.world().psohub().revoke_tokens();
        assert!(app.look(Source::Psohub).await.is_err());
        let psohub = connection(&app, "PSOHUB").await;
        assert_eq!(psohub["state"], "NEEDS_CONSENT", "{psohub:#}");
        assert!(app.connections().require(Upstream::Psohub).await.is_err());
        assert!(app.connections().require(Upstream::Bexio).await.is_ok());
    }
}
