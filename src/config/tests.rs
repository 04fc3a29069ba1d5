//! The whole configuration, from a map of variables.

use std::collections::HashMap;

use super::*;
use crate::domain::CurrencyCode;
use crate::domain::delivery::ExternalIdKind;
use crate::domain::plan::DetailLines;

fn config(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let mut map: HashMap<&str, &str> = HashMap::from([("HOME", "/home/ada"), ("LOCALAPPDATA", "C:\\ada")]);
    map.extend(variables.iter().copied());
    Config::from_env_map(|name| map.get(name).map(|value| (*value).to_owned()))
}

/// With the rest of what can only be set together.
pub(super) fn with_companions<'a>(variables: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let issuer = [("JWT_ISSUER", "i"), ("JWT_AUDIENCE", "a"), ("JWT_JWKS_URL", "https://i.example/keys")];
    let is_given = |name: &str| variables.iter().any(|(given, _)| *given == name);
    let needed = issuer.iter().any(|(name, _)| is_given(name));
    let missing = issuer.into_iter().filter(|(name, _)| needed && !is_given(name));
    variables.iter().copied().chain(missing).collect()
}

fn faults(variables: &[(&str, &str)]) -> Vec<(&'static str, Option<String>)> {
    let error = config(variables).expect_err("a fault");
    error.faults.into_iter().map(|fault| (fault.name, fault.value)).collect()
}

#[test]
fn without_any_variable_the_defaults_of_the_table_hold() {
    let config = config(&[]).unwrap();
    assert_eq!(config.listen_addr.to_string(), "127.0.0.1:8080");
    assert!(config.database_url().starts_with("sqlite:"));
    assert_eq!(config.psohub.base_url, "https://www.psohubapp.com");
    assert_eq!(config.psohub.max_age, Duration::from_mins(2));
    assert_eq!(config.psohub.list_timeout, Duration::from_mins(10));
    assert_eq!(config.psohub.base_currency, CurrencyCode::CHF);
    assert_eq!(config.bexio.issuer_url, "https://auth.bexio.com/realms/bexio");
    assert_eq!(config.bexio.full_pass, Duration::from_hours(24));
    assert_eq!(config.sending.payment_sync_cron.as_str(), "0 0 */2 * * *");
    assert_eq!(config.sending.revenue_account, None);
    assert_eq!(config.log.format, LogFormat::Pretty);
    assert!(config.bexio.access_token.is_none());
    assert_eq!(config.warnings(), Vec::<String>::new());
}

#[test]
fn every_setting_is_read() {
    let asked = std::cell::RefCell::new(Vec::new());
    let _ = Config::from_env_map(|name| {
        asked.borrow_mut().push(name.to_owned());
        None
    });
    for setting in SETTINGS {
        assert!(asked.borrow().iter().any(|name| name == setting.name), "{} is read nowhere", setting.name);
    }
}

#[test]
fn every_example_of_the_documentation_is_accepted_and_makes_a_difference() {
    let defaults = format!("{:?}", config(&[]).unwrap());
    for setting in SETTINGS {
        let example = setting.example.replace('…', "");
        let with =
            config(&with_companions(&[(setting.name, &example)])).unwrap_or_else(|error| panic!("{error}"));
        // A secret shows the same whatever it is, once it is there.
        if setting.name != "DATABASE_URL" {
            assert_ne!(format!("{with:?}"), defaults, "{}", setting.name);
        }
    }
}

#[test]
fn a_period_can_be_a_tenth_of_a_second() {
    for setting in SETTINGS.iter().filter(|setting| setting.name.ends_with("_SECONDS")) {
        let with = config(&[(setting.name, "0.1")]).unwrap();
        assert!(format!("{with:?}").contains("100ms"), "{}", setting.name);
        assert_eq!(faults(&[(setting.name, "0.05")]), [(setting.name, Some("0.05".to_owned()))]);
    }
}

#[test]
fn all_faults_are_listed_at_once_in_the_order_of_the_documentation() {
    let variables = [
        ("LOG_FORMAT", "xml"),
        ("LISTEN_ADDR", "8080"),
        ("PSOHUB_BASE_URL", "www.psohubapp.com"),
        ("BASE_CURRENCY", "Franken"),
        ("PAYMENT_SYNC_CRON", "0 */2 * * *"),
        ("LEASE_SECONDS", "half a minute"),
        ("LOG", "info,invoice_gateway=loud"),
    ];
    let found = faults(&variables);
    let names: Vec<_> = found.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        names,
        [
            "LISTEN_ADDR",
            "PSOHUB_BASE_URL",
            "BASE_CURRENCY",
            "PAYMENT_SYNC_CRON",
            "LEASE_SECONDS",
            "LOG",
            "LOG_FORMAT"
        ]
    );
    for (name, value) in found {
        let given = variables.iter().find(|(given, _)| *given == name).map(|(_, value)| (*value).to_owned());
        assert_eq!(value, given);
    }
    let text = config(&variables).unwrap_err().to_string();
    assert!(text.contains("LISTEN_ADDR is \"8080\": expected an address with a port"), "{text}");
}

