//! Connecting an account where callers are asked who they are: the form, and what it is safe from.

use invoice_gateway::domain::Role;
use invoice_gateway::domain::Upstream;
use invoice_gateway::domain::connection::Consent;

use super::callers::{ask_as, key, revoke};
use crate::support::app::{TestApp, TestOptions};
use crate::support::browser::{Browser, Page};

async fn guarded() -> TestApp {
    TestOptions::company(1).oauth().guarded().start().await
}

/// Posts the form as a browser does from the service's own page.
async fn post(app: &TestApp, browser: &mut Browser, key: &str, headers: &[(&str, &str)]) -> Page {
    let body = format!("key={key}");
    browser.post(format!("{}/connect/bexio", app.url()), headers, body).await
}

fn own(app: &TestApp) -> [(&'static str, &str); 2] {
    [("origin", app.url()), ("sec-fetch-site", "same-origin")]
}

fn header<'p>(page: &'p Page, name: &str) -> &'p str {
    page.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
}

async fn is_connected(app: &TestApp) -> bool {
    app.connections().status(Upstream::Bexio, None).await.consent == Consent::Given
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_gives_a_key_agrees_and_is_recorded() {
    let app = guarded().await;
    let admin = key(&app, "Eva Müller", Role::Admin).await;
    let viewer = key(&app, "report", Role::Viewer).await;
    let mut browser = Browser::new();
    let asked = browser.open(format!("{}/connect/bexio", app.url())).await;
    assert_eq!((asked.status, header(&asked, "www-authenticate").is_empty()), (401, false));
    assert!(asked.text.contains("<form method=\"post\" action=\"/connect/bexio\">"), "{}", asked.text);
    assert!(header(&asked, "content-security-policy").contains("form-action 'self'"));
    assert!(asked.headers.get("set-cookie").is_none());

    let sent_off = post(&app, &mut browser, &admin, &own(&app)).await;
    assert_eq!((sent_off.status, header(&sent_off, "cache-control")), (200, "no-store"));
    assert!(!sent_off.text.contains(&admin), "the key is not repeated");
    let cookie = header(&sent_off, "set-cookie");
    assert!(cookie.contains("HttpOnly; SameSite=Lax") && !cookie.contains(&admin), "{cookie}");
    // Revoked meanwhile: who began has begun.
    revoke(&app, "Eva Müller").await;
    let back = browser.visit(sent_off.onward()).await;
    let end = browser.open(back.to()).await;
    assert_eq!(end.status, 303);
    let done = browser.open(end.to()).await;
    assert_eq!(done.status, 200);
    assert!(
        done.text.contains("the account is connected") && !done.text.contains("Company"),
        "{}",
        done.text
    );
    assert!(is_connected(&app).await);

    let connections = ask_as(&app, &viewer, "{ connections { upstream grantedBy } }").await;
    assert_eq!(connections.data()["connections"][1]["grantedBy"], "Eva Müller");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_administrators_key_is_taken() {
    let app = guarded().await;
    let operator = key(&app, "operator", Role::Operator).await;
    let admin = key(&app, "admin", Role::Admin).await;
    let mut browser = Browser::new();
    for (given, status, words) in [
        (operator.as_str(), 403, "needs the role ADMIN"),
        ("x", 401, "neither a key"),
        ("", 401, "neither a key"),
    ] {
        let page = post(&app, &mut browser, given, &own(&app)).await;
        assert_eq!(page.status, status, "{given}");
        assert!(page.text.contains(words) && page.text.contains("<form"), "{}", page.text);
        assert!(page.headers.get("set-cookie").is_none());
    }
    let program = app.http.get(format!("{}/connect/bexio", app.url())).bearer_auth(&operator);
    assert_eq!(program.send().await.unwrap().status(), 403);
    let program = app.http.get(format!("{}/connect/bexio", app.url())).bearer_auth(&admin);
    assert_eq!(program.send().await.unwrap().status(), 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_another_site_is_refused() {
    let app = guarded().await;
    let admin = key(&app, "admin", Role::Admin).await;
    let mut browser = Browser::new();
    let evil = ("origin", "https://evil.example");
    let origin = ("origin", app.url());
    for headers in [
        vec![],
        vec![evil],
        vec![("origin", "null")],
        vec![evil, ("sec-fetch-site", "same-origin")],
        vec![origin, ("sec-fetch-site", "cross-site")],
        vec![origin, ("sec-fetch-site", "same-site")],
        vec![origin, ("sec-fetch-site", "none")],
    ] {
        let page = post(&app, &mut browser, &admin, &headers).await;
        assert_eq!(page.status, 403, "{headers:?}");
        assert!(page.text.contains("CROSS_SITE_REFUSED") && page.headers.get("set-cookie").is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn coming_back_without_having_begun_connects_nothing() {
    let app = guarded().await;
    let admin = key(&app, "admin", Role::Admin).await;
    let mut browser = Browser::new();
    let sent_off = post(&app, &mut browser, &admin, &own(&app)).await;
    let back = browser.visit(sent_off.onward()).await;
    // The address alone, in another browser.
    let stranger = Browser::new().open(back.to()).await;
    assert_eq!(stranger.status, 400);
    assert!(!is_connected(&app).await);
    let done = Browser::new().open(format!("{}/connect/bexio/done", app.url())).await;
    assert!(done.text.contains("If you have just agreed"), "{}", done.text);
}
