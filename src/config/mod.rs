//! Configuration: values by name → [`Config`], or every fault at once.
//!
//! The values come through a function, so tests never touch the process's environment, and a file can
//! stand behind it ([`layers`]). Nothing else reads variables.

mod clients;
mod data_folder;
mod email;
mod faults;
mod file;
mod jwt;
mod layers;
mod limits;
mod log_filter;
mod observability;
mod outage;
mod reader;
mod settings;
mod unknown;

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use crate::domain::delivery::ExternalIdKind;
use crate::domain::plan::{DetailLines, VatMode};
use crate::domain::schedule::Schedule;
use crate::domain::secret_key::SecretKeys;
use crate::domain::{CurrencyCode, Money, RoundingTolerance};
pub use clients::{ClientsConfig, TrustMode};
pub use faults::{ConfigError, Fault, FileFault};
use file::ConfigFile;
pub use jwt::JwtConfig;
use layers::Layers;
pub use layers::Place;
pub use limits::LimitsConfig;
pub use observability::{ObservabilityConfig, OtelConfig};
pub use outage::OutageConfig;
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
    /// `PUBLIC_URL`, without a slash at its end.
    public_url: Option<String>,
    /// `SECRETS_KEY`.
    pub secrets_keys: Option<SecretKeys>,
    /// Tokens of callers.
    pub jwt: JwtConfig,
    /// PSOhub's settings.
    pub psohub: PsohubConfig,
    /// Bexio's settings.
    pub bexio: BexioConfig,
    /// How old data may be.
    pub freshness: FreshnessConfig,
    /// How long a call to either of them may take.
    pub upstream: UpstreamConfig,
    /// What one operation, caller or connection may ask for.
    pub limits: LimitsConfig,
    /// Which pages and documents clients may use.
    pub clients: ClientsConfig,
    /// What holds while either of them is in trouble, and how many calls may be under way.
    pub outage: OutageConfig,
    /// What sends and the payment sync need.
    pub sending: SendingConfig,
    /// `LEASE_SECONDS`.
    pub lease: Duration,
    /// `SHUTDOWN_GRACE_SECONDS`.
    pub shutdown_grace: Duration,
    /// What is logged, and how.
    pub log: LogConfig,
    /// Metrics and traces.
    pub observability: ObservabilityConfig,
    /// What of the file should not stay as it is, a sentence each.
    file_warnings: Vec<String>,
}

/// PSOhub.
#[derive(Debug, Clone)]
pub struct PsohubConfig {
    /// `PSOHUB_BASE_URL`, without a slash at its end.
    pub base_url: String,
    /// `PSOHUB_ACCESS_TOKEN`.
    pub access_token: Option<SecretString>,
    /// The registered app and what is assumed of its token call.
    pub oauth: PsohubOauthConfig,
    /// `PSOHUB_MAX_AGE_SECONDS`.
    pub max_age: Duration,
    /// `PSOHUB_REFRESH_SECONDS`.
    pub refresh: Duration,
    /// `PSOHUB_LIST_SECONDS`.
    pub list_timeout: Duration,
    /// `BASE_CURRENCY`.
    pub base_currency: CurrencyCode,
}

/// PSOhub's app, and what is not documented of the way to its tokens.
#[derive(Debug, Clone)]
pub struct PsohubOauthConfig {
    /// `PSOHUB_CLIENT_ID` and `PSOHUB_CLIENT_SECRET`.
    pub client: ClientConfig,
    /// `PSOHUB_SCOPES`.
    pub scopes: Vec<String>,
    /// `PSOHUB_AUTHORIZE_URL`.
    pub authorize_url: Option<String>,
    /// `PSOHUB_TOKEN_URL`.
    pub token_url: Option<String>,
    /// `PSOHUB_TOKEN_NAMES`: OAuth 2's name and PSOhub's.
    pub token_names: Vec<(String, String)>,
    /// `PSOHUB_TOKEN_BODY` is `json`.
    pub token_body_is_json: bool,
    /// `PSOHUB_TOKEN_HEADER`: name and scheme.
    pub token_header: (String, String),
}

