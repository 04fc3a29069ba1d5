//! Why the service does not start, in words for an operator.

use std::net::SocketAddr;

use crate::bexio::BexioError;
use crate::config::ConfigError;
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
    /// Nobody may be let in without being asked who they are, but on the machine itself.
    #[error(
        "this version has no access control yet, so `serve` runs only with --no-auth on a loopback address; \
         {reason}"
    )]
    NoAccessControl {
        /// What is missing of that.
        reason: String,
    },
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
