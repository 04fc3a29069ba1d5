//! What the doctor looks at beside the connection test: the configuration, the database and the clock.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use secrecy::SecretString;

use super::{Check, CheckFinding, Report};
use crate::app::clients::{bexio_client, connection_tester, psohub_client};
use crate::app::secrets::keyring;
use crate::app::settings::settings_service;
use crate::app::{AppError, access, commands, described};
use crate::bexio::BexioClient;
use crate::config::{Config, ConfigError};
use crate::domain::SharedClock;
use crate::domain::connection_test::{FindingSeverity, TestLevel};
use crate::domain::settings::InvalidSetting;
use crate::psohub::PsohubClient;
use crate::services::Catalog;
use crate::services::settings::{SettingsCheck, SettingsService};
use crate::store::{Schema, Store, StoreError, StoreOptions, TokenVault};
use crate::transport::{CallMetrics, NoToken, StaticToken, TokenSource};

/// Who asks, in the records of a test.
const DOCTOR: &str = "doctor";

/// Makes every check, each as far as the ones before allow.
pub(super) async fn run(report: &mut Report, level: TestLevel, clock: &SharedClock) {
    let began = clock.elapsed();
    let config = match Config::from_env(commands::config_file()) {
        Ok(config) => config,
        Err(error) => {
            let spent = clock.elapsed().saturating_sub(began);
            return report.checks.push(Check::made("CONFIGURATION", spent, None, of_config(&error)));
        }
    };
    let spent = clock.elapsed().saturating_sub(began);
    report.checks.push(Check::made("CONFIGURATION", spent, None, doubts(&config)));
    let store = database(report, &config, clock).await;
    if let Err(error) = connections(report, level, &config, store.as_ref(), clock).await {
        let finding = CheckFinding::new(
            "CONFIGURATION_INVALID",
            FindingSeverity::Error,
            described(&error),
            "Correct the setting that the message names.",
        );
        report.checks.push(Check::made("CONNECTIONS", Duration::ZERO, None, vec![finding]));
    }
    if let Some(store) = store {
        store.close().await;
    }
}

fn of_config(error: &ConfigError) -> Vec<CheckFinding> {
    let finding = |message: String| {
        let hint = "docs/configuration.md explains each setting.";
        CheckFinding::new("CONFIGURATION_INVALID", FindingSeverity::Error, message, hint)
    };
    error.sentences().into_iter().map(finding).collect()
}

/// What can be used and is probably not meant.
fn doubts(config: &Config) -> Vec<CheckFinding> {
    let finding = |message: String| {
        let hint = "docs/configuration.md explains each setting.";
        CheckFinding::new("CONFIGURATION_DOUBTFUL", FindingSeverity::Warning, message, hint)
    };
    commands::doubts(config).into_iter().map(finding).collect()
}

/// Opens the database; `None` where nothing may be written to it.
async fn database(report: &mut Report, config: &Config, clock: &SharedClock) -> Option<Store> {
    let began = clock.elapsed();
    let (store, schema) = match open(config).await {
        Ok((store, schema)) => (Some(store), Ok(schema)),
        Err(error) => (None, Err(error)),
    };
    let (found, findings) = match &schema {
        Ok(Schema::Current) => (Some("the schema is up to date".into()), Vec::new()),
        Ok(Schema::Outdated { pending }) => (None, vec![outdated(*pending)]),
        Err(error) => (None, vec![unusable(error)]),
    };
    let spent = clock.elapsed().saturating_sub(began);
    report.checks.push(Check::made("DATABASE", spent, found, findings));
    store.filter(|_| matches!(schema, Ok(Schema::Current)))
}

async fn open(config: &Config) -> Result<(Store, Schema), StoreError> {
    let store = Store::open(config.database_url(), StoreOptions::default()).await?;
    let store = store.with_keys(keyring(config));
    let schema = store.schema().await?;
    Ok((store, schema))
}

fn outdated(pending: usize) -> CheckFinding {
    CheckFinding::new(
        "DATABASE_OUTDATED",
        FindingSeverity::Warning,
        format!("the database's schema lacks {pending} versions"),
        "Run `invoice-gateway migrate`, or start the service: it does so by itself.",
    )
}

fn unusable(error: &StoreError) -> CheckFinding {
    let code = match error {
        StoreError::Newer { .. } => "DATABASE_NEWER",
        StoreError::Damaged { .. } => "DATABASE_DAMAGED",
        _ => "DATABASE_UNAVAILABLE",
    };
    CheckFinding::new(
        code,
        FindingSeverity::Error,
        described(error),
        "Correct DATABASE_URL, or look after the database.",
    )
}

