//! GraphiQL where callers are asked who they are: a key is asked for, kept for the tab alone, and sent to
//! `/graphql` alone.

use std::time::Duration;

use invoice_gateway::domain::Role;
use serde_json::json;
use upstream_simulator::psohub::EditPsohubInvoice;

use super::browser::Page;
use super::{RUN, TABS, open, text_of, write};
use crate::access::callers::{VIEWER, as_time_passes, ask_as, key, revoke};
use crate::support::app::{TestApp, TestOptions};

const BAR: &str = "document.querySelector('.gateway-bar')?.innerText";
const NO_BAR: &str = "document.querySelector('.gateway-bar') === null";
const CALLER: &str = "document.querySelector('.gateway-caller')?.innerText";

async fn guarded() -> TestApp {
    guarded_by(TestOptions::company(12)).await
}

async fn guarded_by(options: TestOptions) -> TestApp {
    let app = options.guarded().start().await;
    app.look_at_both().await;
    app
}

/// Waits until the bar says this, and gives all that it says.
async fn told(page: &Page, words: &str) -> String {
    let said = page.until(&format!("{BAR}.includes({words:?}) && {BAR}")).await;
    said.as_str().unwrap().to_owned()
}

/// Pastes a key into the field, over what is there.
async fn give(page: &Page, key: &str) {
    page.click("#gateway-key").await;
    page.evaluate("document.querySelector('#gateway-key').select()").await;
    page.paste(key).await;
    page.press("Enter").await;
}

async fn let_in(page: &Page, key: &str, caller: &str) {
    give(page, key).await;
    page.until(&format!("{CALLER} === {caller:?} && {NO_BAR}")).await;
}

/// Writes an operation of this name into the first tab, and waits until GraphiQL knows it.
async fn compose(page: &Page, name: &str, operation: &str) {
    page.evaluate(&write("operation.graphql", operation)).await;
    page.until(&format!("{TABS}[0] === {name:?}")).await;
}

/// Runs what the first tab has and waits for these words in the answer.
async fn run(page: &Page, words: &str) -> String {
    page.click(RUN).await;
    answered(page, words).await
}

async fn answered(page: &Page, words: &str) -> String {
    let answer = text_of(".result-window");
    let answer = page.until(&format!("{answer}.includes({words:?}) && {answer}")).await;
    answer.as_str().unwrap().to_owned()
}

/// Waits until the editor knows the schema: it marks a field that is not in it.
async fn until_schema_is_known(page: &Page) {
    page.evaluate(&write("operation.graphql", "{ invoices(first: 1) { noSuchField } }")).await;
    let marks = "globalThis.__MONACO.editor.getModelMarkers({}).map(({ message }) => message).join()";
    page.until(&format!("{marks}.includes('Cannot query field')")).await;
}

