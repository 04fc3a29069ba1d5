//! Traces to an OpenTelemetry collector, by OTLP over HTTP with protobuf.
//!
//! Off unless an endpoint is configured. A collector that cannot be reached costs what waits in a bounded queue, and
//! nothing else. The crates read the other standard variables themselves:
//! <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use opentelemetry::KeyValue;
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use secrecy::ExposeSecret;
use tokio::runtime::Handle;

use super::TelemetryError;
use crate::config::OtelConfig;
use crate::transport::PlainSender;

/// How long one batch may take, and the last one at the end of the process.
const EXPORT_MAX: Duration = Duration::from_secs(5);

/// Makes spans and exports them; ends with the process.
pub(super) fn provider(config: &OtelConfig) -> Result<Option<SdkTracerProvider>, TelemetryError> {
    let Some(endpoint) = &config.endpoint else { return Ok(None) };
    let sender = PlainSender::new(EXPORT_MAX).map_err(|error| TelemetryError::Exporter(error.to_string()))?;
    let headers = config.headers.iter().map(|(name, value)| (name.clone(), value.expose_secret().to_owned()));
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Sender { sender, runtime: Handle::current() })
        .with_endpoint(format!("{endpoint}/v1/traces"))
        .with_headers(headers.collect())
        .with_timeout(EXPORT_MAX)
        .build()
        .map_err(|error| TelemetryError::Exporter(error.to_string()))?;
    let resource = Resource::builder()
        .with_service_name(config.service_name.clone())
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    Ok(Some(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build()))
}

/// Sends batches. The exporter calls it from a thread of its own, which knows no runtime.
#[derive(Debug)]
struct Sender {
    sender: PlainSender,
    runtime: Handle,
}

#[async_trait]
impl HttpClient for Sender {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let sender = self.sender.clone();
        // The sender's own words: they name no address, which could hold a password.
        let sent = self.runtime.spawn(async move { sender.send(request).await }).await?;
        Ok(sent?)
    }
}