/// An app as an upstream registered it.
#[derive(Debug, Clone)]
pub struct ClientConfig {
    id: Option<String>,
    secret: Option<SecretString>,
}

impl ClientConfig {
    /// Its id and its secret: one without the other is of no use.
    pub fn both(&self) -> Option<(&str, &SecretString)> {
        Some((self.id.as_deref()?, self.secret.as_ref()?))
    }

    fn is_half_set(&self) -> bool {
        self.id.is_some() != self.secret.is_some()
    }

    fn read(reader: &mut Reader<'_>, id: &'static str, secret: &'static str) -> Self {
        Self { id: reader.text(id), secret: reader.token(secret) }
    }
}

/// Bexio.
#[derive(Debug, Clone)]
pub struct BexioConfig {
    /// `BEXIO_BASE_URL`, without a slash at its end.
    pub base_url: String,
    /// `BEXIO_ACCESS_TOKEN`.
    pub access_token: Option<SecretString>,
    /// `BEXIO_CLIENT_ID` and `BEXIO_CLIENT_SECRET`.
    pub client: ClientConfig,
    /// `BEXIO_SCOPES`.
    pub scopes: Vec<String>,
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
    /// `INVOICE_LANGUAGE`: ISO 639-1.
    pub language: Option<String>,
    /// `BANK_ACCOUNT`: Bexio's id.
    pub bank_account: Option<i64>,
    /// `PAYMENT_TYPE`: Bexio's id.
    pub payment_type: Option<i64>,
    /// `UNIT`: Bexio's id.
    pub unit: Option<i64>,
    /// `EMAIL_SUBJECT`, known to have no unknown placeholder.
    pub email_subject: Option<String>,
    /// `EMAIL_MESSAGE`, known to have no unknown placeholder, with line breaks.
    pub email_message: Option<String>,
    /// `EMAIL_ATTACH_PDF`.
    pub email_attach_pdf: bool,
    /// `VAT_MODE`.
    pub vat_mode: VatMode,
    /// `ROUNDING_TOLERANCE`, in `BASE_CURRENCY`.
    pub rounding_tolerance: RoundingTolerance,
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
    /// Reads the process's environment, and the file below it where one is named.
    pub fn from_env(file: Option<&Path>) -> Result<Self, ConfigError> {
        let variable = |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
        Self::load(variable, file.map(ConfigFile::read).as_ref())
    }

    /// Reads values by name: those of [`SETTINGS`] and the platform's folder variables.
    pub fn from_env_map(get: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        Self::load(get, None)
    }

