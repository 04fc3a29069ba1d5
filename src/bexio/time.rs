//! Bexio's `updated_at`: Zurich wall time without an offset.
//!
//! One hour a year comes twice. Both directions err to the past, so that a look for "updated since"
//! may see a row twice and never misses one.

use jiff::Timestamp;
use jiff::civil::DateTime;
use serde_json::value::RawValue;

use crate::domain::clock::company_time_zone;
use crate::transport::json::{ValueError, text_of};

/// The instant of a wall time; of two possible ones the earlier. A watermark taken from it is then
/// never later than the change itself.
pub(super) fn timestamp_of(raw: &RawValue) -> Result<Timestamp, ValueError> {
    let text = text_of(raw)?;
    let unexpected = || ValueError::Unexpected {
        expected: "a time such as 2026-03-02 09:15:04",
        found: text.chars().take(40).collect(),
    };
    let text = text.trim();
    // Not seen, but it could not be misread: a time with its offset.
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant);
    }
    let wall: DateTime = text.parse().map_err(|_| unexpected())?;
    let zoned = company_time_zone().into_ambiguous_zoned(wall).earlier().map_err(|_| unexpected())?;
    Ok(zoned.timestamp())
}

/// The earliest wall time that a change at or after `since` can bear, as Bexio writes it. Where the
/// clock is set back after `since`, that is the hour's second beginning.
pub(super) fn wall_since(since: Timestamp) -> String {
    let zone = company_time_zone();
    let wall = zone.to_datetime(since);
    let after_change =
        zone.following(since).next().map(|change| change.offset().to_datetime(change.timestamp()));
    let earliest = after_change.map_or(wall, |after| wall.min(after));
    earliest.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(wall: &str) -> String {
        let raw = serde_json::value::to_raw_value(wall).unwrap();
        timestamp_of(&raw).unwrap().to_string()
    }

    #[test]
    fn wall_times_become_instants_and_of_two_the_earlier() {
        assert_eq!(instant("2026-06-18 14:55:15"), "2026-06-18T12:55:15Z");
        assert_eq!(instant("2026-01-18 14:55:15"), "2026-01-18T13:55:15Z");
        // Comes twice on 25 October: at 00:30 and at 01:30 UTC.
        assert_eq!(instant("2026-10-25 02:30:00"), "2026-10-25T00:30:00Z");
        assert_eq!(instant("2026-06-18T14:55:15+02:00"), "2026-06-18T12:55:15Z");
        let raw = serde_json::value::to_raw_value("yesterday").unwrap();
        assert!(timestamp_of(&raw).is_err());
    }

    #[test]
    fn a_look_since_an_instant_finds_every_wall_time_after_it() {
        let zone = company_time_zone();
        let begin: Timestamp = "2026-10-24T22:00:00Z".parse().unwrap();
        let minute = |n: i64| begin + jiff::SignedDuration::from_mins(n);
        for since in 0..300 {
            let bound = wall_since(minute(since));
            for later in since..320 {
                let wall = zone.to_datetime(minute(later)).strftime("%Y-%m-%d %H:%M:%S").to_string();
                assert!(bound <= wall, "a change at {wall} is missed by a look since {bound}");
            }
        }
        assert_eq!(wall_since("2026-06-18T12:55:15Z".parse().unwrap()), "2026-06-18 14:55:15");
        assert_eq!(wall_since("2026-03-29T01:30:00Z".parse().unwrap()), "2026-03-29 03:30:00");
    }
}
