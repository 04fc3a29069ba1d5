//! When a read is repeated, and what an upstream's headers say about waiting.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::HeaderMap;

use super::budget::RateHeaders;
use super::config::RetryConfig;

/// A random wait before attempt `attempt + 1`: full jitter over a bound that doubles.
pub(super) fn backoff(config: &RetryConfig, attempt: u32) -> Duration {
    let bound =
        config.base.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1))).min(config.wait_max);
    let bound_ms = u64::try_from(bound.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(rand::random_range(0..=bound_ms))
}

/// `ratelimit-*`, or their `x-ratelimit-*-minute` twins.
pub(super) fn rate_headers(headers: &HeaderMap) -> RateHeaders {
    let number = |names: [&str; 2]| -> Option<u32> {
        names.iter().find_map(|name| headers.get(*name)?.to_str().ok()?.trim().parse().ok())
    };
    RateHeaders {
        limit: number(["ratelimit-limit", "x-ratelimit-limit-minute"]),
        remaining: number(["ratelimit-remaining", "x-ratelimit-remaining-minute"]),
        reset: number(["ratelimit-reset", "x-ratelimit-reset"]).map(|s| Duration::from_secs(s.into())),
    }
}

/// How long a refusal asks to wait: `Retry-After` in seconds or as a date, else `ratelimit-reset`.
pub(super) fn asked_wait(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    retry_after(headers, now).or_else(|| rate_headers(headers).reset)
}

/// The upstream's time: `Date`.
pub(super) fn date_of(headers: &HeaderMap) -> Option<Timestamp> {
    instant_of(headers.get("date")?.to_str().ok()?.trim())
}

/// HTTP's form of an instant, such as `Thu, 18 Jun 2026 12:55:45 GMT`.
fn instant_of(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get("retry-after")?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let until = instant_of(text)?;
    Some(Duration::try_from(until.duration_since(now)).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn waits_are_read_in_every_form() {
        let now: Timestamp = "2026-06-18T12:55:15Z".parse().unwrap();
        let wait = |pairs: &[(&'static str, &str)]| asked_wait(&map(pairs), now).map(|w| w.as_secs());
        assert_eq!(wait(&[("retry-after", "7"), ("ratelimit-reset", "45")]), Some(7));
        assert_eq!(wait(&[("retry-after", "Thu, 18 Jun 2026 12:55:45 GMT")]), Some(30));
        assert_eq!(wait(&[("retry-after", "Thu, 18 Jun 2026 12:00:00 GMT")]), Some(0));
        assert_eq!(wait(&[("ratelimit-reset", "45")]), Some(45));
        assert_eq!(wait(&[("retry-after", "soon")]), None);
        assert_eq!(wait(&[]), None);
    }

    #[test]
    fn both_families_of_rate_headers_are_read() {
        let seen = rate_headers(&map(&[
            ("x-ratelimit-limit-minute", "250"),
            ("x-ratelimit-remaining-minute", "249"),
            ("ratelimit-reset", "31"),
        ]));
        assert_eq!(
            (seen.limit, seen.remaining, seen.reset),
            (Some(250), Some(249), Some(Duration::from_secs(31)))
        );
        assert_eq!(rate_headers(&map(&[("ratelimit-remaining", "many")])), RateHeaders::default());
    }

    #[test]
    fn backoff_stays_within_its_doubling_bound_and_its_cap() {
        let config = RetryConfig {
            retries_max: 9,
            base: Duration::from_millis(100),
            wait_max: Duration::from_millis(300),
        };
        for (attempt, bound) in [(1, 100), (2, 200), (3, 300), (40, 300)] {
            let longest = (0..500).map(|_| backoff(&config, attempt).as_millis()).max().unwrap();
            assert!(longest <= bound && longest > bound / 2, "{attempt}: {longest}");
        }
    }
}
