//! GraphiQL in a real browser: it works with no other host in reach, under its own content security policy.
//! Must not know how the page is built.

mod breaking;
pub(crate) mod browser;
mod keys;

use browser::Page;
use serde_json::json;

use crate::support::app::{TestApp, TestOptions};

const TABS: &str = "[...document.querySelectorAll('.graphiql-tab-button')].map((tab) => tab.innerText)";
const FIVE_TABS: &str = "document.querySelectorAll('.graphiql-tab-button').length === 5";
const RUN: &str = ".graphiql-execute-button";

/// What an editor shows; Monaco writes blanks as no-break spaces.
fn text_of(pane: &str) -> String {
    format!("document.querySelector('{pane} .view-lines')?.innerText.replaceAll('\\u00a0', ' ')")
}

/// The text model of an editor, by the end of its name: `operation.graphql`, `variables.json`, `headers.json`.
fn model(end: &str) -> String {
    format!("globalThis.__MONACO.editor.getModels().find(({{ uri }}) => uri.path.endsWith({end:?}))")
}

fn write(end: &str, text: &str) -> String {
    format!("{}.setValue({text:?})", model(end))
}

/// A gateway over a company with the examples' data.
async fn gateway() -> TestApp {
    let app = TestOptions::company(120).start().await;
    app.look_at_both().await;
    app
}

/// The page of a fresh profile with its first tab ready, or nothing where there is no browser.
async fn open(app: &TestApp, colors: &str) -> Option<Page> {
    let page = Page::open(&browser::program()?).await;
    page.prefer_colors(colors).await;
    page.go(&format!("{}/graphiql", app.url())).await;
    page.until(&format!("{}.includes('query OpenInvoices')", text_of(".graphiql-query-editor"))).await;
    Some(page)
}

