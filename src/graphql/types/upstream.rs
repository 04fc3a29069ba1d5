//! How the gateway gets on with the two services that it combines.

use crate::book::{FreshnessState, Snapshot, Source};
use crate::graphql::deps::{Upstream, UpstreamCounters};
use crate::graphql::output::{Root, leaf, object};
use crate::graphql::scalars::DateTime;

/// One of the two services that the gateway combines.
#[derive(async_graphql::Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "Upstream", name = "Upstream")]
pub(in crate::graphql) enum UpstreamName {
    /// PSOhub, where invoices are made.
    Psohub,
    /// Bexio, where the books are kept.
    Bexio,
}

/// How a connection is doing.
#[derive(async_graphql::Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::graphql) enum ConnectionState {
    /// It is being read for the first time.
    Connecting,
    /// It was read, and the last attempt succeeded.
    Connected,
    /// The last attempt to read it failed; lastError says why.
    Failing,
}
leaf!(UpstreamName, ConnectionState);

/// A connection at one moment.
#[derive(Debug)]
pub(in crate::graphql) struct Connection {
    upstream: Upstream,
    snapshot: Snapshot,
    counters: UpstreamCounters,
}

impl Connection {
    /// The connection as `snapshot` and `counters` show it.
    pub(in crate::graphql) fn new(
        upstream: Upstream,
        snapshot: Snapshot,
        counters: UpstreamCounters,
    ) -> Self {
        Self { upstream, snapshot, counters }
    }

    const fn freshness(&self) -> &crate::book::SourceFreshness {
        self.snapshot.freshness_of(match self.upstream {
            Upstream::Psohub => Source::Psohub,
            Upstream::Bexio => Source::Bexio,
        })
    }

    fn state(&self) -> ConnectionState {
        let freshness = self.freshness();
        match (&freshness.last_error, freshness.state) {
            (Some(_), _) => ConnectionState::Failing,
            (None, FreshnessState::Unavailable) => ConnectionState::Connecting,
            (None, _) => ConnectionState::Connected,
        }
    }
}

fn count(value: impl TryInto<i64>) -> i64 {
    value.try_into().unwrap_or(i64::MAX)
}

object! {
    /// How the gateway gets on with one of the services that it combines.
    "UpstreamConnection" UpstreamConnection<'a> from &'a Connection {
        /// Which service.
        "upstream": UpstreamName = |connection, out| out.member(UpstreamName::from(connection.upstream));
        /// How it is doing.
        "state": ConnectionState = |connection, out| out.member(connection.state());
        /// When its invoices were last read; null when never.
        "lastSuccessAt": Option<DateTime> = |connection, out| out.opt_plain(connection.freshness().fetched_at);
        /// Why the last attempt failed, in words; null when it succeeded.
        "lastError": Option<String> = |connection, out| {
            out.opt_text(connection.freshness().last_error.as_deref());
        };
        /// Requests that it still allows in its current minute; null where it does not say.
        "rateLimitRemaining": Option<i32> = |connection, out| {
            match connection.counters.rate_limit_remaining {
                Some(remaining) => out.int(i64::from(remaining)),
                None => out.null(),
            }
        };
        /// Requests sent to it since the gateway started, repeats counted.
        "requestsTotal": i32 = |connection, out| out.int_capped(count(connection.counters.requests));
        /// Requests of these that failed.
        "failuresTotal": i32 = |connection, out| out.int_capped(count(connection.counters.failures));
        /// What could not be understood when its invoices were last read.
        "problems": UpstreamProblems = |connection, out| {
            out.object::<UpstreamProblems>(&connection.counters.report);
        };
    }
}

object! {
    /// What could not be understood of a service's invoices when they were last read. A field that
    /// cannot be understood costs that field, a row without an id or an amount costs that invoice.
    "UpstreamProblems" UpstreamProblems<'a> from &'a crate::book::LookReport {
        /// Invoices that were left out.
        "invoicesLost": i32 = |report, out| out.int_capped(count(report.rows_lost));
        /// Fields of other invoices that were left out.
        "fieldsLost": i32 = |report, out| out.int_capped(count(report.fields_lost));
        /// The first few in words, each with the invoice, the field and what was found. At most 20.
        "examples": Vec<String> = |report, out| out.text_list(report.words.iter().map(String::as_str));
    }
}

impl Root for UpstreamConnection {
    type Owned = Connection;

    fn source(owned: &Self::Owned) -> Self::Source<'_> {
        owned
    }
}
