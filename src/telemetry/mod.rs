//! Logs and traces: from settings to a subscriber for the whole process.
//!
//! Logs go to standard error, so that a command's own output (`schema`) stays clean. Never logged, by
//! those who log: tokens, bodies, addresses, PDFs. Traces hold the spans of this crate and nothing else.

mod otlp;

use std::io::{IsTerminal, stderr};
use std::sync::OnceLock;
use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::filter::{ParseError, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};
use tracing_subscriber::{EnvFilter, Layer};

use crate::config::{LogConfig, LogFormat, OtelConfig};

/// Why telemetry could not be started.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// Correct the setting. The configuration has checked it, so this is for other callers.
    #[error("the log's filter cannot be used; expected levels or target=level, separated by commas")]
    Filter(#[from] ParseError),
    /// The process logs already.
    #[error("logging was started twice")]
    Started(#[from] TryInitError),
    /// Correct `OTEL_EXPORTER_OTLP_ENDPOINT`.
    #[error("traces cannot be exported: {0}; correct OTEL_EXPORTER_OTLP_ENDPOINT")]
    Exporter(String),
}

/// What exports the process's traces, as the subscriber there is one of it.
static TRACES: OnceLock<SdkTracerProvider> = OnceLock::new();

/// How long the end of the process waits for the last traces.
const FLUSH_MAX: Duration = Duration::from_secs(3);

/// Starts logging for the whole process, and traces where a collector is configured; once. Where one is, to be
/// called within a runtime.
pub fn init(log: &LogConfig, otel: &OtelConfig) -> Result<(), TelemetryError> {
    let filter = EnvFilter::builder().parse(&log.filter)?;
    // Colours only where a person looks.
    let lines = tracing_subscriber::fmt::layer().with_writer(stderr);
    let lines = match log.format {
        LogFormat::Pretty => lines.with_ansi(stderr().is_terminal()).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    let provider = otlp::provider(otel)?;
    let traces = provider.as_ref().map(|provider| {
        // Spans alone, at a level of their own: what the log shows does not decide what is traced. Events would
        // carry words of the upstreams.
        let ours = |data: &tracing::Metadata<'_>| {
            data.is_span()
                && data.target().starts_with("invoice_gateway")
                && *data.level() <= tracing::Level::INFO
        };
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("invoice-gateway"));
        layer.with_location(false).with_threads(false).with_filter(filter_fn(ours))
    });
    tracing_subscriber::registry().with(lines.with_filter(filter)).with(traces).try_init()?;
    if let Some(provider) = provider {
        let _ = TRACES.set(provider);
    }
    Ok(())
}

/// Sends the last traces; waits for it, so not to be called by a task. A collector that is away is not waited for long.
pub fn flush() {
    let Some(provider) = TRACES.get() else { return };
    if let Err(error) = provider.shutdown_with_timeout(FLUSH_MAX) {
        tracing::warn!(%error, "the last traces were not exported");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_cannot_be_read_starts_nothing() {
        let log = LogConfig { filter: "info,invoice_gateway=loud".to_owned(), format: LogFormat::Json };
        let otel = OtelConfig { endpoint: None, headers: Vec::new(), service_name: String::new() };
        assert!(matches!(init(&log, &otel), Err(TelemetryError::Filter(_))));
    }
}
