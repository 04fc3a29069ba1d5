//! Each thing that can be wrong, and its diagnosis.

use serde_json::{Value, json};
use upstream_simulator::faults::{FaultAction, FaultBody, FaultRule};
use upstream_simulator::psohub::{LimitBehaviour, NewPsohubInvoice, Status};
use upstream_simulator::traffic::Upstream;

use super::company::{code, left, options, says, spoil, step, test, web_token};
use crate::support::app::{START, TestApp, TestOptions};

#[tokio::test(flavor = "multi_thread")]
async fn a_company_that_is_set_up_well_passes_and_keeps_nothing() {
    let app = options().start().await;
    let read = test(&app, "READ").await;
    assert_eq!((&read["state"], &read["level"]), (&json!("PASSED"), &json!("READ")), "{read:#}");
    assert_eq!(read["company"], "Beispiel Beratung AG");
    assert_eq!(read["steps"].as_array().unwrap().len(), 13);
    assert_eq!(step(&read, "BEXIO_ACCOUNTS")["found"], "3400 Dienstleistungserlöse");
    assert_eq!(step(&read, "BEXIO_TAXES")["found"], "UN81, 8.1 %");
    let bexio_calls = app.simulator.world().traffic.exchanges();
    assert!(
        bexio_calls
            .iter()
            .all(|exchange| { exchange.call.method == "GET" || exchange.call.path.ends_with("/search") })
    );

    let write = test(&app, "WRITE").await;
    assert_eq!(write["state"], "PASSED", "{write:#}");
    assert_eq!(write["steps"].as_array().unwrap().len(), 18);
    assert_eq!(left(&app), Vec::<String>::new());
    assert_eq!(app.connection_tests().sweep_due().await.unwrap(), 0, "nothing is noted any more");
    let archived = app.simulator.world().bexio().contacts().next().unwrap().details.name_1.clone();
    assert!(archived.starts_with("Invoice Gateway connection test "), "{archived}");
}

