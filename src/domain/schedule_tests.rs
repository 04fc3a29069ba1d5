//! Exactly the right number of runs, whatever the clock does.

use std::time::Duration;

use jiff::ToSpan as _;
use proptest::prelude::*;

use super::*;
use crate::domain::{Clock, ManualClock};

const EVERY_2_HOURS: &str = "0 0 */2 * * *";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn last(number: i64, text: &str) -> LastTime {
    LastTime { number, at: at(text) }
}

/// Somebody who looks every `step` and runs when it is due; the instants of the runs.
struct Runner {
    clock: ManualClock,
    watch: DueWatch,
    last: LastTime,
    runs: Vec<Timestamp>,
}

impl Runner {
    fn new(start: &str) -> Self {
        let watch = DueWatch::new(Schedule::parse(EVERY_2_HOURS).unwrap());
        // It ran just before.
        Self { clock: ManualClock::new(at(start)), watch, last: last(0, start), runs: Vec::new() }
    }

    fn live(&mut self, for_: Duration, step: Duration) {
        let mut passed = Duration::ZERO;
        while passed < for_ {
            self.clock.advance(step);
            passed += step;
            self.look();
        }
    }

    fn look(&mut self) {
        let now = self.clock.now();
        if self.watch.is_due(Some(self.last), now) {
            self.last = LastTime { number: self.last.number + 1, at: now };
            self.runs.push(now);
        }
    }
}

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

#[test]
fn days_on_which_the_company_s_clocks_change_have_as_many_runs_as_others() {
    for day in
        ["2026-03-28T12:30:00Z", "2026-03-29T00:30:00Z", "2026-10-25T00:00:01Z", "2026-06-01T10:59:00Z"]
    {
        let mut runner = Runner::new(day);
        runner.live(24 * HOUR, MINUTE);
        assert_eq!(runner.runs.len(), 12, "{day}: {:?}", runner.runs);
        let hours = |run: &Timestamp| run.to_zoned(jiff::tz::TimeZone::UTC).hour() % 2;
        assert!(runner.runs.iter().all(|run| hours(run) == 0), "{day}");
    }
}

#[test]
fn a_clock_set_back_two_hours_neither_repeats_a_run_nor_leaves_a_gap() {
    let mut runner = Runner::new("2026-03-02T10:00:00Z");
    runner.live(30 * MINUTE, MINUTE);
    runner.clock.set(at("2026-03-02T08:30:00Z"));
    runner.look();
    assert_eq!(runner.runs, []);
    runner.live(12 * HOUR, MINUTE);
    assert_eq!(runner.runs.len(), 6);
    assert_eq!(runner.runs[0], at("2026-03-02T10:00:00Z"));
}

#[test]
fn a_clock_set_forward_ten_days_is_one_run_and_not_a_hundred_and_twenty() {
    let mut runner = Runner::new("2026-03-02T10:00:00Z");
    runner.clock.set(at("2026-03-12T10:10:00Z"));
    runner.live(2 * HOUR, MINUTE);
    assert_eq!(runner.runs, [at("2026-03-12T10:11:00Z"), at("2026-03-12T12:00:00Z")]);
}

#[test]
fn a_clock_that_is_stepped_by_moments_makes_no_second_run() {
    let mut runner = Runner::new("2026-03-02T11:59:59Z");
    runner.live(Duration::from_secs(2), Duration::from_millis(250));
    assert_eq!(runner.runs, [at("2026-03-02T12:00:00Z")]);
    runner.clock.set(at("2026-03-02T11:59:59.9Z"));
    runner.live(10 * MINUTE, Duration::from_millis(250));
    assert_eq!(runner.runs.len(), 1);
}

#[test]
fn a_run_longer_than_the_interval_is_followed_by_one() {
    let mut runner = Runner::new("2026-03-02T10:00:00Z");
    // Nobody looks while it runs.
    runner.clock.advance(5 * HOUR);
    runner.look();
    runner.look();
    assert_eq!(runner.runs, [at("2026-03-02T15:00:00Z")]);
}

