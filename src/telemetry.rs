//! Logging: from a filter and a format to a subscriber for the whole process.
//!
//! To standard error, so that a command's own output (`schema`) stays clean. Never logged, by
//! those who log: tokens, bodies, addresses, PDFs.

use std::io::{IsTerminal, stderr};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

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

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lines {
    /// For people; coloured in a terminal.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// Starts logging for the whole process; once.
///
/// `filter`: levels and `target=level`, separated by commas, as `LOG` has them.
pub fn init(filter: &str, lines: Lines) -> Result<(), TelemetryError> {
    let registry = tracing_subscriber::registry().with(EnvFilter::builder().parse(filter)?);
    let layer = tracing_subscriber::fmt::layer().with_writer(stderr);
    match lines {
        Lines::Pretty => registry.with(layer.with_ansi(stderr().is_terminal())).try_init()?,
        Lines::Json => registry.with(layer.json().flatten_event(true)).try_init()?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_cannot_be_read_starts_nothing() {
        assert!(matches!(init("info,invoice_gateway=loud", Lines::Json), Err(TelemetryError::Filter(_))));
    }
}
