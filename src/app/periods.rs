//! How long things may take, as the configuration has it.

use std::time::Duration;

use crate::book::{BookPeriods, ReadPeriods};
use crate::config::Config;
use crate::domain::delivery::Timing;
use crate::transport::Request;

/// Between giving up a write and calling it lost.
const WRITE_MARGIN: Duration = Duration::from_secs(5);

/// A read that an operation waits for ends before the operation does, so that it can still say why.
pub(super) fn reads_max(config: &Config) -> Duration {
    config.limits.operation_time.saturating_mul(4) / 5
}

/// A write waits for its turn and then for its answer; then its worker lets go of it.
pub(super) fn write_max(config: &Config) -> Duration {
    Request::TURN_MAX + config.upstream.total_timeout
}

pub(super) fn timing(config: &Config) -> Timing {
    Timing {
        call_max: write_max(config) + WRITE_MARGIN,
        quiet: config.sending.quiet_period,
        ..Timing::STANDARD
    }
}

pub(super) fn book_periods(config: &Config) -> BookPeriods {
    BookPeriods {
        read: ReadPeriods {
            psohub_age_max: config.psohub.max_age,
            bexio_age_max: config.bexio.max_age,
            stale_max: config.freshness.max_stale,
            refresh_wait: config.freshness.refresh_wait,
        },
        retry_base: config.freshness.refresh_retry,
        psohub_refresh: config.psohub.refresh,
        bexio_refresh: config.bexio.refresh,
        bexio_full_pass: config.bexio.full_pass,
    }
}
