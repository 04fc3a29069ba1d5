//! How old data may be before a query waits for newer.

use std::time::Duration;

use super::reader::Reader;
use super::setting::{Setting, setting};

/// The rows of the table on freshness.
pub(super) const SETTINGS: &[Setting] = &[
    setting(
        "MAX_STALE_SECONDS",
        Some("86400"),
        "Up to this age data is served at once while it is refreshed behind. For older data a query first waits for a refresh.",
        "3600",
    ),
    setting(
        "REFRESH_WAIT_SECONDS",
        Some("5"),
        "How long a query waits for a refresh of data that is too old, before it is answered with what there is, marked.",
        "2.5",
    ),
    setting(
        "REFRESH_RETRY_SECONDS",
        Some("5"),
        "Wait after a failed refresh; doubles with each failure up to a minute.",
        "10",
    ),
];

/// Refreshing, for both sources alike.
#[derive(Debug, Clone)]
pub struct FreshnessConfig {
    /// `MAX_STALE_SECONDS`.
    pub max_stale: Duration,
    /// `REFRESH_WAIT_SECONDS`.
    pub refresh_wait: Duration,
    /// `REFRESH_RETRY_SECONDS`.
    pub refresh_retry: Duration,
}

impl FreshnessConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let max_stale = reader.seconds("MAX_STALE_SECONDS");
        let refresh_wait = reader.seconds("REFRESH_WAIT_SECONDS");
        let refresh_retry = reader.seconds("REFRESH_RETRY_SECONDS");
        Some(Self { max_stale: max_stale?, refresh_wait: refresh_wait?, refresh_retry: refresh_retry? })
    }
}