    fn load(get: impl Fn(&str) -> Option<String>, file: Option<&ConfigFile>) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(Layers::new(&get, file));
        // All are read before any is missed: `?` must not hide what comes after it.
        let listen_addr = reader.parsed("LISTEN_ADDR", "an address with a port, such as 127.0.0.1:8080");
        let database_url = database_url(&mut reader, &get);
        let public_url = reader.optional_url("PUBLIC_URL");
        let secrets_keys = reader.optional("SECRETS_KEY", |value| {
            SecretKeys::parse(value)
                .map_err(|fault| format!("keys of 32 bytes in base64, separated by commas ({fault})"))
        });
        let jwt = JwtConfig::read(&mut reader);
        let psohub = PsohubConfig::read(&mut reader);
        let bexio = BexioConfig::read(&mut reader);
        let freshness = FreshnessConfig::read(&mut reader);
        let upstream = UpstreamConfig::read(&mut reader);
        let limits = LimitsConfig::read(&mut reader);
        let clients = ClientsConfig::read(&mut reader);
        let outage = OutageConfig::read(&mut reader);
        let sending = SendingConfig::read(&mut reader);
        let lease = reader.seconds("LEASE_SECONDS");
        let shutdown_grace = reader.seconds("SHUTDOWN_GRACE_SECONDS");
        let log = LogConfig::read(&mut reader);
        let observability = ObservabilityConfig::read(&mut reader);
        let config = (|| {
            Some(Self {
                listen_addr: listen_addr?,
                database_url: database_url?,
                public_url,
                secrets_keys,
                jwt: jwt?,
                psohub: psohub?,
                bexio: bexio?,
                freshness: freshness?,
                upstream: upstream?,
                limits: limits?,
                clients: clients?,
                outage: outage?,
                sending: sending?,
                lease: lease?,
                shutdown_grace: shutdown_grace?,
                log: log?,
                observability: observability?,
                file_warnings: file.map(|file| file.warnings.clone()).unwrap_or_default(),
            })
        })();
        let file_faults = file.map(|file| file.faults.clone()).unwrap_or_default();
        reader.finish(config, file_faults)
    }

    /// What can be used but is probably not what was meant, a sentence each.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = self.file_warnings.clone();
        for (name, url) in [
            ("PSOHUB_BASE_URL", &self.psohub.base_url),
            ("BEXIO_BASE_URL", &self.bexio.base_url),
            ("BEXIO_ISSUER_URL", &self.bexio.issuer_url),
        ] {
            if leaves_in_clear(url) {
                warnings.push(format!("{name} is {url}: access tokens leave this machine unencrypted"));
            }
        }
        for (name, client) in
            [("PSOHUB_CLIENT", &self.psohub.oauth.client), ("BEXIO_CLIENT", &self.bexio.client)]
        {
            if client.is_half_set() {
                warnings.push(format!(
                    "of {name}_ID and {name}_SECRET only one is set: the account cannot be connected"
                ));
            }
        }
        if let Some(url) = self.public_url.as_deref().filter(|url| leaves_in_clear(url)) {
            warnings.push(format!("PUBLIC_URL is {url}: codes and cookies arrive unencrypted"));
        }
        warnings.extend(self.clients.warning());
        if let Some(url) = self.jwt.jwks_url.as_deref().filter(|url| leaves_in_clear(url)) {
            warnings
                .push(format!("JWT_JWKS_URL is {url}: whoever is on the way can put in keys of their own"));
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
        let oauth = PsohubOauthConfig::read(reader);
        let max_age = reader.seconds("PSOHUB_MAX_AGE_SECONDS");
        let refresh = reader.seconds("PSOHUB_REFRESH_SECONDS");
        let list_timeout = reader.seconds("PSOHUB_LIST_SECONDS");
        let base_currency =
            reader.parsed("BASE_CURRENCY", "the three letters of an ISO 4217 currency, such as CHF");
        Some(Self {
            base_url: base_url?,
            access_token,
            oauth: oauth?,
            max_age: max_age?,
            refresh: refresh?,
            list_timeout: list_timeout?,
            base_currency: base_currency?,
        })
    }
}

impl PsohubOauthConfig {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let client = ClientConfig::read(reader, "PSOHUB_CLIENT_ID", "PSOHUB_CLIENT_SECRET");
        let authorize_url = reader.optional_url("PSOHUB_AUTHORIZE_URL");
        let token_url = reader.optional_url("PSOHUB_TOKEN_URL");
        let token_names = reader.required("PSOHUB_TOKEN_NAMES", pairs);
        let token_body_is_json = reader.required("PSOHUB_TOKEN_BODY", |value| match value {
            "form" => Ok(false),
            "json" => Ok(true),
            _ => Err("form or json".to_owned()),
        });
        let token_header = reader.required("PSOHUB_TOKEN_HEADER", header);
        Some(Self {
            client,
            scopes: words(reader.text("PSOHUB_SCOPES")),
            authorize_url,
            token_url,
            token_names: token_names?,
            token_body_is_json: token_body_is_json?,
            token_header: token_header?,
        })
    }
}

fn words(text: Option<String>) -> Vec<String> {
    text.unwrap_or_default().split_whitespace().map(str::to_owned).collect()
}

/// `name=theirs`, separated by blanks.
fn pairs(value: &str) -> Result<Vec<(String, String)>, String> {
    let pair = |word: &str| {
        let (name, theirs) =
            word.split_once('=').filter(|(name, theirs)| !name.is_empty() && !theirs.is_empty())?;
        Some((name.to_owned(), theirs.to_owned()))
    };
    value
        .split_whitespace()
        .map(pair)
        .collect::<Option<_>>()
        .ok_or_else(|| "pairs such as client_id=clientid, separated by blanks".to_owned())
}

