//! How calls to an upstream that is in trouble are held back, and how many may be under way at once.

use std::time::Duration;

use super::reader::Reader;

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
        let breaker_failures = reader.required("UPSTREAM_BREAKER_FAILURES", |value| {
            whole(value, 1..=1_000_000, "a whole number from 1 to 1000000")
        });
        let breaker_open = reader.seconds("UPSTREAM_BREAKER_SECONDS");
        let concurrency = reader
            .required("UPSTREAM_CONCURRENCY", |value| whole(value, 1..=64, "a whole number from 1 to 64"));
        let reserved = reader.required("UPSTREAM_CONCURRENCY_RESERVED", |value| {
            let most = concurrency.unwrap_or(64).saturating_sub(1);
            whole(value, 0..=most, "a whole number below UPSTREAM_CONCURRENCY")
        });
        Some(Self {
            breaker_failures: breaker_failures?,
            breaker_open: breaker_open?,
            concurrency: concurrency? as usize,
            concurrency_reserved: reserved? as usize,
        })
    }
}

fn whole(value: &str, range: std::ops::RangeInclusive<u32>, expected: &str) -> Result<u32, String> {
    value.parse().ok().filter(|number| range.contains(number)).ok_or_else(|| expected.to_owned())
}
