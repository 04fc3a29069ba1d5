//! `/metrics`: what was counted here and what the rest of the service tells, as OpenMetrics text
//! (<https://prometheus.io/docs/specs/om/open_metrics_spec/>).

use std::time::Duration;

use futures_util::future::BoxFuture;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, Response};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::access::Access;
use super::fault::HttpFault;
use super::response::{self, Body};
use crate::graphql::Role;

/// Tells what the rest of the service counts and holds.
pub trait MetricsSource: Send + Sync + 'static {
    /// Samples as OpenMetrics text, without the mark at its end.
    fn samples(&self) -> BoxFuture<'_, String>;
}

/// What every metric's name begins with.
pub const PREFIX: &str = "invoice_gateway";

/// Where requests go: a handful of names, whatever paths clients think of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Route(pub(super) &'static str);

impl Route {
    const METRICS: Self = Self("/metrics");
    const LIVE: Self = Self("/livez");
    const READY: Self = Self("/readyz");

    pub(super) fn of(path: &str) -> Self {
        const WHOLE: [&str; 6] = ["/", "/graphql", "/livez", "/readyz", "/metrics", "/schema.graphql"];
        const FOLDERS: [&str; 4] = ["/graphiql", "/documents", "/export", "/connect"];
        let whole = WHOLE.into_iter().find(|known| *known == path);
        let folder = || {
            FOLDERS.into_iter().find(|known| {
                path.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
        };
        Self(whole.or_else(folder).unwrap_or("other"))
    }

    /// Whether machines ask it all the time to see that the service is well.
    pub(super) fn is_probe(self) -> bool {
        [Self::METRICS, Self::LIVE, Self::READY].contains(&self)
    }

    pub(super) fn is_metrics(self) -> bool {
        self == Self::METRICS
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: &'static str,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: &'static str,
}

/// From an answer given again to a query that waits for an upstream.
const SECONDS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0];

/// Counts requests.
#[derive(Debug)]
pub(super) struct HttpMetrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    seconds: Family<RouteLabels, Histogram, fn() -> Histogram>,
}

impl HttpMetrics {
    pub(super) fn new() -> Self {
        let mut registry = Registry::with_prefix(PREFIX);
        let requests = Family::default();
        let seconds: Family<RouteLabels, Histogram, fn() -> Histogram> =
            Family::new_with_constructor(|| Histogram::new(SECONDS));
        registry.register("http_requests", "Requests by route and status", requests.clone());
        registry.register("http_request_seconds", "Time until an answer begins", seconds.clone());
        Self { registry, requests, seconds }
    }

    /// Counts a request that is answered.
    pub(super) fn count(&self, route: Route, status: u16, took: Duration) {
        let Route(route) = route;
        self.requests.get_or_create(&RequestLabels { route, status }).inc();
        self.seconds.get_or_create(&RouteLabels { route }).observe(took.as_secs_f64());
    }

    /// The page, made of this, of `counts` and of the samples of `source`.
    pub(super) async fn page(&self, counts: EndpointCounts, source: &dyn MetricsSource) -> Response<Body> {
        let mut text = source.samples().await;
        let _ = encode_registry(&mut text, &counts.registry());
        // Writing to memory cannot fail.
        let _ = encode_registry(&mut text, &self.registry);
        let _ = encode_eof(&mut text);
        let mut response = Response::new(response::whole(text));
        let content_type =
            HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
        response.headers_mut().insert(CONTENT_TYPE, content_type);
        response
    }
}

/// What `/graphql` knows of itself at one instant.
#[derive(Debug, Clone, Copy)]
pub(super) struct EndpointCounts {
    pub(super) websockets: usize,
    pub(super) event_streams: usize,
    pub(super) cache_hits: u64,
    pub(super) cache_misses: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CacheLabels {
    result: &'static str,
}

impl EndpointCounts {
    fn registry(self) -> Registry {
        let mut registry = Registry::with_prefix(PREFIX);
        let answers: Family<CacheLabels, Counter> = Family::default();
        answers.get_or_create(&CacheLabels { result: "hit" }).inc_by(self.cache_hits);
        answers.get_or_create(&CacheLabels { result: "miss" }).inc_by(self.cache_misses);
        registry.register("response_cache", "Whether an answer was at hand for a request", answers);
        for (name, help, open) in [
            ("websockets", "WebSockets that are open", self.websockets),
            ("event_streams", "Streams of server-sent events that are open", self.event_streams),
        ] {
            let gauge: Gauge = Gauge::default();
            gauge.set(i64::try_from(open).unwrap_or(i64::MAX));
            registry.register(name, help, gauge);
        }
        registry
    }
}

/// Whether the service's own address tells who sends these headers its metrics. They name no person and
/// no amount, so the least role is enough.
///
/// # Errors
/// Why not.
pub(super) async fn may_read(access: &Access, method: &Method, headers: &HeaderMap) -> Result<(), HttpFault> {
    if ![Method::GET, Method::HEAD].contains(method) {
        return Err(HttpFault::MethodNotAllowed { allow: "GET, HEAD" });
    }
    access.require(headers, Role::Viewer).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_few_whatever_is_asked_for() {
        for (path, route) in [
            ("/", "/"),
            ("/graphql", "/graphql"),
            ("/graphql/", "other"),
            ("/documents/psohub/17/Rechnung-Muster-AG.pdf", "/documents"),
            ("/documentsx", "other"),
            ("/export/invoices.csv", "/export"),
            ("/graphiql/app.js", "/graphiql"),
            ("/connect/bexio/callback", "/connect"),
            ("/.env", "other"),
        ] {
            assert_eq!(Route::of(path).0, route, "{path}");
        }
    }
}