/// The connection test, then the clock, which only the upstreams' answers tell.
async fn connections(
    report: &mut Report,
    level: TestLevel,
    config: &Config,
    store: Option<&Store>,
    clock: &SharedClock,
) -> Result<(), AppError> {
    let (psohub, bexio) = clients(config, store, clock)?;
    let settings = settings_service(config, store.cloned(), None);
    let tester = connection_tester(config, store.cloned(), settings.clone(), &psohub, &bexio, clock);
    if let Err(error) = tester.sweep_due().await {
        tracing::warn!(%error, "what connection tests left could not be looked up");
    }
    match tester.test(level, DOCTOR).await {
        Ok(test) => {
            report.company = test.company;
            report.checks.extend(test.steps.into_iter().map(Check::from));
        }
        Err(error) => {
            let hint = "Report it.";
            let finding = CheckFinding::new("CUT_SHORT", FindingSeverity::Error, error.to_string(), hint);
            report.checks.push(Check::made("CONNECTIONS", Duration::ZERO, None, vec![finding]));
        }
    }
    report.checks.push(settings_check(config, &settings, &bexio, clock).await);
    report.checks.extend(clock_check(&psohub, &bexio));
    Ok(())
}

/// The settings that hold, saved ones before the environment's, held against what Bexio has set up.
async fn settings_check(
    config: &Config,
    settings: &SettingsService,
    bexio: &BexioClient,
    clock: &SharedClock,
) -> Check {
    let began = clock.elapsed();
    let against = SettingsCheck {
        catalog: Catalog::new(bexio.clone(), clock),
        base_currency: config.psohub.base_currency,
        clock: Arc::clone(clock),
    };
    let (found, findings) = match settings.check(&against).await {
        Ok(checked) => {
            let found = match checked.version {
                0 => "the environment's settings hold".to_owned(),
                version => format!("version {version} of the saved settings holds"),
            };
            (Some(found.into()), checked.invalid.iter().map(of_invalid).collect())
        }
        Err(why) => {
            let hint = "Mend what the other checks name; then look again.";
            let message = format!("the settings could not be held against Bexio: {why}");
            (None, vec![CheckFinding::new("SETTINGS_UNCHECKED", FindingSeverity::Warning, message, hint)])
        }
    };
    Check::made("SETTINGS", clock.elapsed().saturating_sub(began), found, findings)
}

fn of_invalid(invalid: &InvalidSetting) -> CheckFinding {
    let InvalidSetting { setting, problem } = invalid;
    let message = format!("{}: {}", setting.name(), problem.what);
    CheckFinding::new(&problem.code.to_string(), FindingSeverity::Error, message, &problem.mend)
}

/// The clients as the service has them. Without a database only tokens from the configuration are at hand.
fn clients(
    config: &Config,
    store: Option<&Store>,
    clock: &SharedClock,
) -> Result<(PsohubClient, BexioClient), AppError> {
    let (psohub, bexio) = match store {
        Some(store) => {
            let access = access::of(config, &TokenVault::new(store.clone(), keyring(config)), clock)?;
            (access.psohub.token_source(), access.bexio.token_source())
        }
        None => {
            (configured(config.psohub.access_token.as_ref()), configured(config.bexio.access_token.as_ref()))
        }
    };
    let calls = CallMetrics::default();
    Ok((psohub_client(config, psohub, clock, &calls)?, bexio_client(config, bexio, clock, &calls)?))
}

fn configured(token: Option<&SecretString>) -> Arc<dyn TokenSource> {
    match token {
        Some(token) => Arc::new(StaticToken(token.clone())),
        None => Arc::new(NoToken),
    }
}

/// By how much the clock may differ from the upstreams': tokens and due dates are told by it.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// Nothing where no upstream told its time.
fn clock_check(psohub: &PsohubClient, bexio: &BexioClient) -> Option<Check> {
    let offsets = [psohub.transport().stats().date_offset, bexio.transport().stats().date_offset];
    // Both are asked over a network: the one that is nearer says more of this machine's clock.
    let offset = offsets.into_iter().flatten().min_by_key(|offset| offset.unsigned_abs())?;
    let seconds = offset.as_secs().unsigned_abs();
    let findings = if offset.abs() > CLOCK_TOLERANCE {
        let direction = if offset.is_negative() { "ahead" } else { "behind" };
        let message = format!("this machine's clock is {seconds} s {direction}");
        let hint = "Set the clock; let it be kept by NTP.";
        vec![CheckFinding::new("CLOCK_WRONG", FindingSeverity::Warning, message, hint)]
    } else {
        Vec::new()
    };
    let found = format!("{seconds} s from the upstreams' clocks").into();
    Some(Check::made("CLOCK", Duration::ZERO, Some(found), findings))
}
