//! How one upstream's calls went: by their name and outcome, with how long they took.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::error::TransportError;

/// Names are those of the code, so there is a handful of them for each upstream.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    upstream: &'static str,
    operation: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct NameLabels {
    upstream: &'static str,
    operation: &'static str,
}

/// From a look at an id to a list with all its PDFs.
const SECONDS: [f64; 11] = [0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0];

/// Counts calls. Cloning shares it: one for all upstreams, so that each has the same metrics.
#[derive(Debug, Clone)]
pub struct CallMetrics {
    calls: Family<CallLabels, Counter>,
    seconds: Family<NameLabels, Histogram, fn() -> Histogram>,
}

impl Default for CallMetrics {
    fn default() -> Self {
        Self { calls: Family::default(), seconds: Family::new_with_constructor(|| Histogram::new(SECONDS)) }
    }
}

impl CallMetrics {
    /// Adds them to what is told.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("upstream_calls", "Calls to an upstream, each repeat counted", self.calls.clone());
        registry.register(
            "upstream_call_seconds",
            "Time from sending a call to the end of its answer",
            self.seconds.clone(),
        );
    }

    pub(super) fn count(
        &self,
        upstream: &'static str,
        operation: &'static str,
        took: Duration,
        error: Option<&TransportError>,
    ) {
        self.calls.get_or_create(&CallLabels { upstream, operation, outcome: outcome(error) }).inc();
        // What was never sent would make the upstream look fast.
        if !matches!(error, Some(TransportError::NotSent { .. })) {
            self.seconds.get_or_create(&NameLabels { upstream, operation }).observe(took.as_secs_f64());
        }
    }
}

/// By what it says of the upstream.
const fn outcome(error: Option<&TransportError>) -> &'static str {
    match error {
        None => "ok",
        Some(TransportError::NotSent { .. }) => "not_sent",
        Some(TransportError::Status { status: 429, .. }) => "rate_limited",
        Some(TransportError::Status { status: 400..=499, .. }) => "refused",
        Some(TransportError::Status { .. }) => "failed",
        Some(TransportError::OutcomeUnknown { .. }) => "no_answer",
        Some(_) => "unusable",
    }
}
