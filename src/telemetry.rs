//! Logging: from a filter and a format to a subscriber for the whole process.
//!
//! To standard error, so that a command's own output (`schema`) stays clean. Never logged, by
//! those who log: tokens, bodies, addresses, PDFs.

use std::io::{IsTerminal, stderr};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

use crate::config::{LogConfig, LogFormat};

/// Why logging could not be started.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// Correct the setting. The configuration has checked it, so this is for other callers.
    #[error("the log's filter cannot be used; expected levels or target=level, separated by commas")]
    Filter(#[from] ParseError),
    /// The process logs already.
    #[error("logging was started twice")]
    Started(#[from] TryInitError),
}

/// Starts logging for the whole process; once.
pub fn init(log: &LogConfig) -> Result<(), TelemetryError> {
    let registry = tracing_subscriber::registry().with(EnvFilter::builder().parse(&log.filter)?);
    // Colours only where a person looks.
    let layer = tracing_subscriber::fmt::layer().with_writer(stderr);
    match log.format {
        LogFormat::Pretty => registry.with(layer.with_ansi(stderr().is_terminal())).try_init()?,
        LogFormat::Json => registry.with(layer.json().flatten_event(true)).try_init()?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_cannot_be_read_starts_nothing() {
        let log = LogConfig { filter: "info,invoice_gateway=loud".to_owned(), format: LogFormat::Json };
        assert!(matches!(init(&log), Err(TelemetryError::Filter(_))));
    }
}
