//! `/metrics` of the service: what is counted elsewhere, and what is read off when somebody asks.

mod gauges;
mod process;

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use prometheus_client::encoding::text::encode_registry;
use prometheus_client::registry::Registry;

use crate::bexio::BexioClient;
use crate::book::{BookReader, BookService, FreshnessState, Source};
use crate::domain::connection::{CircuitState, Consent};
use crate::domain::delivery::State;
use crate::domain::{SharedClock, Upstream};
use crate::graphql::OperationMetrics;
use crate::http::{METRICS_PREFIX, MetricsSource};
use crate::psohub::PsohubClient;
use crate::services::connect::ConnectService;
use crate::store::Store;
use crate::transport::{CallMetrics, Transport};
use gauges::{Gauges, seconds, whole};

/// What is asked when somebody reads the metrics.
pub(super) struct ServiceMetrics {
    counted: Registry,
    parts: MetricsParts,
    started_at: Timestamp,
}

/// Where it is read.
pub(super) struct MetricsParts {
    pub(super) book: Arc<BookService>,
    pub(super) reader: BookReader,
    pub(super) store: Store,
    pub(super) psohub: PsohubClient,
    pub(super) bexio: BexioClient,
    pub(super) connect: ConnectService,
    pub(super) clock: SharedClock,
}

impl ServiceMetrics {
    pub(super) fn new(parts: MetricsParts, calls: &CallMetrics, operations: &OperationMetrics) -> Self {
        let mut counted = Registry::with_prefix(METRICS_PREFIX);
        calls.register(&mut counted);
        operations.register(&mut counted);
        let started_at = parts.clock.now();
        Self { counted, parts, started_at }
    }

    async fn text(&self) -> String {
        let mut gauges = Gauges::new();
        self.book(&mut gauges);
        for upstream in Upstream::ALL {
            self.upstream(&mut gauges, upstream).await;
        }
        self.payment_sync(&mut gauges).await;
        let mut text = String::new();
        // Writing to memory cannot fail.
        let _ = encode_registry(&mut text, &self.counted);
        let _ = encode_registry(&mut text, &gauges.into_registry());
        let _ = encode_registry(&mut text, &process::registry(self.started_at));
        text
    }

    fn book(&self, gauges: &mut Gauges) {
        let snapshot = self.parts.reader.peek();
        let book = &snapshot.book;
        let bexio = book.rows().iter().filter(|row| row.bexio.is_some()).count() + book.unlinked().len();
        gauges.set("book_version", "Grows with every book that is published", &[], whole(book.version()));
        for (side, invoices) in [("psohub", book.rows().len()), ("bexio", bexio)] {
            gauges.set(
                "book_invoices",
                "Invoices that are served, by their side",
                &[("side", side)],
                whole(invoices),
            );
        }
        for freshness in &snapshot.freshness {
            let labels = [("source", freshness.source.name())];
            if let Some(age) = freshness.age {
                gauges.set(
                    "source_age_seconds",
                    "Time since a source was last read whole",
                    &labels,
                    seconds(age),
                );
            }
            let failing = whole(u8::from(freshness.last_error.is_some()));
            gauges.set("source_failing", "Whether the last look at a source failed", &labels, failing);
            let unread = whole(u8::from(freshness.state == FreshnessState::Unavailable));
            gauges.set("source_unread", "Whether a source was never read", &labels, unread);
        }
        for source in Source::ALL {
            let lost = whole(self.parts.book.report(source).rows_lost);
            let help = "Invoices that the last look could not understand";
            gauges.set("source_rows_lost", help, &[("source", source.name())], lost);
        }
        for state in State::ALL {
            let count = whole(snapshot.deliveries.count(state));
            gauges.set(
                "deliveries",
                "Deliveries by their state",
                &[("state", &state.word().to_ascii_lowercase())],
                count,
            );
        }
    }

    async fn upstream(&self, gauges: &mut Gauges, upstream: Upstream) {
        let transport = self.transport(upstream);
        let seen = transport.stats();
        let labels = [("upstream", upstream.key())];
        gauges.count("upstream_retries", "Repeats among the calls", &labels, seen.retries);
        let help = "Bytes of answers, after decompression";
        gauges.count("upstream_received_bytes", help, &labels, seen.bytes_received);
        if let Some(at) = seen.last_success_at {
            let help = "When a call last succeeded";
            gauges.set("upstream_last_success_timestamp_seconds", help, &labels, timestamp(at));
        }
        for (state, word) in CIRCUIT_STATES {
            let labels = [("upstream", upstream.key()), ("state", word)];
            let help = "Which state the upstream's circuit is in; while it is open nothing is asked";
            gauges.set("upstream_circuit", help, &labels, whole(u8::from(seen.circuit.state == state)));
        }
        gauges.count("upstream_circuit_opened", "How often the circuit opened", &labels, seen.circuit.opened);
        for bucket in transport.buckets() {
            if let Some(left) = bucket.remaining {
                let labels = [("upstream", upstream.key()), ("bucket", bucket.name)];
                let help = "Calls that the upstream's rate limit leaves";
                gauges.set("upstream_rate_limit_remaining", help, &labels, whole(left));
            }
        }
        let status = self.parts.connect.status(upstream, seen.last_success_at).await;
        if let Some(ends) = status.expires_at {
            let left = ends.duration_since(self.parts.clock.now()).as_secs_f64();
            gauges.set(
                "token_expiry_seconds",
                "Time until the access token ends; below 0 it has",
                &labels,
                left,
            );
        }
        let needed = status.consent == Consent::Needed || status.token_refused || status.unknown;
        let help = "Whether a person must see to the connection";
        gauges.set("connection_needs_person", help, &labels, whole(u8::from(needed)));
    }

    const fn transport(&self, upstream: Upstream) -> &Transport {
        match upstream {
            Upstream::Psohub => self.parts.psohub.transport(),
            Upstream::Bexio => self.parts.bexio.transport(),
        }
    }

    async fn payment_sync(&self, gauges: &mut Gauges) {
        let (counts, good) =
            tokio::join!(self.parts.store.sync_run_counts(), self.parts.store.last_good_sync_run());
        for (status, count) in counts.unwrap_or_default() {
            let help = "Runs of the payment sync of the last 90 days, by how they ended";
            gauges.set("payment_sync_runs", help, &[("status", &status.to_ascii_lowercase())], whole(count));
        }
        if let Some(at) = good.ok().flatten().and_then(|run| run.ended_at) {
            let help = "When a run of the payment sync last looked at the books whole";
            gauges.set("payment_sync_last_success_timestamp_seconds", help, &[], timestamp(at));
        }
    }
}

impl MetricsSource for ServiceMetrics {
    fn samples(&self) -> BoxFuture<'_, String> {
        self.text().boxed()
    }
}

const CIRCUIT_STATES: [(CircuitState, &str); 3] =
    [(CircuitState::Closed, "closed"), (CircuitState::Open, "open"), (CircuitState::HalfOpen, "half_open")];

/// Seconds since 1970.
fn timestamp(at: Timestamp) -> f64 {
    seconds(Duration::try_from(at.as_duration()).unwrap_or_default())
}