#[test]
fn of_an_issuer_all_is_set_or_nothing() {
    let [name, audience, url] = [
        ("JWT_ISSUER", "https://id.example"),
        ("JWT_AUDIENCE", "gateway"),
        ("JWT_JWKS_URL", "https://id.example/keys"),
    ];
    assert!(config(&[]).unwrap().jwt.issuer.is_none());
    assert!(config(&[name, audience, url]).unwrap().jwt.issuer.is_some());
    for (some, said) in [
        (vec![name], "JWT_ISSUER: expected JWT_AUDIENCE and JWT_JWKS_URL"),
        (vec![audience, url], "JWT_AUDIENCE: expected JWT_ISSUER"),
        (vec![url, ("JWT_AUDIENCE", "")], "JWT_JWKS_URL: expected JWT_ISSUER and JWT_AUDIENCE"),
    ] {
        let sentence = format!("environment variable {said} beside it: set all three or none");
        assert_eq!(config(&some).unwrap_err().sentences(), [sentence]);
    }
    // What is set and cannot be used is not missing.
    assert_eq!(faults(&[name, audience, ("JWT_JWKS_URL", "id")]), [("JWT_JWKS_URL", Some("id".to_owned()))]);
}

#[test]
fn no_secret_is_shown_by_debug_or_by_a_fault() {
    let canary = "canary-4711";
    let with = config(&[
        ("PSOHUB_ACCESS_TOKEN", canary),
        ("BEXIO_ACCESS_TOKEN", canary),
        ("DATABASE_URL", "postgres://gateway:canary-4711@db.example/gateway"),
    ])
    .unwrap();
    assert!(!format!("{with:?}").contains(canary));
    assert_eq!(with.bexio.access_token.as_ref().map(ExposeSecret::expose_secret), Some(canary));
    let error = config(&[
        ("PSOHUB_ACCESS_TOKEN", "canary-4711 with blanks"),
        ("BEXIO_BASE_URL", "https://me:canary-4711@api.example.com"),
        ("DATABASE_URL", "mysql://gateway:canary-4711@db.example/gateway"),
    ])
    .unwrap_err();
    assert_eq!(error.faults.len(), 3);
    assert!(!format!("{error} {error:?}").contains(canary), "{error}");
}

#[test]
fn what_is_sent_can_be_chosen() {
    let plain = config(&[]).unwrap().sending;
    assert_eq!(
        (plain.detail_lines, plain.external_id),
        (DetailLines::InText, ExternalIdKind::DocumentNumber)
    );
    let chosen = config(&[("DETAIL_LINES", "omit"), ("EXTERNAL_ID", "id"), ("ZERO_TAX_CODE", "UEX")]);
    let chosen = chosen.unwrap().sending;
    assert_eq!((chosen.detail_lines, chosen.external_id), (DetailLines::Omit, ExternalIdKind::Id));
    assert_eq!(chosen.zero_tax_code.as_deref(), Some("UEX"));
    let error = config(&[("DETAIL_LINES", "some"), ("EXTERNAL_ID", "both")]).unwrap_err();
    assert_eq!(error.faults.len(), 2);
}

#[test]
fn an_empty_value_counts_as_not_set() {
    let config = config(&[("LISTEN_ADDR", ""), ("BEXIO_ACCESS_TOKEN", "  "), ("TAX_CODE", "")]).unwrap();
    assert_eq!(config.listen_addr.port(), 8080);
    assert!(config.bexio.access_token.is_none());
    assert_eq!(config.sending.tax_code, None);
}

#[test]
fn without_a_home_folder_the_database_must_be_named() {
    let error = Config::from_env_map(|_| None).unwrap_err();
    assert_eq!(error.faults.iter().map(|fault| fault.name).collect::<Vec<_>>(), ["DATABASE_URL"]);
    let named = |name: &str| (name == "DATABASE_URL").then(|| "sqlite:a.db".to_owned());
    assert_eq!(Config::from_env_map(named).unwrap().database_url(), "sqlite:a.db");
}

#[test]
fn a_token_that_would_travel_in_clear_is_warned_about() {
    let warnings = |url| config(&[("BEXIO_BASE_URL", url)]).unwrap().warnings().len();
    assert_eq!(warnings("http://bexio.example"), 1);
    for url in ["https://bexio.example", "http://127.0.0.1:9002", "http://[::1]:9002", "http://localhost"] {
        assert_eq!(warnings(url), 0, "{url}");
    }
    let stale = config(&[("MAX_STALE_SECONDS", "90")]).unwrap().warnings();
    assert!(stale.len() == 1 && stale[0].contains("PSOHUB_MAX_AGE_SECONDS"), "{stale:?}");
}
