//! The front of everything: gives each request its id, sends `/graphql` the short way and the rest
//! through the router, and sees to it that every answer is an answer.

use std::convert::Infallible;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use http::header::CACHE_CONTROL;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body::Body as HttpBody;
use http_body_util::Either;
use hyper::service::Service;
use tower::ServiceExt;
use tracing::Instrument as _;

use super::access::Access;
use super::connect::{self, ConnectFlow};
use super::cors::Cors;
use super::fault::HttpFault;
use super::graphql::GraphqlEndpoint;
use super::hosts::Hosts;
use super::media_type::MediaType;
use super::metrics::{self, HttpMetrics, MetricsSource, Route};
use super::request_id::{RequestId, X_REQUEST_ID};
use super::response::{self, Body};
use super::server::BoxError;
use super::{HttpState, router, security};
use crate::domain::SharedClock;
use crate::trace::{self, TraceExt as _};

/// Answers every request of the gateway; cheap to clone.
#[derive(Clone)]
pub struct Gateway {
    parts: Arc<Parts>,
    hosts: Hosts,
    access: Access,
    observed: Arc<Observed>,
    /// Only what machines ask that watch the service, of whoever reaches this address.
    for_monitoring: bool,
}

/// What watches the gateway.
#[derive(Clone)]
struct Observed {
    metrics: Arc<HttpMetrics>,
    source: Option<Arc<dyn MetricsSource>>,
    clock: SharedClock,
}

#[derive(Clone)]
struct Parts {
    graphql: Arc<GraphqlEndpoint>,
    router: axum::Router,
    cors: Cors,
}

impl Gateway {
    /// The gateway's HTTP surface over `state`.
    pub fn new(state: HttpState) -> Self {
        let access = state.access.clone();
        let observed =
            Observed { metrics: Arc::new(HttpMetrics::new()), source: None, clock: Arc::clone(&state.clock) };
        let graphql = GraphqlEndpoint::new(
            Arc::clone(&state.executor),
            access.clone(),
            Arc::clone(&state.clock),
            state.graphql_config.clone(),
        );
        let cors = Cors::new(state.graphql_config.origins.clone());
        let parts = Parts { graphql: Arc::new(graphql), router: router::build(state), cors };
        Self {
            parts: Arc::new(parts),
            hosts: Hosts::Any,
            access,
            observed: Arc::new(observed),
            for_monitoring: false,
        }
    }

    /// Answers `/metrics` with the samples of `source` beside its own.
    #[must_use]
    pub fn telling(self, source: Arc<dyn MetricsSource>) -> Self {
        let observed = Observed { source: Some(source), ..Arc::unwrap_or_clone(self.observed) };
        Self { observed: Arc::new(observed), ..self }
    }

    /// The same for an address of its own: `/metrics`, `/livez` and `/readyz`, for whoever reaches it.
    #[must_use]
    pub fn for_monitoring(&self) -> Self {
        Self { for_monitoring: true, hosts: Hosts::Any, ..self.clone() }
    }

    /// Lets administrators connect accounts by `flow`, under `/connect`.
    #[must_use]
    pub fn connecting(self, flow: Arc<dyn ConnectFlow>) -> Self {
        let Parts { graphql, router, cors } = Arc::unwrap_or_clone(self.parts);
        let router = router.merge(connect::router(flow, self.access.clone()));
        Self { parts: Arc::new(Parts { graphql, router, cors }), ..self }
    }

    /// Answers to these names of the service only.
    #[must_use]
    pub fn answering_to(self, hosts: Hosts) -> Self {
        Self { hosts, ..self }
    }

