//! Where the service tells how it is: the address of its metrics, and the collector of its traces.

use std::net::SocketAddr;

use secrecy::SecretString;

use super::reader::Reader;
use super::setting::{Setting, secret, setting};

/// The rows of the table on metrics and traces.
pub(super) const SETTINGS: &[Setting] = &[
    setting(
        "METRICS_ADDR",
        None,
        "Address and port of its own for `/metrics`, `/livez` and `/readyz`, which answer there to whoever reaches it. \
         Not set: they are at `LISTEN_ADDR` alone.",
        "127.0.0.1:9464",
    ),
    setting(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        None,
        "Where traces are sent: an OpenTelemetry collector's address for OTLP over HTTP. Not set: nowhere.",
        "http://127.0.0.1:4318",
    ),
    secret(
        "OTEL_EXPORTER_OTLP_HEADERS",
        "Headers of the calls to the collector: `name=value`, separated by commas.",
        "authorization=Basic dXNlcjpwYXNz",
    ),
    setting(
        "OTEL_SERVICE_NAME",
        Some("invoice-gateway"),
        "What traces call the service.",
        "invoice-gateway-muster-ag",
    ),
];

/// Metrics and traces.
#[derive(Debug, Clone)]
pub struct ObservabilityConfig {
    /// `METRICS_ADDR`.
    pub metrics_addr: Option<SocketAddr>,
    /// The collector.
    pub otel: OtelConfig,
}

/// OpenTelemetry, by its standard variables.
#[derive(Debug, Clone)]
pub struct OtelConfig {
    /// `OTEL_EXPORTER_OTLP_ENDPOINT`, without a slash at its end.
    pub endpoint: Option<String>,
    /// `OTEL_EXPORTER_OTLP_HEADERS`.
    pub headers: Vec<(String, SecretString)>,
    /// `OTEL_SERVICE_NAME`.
    pub service_name: String,
}

impl ObservabilityConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let metrics_addr = reader.optional("METRICS_ADDR", |value| {
            value.parse().map_err(|_| "an address with a port, such as 127.0.0.1:9464".to_owned())
        });
        let endpoint = reader.optional_url("OTEL_EXPORTER_OTLP_ENDPOINT");
        let headers = reader.optional("OTEL_EXPORTER_OTLP_HEADERS", headers).unwrap_or_default();
        let service_name = reader.text("OTEL_SERVICE_NAME");
        Some(Self { metrics_addr, otel: OtelConfig { endpoint, headers, service_name: service_name? } })
    }
}

fn headers(value: &str) -> Result<Vec<(String, SecretString)>, String> {
    let pair = |part: &str| {
        let (name, value) = part.split_once('=')?;
        name.trim().parse::<http::HeaderName>().ok()?;
        value.trim().parse::<http::HeaderValue>().ok()?;
        Some((name.trim().to_owned(), SecretString::from(value.trim())))
    };
    let pairs = value.split(',').map(pair).collect::<Option<_>>();
    pairs.ok_or_else(|| "headers such as name=value, separated by commas".to_owned())
}