/// `Name: scheme`; the scheme may be empty.
fn header(value: &str) -> Result<(String, String), String> {
    let (name, scheme) = value.split_once(':').unwrap_or((value, ""));
    match name.trim().parse::<http::HeaderName>() {
        Ok(_) => Ok((name.trim().to_owned(), scheme.trim().to_owned())),
        Err(_) => Err("a header's name, a colon and what stands before the token".to_owned()),
    }
}

impl BexioConfig {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let base_url = reader.base_url("BEXIO_BASE_URL");
        let access_token = reader.token("BEXIO_ACCESS_TOKEN");
        let client = ClientConfig::read(reader, "BEXIO_CLIENT_ID", "BEXIO_CLIENT_SECRET");
        let scopes = words(reader.text("BEXIO_SCOPES"));
        let issuer_url = reader.base_url("BEXIO_ISSUER_URL");
        let max_age = reader.seconds("BEXIO_MAX_AGE_SECONDS");
        let refresh = reader.seconds("BEXIO_REFRESH_SECONDS");
        let full_pass = reader.seconds("BEXIO_FULL_PASS_SECONDS");
        Some(Self {
            base_url: base_url?,
            access_token,
            client,
            scopes,
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

/// An amount in the company's own currency; a currency that is none is told where it is read.
fn tolerance(reader: &mut Reader<'_>) -> Option<RoundingTolerance> {
    let Some(base) = reader.text("BASE_CURRENCY").and_then(|code| code.parse().ok()) else {
        return Some(RoundingTolerance::STANDARD);
    };
    if reader.text("ROUNDING_TOLERANCE").is_none() {
        return Some(RoundingTolerance::STANDARD);
    }
    reader.required("ROUNDING_TOLERANCE", |value| {
        let expected = || format!("an amount from 0 to {}, such as 0.05", RoundingTolerance::MAX);
        let amount = value.parse().map_err(|_| expected())?;
        RoundingTolerance::of_base(Money::new(amount, base)).map_err(|_| expected())
    })
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
        let language = reader.optional("INVOICE_LANGUAGE", email::language);
        let bank_account = reader.optional("BANK_ACCOUNT", bexio_id);
        let payment_type = reader.optional("PAYMENT_TYPE", bexio_id);
        let unit = reader.optional("UNIT", bexio_id);
        let email_subject = reader.optional("EMAIL_SUBJECT", email::subject);
        let email_message = reader.optional("EMAIL_MESSAGE", email::message);
        let email_attach_pdf = reader.required("EMAIL_ATTACH_PDF", |value| match value {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err("true or false".to_owned()),
        });
        let vat_mode = reader.required("VAT_MODE", |value| {
            VatMode::from_word(value).ok_or_else(|| "added, included, without or exempt".to_owned())
        });
        let rounding_tolerance = tolerance(reader);
        let payment_sync_cron = reader
            .required("PAYMENT_SYNC_CRON", |value| Schedule::parse(value).map_err(|error| error.to_string()));
        let quiet_period = reader.seconds("QUIET_PERIOD_SECONDS");
        Some(Self {
            revenue_account,
            tax_code,
            zero_tax_code,
            detail_lines: detail_lines?,
            external_id: external_id?,
            language,
            bank_account,
            payment_type,
            unit,
            vat_mode: vat_mode?,
            rounding_tolerance: rounding_tolerance?,
            email_subject,
            email_message,
            email_attach_pdf: email_attach_pdf?,
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

fn bexio_id(value: &str) -> Result<i64, String> {
    let id = value.parse().ok().filter(|id| *id > 0);
    id.ok_or_else(|| "an id of Bexio's, a whole number from 1, as `bexioCatalog` shows it".to_owned())
}

impl Config {
    /// Where browsers reach the service, without a slash at its end.
    pub fn public_url(&self) -> String {
        self.public_url.clone().unwrap_or_else(|| format!("http://{}", self.listen_addr))
    }

    /// The database's address, for the store alone.
    pub fn database_url(&self) -> &str {
        self.database_url.expose_secret()
    }
}

#[cfg(test)]
mod file_tests;
#[cfg(test)]
mod tests;
