//! Rate limits: requests a minute per company and bucket, in windows that start with each wall-clock minute.
//!
//! Recorded: `Date` seconds plus reset made 60 in 228 of 229 answers. Counters are separate per bucket.

use jiff::Timestamp;

use super::options::RateLimits;

/// What a request counts against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bucket {
    /// Everything else.
    General,
    /// Invoice and contact searches, PDFs.
    Search,
    /// Articles.
    Items,
}

/// The counters of the current minute.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RateLimiter {
    minute: i64,
    used: [u32; 3],
}

/// What the headers say after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    /// Requests a minute.
    pub(crate) limit: u32,
    /// Requests left.
    pub(crate) remaining: u32,
    /// Seconds until the next window, 1 to 60.
    pub(crate) reset_seconds: i64,
    /// Whether this request was one too many.
    pub(crate) is_exceeded: bool,
}

impl RateLimiter {
    /// Counts one request and says what is left.
    pub(crate) fn count(&mut self, bucket: Bucket, limits: RateLimits, now: Timestamp) -> Window {
        let mut window = self.look(bucket, limits, now);
        window.is_exceeded = window.remaining == 0;
        if !window.is_exceeded {
            self.used[bucket as usize] += 1;
            window.remaining -= 1;
        }
        window
    }

    /// Says what is left without counting: a request without a company costs nobody anything.
    pub(crate) fn look(&mut self, bucket: Bucket, limits: RateLimits, now: Timestamp) -> Window {
        let second = now.as_second();
        if self.minute != second.div_euclid(60) {
            *self = Self { minute: second.div_euclid(60), used: [0; 3] };
        }
        let limit = match bucket {
            Bucket::General => limits.general,
            Bucket::Search => limits.search,
            Bucket::Items => limits.items,
        };
        let remaining = limit.saturating_sub(self.used[bucket as usize]);
        Window { limit, remaining, reset_seconds: 60 - second.rem_euclid(60), is_exceeded: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_781_787_300 + second).unwrap()
    }

    #[test]
    fn a_window_ends_with_the_wall_clock_minute_and_buckets_are_separate() {
        let limits = RateLimits { general: 2, search: 1, items: 1 };
        let mut limiter = RateLimiter::default();
        let first = limiter.count(Bucket::General, limits, at(55));
        assert_eq!(first, Window { limit: 2, remaining: 1, reset_seconds: 5, is_exceeded: false });
        assert!(!limiter.count(Bucket::Search, limits, at(55)).is_exceeded);
        assert!(!limiter.count(Bucket::General, limits, at(59)).is_exceeded);
        assert!(limiter.count(Bucket::General, limits, at(59)).is_exceeded);
        assert!(limiter.count(Bucket::Search, limits, at(59)).is_exceeded);
        let next = limiter.count(Bucket::General, limits, at(60));
        assert_eq!(next, Window { limit: 2, remaining: 1, reset_seconds: 60, is_exceeded: false });
    }

    #[test]
    fn a_clock_set_back_starts_a_window_too() {
        let limits = RateLimits { general: 1, ..RateLimits::default() };
        let mut limiter = RateLimiter::default();
        assert!(!limiter.count(Bucket::General, limits, at(0)).is_exceeded);
        assert!(!limiter.count(Bucket::General, limits, at(-120)).is_exceeded);
    }
}
