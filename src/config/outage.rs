//! How calls to an upstream that is in trouble are held back, and how many may be under way at once.

use std::time::Duration;

use super::reader::{Reader, whole};
use super::setting::{Setting, setting};

/// The rows of the table on outages.
pub(super) const SETTINGS: &[Setting] = &[
    setting(
        "UPSTREAM_BREAKER_FAILURES",
        Some("5"),
        "So many calls to PSOhub or Bexio in a row that fail (5xx, time-outs, failed connections), or half of four times as many within a minute, and it is left alone for a while.",
        "10",
    ),
    setting(
        "UPSTREAM_BREAKER_SECONDS",
        Some("30"),
        "How long it is left alone then; one call tries after that, and each that fails doubles the wait, up to four times.",
        "60",
    ),
    setting(
        "UPSTREAM_CONCURRENCY",
        Some("4"),
        "Most calls to each of PSOhub and Bexio at once, from 1 to 64.",
        "8",
    ),
    setting(
        "UPSTREAM_CONCURRENCY_RESERVED",
        Some("1"),
        "How many of these are kept for writes and for reads that somebody waits for.",
        "2",
    ),
];

/// What holds for the calls to each upstream.
#[derive(Debug, Clone)]
pub struct OutageConfig {
    /// `UPSTREAM_BREAKER_FAILURES`.
    pub breaker_failures: u32,
    /// `UPSTREAM_BREAKER_SECONDS`.
    pub breaker_open: Duration,
    /// `UPSTREAM_CONCURRENCY`.
    pub concurrency: usize,
    /// `UPSTREAM_CONCURRENCY_RESERVED`, below the one above.
    pub concurrency_reserved: usize,
}

impl OutageConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let breaker_failures = reader.number("UPSTREAM_BREAKER_FAILURES", 1, 1_000_000);
        let breaker_open = reader.seconds("UPSTREAM_BREAKER_SECONDS");
        let concurrency = reader.number("UPSTREAM_CONCURRENCY", 1, 64);
        let reserved = reader.required("UPSTREAM_CONCURRENCY_RESERVED", |value| {
            let most = concurrency.unwrap_or(64_u64).saturating_sub(1);
            whole(value, 0, most).map_err(|_| "a whole number below UPSTREAM_CONCURRENCY".to_owned())
        });
        Some(Self {
            breaker_failures: breaker_failures?,
            breaker_open: breaker_open?,
            concurrency: usize::try_from(concurrency?).ok()?,
            concurrency_reserved: reserved?,
        })
    }
}
