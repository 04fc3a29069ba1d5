//! A server that takes down what it is sent: an OpenTelemetry collector, or an upstream that fails.

use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;

/// One request.
#[derive(Debug, Clone)]
pub(super) struct Received {
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// The server; it ends with the test's runtime.
pub(super) struct Recorder {
    pub(super) url: String,
    received: Arc<Mutex<Vec<Received>>>,
}

type Shared = (StatusCode, Arc<Mutex<Vec<Received>>>);

fn take((status, received): &Shared, uri: &Uri, headers: HeaderMap, body: Bytes) -> StatusCode {
    received.lock().unwrap().push(Received { path: uri.path().to_owned(), headers, body });
    *status
}

impl Recorder {
    /// Answers everything with `status`.
    pub(super) async fn start(status: u16) -> Self {
        let received = Arc::new(Mutex::new(Vec::new()));
        let state: Shared = (StatusCode::from_u16(status).unwrap(), Arc::clone(&received));
        let handler = |State(shared): State<Shared>, uri: Uri, headers, body| async move {
            take(&shared, &uri, headers, body)
        };
        let router = axum::Router::new().fallback(handler).with_state(state);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, received }
    }

    pub(super) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// The spans that came by OTLP.
    pub(super) fn spans(&self) -> Vec<Span> {
        let batches = self.received().into_iter().map(|received| {
            assert_eq!(received.path, "/v1/traces");
            assert_eq!(received.headers["content-type"], "application/x-protobuf");
            ExportTraceServiceRequest::decode(received.body).unwrap()
        });
        let resources = batches.flat_map(|batch| batch.resource_spans);
        resources.flat_map(|resource| resource.scope_spans).flat_map(|scope| scope.spans).collect()
    }
}
