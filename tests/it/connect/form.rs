//! The form that asks an administrator for a key, in a real browser that runs no script.

use invoice_gateway::domain::connection::Consent;
use invoice_gateway::domain::{Role, Upstream};

use crate::access::callers::key;
use crate::graphiql::browser::{self, Page};
use crate::support::app::{TestApp, TestOptions};

const TEXT: &str = "document.body.innerText";
const EMPTY_FIELD_HAS_FOCUS: &str =
    "document.activeElement?.name === 'key' && document.activeElement.value === ''";

/// The form of a fresh profile, or nothing where there is no browser.
async fn open(app: &TestApp) -> Option<Page> {
    let page = Page::open(&browser::program()?).await;
    page.without_scripts().await;
    page.go(&format!("{}/connect/bexio", app.url())).await;
    page.until(&format!("{TEXT}.includes('Only an administrator')")).await;
    Some(page)
}

async fn is_connected(app: &TestApp) -> bool {
    app.connections().status(Upstream::Bexio, None).await.consent == Consent::Given
}

/// Breaches of the pages' policy, and errors of scripts: there are none to run.
fn faults(page: &Page) -> Vec<String> {
    let complaints = page.complaints("http://127.0.0.1").into_iter();
    complaints
        .filter(|complaint| ["breach", "console", "exception"].iter().any(|kind| complaint.starts_with(kind)))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_connects_with_the_keyboard_alone() {
    let app = TestOptions::company(1).oauth().guarded().start().await;
    let admin = key(&app, "Eva", Role::Admin).await;
    let Some(page) = open(&app).await else { return };
    let accessible = page.accessible().await;
    for (role, name) in [("heading", "Connect Bexio"), ("textbox", "Key"), ("button", "Begin")] {
        assert!(accessible.contains(&(role.to_owned(), name.to_owned())), "{role} {name}: {accessible:?}");
    }
    // The field has the focus, and where it is can be seen at every step.
    let focused = "document.activeElement.matches(':focus-visible') \
        && getComputedStyle(document.activeElement).outlineStyle !== 'none' && document.activeElement.localName";
    assert_eq!(page.until(focused).await, "input");
    page.press("Tab").await;
    assert_eq!(page.until(&format!("{focused} === 'button' && {focused}")).await, "button");
    page.evaluate("document.querySelector('input').focus()").await;
    page.paste(&admin).await;
    page.press("Enter").await;
    page.until(&format!("location.pathname === '/connect/bexio/done' && {TEXT}.includes('Back from Bexio')"))
        .await;
    assert!(is_connected(&app).await);
    let requests = page.requests();
    assert!(requests.iter().all(|url| !url.contains(&admin)), "{requests:?}");
    assert!(requests.iter().any(|url| !url.starts_with(app.url())), "by way of Bexio: {requests:?}");
    assert_eq!(faults(&page), [""; 0]);
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_no_administrator_is_told_so_and_may_try_again() {
    let app = TestOptions::company(1).oauth().guarded().start().await;
    let operator = key(&app, "intranet", Role::Operator).await;
    let Some(page) = open(&app).await else { return };
    for (given, words) in [(operator.as_str(), "OPERATOR"), ("igw_0", "neither a key of this service")] {
        page.until(EMPTY_FIELD_HAS_FOCUS).await;
        page.paste(given).await;
        page.press("Enter").await;
        page.until(&format!("{TEXT}.includes({words:?})")).await;
        page.until(EMPTY_FIELD_HAS_FOCUS).await;
        let description = "document.getElementById(document.activeElement.getAttribute('aria-describedby'))";
        let alert =
            page.evaluate(&format!("{description}.matches('[role=alert]') && {description}.innerText")).await;
        assert!(alert.as_str().is_some_and(|alert| alert.contains(words)), "{alert}");
    }
    assert!(!is_connected(&app).await);
    assert_eq!(faults(&page), [""; 0]);
    page.close().await;
}
