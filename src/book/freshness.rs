//! How old what is served is, per source.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

/// Where a part of the book comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// PSOhub's invoices.
    Psohub,
    /// Which PSOhub invoices have no external id: a look of its own, made only when asked for.
    PsohubExternalIds,
    /// Bexio's invoices.
    Bexio,
}

impl Source {
    /// Every source, in the order of its discriminant.
    pub const ALL: [Self; 3] = [Self::Psohub, Self::PsohubExternalIds, Self::Bexio];

    /// The name in logs, metrics and the store.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Psohub => "psohub",
            Self::PsohubExternalIds => "psohub_external_ids",
            Self::Bexio => "bexio",
        }
    }
}

/// How what is served relates to the upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FreshnessState {
    /// Read from the upstream for this very answer, or within the second before it.
    Live,
    /// Young enough for the caller: not older than the maximum age.
    Cached,
    /// Older than the maximum age; a refresh is under way.
    Stale,
    /// Older than the maximum age, and the last refresh failed.
    StaleOnError,
    /// Never read: nothing is known of this side yet.
    Unavailable,
}

/// Freshness of one source at the moment a snapshot was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFreshness {
    /// Which source.
    pub source: Source,
    /// How it relates to the upstream.
    pub state: FreshnessState,
    /// When the upstream was last read whole; `None` when never.
    pub fetched_at: Option<Timestamp>,
    /// Time since then.
    pub age: Option<Duration>,
    /// Why the last look failed, in words; `None` when it succeeded.
    pub last_error: Option<Arc<str>>,
}
