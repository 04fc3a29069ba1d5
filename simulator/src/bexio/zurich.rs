//! Wall-clock time in Zurich, the only kind of time that Bexio writes: seconds, no offset.
//!
//! Two instants of the hour that repeats in October share one text, as on the real service.

use std::sync::LazyLock;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

static ZURICH: LazyLock<TimeZone> = LazyLock::new(|| TimeZone::get("Europe/Zurich").unwrap_or(TimeZone::UTC));

/// The wall-clock time in Zurich at `at`, cut to seconds.
pub(crate) fn wall_time(at: Timestamp) -> DateTime {
    let exact = ZURICH.to_datetime(at);
    exact.with().subsec_nanosecond(0).build().unwrap_or(exact)
}

/// `YYYY-MM-DD HH:MM:SS`.
pub(crate) fn text(at: DateTime) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// The date `days` after `date`; stays where the calendar ends.
pub(crate) fn days_after(date: Date, days: i32) -> Date {
    date.saturating_add(days.days())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(instant: &str) -> String {
        text(wall_time(instant.parse().unwrap()))
    }

    #[test]
    fn summer_is_two_hours_ahead_and_winter_one() {
        assert_eq!(at("2026-06-18T12:55:15.9Z"), "2026-06-18 14:55:15");
        assert_eq!(at("2026-12-31T23:30:00Z"), "2027-01-01 00:30:00");
    }

    #[test]
    fn the_hour_that_does_not_exist_is_skipped_and_the_other_repeats() {
        assert_eq!(at("2026-03-29T00:59:59Z"), "2026-03-29 01:59:59");
        assert_eq!(at("2026-03-29T01:00:00Z"), "2026-03-29 03:00:00");
        assert_eq!(at("2026-10-25T00:30:00Z"), "2026-10-25 02:30:00");
        assert_eq!(at("2026-10-25T01:30:00Z"), "2026-10-25 02:30:00");
    }
}
