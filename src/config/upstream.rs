//! How long calls to PSOhub and Bexio may take.

use std::time::Duration;

use super::reader::Reader;
use super::setting::{Setting, setting};

/// The rows of the table on calls.
pub(super) const SETTINGS: &[Setting] = &[
    setting("UPSTREAM_CONNECT_SECONDS", Some("5"), "Longest time to connect to PSOhub or Bexio.", "10"),
    setting(
        "UPSTREAM_READ_SECONDS",
        Some("15"),
        "Longest silence of PSOhub or Bexio in the middle of an answer.",
        "30",
    ),
    setting(
        "UPSTREAM_TOTAL_SECONDS",
        Some("30"),
        "Longest time for a whole answer of PSOhub or Bexio.",
        "60",
    ),
    setting(
        "RETRY_BASE_SECONDS",
        Some("1"),
        "Wait before the first repetition of a call that may be repeated; grows with each.",
        "0.5",
    ),
];

/// Time-outs of calls.
#[derive(Debug, Clone)]
pub struct UpstreamConfig {
    /// `UPSTREAM_CONNECT_SECONDS`.
    pub connect_timeout: Duration,
    /// `UPSTREAM_READ_SECONDS`.
    pub read_timeout: Duration,
    /// `UPSTREAM_TOTAL_SECONDS`.
    pub total_timeout: Duration,
    /// `RETRY_BASE_SECONDS`.
    pub retry_base: Duration,
}

impl UpstreamConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let connect_timeout = reader.seconds("UPSTREAM_CONNECT_SECONDS");
        let read_timeout = reader.seconds("UPSTREAM_READ_SECONDS");
        let total_timeout = reader.seconds("UPSTREAM_TOTAL_SECONDS");
        let retry_base = reader.seconds("RETRY_BASE_SECONDS");
        Some(Self {
            connect_timeout: connect_timeout?,
            read_timeout: read_timeout?,
            total_timeout: total_timeout?,
            retry_base: retry_base?,
        })
    }
}
