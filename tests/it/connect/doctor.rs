//! `doctor` beside a service whose accounts were connected in a browser: it opens the stored tokens with the
//! same key.

use std::time::Duration;

use invoice_gateway::book::Source;
use serde_json::{Value, json};

use super::{connect_both, token_calls};
use crate::support::app::{OAUTH_APPS, SECRETS_KEY, TestApp, TestOptions};
use crate::support::process::run;

/// Connected, with a clock that agrees with the doctor's own.
async fn connected() -> TestApp {
    let app =
        TestOptions::company(5).oauth().set("REVENUE_ACCOUNT", "3400").set("TAX_CODE", "UN81").start().await;
    connect_both(&app).await;
    app
}

/// What `doctor` prints, with this key.
fn doctor(app: &TestApp, key: &str) -> (Option<i32>, Value) {
    let public_url = app.url().to_owned();
    let environment = [
        ("PUBLIC_URL", &*public_url),
        ("SECRETS_KEY", key),
        ("REVENUE_ACCOUNT", "3400"),
        ("TAX_CODE", "UN81"),
    ];
    let environment = [&environment[..], &OAUTH_APPS].concat();
    let output = run(&["doctor", "--json"], &app.simulator, app.folder(), &environment);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains(SECRETS_KEY), "the key is not shown");
    (output.status.code(), serde_json::from_str(&text).unwrap())
}

fn check<'r>(report: &'r Value, name: &str) -> &'r Value {
    let checks = report["checks"].as_array().unwrap();
    checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("no {name}: {report:#}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_key_it_uses_the_stored_tokens_and_renews_what_has_ended() {
    let app = connected().await;
    // By the doctor's clock, which is the machine's, they ended long ago.
    let (code, report) = doctor(&app, SECRETS_KEY);
    for name in ["PSOHUB_INVOICES", "BEXIO_USER", "BEXIO_ACCOUNTS", "BEXIO_TAXES", "SETTINGS"] {
        assert_eq!(check(&report, name)["state"], "PASSED", "{report:#}");
    }
    let others = report["checks"].as_array().unwrap().iter().filter(|check| check["state"] != "PASSED");
    let others: Vec<_> = others.map(|check| check["name"].as_str().unwrap()).collect();
    assert_eq!((code, &*others), (Some(0), &[][..]), "{report:#}");
    assert_eq!(token_calls(&app), 2, "one to connect, one to renew");
    // What it renewed is stored, so the service goes on with it.
    app.advance(Duration::from_mins(2));
    app.look(Source::Bexio).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_consent_it_says_who_is_needed_and_where() {
    let app = connected().await;
    app.simulator.world().bexio().revoke_all_tokens();
    app.advance(Duration::from_mins(2));
    assert!(app.look(Source::Bexio).await.is_err());
    let (code, report) = doctor(&app, SECRETS_KEY);
    let finding = &check(&report, "BEXIO_USER")["findings"][0];
    assert_eq!((code, &finding["code"]), (Some(2), &json!("RECONNECT_NEEDED")), "{report:#}");
    let link = format!("{}/connect/bexio", app.url());
    assert!(finding.to_string().contains(&link), "{finding:#}");
    assert_eq!(check(&report, "PSOHUB_INVOICES")["state"], "PASSED", "{report:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_key_or_with_another_one_it_says_so() {
    let app = connected().await;
    for (key, words) in [("", "SECRETS_KEY"), ("Hx4dHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA=", "SECRETS_KEY")]
    {
        let (code, report) = doctor(&app, key);
        assert_eq!(code, Some(2), "{report:#}");
        let findings = report["checks"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|check| check["findings"].as_array().unwrap());
        let told = findings.filter(|finding| finding.to_string().contains(words)).count();
        assert!(told > 0, "{report:#}");
    }
    // It took nothing from the service.
    app.look_at_both().await;
}