    /// Answers in a span of the trace that the request belongs to, and counts it.
    async fn observe<B>(self, request: Request<B>) -> Response<Body>
    where
        B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + Unpin + 'static,
    {
        let id = RequestId::of(request.headers());
        let route = Route::of(request.uri().path());
        let observed = Arc::clone(&self.observed);
        let began = observed.clock.elapsed();
        let took = || observed.clock.elapsed().saturating_sub(began);
        if route.is_probe() {
            let response = self.answer(request, route, id).await;
            observed.metrics.count(route, response.status().as_u16(), took());
            return response;
        }
        let method = request.method().clone();
        let context = trace::of(request.headers());
        let span = {
            let _in_the_callers_trace = context.clone().attach();
            span_of(&method, route, &id)
        };
        let response = self.answer(request, route, id).instrument(span.clone()).with_context(context).await;
        let status = response.status().as_u16();
        let took = took();
        observed.metrics.count(route, status, took);
        span.record("http.response.status_code", status);
        let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        // What went well is counted; a line for each would cost more than most answers.
        span.in_scope(|| match status {
            500.. => tracing::warn!(status, ms, "{method} {} {status}", route.0),
            400.. => tracing::info!(status, ms, "{method} {} {status}", route.0),
            _ => tracing::debug!(status, ms, "{method} {} {status}", route.0),
        });
        response
    }

    /// Whether who sends this may read the metrics.
    async fn check_reader(&self, headers: &HeaderMap, method: &Method) -> Result<(), HttpFault> {
        if self.for_monitoring {
            return Ok(());
        }
        metrics::may_read(&self.access, method, headers).await
    }

    async fn metrics(&self, id: &RequestId) -> Response<Body> {
        let Observed { metrics, source: Some(source), .. } = &*self.observed else {
            return response::refusal(&HttpFault::NotFound, MediaType::Json, id);
        };
        let mut response = metrics.page(self.parts.graphql.counts(), &**source).await;
        response.headers_mut().insert(X_REQUEST_ID, id.header_value());
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }

    async fn answer<B>(self, request: Request<B>, route: Route, id: RequestId) -> Response<Body>
    where
        B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + Unpin + 'static,
    {
        let marks = self.parts.cors.marks(&request);
        let answering = async {
            if let Some(preflight) = self.parts.cors.preflight(&request, &id) {
                preflight.unwrap_or_else(|fault| response::refusal(&fault, MediaType::Json, &id))
            } else if let Err(fault) = self.hosts.check(&request) {
                response::refusal(&fault, MediaType::Json, &id)
            } else if self.for_monitoring && !route.is_probe() {
                response::refusal(&HttpFault::NotFound, MediaType::Json, &id)
            } else if route.is_metrics() {
                match self.check_reader(request.headers(), request.method()).await {
                    Ok(()) => self.metrics(&id).await,
                    Err(fault) => response::refusal(&fault, MediaType::Json, &id),
                }
            } else if request.uri().path() == "/graphql" {
                self.parts.graphql.answer(request, &id).await
            } else {
                self.route(request, &id).await
            }
        };
        let mut response = AssertUnwindSafe(answering).catch_unwind().await.unwrap_or_else(|_panic| {
            tracing::error!(
                request.id = id.as_str(),
                "a request handler panicked; it was answered with INTERNAL"
            );
            response::refusal(&HttpFault::Internal, MediaType::Json, &id)
        });
        marks.put_on(response.headers_mut());
        response
    }

    async fn route<B>(&self, mut request: Request<B>, id: &RequestId) -> Response<Body>
    where
        B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + Unpin + 'static,
    {
        request.extensions_mut().insert(id.clone());
        let request = request.map(axum::body::Body::new);
        let Ok(mut response) = self.parts.router.clone().oneshot(request).await;
        response.headers_mut().insert(X_REQUEST_ID, id.header_value());
        // The headers of a 304 replace those that the client has kept with the page, so nothing may be
        // said there that the page did not say itself: a stricter policy would break it.
        if response.status() != StatusCode::NOT_MODIFIED {
            let headers = response.headers_mut();
            security::add(headers);
            headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        }
        response.map(Either::Right)
    }
}

/// What a log line and a trace say of a request. Never its address: it can hold a code or a number.
fn span_of(method: &Method, Route(route): Route, id: &RequestId) -> tracing::Span {
    tracing::info_span!(
        "request",
        otel.kind = "server",
        otel.name = route,
        http.request.method = %method,
        http.route = route,
        request.id = id.as_str(),
        http.response.status_code = tracing::field::Empty,
        graphql.operation.name = tracing::field::Empty,
        graphql.operation.type = tracing::field::Empty,
        caller = tracing::field::Empty,
    )
}

impl<B> Service<Request<B>> for Gateway
where
    B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + Unpin + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn call(&self, request: Request<B>) -> Self::Future {
        Box::pin(self.clone().observe(request).map(Ok))
    }
}
