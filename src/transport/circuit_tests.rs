//! The circuit's rules over every order of events.

use proptest::prelude::*;

use super::*;

const SECOND: Duration = Duration::from_secs(1);
const CONFIG: CircuitConfig = CircuitConfig { failures_max: 5, open_for: Duration::from_secs(30) };

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A breaker that so many calls in a row have failed at.
fn after_failures(failures: u32) -> Breaker {
    let mut breaker = Breaker::new(CONFIG);
    for _ in 0..failures {
        call(&mut breaker, Duration::ZERO, Verdict::Failed);
    }
    breaker
}

fn call(breaker: &mut Breaker, now: Duration, verdict: Verdict) {
    let admission = breaker.admit(now, false).unwrap();
    breaker.settle(now, admission, verdict);
}

#[test]
fn five_failures_in_a_row_open_it_and_one_answer_between_them_does_not() {
    assert_eq!(after_failures(4).snapshot(Duration::ZERO).state, CircuitState::Closed);
    let mut open = after_failures(5);
    assert_eq!(open.admit(seconds(10), false), Err(seconds(20)));
    let snapshot = open.snapshot(seconds(10));
    assert_eq!((snapshot.state, snapshot.retry_in), (CircuitState::Open, Some(seconds(20))));
    assert_eq!((snapshot.opened, snapshot.refused), (1, 1));

    let mut spared = after_failures(4);
    call(&mut spared, Duration::ZERO, Verdict::Answered);
    for _ in 0..4 {
        call(&mut spared, Duration::ZERO, Verdict::Failed);
    }
    assert_eq!(spared.snapshot(Duration::ZERO).state, CircuitState::Closed);
}

#[test]
fn half_of_twenty_calls_within_a_minute_open_it() {
    let alternate = |step: Duration| {
        let mut breaker = Breaker::new(CONFIG);
        for number in 0..20 {
            let verdict = if number % 2 == 0 { Verdict::Answered } else { Verdict::Failed };
            call(&mut breaker, step * number, verdict);
        }
        breaker.snapshot(step * 19).state
    };
    assert_eq!(alternate(SECOND), CircuitState::Open);
    assert_eq!(alternate(seconds(10)), CircuitState::Closed, "spread over minutes they say little");
}

#[test]
fn one_trial_at_a_time_and_each_that_fails_doubles_the_wait_up_to_four_times() {
    let mut breaker = after_failures(5);
    let mut now = Duration::ZERO;
    for wait in [30, 60, 120, 120] {
        assert!(breaker.admit(now + seconds(wait - 1), false).is_err(), "{wait} s");
        now += seconds(wait);
        let trial = breaker.admit(now, false).unwrap();
        assert_eq!(breaker.snapshot(now).state, CircuitState::HalfOpen);
        assert!(breaker.admit(now, false).is_err(), "one at a time");
        breaker.settle(now, trial, Verdict::Failed);
    }
    now += seconds(120);
    let gone = breaker.admit(now, false).unwrap();
    breaker.settle(now, gone, Verdict::Untold);
    let trial = breaker.admit(now, false).expect("who goes away leaves the trial to the next");
    breaker.settle(now, trial, Verdict::Answered);
    assert_eq!(breaker.snapshot(now).state, CircuitState::Closed);
    assert!(breaker.admit(now, false).is_ok() && breaker.admit(now, false).is_ok());
    assert_eq!(breaker.snapshot(now).opened, 1, "failed trials are the same outage");
}

#[test]
fn what_is_late_says_nothing_and_what_is_forced_may_close_it() {
    let mut breaker = Breaker::new(CONFIG);
    let slow = breaker.admit(Duration::ZERO, false).unwrap();
    for _ in 0..5 {
        call(&mut breaker, Duration::ZERO, Verdict::Failed);
    }
    breaker.settle(seconds(1), slow, Verdict::Answered);
    assert_eq!(breaker.snapshot(seconds(1)).state, CircuitState::Open, "it began before the outage");

    let forced = breaker.admit(seconds(2), true).unwrap();
    breaker.settle(seconds(2), forced, Verdict::Failed);
    assert_eq!(breaker.snapshot(seconds(2)).retry_in, Some(seconds(28)), "a forced one prolongs nothing");
    let forced = breaker.admit(seconds(3), true).unwrap();
    breaker.settle(seconds(3), forced, Verdict::Answered);
    assert_eq!(breaker.snapshot(seconds(3)).state, CircuitState::Closed);
}

#[derive(Debug, Clone, Copy)]
enum Event {
    Wait(u64),
    Begin,
    Force,
    End(usize, Verdict),
}

fn event() -> impl Strategy<Value = Event> {
    let verdict = prop_oneof![
        1 => Just(Verdict::Answered), 4 => Just(Verdict::Failed), 1 => Just(Verdict::Untold)];
    prop_oneof![
        2 => (1u64..40).prop_map(Event::Wait),
        4 => Just(Event::Begin),
        1 => Just(Event::Force),
        4 => (0usize..8, verdict).prop_map(|(index, verdict)| Event::End(index, verdict)),
    ]
}

proptest! {
    #[test]
    fn it_opens_only_after_failures_keeps_its_word_and_always_tries_again(
        events in proptest::collection::vec(event(), 1..200)
    ) {
        let mut breaker = Breaker::new(CONFIG);
        let mut now = Duration::ZERO;
        let mut under_way: Vec<Admission> = Vec::new();
        let mut failures = 0;
        // No call before this, as the breaker said.
        let mut promised = Duration::ZERO;
        for event in events {
            match event {
                Event::Wait(wait) => now += seconds(wait),
                Event::Begin => match breaker.admit(now, false) {
                    Ok(admission) => {
                        prop_assert!(now >= promised, "let through before its time");
                        under_way.push(admission);
                    }
                    Err(wait) => {
                        prop_assert!(wait <= CONFIG.open_for * 4 && wait > Duration::ZERO);
                        prop_assert_ne!(breaker.snapshot(now).state, CircuitState::Closed);
                    }
                },
                Event::Force => under_way.push(breaker.admit(now, true).unwrap()),
                Event::End(index, verdict) if !under_way.is_empty() => {
                    let before = breaker.snapshot(now).state;
                    let admission = under_way.remove(index % under_way.len());
                    breaker.settle(now, admission, verdict);
                    failures += u32::from(verdict == Verdict::Failed);
                    let after = breaker.snapshot(now);
                    if before == CircuitState::Closed && after.state == CircuitState::Open {
                        prop_assert_eq!(verdict, Verdict::Failed);
                        prop_assert!(failures >= CONFIG.failures_max);
                        failures = 0;
                    }
                    promised = match after.state {
                        CircuitState::Open => now + after.retry_in.unwrap(),
                        CircuitState::Closed | CircuitState::HalfOpen => now,
                    };
                    if after.state == CircuitState::Closed {
                        promised = Duration::ZERO;
                    }
                }
                Event::End(..) => {}
            }
            let trials = breaker.snapshot(now);
            prop_assert_eq!(trials.retry_in.is_none(), trials.state == CircuitState::Closed);
        }
        // Whatever happened: once those under way are gone, waiting long enough lets a call through, and
        // its answer closes the circuit.
        for admission in under_way {
            breaker.settle(now, admission, Verdict::Untold);
        }
        now += CONFIG.open_for * 4;
        let trial = breaker.admit(now, false);
        prop_assert!(trial.is_ok());
        breaker.settle(now, trial.unwrap(), Verdict::Answered);
        prop_assert_eq!(breaker.snapshot(now).state, CircuitState::Closed);
    }
}