/// The code that the service's settings lead to in a step.
async fn with_setting(name: &str, value: &str, step: &str) -> Value {
    let app = options().set(name, value).start().await;
    let test = test(&app, "WRITE").await;
    assert_eq!(left(&app), Vec::<String>::new());
    code(&test, step).clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_do_not_fit_bexio_are_told_apart() {
    for (name, value, step, expected) in [
        ("REVENUE_ACCOUNT", "9999", "BEXIO_ACCOUNTS", "ACCOUNT_UNKNOWN"),
        ("REVENUE_ACCOUNT", "3410", "BEXIO_ACCOUNTS", "ACCOUNT_INACTIVE"),
        ("REVENUE_ACCOUNT", "1020", "BEXIO_ACCOUNTS", "ACCOUNT_NOT_FOR_SALES"),
        ("REVENUE_ACCOUNT", "6640", "BEXIO_ACCOUNTS", "ACCOUNT_IS_EXPENSE"),
        ("REVENUE_ACCOUNT", "", "BEXIO_ACCOUNTS", "ACCOUNT_MISSING"),
        ("TAX_CODE", "NONE", "BEXIO_TAXES", "TAX_CODE_UNKNOWN"),
        ("TAX_CODE", "UN77", "BEXIO_TAXES", "TAX_NOT_VALID"),
        ("TAX_CODE", "VM81", "BEXIO_TAXES", "TAX_NOT_FOR_SALES"),
        ("ZERO_TAX_CODE", "NONE", "BEXIO_TAXES", "TAX_CODE_UNKNOWN"),
        ("BASE_CURRENCY", "SEK", "BEXIO_CURRENCIES", "CURRENCY_UNKNOWN"),
        ("BASE_CURRENCY", "USD", "BEXIO_BANK_ACCOUNTS", "BANK_ACCOUNT_MISSING"),
        ("PSOHUB_ACCESS_TOKEN", "wrong-token", "PSOHUB_INVOICES", "TOKEN_REFUSED"),
        ("PSOHUB_ACCESS_TOKEN", "", "PSOHUB_INVOICES", "TOKEN_MISSING"),
        ("PSOHUB_BASE_URL", "http://127.0.0.1:9", "PSOHUB_INVOICES", "UNREACHABLE"),
        ("PSOHUB_BASE_URL", "http://no-such-host.invalid", "PSOHUB_INVOICES", "HOST_NOT_FOUND"),
        ("BEXIO_ACCESS_TOKEN", "wrong-token", "BEXIO_USER", "TOKEN_REFUSED"),
        ("BEXIO_ACCESS_TOKEN", "", "BEXIO_USER", "TOKEN_MISSING"),
    ] {
        assert_eq!(with_setting(name, value, step).await, expected, "{name}={value}");
    }
}

/// The code of a step when Bexio answers calls like this in this way.
async fn when(method: &str, path: &str, action: FaultAction, step_name: &str) -> (Value, TestApp) {
    let app = options().set("UPSTREAM_READ_SECONDS", "0.5").start().await;
    spoil(&app, method, path, action);
    let test = test(&app, "WRITE").await;
    assert_eq!(step(&test, step_name)["state"], "FAILED", "{test:#}");
    assert!(step(&test, step_name)["findings"][0]["hint"].as_str().unwrap().len() > 10);
    (test, app)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_bexio_answers_is_told_apart() {
    let html = FaultAction::Status { code: 200, body: FaultBody::Html, after_effect: false };
    let limited = FaultAction::TooManyRequests { retry_after: Some(31), ratelimit_reset: None };
    let moved = FaultAction::Redirect { code: 302, location: "https://login.example/".to_owned() };
    for (path, action, step, expected) in [
        ("/3.0/users/me", says(401, "Unauthorized"), "BEXIO_USER", "TOKEN_REFUSED"),
        ("/3.0/users/me", says(403, "The company is locked"), "BEXIO_USER", "ACCOUNT_LOCKED"),
        ("/3.0/users/me", says(402, "Payment required"), "BEXIO_USER", "ACCOUNT_LOCKED"),
        ("/3.0/users/me", says(403, "Not in the trial version"), "BEXIO_USER", "TRIAL_LIMIT"),
        ("/3.0/users/me", says(503, "Service unavailable"), "BEXIO_USER", "MAINTENANCE"),
        ("/3.0/users/me", says(500, "Internal Server Error"), "BEXIO_USER", "UPSTREAM_ERROR"),
        ("/3.0/users/me", limited, "BEXIO_USER", "RATE_LIMITED"),
        ("/3.0/users/me", moved, "BEXIO_USER", "ADDRESS_WRONG"),
        ("/3.0/users/me", html, "BEXIO_USER", "NOT_JSON"),
        ("/3.0/users/me", FaultAction::DropBeforeEffect, "BEXIO_USER", "CONNECTION_LOST"),
        ("/3.0/users/me", FaultAction::Hang { after_effect: false }, "BEXIO_USER", "TIMED_OUT"),
        ("/2.0/accounts", says(403, "Forbidden"), "BEXIO_ACCOUNTS", "FORBIDDEN"),
        ("/2.0/company_profile", says(404, "Page not found"), "BEXIO_COMPANY", "ADDRESS_WRONG"),
    ] {
        let (test, app) = when("GET", path, action, step).await;
        assert_eq!(code(&test, step), expected, "{test:#}");
        assert_eq!(left(&app), Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bexios_own_words_stand_beside_the_diagnosis() {
    let (test, app) =
        when("POST", "/2.0/contact", says(403, "Sie haben keine Berechtigung"), "CREATE_CONTACT").await;
    let finding = &step(&test, "CREATE_CONTACT")["findings"][0];
    assert_eq!(finding["upstreamText"], "Sie haben keine Berechtigung");
    assert_eq!((&finding["upstreamStatus"], &finding["severity"]), (&json!(403), &json!("ERROR")));
    for skipped in ["CREATE_INVOICE", "READ_INVOICE", "DELETE_INVOICE", "DELETE_CONTACT"] {
        assert_eq!(step(&test, skipped)["state"], "SKIPPED");
        let why = step(&test, skipped)["skippedBecause"].as_str().unwrap();
        assert!(why.contains("CREATE_CONTACT"), "{why}");
    }
    assert_eq!(left(&app), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_that_all_share_is_told_once() {
    let (test, app) = when("GET", "/3.0/users/me", says(503, "Service unavailable"), "BEXIO_USER").await;
    assert_eq!(step(&test, "PSOHUB_INVOICES")["state"], "PASSED");
    let steps = test["steps"].as_array().unwrap();
    assert_eq!(steps.iter().filter(|step| step["state"] == "SKIPPED").count(), 16, "{test:#}");
    assert_eq!(test["state"], "FAILED");
    drop(app);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_a_web_token_says_why_it_is_refused() {
    let now = START.parse::<jiff::Timestamp>().unwrap().as_second();
    let year = 365 * 86_400;
    for (claims, path, answer, step, expected) in [
        (json!({"exp": now - 1}), "/3.0/users/me", 401, "BEXIO_USER", "TOKEN_EXPIRED"),
        (json!({"exp": now + year}), "/3.0/users/me", 401, "BEXIO_USER", "TOKEN_REVOKED"),
        (json!({"scope": "openid contact_edit"}), "/2.0/accounts", 403, "BEXIO_ACCOUNTS", "SCOPE_MISSING"),
        (json!({"scope": "openid accounting"}), "/2.0/accounts", 403, "BEXIO_ACCOUNTS", "USER_RIGHT_MISSING"),
        (json!({"exp": now + 86_400, "iat": now - year}), "/none", 401, "BEXIO_USER", "TOKEN_EXPIRES_SOON"),
    ] {
        let token = web_token(&claims);
        let options = options().simulator(|options| options.bexio.access_token = Some(token));
        let app = options.start().await;
        spoil(&app, "GET", path, says(answer, "Refused"));
        let test = test(&app, "READ").await;
        assert_eq!(code(&test, step), expected, "{claims}: {test:#}");
        assert!(!test.to_string().contains("c2lnbmF0dXJl"), "the token is told");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn psohubs_list_is_looked_at_for_cuts() {
    let psohub = |app: &TestApp, count: usize| {
        let mut psohub = app.simulator.world().psohub();
        for _ in 0..count {
            psohub.add(NewPsohubInvoice { status: Status::Draft, ..NewPsohubInvoice::default() });
        }
    };
    let app = options().start().await;
    psohub(&app, 50);
    let test_50 = test(&app, "READ").await;
    assert_eq!(code(&test_50, "PSOHUB_INVOICES"), "LIST_MAY_BE_CUT");
    assert_eq!(test_50["state"], "WARNING");
    let rule = FaultRule::on(Upstream::Psohub, FaultAction::Truncate { bytes: 900 });
    app.simulator.world().faults.add(rule);
    assert_eq!(code(&test(&app, "READ").await, "PSOHUB_INVOICES"), "LIST_CUT");

    let silent = TestOptions::default()
        .simulator(|options| options.psohub.limit = LimitBehaviour::FiftyByDefault)
        .start()
        .await;
    psohub(&silent, 51);
    let test_51 = test(&silent, "READ").await;
    assert_eq!(step(&test_51, "PSOHUB_INVOICES")["found"], "51 drafts");
}