#[test]
fn what_was_never_done_is_due_and_the_wait_is_known() {
    let mut watch = DueWatch::new(Schedule::parse(EVERY_2_HOURS).unwrap());
    let now = at("2026-03-02T10:30:00Z");
    assert!(watch.is_due(None, now));
    assert_eq!(watch.due_in(None, now), Some(Duration::ZERO));
    assert_eq!(watch.due_in(Some(last(1, "2026-03-02T10:00:00Z")), now), Some(90 * MINUTE));
    assert_eq!(watch.due_in(Some(last(2, "2026-03-02T07:00:00Z")), now), Some(Duration::ZERO));
}

#[test]
fn five_fields_are_refused_and_not_read_shifted() {
    for text in ["0 */2 * * *", "", "0 0 25 * * *", "0 0 */2 * * * 2026", "@daily x"] {
        assert!(Schedule::parse(text).is_err(), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// However a clock is stepped and however rarely somebody looks: after each stretch of undisturbed
    /// time there were as many runs as scheduled times, but for one.
    #[test]
    fn undisturbed_time_has_its_runs(
        jumps in proptest::collection::vec((-180i64..180, 1u64..30, 1u64..20), 1..6),
    ) {
        let mut runner = Runner::new("2026-03-28T22:10:00Z");
        for (jump_minutes, hours, step_minutes) in jumps {
            runner.clock.set(runner.clock.now() + jump_minutes.minutes());
            let before = runner.runs.len();
            runner.live(Duration::from_hours(hours), Duration::from_mins(step_minutes));
            let runs = runner.runs.len() - before;
            let expected = usize::try_from(hours / 2).unwrap();
            prop_assert!(runs >= expected.saturating_sub(1) && runs <= expected + 2, "{runs} of {expected}");
        }
    }
}

#[test]
fn another_schedule_makes_up_for_nothing_of_its_past() {
    let hourly = || Schedule::parse("0 0 * * * *").unwrap();
    let mut watch = DueWatch::new(Schedule::parse(EVERY_2_HOURS).unwrap());
    let ran = Some(last(1, "2026-03-02T08:00:00Z"));
    assert!(watch.follow(hourly(), at("2026-03-02T09:30:00Z")));
    assert!(!watch.follow(hourly(), at("2026-03-02T09:45:00Z")), "it is the same");
    assert!(!watch.is_due(ran, at("2026-03-02T09:59:00Z")), "09:00 was before");
    assert!(watch.is_due(ran, at("2026-03-02T10:00:00Z")));
    assert!(!watch.is_due(Some(last(2, "2026-03-02T10:00:00Z")), at("2026-03-02T10:59:00Z")));
    assert!(watch.is_due(Some(last(2, "2026-03-02T10:00:00Z")), at("2026-03-02T11:00:00Z")));
    // Set back to before the change: counted from the last run again.
    assert!(watch.is_due(Some(last(3, "2026-03-02T07:00:00Z")), at("2026-03-02T08:00:00Z")));
}

#[test]
fn a_schedule_that_a_person_sets_comes_and_not_all_the_time() {
    let now = at("2026-03-02T08:00:00Z");
    for text in [EVERY_2_HOURS, "0 30 6-20 * * MON-FRI", "0 * * * * *", "0 0 0 29 2 *"] {
        assert!(Schedule::parse_settable(text, now).is_ok(), "{text}");
    }
    for (text, why) in [
        ("0 0 * * *", "is no schedule"),
        ("soon", "is no schedule"),
        ("0 0 0 31 2 *", "never comes"),
        ("* * * * * *", "more often than once a minute"),
        ("0,30 0 12 * * *", "more often than once a minute"),
    ] {
        let error = Schedule::parse_settable(text, now).unwrap_err();
        assert!(error.contains(why), "{error}");
    }
}
