//! When something that repeats is due, by a cron expression in UTC.
//!
//! Pure: told from the last time and the time now, so that lost ticks, pauses and clocks that were
//! set change nothing. UTC has no summer time; local time would run one hour off after a change.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::{SignedDuration, Timestamp};

/// A time that lies further ahead than this was noted before the clock was set back.
const AHEAD_MAX: SignedDuration = SignedDuration::from_mins(1);

/// The shortest time between two runs that a person may set.
const SETTABLE_MIN: SignedDuration = SignedDuration::from_mins(1);
/// How many times ahead are looked at: seconds and minutes repeat within them.
const LOOKED_AT: u32 = 120;

/// A cron expression of six fields, from second to weekday, in UTC.
#[derive(Clone)]
pub struct Schedule {
    cron: Cron,
    text: Box<str>,
}

/// Why a text is no schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("six cron fields (second minute hour day month weekday, UTC), such as 0 0 */2 * * * ({0})")]
pub struct ScheduleError(String);

impl Schedule {
    /// Reads six cron fields. Five would be read shifted, so they are refused.
    pub fn parse(text: &str) -> Result<Self, ScheduleError> {
        let parser = CronParser::builder().seconds(Seconds::Required).year(Year::Disallowed).build();
        let cron = parser.parse(text).map_err(|error| ScheduleError(error.to_string()))?;
        Ok(Self { cron, text: text.into() })
    }

    /// Reads a schedule that a person sets: it has to come at all, and not more often than once a minute.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse_settable(text: &str, now: Timestamp) -> Result<Self, String> {
        let schedule = Self::parse(text).map_err(|error| format!("'{text}' is no schedule: {error}"))?;
        let never = || format!("'{text}' never comes");
        let mut last = schedule.next_after(now).ok_or_else(never)?;
        for _ in 0..LOOKED_AT {
            let Some(next) = schedule.next_after(last) else { break };
            if next.duration_since(last) < SETTABLE_MIN {
                return Err(format!("'{text}' comes more often than once a minute"));
            }
            last = next;
        }
        Ok(schedule)
    }

    /// The fields as they were given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The first time after `instant`; `None` where there is none within the years that are looked at.
    pub fn next_after(&self, instant: Timestamp) -> Option<Timestamp> {
        let from: DateTime<Utc> = DateTime::from_timestamp_millis(instant.as_millisecond())?;
        let next = self.cron.find_next_occurrence(&from, false).ok()?;
        Timestamp::from_second(next.timestamp()).ok().filter(|next| *next > instant)
    }

    /// Whether a scheduled time has come since `last`; what was never done is due.
    pub fn is_due(&self, last: Option<Timestamp>, now: Timestamp) -> bool {
        let Some(last) = last else { return true };
        self.next_after(last).is_some_and(|next| next <= now)
    }
}

impl fmt::Debug for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Schedule").field(&self.text).finish()
    }
}

/// When something was last done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastTime {
    /// Which time it was: two times are not told apart by their instants once a clock was set back.
    pub number: i64,
    /// When.
    pub at: Timestamp,
}

/// A schedule with what was seen of the clock.
#[derive(Debug)]
pub struct DueWatch {
    schedule: Schedule,
    /// The number of a last time that lay ahead, and when that was first seen.
    set_back: Option<(i64, Timestamp)>,
    /// Since when the schedule holds, where it took the place of another one.
    since: Option<Timestamp>,
}

impl DueWatch {
    /// A watch that has seen nothing.
    pub const fn new(schedule: Schedule) -> Self {
        Self { schedule, set_back: None, since: None }
    }

    /// The schedule.
    pub const fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// Goes by another schedule from `now` on. A time that it would have had before then is not made up
    /// for. Whether it is another one.
    pub fn follow(&mut self, schedule: Schedule, now: Timestamp) -> bool {
        if schedule.as_str() == self.schedule.as_str() {
            return false;
        }
        (self.schedule, self.since) = (schedule, Some(now));
        true
    }

    /// Whether it is due at `now`, when it was last done at `last`. After the clock was set back that is
    /// counted from when this was first seen: neither at once nor only when the old time comes again.
    pub fn is_due(&mut self, last: Option<LastTime>, now: Timestamp) -> bool {
        let last = last.map(|last| self.counted_from(last, now));
        self.schedule.is_due(last, now)
    }

    /// How long until it may be due; `None` where it never is.
    pub fn due_in(&mut self, last: Option<LastTime>, now: Timestamp) -> Option<Duration> {
        let Some(last) = last else { return Some(Duration::ZERO) };
        let last = self.counted_from(last, now);
        let next = self.schedule.next_after(last)?;
        Some(Duration::try_from(next.duration_since(now)).unwrap_or_default())
    }

    fn counted_from(&mut self, last: LastTime, now: Timestamp) -> Timestamp {
        if let Some((number, seen)) = self.set_back
            && number == last.number
        {
            return seen.min(now);
        }
        if last.at.duration_since(now) <= AHEAD_MAX {
            // A clock that was set back since then leaves it in the future.
            let since = self.since.filter(|since| *since <= now);
            return since.map_or(last.at, |since| since.max(last.at));
        }
        self.set_back = Some((last.number, now));
        now
    }
}

#[cfg(test)]
#[path = "schedule_tests.rs"]
mod tests;