/// Nothing went wrong but that `/graphql` refused so many requests, which is how a service asks for a key.
async fn close_after_refusals(page: Page, app: &TestApp, refusals: usize) {
    let refused = format!("refused request: \"{}/graphql\"", app.url());
    let (refused, other): (Vec<_>, Vec<_>) = page
        .complaints(app.url())
        .into_iter()
        .filter(|complaint| !complaint.starts_with("browser's log: \"Failed to load resource"))
        .partition(|complaint| *complaint == refused);
    assert_eq!((refused.len(), other), (refusals, vec![]));
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_the_page_asks_for_one_and_says_how_to_come_by_it() {
    let app = guarded().await;
    let Some(page) = open(&app, "dark").await else { return };
    let said = told(&page, "only to callers with a key").await;
    assert!(said.contains("invoice-gateway keys add --role viewer") && said.contains("this tab"), "{said}");
    assert_eq!(page.until("document.activeElement?.id").await, "gateway-key");
    let accessible = page.accessible().await;
    for (role, name) in [("textbox", "Key"), ("button", "Use this key")] {
        assert!(accessible.contains(&(role.to_owned(), name.to_owned())), "{role} {name}: {accessible:?}");
    }
    assert!(run(&page, "UNAUTHENTICATED").await.contains("this needs a key"));
    close_after_refusals(page, &app, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewers_key_gives_schema_and_data_and_no_more_than_its_role() {
    let app = guarded().await;
    let viewer = key(&app, "frontend", Role::Viewer).await;
    let Some(page) = open(&app, "dark").await else { return };
    told(&page, "only to callers with a key").await;
    let_in(&page, &format!(" {viewer} "), "frontend · VIEWER").await;
    page.until(&format!("{} === ''", text_of(".result-window"))).await;
    assert!(!run(&page, "documentNumber").await.contains("\"errors\""));
    until_schema_is_known(&page).await;
    let mutation = "mutation Off { disconnect(input: { upstream: BEXIO }) { revoked } }";
    compose(&page, "Off", mutation).await;
    let refused = run(&page, "FORBIDDEN").await;
    assert!(refused.contains("ADMIN") && refused.contains("VIEWER"), "{refused}");
    assert_eq!(page.evaluate(NO_BAR).await, true, "the key is good");

    page.go(&format!("{}/graphiql", app.url())).await;
    page.until(&format!("{CALLER} === 'frontend · VIEWER'")).await;
    let kept = "[Object.values(sessionStorage), Object.values(localStorage)].map((all) => all.join().includes('igw_'))";
    assert_eq!(page.evaluate(kept).await, json!([true, false]));
    assert_eq!(page.evaluate("document.cookie").await, "");
    assert!(page.requests().iter().all(|url| !url.contains("igw_")), "{:?}", page.requests());
    let everywhere = page.headers_sent("", "authorization");
    assert_eq!(everywhere, page.headers_sent("/graphql", "authorization"));
    assert!(everywhere.iter().all(|sent| *sent == format!("Bearer {viewer}")), "{everywhere:?}");
    close_after_refusals(page, &app, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_ends_with_its_key_and_another_key_heals_the_page() {
    let app = guarded().await;
    let first = key(&app, "first", Role::Viewer).await;
    let second = key(&app, "second", Role::Viewer).await;
    let Some(page) = open(&app, "dark").await else { return };
    told(&page, "only to callers with a key").await;
    let_in(&page, &first, "first · VIEWER").await;
    compose(&page, "Changes", "subscription Changes { invoiceChanged { invoiceId } }").await;
    page.click(RUN).await;
    page.until_event_stream().await;
    let changed = app.simulator.world().psohub().invoices()[0].id;
    let name = EditPsohubInvoice { name: Some("renamed".into()), ..EditPsohubInvoice::default() };
    app.simulator.world().psohub().edit(changed, name).unwrap();
    app.look_at_both().await;
    answered(&page, "invoiceId").await;

    revoke(&app, "first").await;
    as_time_passes(&app, told(&page, "has ended")).await;
    answered(&page, "UNAUTHENTICATED").await;
    let_in(&page, &second, "second · VIEWER").await;
    compose(&page, "Who", "query Who { viewer { name } }").await;
    assert!(run(&page, "\"second\"").await.contains("viewer"));
    close_after_refusals(page, &app, 1).await;
}

/// The first answer arrives when `release()` is called.
const HOLD_AN_ANSWER: &str = "(() => { \
    const real = globalThis.fetch; \
    globalThis.fetch = async (...request) => { \
        globalThis.fetch = real; \
        const answer = await real(...request); \
        const text = await answer.text(); \
        await new Promise((arrives) => { globalThis.release = arrives; }); \
        return new Response(text, answer); }; })()";

const A_MOMENT: &str = "(async () => { \
    for (let frame = 0; frame < 5; frame += 1) await new Promise(requestAnimationFrame); })()";

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_from_before_a_refusal_does_not_hide_it() {
    let app = guarded().await;
    let first = key(&app, "first", Role::Viewer).await;
    let Some(page) = open(&app, "dark").await else { return };
    told(&page, "only to callers with a key").await;
    let_in(&page, &first, "first · VIEWER").await;
    until_schema_is_known(&page).await;
    compose(&page, "Held", "query Held { viewer { name } }").await;
    page.evaluate(HOLD_AN_ANSWER).await;
    page.click(RUN).await;
    page.until("typeof globalThis.release === 'function'").await;

    revoke(&app, "first").await;
    while ask_as(&app, &first, VIEWER).await.status == 200 {
        app.advance(Duration::from_secs(2));
    }
    compose(&page, "Later", "query Later { viewer { name } }").await;
    // The first click ends the waiting.
    page.click(RUN).await;
    page.click(RUN).await;
    told(&page, "The key 'first' was revoked").await;
    page.evaluate(&format!("globalThis.release(); {A_MOMENT}")).await;
    told(&page, "The key 'first' was revoked").await;
    assert_eq!(page.evaluate(NO_BAR).await, false);
    close_after_refusals(page, &app, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_not_good_is_refused_in_words_and_kept_nowhere() {
    let app = guarded().await;
    let viewer = key(&app, "frontend", Role::Viewer).await;
    revoke(&app, "frontend").await;
    let good = key(&app, "frontend-2", Role::Viewer).await;
    let Some(page) = open(&app, "dark").await else { return };
    told(&page, "only to callers with a key").await;
    for (given, words) in [
        ("igw_…", "A key is one word"),
        ("igw_0", "This is neither a key"),
        (viewer.as_str(), "The key 'frontend' was revoked"),
    ] {
        give(&page, given).await;
        told(&page, words).await;
    }
    assert_eq!(page.evaluate("sessionStorage.length").await, 0);
    let_in(&page, &format!("Bearer {good}"), "frontend-2 · VIEWER").await;
    until_schema_is_known(&page).await;

    page.click(".gateway-caller").await;
    page.click(".gateway-bar [type='button']").await;
    told(&page, "only to callers with a key").await;
    assert_eq!(page.evaluate("sessionStorage.length").await, 0);
    close_after_refusals(page, &app, 4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_have_the_schema_is_told_so_and_asks_without_it() {
    let app = guarded_by(TestOptions::company(12).set("INTROSPECTION", "operator")).await;
    let viewer = key(&app, "frontend", Role::Viewer).await;
    let operator = key(&app, "intranet", Role::Operator).await;
    let Some(page) = open(&app, "dark").await else { return };
    told(&page, "only to callers with a key").await;
    give(&page, &viewer).await;
    let said = told(&page, "The schema was not told").await;
    assert!(said.contains("OPERATOR") && said.contains("VIEWER"), "{said}");
    assert!(!run(&page, "documentNumber").await.contains("\"errors\""));
    page.click(".gateway-caller").await;
    let_in(&page, &operator, "intranet · OPERATOR").await;
    until_schema_is_known(&page).await;
    close_after_refusals(page, &app, 2).await;
}

/// It is how programs are tried out, and it is forgotten with the tab.
#[tokio::test(flavor = "multi_thread")]
async fn a_header_of_the_pane_goes_before_the_key() {
    let app = guarded().await;
    let viewer = key(&app, "frontend", Role::Viewer).await;
    let operator = key(&app, "intranet", Role::Operator).await;
    let Some(page) = open(&app, "dark").await else { return };
    told(&page, "only to callers with a key").await;
    let_in(&page, &viewer, "frontend · VIEWER").await;
    compose(&page, "Who", "query Who { viewer { name } }").await;
    page.click(".graphiql-editor-tools [data-name='headers']").await;
    let header = |key: &str| write("headers.json", &format!(r#"{{ "Authorization": "Bearer {key}" }}"#));
    page.evaluate(&header(&operator)).await;
    run(&page, "\"intranet\"").await;
    page.evaluate(&header("igw_0")).await;
    run(&page, "UNAUTHENTICATED").await;
    assert_eq!(page.evaluate(NO_BAR).await, true, "the tab's own key is good");
    close_after_refusals(page, &app, 2).await;
}
