//! Configuration: values by name → [`Config`], or every fault at once.
//!
//! The values come through a function, so a file can be put behind the environment without a
//! change here, and tests never touch the process's environment. Nothing else reads variables.

mod data_folder;
mod faults;
mod log_filter;
mod reader;
mod settings;
mod unknown;

use std::net::SocketAddr;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use crate::domain::CurrencyCode;
use crate::domain::delivery::ExternalIdKind;
use crate::domain::plan::DetailLines;
use crate::domain::schedule::Schedule;
pub use faults::{ConfigError, Fault};
use reader::Reader;
pub use settings::{SETTINGS, Setting};
pub use unknown::{UnknownVariable, unknown_variables};

/// What the service is told from outside. Secrets show as redacted in `Debug`.
#[derive(Debug, Clone)]
pub struct Config {
    /// `LISTEN_ADDR`.
    pub listen_addr: SocketAddr,
    /// `DATABASE_URL`; it may hold a password: read it by [`Config::database_url`].
    database_url: SecretString,
    /// PSOhub's settings.
    pub psohub: PsohubConfig,
    /// Bexio's settings.
    pub bexio: BexioConfig,
    /// How old data may be.
    pub freshness: FreshnessConfig,
    /// How long a call to either of them may take.
    pub upstream: UpstreamConfig,
    /// What sends and the payment sync need.
    pub sending: SendingConfig,
    /// `LEASE_SECONDS`.
    pub lease: Duration,
    /// `SHUTDOWN_GRACE_SECONDS`.
    pub shutdown_grace: Duration,
    /// What is logged, and how.
    pub log: LogConfig,
}

/// PSOhub.
#[derive(Debug, Clone)]
pub struct PsohubConfig {
    /// `PSOHUB_BASE_URL`, without a slash at its end.
    pub base_url: String,
    /// `PSOHUB_ACCESS_TOKEN`.
    pub access_token: Option<SecretString>,
    /// `PSOHUB_MAX_AGE_SECONDS`.
    pub max_age: Duration,
    /// `PSOHUB_REFRESH_SECONDS`.
    pub refresh: Duration,
    /// `PSOHUB_LIST_SECONDS`.
    pub list_timeout: Duration,
    /// `BASE_CURRENCY`.
    pub base_currency: CurrencyCode,
}

/// Bexio.
#[derive(Debug, Clone)]
pub struct BexioConfig {
    /// `BEXIO_BASE_URL`, without a slash at its end.
    pub base_url: String,
    /// `BEXIO_ACCESS_TOKEN`.
    pub access_token: Option<SecretString>,
    /// `BEXIO_ISSUER_URL`, without a slash at its end.
    pub issuer_url: String,
    /// `BEXIO_MAX_AGE_SECONDS`.
    pub max_age: Duration,
    /// `BEXIO_REFRESH_SECONDS`.
    pub refresh: Duration,
    /// `BEXIO_FULL_PASS_SECONDS`.
    pub full_pass: Duration,
}

/// Refreshing, for both sources alike.
#[derive(Debug, Clone)]
pub struct FreshnessConfig {
    /// `MAX_STALE_SECONDS`.
    pub max_stale: Duration,
    /// `REFRESH_WAIT_SECONDS`.
    pub refresh_wait: Duration,
    /// `REFRESH_RETRY_SECONDS`.
    pub refresh_retry: Duration,
}

/// Time-outs of calls.
#[derive(Debug, Clone)]
pub struct UpstreamConfig {
    /// `UPSTREAM_CONNECT_SECONDS`.
    pub connect_timeout: Duration,
    /// `UPSTREAM_READ_SECONDS`.
    pub read_timeout: Duration,
    /// `UPSTREAM_TOTAL_SECONDS`.
    pub total_timeout: Duration,
    /// `RETRY_BASE_SECONDS`.
    pub retry_base: Duration,
}

