//! Why the service does not start, in words for an operator.

use std::net::SocketAddr;

use crate::bexio::BexioError;
use crate::config::ConfigError;
use crate::graphql::Fault;
use crate::psohub::PsohubError;
use crate::services::payment_sync::RunError;
use crate::store::StoreError;
use crate::telemetry::TelemetryError;
use crate::transport::TransportError;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// Correct the named settings.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Correct `LOG`.
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    /// Look after the database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Correct `PSOHUB_BASE_URL`.
    #[error("PSOHUB_BASE_URL cannot be used: {0}")]
    Psohub(#[from] PsohubError),
    /// Correct `BEXIO_BASE_URL`.
    #[error("BEXIO_BASE_URL cannot be used: {0}")]
    Bexio(#[from] BexioError),
    /// The HTTP client could not be made.
    #[error("calls to the upstreams cannot be made: {0}")]
    Transport(#[from] TransportError),
    /// Try again: a run of the payment sync is just beginning or ending.
    #[error(transparent)]
    PaymentSync(#[from] RunError),
    /// Nobody could use the service.
    #[error(
        "nobody could be let in: the database that DATABASE_URL names holds no key, and no issuer of tokens is set. Make a key with \
         `invoice-gateway keys add --role admin --name NAME`, or set JWT_ISSUER, JWT_AUDIENCE and JWT_JWKS_URL; \
         to serve everybody on this machine alone, run `invoice-gateway serve --no-auth`"
    )]
    NobodyAdmitted,
    /// Everybody may be served on the machine itself only.
    #[error(
        "--no-auth serves everybody, and LISTEN_ADDR is {addr}, which other machines may reach: set it to \
         127.0.0.1:{port}, or leave out --no-auth and make a key with \
         `invoice-gateway keys add --role admin --name NAME`",
        port = .addr.port()
    )]
    OpenToOthers {
        /// `LISTEN_ADDR`.
        addr: SocketAddr,
    },
    /// Correct the manifest, or the schema's use in it.
    #[error("the trusted documents of {} cannot be used:{faults}", path.display())]
    TrustedDocuments {
        /// `TRUSTED_DOCUMENTS`.
        path: std::path::PathBuf,
        /// A line for each fault.
        faults: String,
    },
    /// Correct `JWT_JWKS_URL`.
    #[error("tokens cannot be taken: {0}")]
    Tokens(String),
    /// Name another key.
    #[error(transparent)]
    Keys(#[from] super::KeysError),
    /// Look after the service: it does not answer, or says what it lacks.
    #[error("{url}: {reason}")]
    Unhealthy {
        /// What was asked.
        url: String,
        /// What came back.
        reason: String,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {addr}: {source}; is another process using it?")]
    Listen {
        /// `LISTEN_ADDR`.
        addr: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// The simulated upstreams could not be started.
    #[error("the simulated PSOhub and Bexio could not be started: {0}")]
    Simulator(std::io::Error),
    /// The process could not be set up.
    #[error("the process could not be set up: {0}")]
    System(#[from] std::io::Error),
}

/// A failure of the database as GraphQL tells it: logged, and not shown.
pub(super) fn or_fault<T>(result: Result<T, StoreError>) -> Result<T, Fault> {
    result.map_err(|error| Fault::internal(&error))
}
