//! The trace that work belongs to, in and out by W3C Trace Context (<https://www.w3.org/TR/trace-context/>).
//!
//! A request brings `traceparent`; each call that it leads to takes it along: with spans of ours in between where
//! traces are exported (`telemetry`), else as it came. Baggage is not taken along: it would tell one system's data to
//! another. Names nothing else of the crate.

use std::sync::LazyLock;

use http::HeaderMap;
use opentelemetry::propagation::TextMapPropagator as _;
pub use opentelemetry::trace::FutureExt as TraceExt;
use opentelemetry_http::{HeaderExtractor, HeaderInjector};
use opentelemetry_sdk::propagation::TraceContextPropagator;

pub use opentelemetry::Context;

static W3C: LazyLock<TraceContextPropagator> = LazyLock::new(TraceContextPropagator::new);

/// What `traceparent` and `tracestate` among these headers say; nothing where they cannot be read.
pub fn of(headers: &HeaderMap) -> Context {
    W3C.extract(&HeaderExtractor(headers))
}

/// Headers for a call that belongs to the trace of the work under way; none where it belongs to none.
pub fn outgoing() -> HeaderMap {
    let mut headers = HeaderMap::new();
    W3C.inject_context(&Context::current(), &mut HeaderInjector(&mut headers));
    // An empty one says nothing.
    if headers.get("tracestate").is_some_and(http::HeaderValue::is_empty) {
        headers.remove("tracestate");
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn headers(parent: &str) -> HeaderMap {
        HeaderMap::from_iter([("traceparent".parse().unwrap(), parent.parse().unwrap())])
    }

    #[test]
    fn what_came_in_goes_out() {
        assert!(outgoing().is_empty());
        let context = of(&headers(PARENT));
        let guard = context.attach();
        assert_eq!(outgoing(), headers(PARENT));
        drop(guard);
        for unreadable in ["", "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "00-0-0-0"] {
            let _guard = of(&headers(unreadable)).attach();
            assert!(outgoing().is_empty(), "{unreadable}");
        }
    }
}