/// Sends and the payment sync.
#[derive(Debug, Clone)]
pub struct SendingConfig {
    /// `REVENUE_ACCOUNT`.
    pub revenue_account: Option<String>,
    /// `TAX_CODE`.
    pub tax_code: Option<String>,
    /// `ZERO_TAX_CODE`.
    pub zero_tax_code: Option<String>,
    /// `DETAIL_LINES`.
    pub detail_lines: DetailLines,
    /// `EXTERNAL_ID`.
    pub external_id: ExternalIdKind,
    /// `PAYMENT_SYNC_CRON`: six fields, UTC, known to be valid.
    pub payment_sync_cron: Schedule,
    /// `QUIET_PERIOD_SECONDS`.
    pub quiet_period: Duration,
}

/// Logging.
#[derive(Debug, Clone)]
pub struct LogConfig {
    /// `LOG`, known to be a valid filter.
    pub filter: String,
    /// `LOG_FORMAT`.
    pub format: LogFormat,
}

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

impl Config {
    /// Reads the process's environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_env_map(|name| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()))
    }

    /// Reads values by name: those of [`SETTINGS`] and the platform's folder variables.
    pub fn from_env_map(get: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(&get);
        // All are read before any is missed: `?` must not hide what comes after it.
        let listen_addr = reader.parsed("LISTEN_ADDR", "an address with a port, such as 127.0.0.1:8080");
        let database_url = database_url(&mut reader, &get);
        let psohub = PsohubConfig::read(&mut reader);
        let bexio = BexioConfig::read(&mut reader);
        let freshness = FreshnessConfig::read(&mut reader);
        let upstream = UpstreamConfig::read(&mut reader);
        let sending = SendingConfig::read(&mut reader);
        let lease = reader.seconds("LEASE_SECONDS");
        let shutdown_grace = reader.seconds("SHUTDOWN_GRACE_SECONDS");
        let log = LogConfig::read(&mut reader);
        let config = (|| {
            Some(Self {
                listen_addr: listen_addr?,
                database_url: database_url?,
                psohub: psohub?,
                bexio: bexio?,
                freshness: freshness?,
                upstream: upstream?,
                sending: sending?,
                lease: lease?,
                shutdown_grace: shutdown_grace?,
                log: log?,
            })
        })();
        reader.finish(config)
    }

    /// What can be used but is probably not what was meant, a sentence each.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        for (name, url) in [
            ("PSOHUB_BASE_URL", &self.psohub.base_url),
            ("BEXIO_BASE_URL", &self.bexio.base_url),
            ("BEXIO_ISSUER_URL", &self.bexio.issuer_url),
        ] {
            if leaves_in_clear(url) {
                warnings.push(format!("{name} is {url}: access tokens leave this machine unencrypted"));
            }
        }
        for (name, max_age) in
            [("PSOHUB_MAX_AGE_SECONDS", self.psohub.max_age), ("BEXIO_MAX_AGE_SECONDS", self.bexio.max_age)]
        {
            if max_age > self.freshness.max_stale {
                warnings.push(format!(
                    "{name} is above MAX_STALE_SECONDS: data counts as fresh for longer than it may be served"
                ));
            }
        }
        warnings
    }
}

fn leaves_in_clear(url: &str) -> bool {
    let Ok(uri) = url.parse::<http::Uri>() else { return false };
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let loopback = host == "localhost" || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
    uri.scheme_str() == Some("http") && !loopback
}

fn database_url(reader: &mut Reader<'_>, get: &impl Fn(&str) -> Option<String>) -> Option<SecretString> {
    const EXPECTED: &str = "sqlite:<path of a file> or postgres://user@host/database";
    if reader.text("DATABASE_URL").is_none() {
        let default = data_folder::database_url(std::env::consts::OS, get);
        if default.is_none() {
            reader.fault("DATABASE_URL", None, format!("{EXPECTED}, since no home folder is known"));
        }
        return default.map(SecretString::from);
    }
    reader.optional("DATABASE_URL", |value| match value.split_once(':') {
        Some(("sqlite" | "postgres" | "postgresql", rest)) if !rest.is_empty() => {
            Ok(SecretString::from(value))
        }
        _ => Err(EXPECTED.to_owned()),
    })
}

