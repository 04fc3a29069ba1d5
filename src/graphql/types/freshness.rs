//! How old what is served is.

use async_graphql::{Name, Value};

use super::enums::{FreshnessState, Source};
use crate::book::{self, Snapshot, SourceFreshness};
use crate::graphql::output::object;
use crate::graphql::scalars::DateTime;

object! {
    /// How old the two sides of an invoice are in this answer.
    "Freshness" Freshness<'a> from &'a Snapshot {
        /// PSOhub's side.
        "psohub": SourceFreshnessType = |snapshot, out| {
            out.object::<SourceFreshnessType>(snapshot.freshness_of(book::Source::Psohub));
        };
        /// Bexio's side.
        "bexio": SourceFreshnessType = |snapshot, out| {
            out.object::<SourceFreshnessType>(snapshot.freshness_of(book::Source::Bexio));
        };
        /// What is known of external ids, which PSOhub tells by a look of its own.
        "psohubExternalIds": SourceFreshnessType = |snapshot, out| {
            out.object::<SourceFreshnessType>(snapshot.freshness_of(book::Source::PsohubExternalIds));
        };
    }
}

object! {
    /// How old what one source gave is in this answer.
    "SourceFreshness" SourceFreshnessType<'a> from &'a SourceFreshness {
        /// Which source.
        "source": Source = |freshness, out| out.member(Source::from(freshness.source));
        /// How it relates to what the source has now.
        "state": FreshnessState = |freshness, out| out.member(FreshnessState::from(freshness.state));
        /// When the source was last read whole; null when never.
        "fetchedAt": Option<DateTime> = |freshness, out| out.opt_plain(freshness.fetched_at);
        /// Whole seconds since then.
        "ageSeconds": Option<i32> = |freshness, out| match freshness.age {
            Some(age) => out.int(i64::try_from(age.as_secs()).unwrap_or(i64::MAX)),
            None => out.null(),
        };
        /// Why the last attempt to read it failed, in words; null when it succeeded.
        "lastError": Option<String> = |freshness, out| out.opt_text(freshness.last_error.as_deref());
    }
}

/// `extensions.freshness`: the same for clients that do not select it, by source. The look at external
/// ids is told of only in an operation that asked for them: it is made for such operations alone, so
/// that it is old, or was never made, while everything that the others read is young.
pub(in crate::graphql) fn freshness_extension(snapshot: &Snapshot, external_ids: bool) -> Value {
    let told =
        |freshness: &&SourceFreshness| external_ids || freshness.source != book::Source::PsohubExternalIds;
    let sources = snapshot.freshness.iter().filter(told).map(|freshness| {
        let state = async_graphql::resolver_utils::enum_value(FreshnessState::from(freshness.state));
        let age = freshness.age.map_or(Value::Null, |age| Value::from(age.as_secs()));
        let fetched_at = freshness.fetched_at.map_or(Value::Null, |at| Value::from(at.to_string()));
        let mut entry = async_graphql::indexmap::IndexMap::with_capacity(4);
        entry.insert(Name::new("state"), state);
        entry.insert(Name::new("fetchedAt"), fetched_at);
        entry.insert(Name::new("ageSeconds"), age);
        if let Some(error) = freshness.last_error.as_deref() {
            entry.insert(Name::new("lastError"), Value::from(error));
        }
        (Name::new(source_key(freshness.source)), Value::Object(entry))
    });
    Value::Object(sources.collect())
}

const fn source_key(source: book::Source) -> &'static str {
    match source {
        book::Source::Psohub => "psohub",
        book::Source::PsohubExternalIds => "psohubExternalIds",
        book::Source::Bexio => "bexio",
    }
}
