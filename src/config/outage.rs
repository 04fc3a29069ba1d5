//! How calls to an upstream that is in trouble are held back, and how many may be under way at once.

use std::time::Duration;

use super::reader::{Reader, whole};

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