impl PsohubConfig {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let base_url = reader.base_url("PSOHUB_BASE_URL");
        let access_token = reader.token("PSOHUB_ACCESS_TOKEN");
        let max_age = reader.seconds("PSOHUB_MAX_AGE_SECONDS");
        let refresh = reader.seconds("PSOHUB_REFRESH_SECONDS");
        let list_timeout = reader.seconds("PSOHUB_LIST_SECONDS");
        let base_currency =
            reader.parsed("BASE_CURRENCY", "the three letters of an ISO 4217 currency, such as CHF");
        Some(Self {
            base_url: base_url?,
            access_token,
            max_age: max_age?,
            refresh: refresh?,
            list_timeout: list_timeout?,
            base_currency: base_currency?,
        })
    }
}

impl BexioConfig {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let base_url = reader.base_url("BEXIO_BASE_URL");
        let access_token = reader.token("BEXIO_ACCESS_TOKEN");
        let issuer_url = reader.base_url("BEXIO_ISSUER_URL");
        let max_age = reader.seconds("BEXIO_MAX_AGE_SECONDS");
        let refresh = reader.seconds("BEXIO_REFRESH_SECONDS");
        let full_pass = reader.seconds("BEXIO_FULL_PASS_SECONDS");
        Some(Self {
            base_url: base_url?,
            access_token,
            issuer_url: issuer_url?,
            max_age: max_age?,
            refresh: refresh?,
            full_pass: full_pass?,
        })
    }
}

impl FreshnessConfig {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let max_stale = reader.seconds("MAX_STALE_SECONDS");
        let refresh_wait = reader.seconds("REFRESH_WAIT_SECONDS");
        let refresh_retry = reader.seconds("REFRESH_RETRY_SECONDS");
        Some(Self { max_stale: max_stale?, refresh_wait: refresh_wait?, refresh_retry: refresh_retry? })
    }
}

impl UpstreamConfig {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let connect_timeout = reader.seconds("UPSTREAM_CONNECT_SECONDS");
        let read_timeout = reader.seconds("UPSTREAM_READ_SECONDS");
        let total_timeout = reader.seconds("UPSTREAM_TOTAL_SECONDS");
        let retry_base = reader.seconds("RETRY_BASE_SECONDS");
        Some(Self {
            connect_timeout: connect_timeout?,
            read_timeout: read_timeout?,
            total_timeout: total_timeout?,
            retry_base: retry_base?,
        })
    }
}

impl SendingConfig {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let revenue_account = reader.text("REVENUE_ACCOUNT");
        let tax_code = reader.text("TAX_CODE");
        let zero_tax_code = reader.text("ZERO_TAX_CODE");
        let detail_lines = reader.required("DETAIL_LINES", |value| match value {
            "in-text" => Ok(DetailLines::InText),
            "omit" => Ok(DetailLines::Omit),
            _ => Err("in-text or omit".to_owned()),
        });
        let external_id = reader.required("EXTERNAL_ID", |value| match value {
            "number" => Ok(ExternalIdKind::DocumentNumber),
            "id" => Ok(ExternalIdKind::Id),
            _ => Err("number or id".to_owned()),
        });
        let payment_sync_cron = reader.required("PAYMENT_SYNC_CRON", |value| {
            Schedule::parse(value).map_err(|error| error.to_string())
        });
        let quiet_period = reader.seconds("QUIET_PERIOD_SECONDS");
        Some(Self {
            revenue_account,
            tax_code,
            zero_tax_code,
            detail_lines: detail_lines?,
            external_id: external_id?,
            payment_sync_cron: payment_sync_cron?,
            quiet_period: quiet_period?,
        })
    }
}

impl LogConfig {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let filter = reader.required("LOG", log_filter::parse);
        let format = reader.required("LOG_FORMAT", |value| match value {
            "pretty" => Ok(LogFormat::Pretty),
            "json" => Ok(LogFormat::Json),
            _ => Err("pretty or json".to_owned()),
        });
        Some(Self { filter: filter?, format: format? })
    }
}

impl Config {
    /// The database's address, for the store alone.
    pub fn database_url(&self) -> &str {
        self.database_url.expose_secret()
    }
}

#[cfg(test)]
mod tests;
