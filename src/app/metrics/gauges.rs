//! Metrics that are read off at one instant, in a registry of that instant.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::http::METRICS_PREFIX;

type Labels = Vec<(String, String)>;
type Values<M> = BTreeMap<&'static str, (&'static str, Family<Labels, M>)>;

/// Values by the names of their metrics.
#[derive(Default)]
pub(super) struct Gauges {
    gauges: Values<Gauge<f64, AtomicU64>>,
    counters: Values<Counter>,
}

impl Gauges {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Sets a value that goes up and down.
    pub(super) fn set(
        &mut self,
        name: &'static str,
        help: &'static str,
        labels: &[(&str, &str)],
        value: f64,
    ) {
        let (_, family) = self.gauges.entry(name).or_insert_with(|| (help, Family::default()));
        family.get_or_create(&owned(labels)).set(value);
    }

    /// Sets what has been counted elsewhere since the start.
    pub(super) fn count(
        &mut self,
        name: &'static str,
        help: &'static str,
        labels: &[(&str, &str)],
        count: u64,
    ) {
        let (_, family) = self.counters.entry(name).or_insert_with(|| (help, Family::default()));
        family.get_or_create(&owned(labels)).inc_by(count);
    }

    pub(super) fn into_registry(self) -> Registry {
        let mut registry = Registry::with_prefix(METRICS_PREFIX);
        for (name, (help, family)) in self.gauges {
            registry.register(name, help, family);
        }
        for (name, (help, family)) in self.counters {
            registry.register(name, help, family);
        }
        registry
    }
}

fn owned(labels: &[(&str, &str)]) -> Labels {
    labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// A whole number as a sample; above four thousand million it stays there.
pub(super) fn whole(number: impl TryInto<u32>) -> f64 {
    f64::from(number.try_into().unwrap_or(u32::MAX))
}

/// A period as a sample.
pub(super) const fn seconds(period: Duration) -> f64 {
    period.as_secs_f64()
}