async fn close_without_complaint(page: Page, app: &TestApp) {
    assert_eq!(page.complaints(app.url()), [""; 0]);
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_the_first_example_with_no_other_origin_in_reach() {
    let app = gateway().await;
    let Some(page) = open(&app, "dark").await else { return };
    let tabs = page.until(TABS).await;
    assert_eq!(tabs, json!(["OpenInvoices", "OneInvoice", "Overdue", "DoesItAgree", "BexioCatalog"]));
    assert_eq!(page.evaluate("document.title").await, "Invoice Gateway");

    page.click(RUN).await;
    let answer = text_of(".result-window");
    let answer = page.until(&format!("{answer}.includes('documentNumber') && {answer}")).await;
    assert!(!answer.as_str().unwrap().contains("\"errors\""), "{answer}");
    let asks = "document.querySelector('.gateway-bar, .gateway-caller') !== null";
    assert_eq!(page.evaluate(asks).await, false, "nobody is asked for a key");

    if let Ok(path) = std::env::var("GRAPHIQL_SCREENSHOT") {
        std::fs::write(path, page.screenshot().await).unwrap();
    }
    close_without_complaint(page, &app).await;
}

/// The language services run in workers, which the policy could stop without a word in the page.
#[tokio::test(flavor = "multi_thread")]
async fn checks_a_query_against_the_schema_and_tidies_it() {
    let app = gateway().await;
    let Some(page) = open(&app, "dark").await else { return };
    page.evaluate(&write("operation.graphql", "{ invoices(first: 1) { totalCount noSuchField } }")).await;
    let marks = "globalThis.__MONACO.editor.getModelMarkers({}).map(({ message }) => message).join()";
    let mark = page.until(&format!("{marks}.includes('noSuchField') && {marks}")).await;
    assert!(mark.as_str().unwrap().contains("Cannot query field"), "{mark}");
    assert!(page.requests().iter().any(|url| url.contains("graphql.worker")), "{:?}", page.requests());

    page.evaluate(&write("operation.graphql", "{invoices(first:1){totalCount}}")).await;
    page.evaluate(&write("variables.json", "{\"a\":[1]}")).await;
    page.click("[aria-label^='Prettify']").await;
    let value = |end: &str| format!("{}.getValue().trim()", model(end));
    page.until(&format!(
        r"{} === '{{\n  invoices(first: 1) {{\n    totalCount\n  }}\n}}'",
        value("operation.graphql")
    ))
    .await;
    page.until(&format!(r"{} === '{{\n  \u0022a\u0022: [\n    1\n  ]\n}}'", value("variables.json"))).await;
    close_without_complaint(page, &app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn follows_the_systems_colors_until_one_is_chosen() {
    let app = gateway().await;
    let Some(page) = open(&app, "dark").await else { return };
    let shown = |editor: &str, lightness: &str| {
        let background = "getComputedStyle(document.querySelector('.graphiql-container')).backgroundColor";
        let sum =
            format!("{background}.match(/\\d+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0)");
        format!("document.querySelector('.monaco-editor.{editor}') !== null && {sum} {lightness}")
    };
    page.until(&shown("vs-dark", "< 300")).await;
    page.prefer_colors("light").await;
    page.until(&shown("vs", "> 600")).await;

    page.click("[aria-label='Open settings dialog']").await;
    page.click(".graphiql-dialog [data-theme='dark']").await;
    page.until(&shown("vs-dark", "< 300")).await;
    for system in ["dark", "light"] {
        page.prefer_colors(system).await;
        page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
            .await;
    }
    assert_eq!(page.evaluate(&shown("vs-dark", "< 300")).await, true);
    close_without_complaint(page, &app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keeps_the_users_tabs_over_its_examples() {
    let app = gateway().await;
    let Some(page) = open(&app, "dark").await else { return };
    page.until(FIVE_TABS).await;
    let own = "query Mine { invoices(first: 3) { totalCount } }";
    page.evaluate(&write("operation.graphql", own)).await;
    page.until(&format!("{TABS}[0] === 'Mine'")).await;
    page.click(".graphiql-tab:nth-of-type(2) .graphiql-tab-button").await;
    page.click(".graphiql-tab:nth-of-type(2) .graphiql-tab-close").await;
    let left = json!(["Mine", "Overdue", "DoesItAgree", "BexioCatalog"]);
    page.until(&format!("JSON.stringify({TABS}) === {:?}", left.to_string())).await;
    let stored = "JSON.parse(localStorage['invoice-gateway/graphiql:tabState'])";
    page.until(&format!("{stored}.tabs.length === 4 && {stored}.tabs[0].query === {own:?}")).await;

    // An upgrade: what the browser once saw as an example is not what the gateway now has.
    let outdate = "{ \
        const state = JSON.parse(localStorage['invoice-gateway/graphiql:tabState']); \
        const seen = JSON.parse(localStorage['invoice-gateway/examples']); \
        state.tabs[1].query = seen['overdue'] = 'query Overdue { old }'; \
        localStorage['invoice-gateway/graphiql:tabState'] = JSON.stringify(state); \
        localStorage['invoice-gateway/examples'] = JSON.stringify(seen); }";
    page.evaluate(outdate).await;
    page.go(&format!("{}/graphiql", app.url())).await;
    page.until(&format!("JSON.stringify({TABS}) === {:?}", left.to_string())).await;
    page.click(".graphiql-tab:nth-of-type(1) .graphiql-tab-button").await;
    page.until(&format!("{}.includes('query Mine')", text_of(".graphiql-query-editor"))).await;
    page.click(".graphiql-tab:nth-of-type(2) .graphiql-tab-button").await;
    page.until(&format!("{}.includes('isOverdue: true')", text_of(".graphiql-query-editor"))).await;

    page.click("[aria-label='Open an example']").await;
    page.click(".graphiql-dropdown-content [role='menuitem']:nth-of-type(2)").await;
    page.until(&format!("{TABS}.at(-1) === 'OneInvoice'")).await;
    close_without_complaint(page, &app).await;
}

/// They may hold an API key, and GraphiQL's history would store them.
#[tokio::test(flavor = "multi_thread")]
async fn sends_headers_and_never_stores_them() {
    let app = gateway().await;
    let Some(page) = open(&app, "dark").await else { return };
    page.click(".graphiql-editor-tools [data-name='headers']").await;
    page.evaluate(&write("headers.json", r#"{ "x-request-id": "a-secret" }"#)).await;
    // What is typed reaches the tab a moment later, so wait for what is typed after it.
    page.evaluate(&write("variables.json", r#"{ "later": 1 }"#)).await;
    page.until("localStorage['invoice-gateway/graphiql:tabState'].includes('later')").await;
    page.click(RUN).await;
    page.until(&format!("{}.includes('documentNumber')", text_of(".result-window"))).await;
    page.until("localStorage['invoice-gateway/graphiql:queries'].includes('OpenInvoices')").await;

    assert_eq!(page.evaluate("Object.values(localStorage).join().includes('a-secret')").await, false);
    let sent = page.headers_sent("/graphql", "x-request-id");
    assert_eq!(sent, ["a-secret"]);
    close_without_complaint(page, &app).await;
}

/// The other tests say nothing if the browser's complaints do not reach them.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_breaks_its_policy_is_noticed() {
    let Some(program) = browser::program() else { return };
    let origin = breaking::start().await;
    let page = Page::open(&program).await;
    page.go(&format!("{origin}/")).await;
    page.until("document.title === 'broken'").await;
    for expected in
        ["foreign request: http://foreign.example/", "breach of the policy", "console: ", "exception: "]
    {
        page.until_complaint(&origin, expected).await;
    }
    page.close().await;
}
