//! Configuration: values by name → [`Config`], or every fault at once.
//!
//! The values come through a function, so tests never touch the process's environment, and a file can
//! stand behind it ([`layers`]). Nothing else reads variables.
//!
//! | file | does |
//! |---|---|
//! | `settings` | the one table of settings, joined from the rows of each subject |
//! | `server`, `jwt`, `psohub`, `bexio`, `freshness`, `sending`, `limits`, `clients`, `upstream`, `outage`, `log`, `observability` | a subject each: its rows, its struct, how it is read |
//! | `layers`, `file` | where values come from: environment, files of secrets, configuration file |
//! | `reader`, `faults` | reads one value after the other and collects what is wrong |
//! | `warnings`, `unknown` | what can be used and is probably not what was meant |

mod bexio;
mod clients;
mod data_folder;
mod email;
mod faults;
mod file;
mod freshness;
mod jwt;
mod layers;
mod limits;
mod log;
mod log_filter;
mod oauth_client;
mod observability;
mod outage;
mod psohub;
mod reader;
mod sending;
mod server;
mod setting;
mod settings;
mod unknown;
mod upstream;
mod warnings;

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use crate::domain::secret_key::SecretKeys;
pub use bexio::BexioConfig;
pub use clients::{ClientsConfig, TrustMode};
pub use faults::{ConfigError, Fault, FileFault};
use file::ConfigFile;
pub use freshness::FreshnessConfig;
pub use jwt::{JwtConfig, JwtIssuer};
use layers::Layers;
pub use layers::Place;
pub use limits::LimitsConfig;
pub use log::{LogConfig, LogFormat};
pub use oauth_client::ClientConfig;
pub use observability::{ObservabilityConfig, OtelConfig};
pub use outage::OutageConfig;
pub use psohub::{PsohubConfig, PsohubOauthConfig};
use reader::Reader;
pub use sending::SendingConfig;
pub use setting::Setting;
pub use settings::SETTINGS;
pub use unknown::{UnknownVariable, unknown_variables};
pub use upstream::UpstreamConfig;

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
        let database_url = server::database_url(&mut reader, &get);
        let public_url = reader.optional_url("PUBLIC_URL");
        let secrets_keys = server::secrets_keys(&mut reader);
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
