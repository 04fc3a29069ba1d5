//! Plays many schedules, some at once, and adds up what they came to.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use invoice_gateway::domain::delivery::{Delivery, State};
use invoice_gateway::domain::{Clock as _, SystemClock};

use crate::options::Options;
use crate::play::play;

/// A word to whoever waits, every so many schedules.
const PROGRESS_EVERY: u64 = 1_000;

/// What happened, in figures.
#[derive(Debug, Default)]
pub struct Counts {
    /// Schedules.
    pub schedules: u64,
    /// Deliveries that were judged, by the outcome before anybody decided.
    pub outcomes: BTreeMap<String, u64>,
    /// Processes that were started.
    pub lives: u64,
    /// Processes that aborted, by the event and the call it was about.
    pub aborts: BTreeMap<String, u64>,
    /// Processes that were killed inside an upstream call, by its kind.
    pub kills_inside: BTreeMap<&'static str, u64>,
    /// Processes that were killed in the middle of whatever they did.
    pub kills_anywhere: u64,
    /// Processes that were killed at rest.
    pub kills_between: u64,
    /// Upstream calls that a fault spoilt, by what it did.
    pub faults: BTreeMap<&'static str, u64>,
    /// The same by the kind of call.
    pub targets: BTreeMap<&'static str, u64>,
    /// Questions that a person answered.
    pub decisions: u64,
}

impl Counts {
    /// Notes what became of a delivery.
    pub fn note_outcome(&mut self, delivery: &Delivery, answered: bool) {
        if answered {
            return;
        }
        let words = match (delivery.state(), delivery.reason()) {
            (State::Done, _) => "DONE".to_owned(),
            (state, Some(reason)) => format!("{state:?} {}", reason.code()),
            (state, None) => format!("{state:?}"),
        };
        *self.outcomes.entry(words).or_default() += 1;
    }

    fn add(&mut self, other: &Self) {
        self.schedules += 1;
        self.lives += other.lives;
        self.kills_anywhere += other.kills_anywhere;
        add_each(&mut self.aborts, &other.aborts);
        add_each(&mut self.kills_inside, &other.kills_inside);
        self.kills_between += other.kills_between;
        self.decisions += other.decisions;
        add_each(&mut self.outcomes, &other.outcomes);
        add_each(&mut self.faults, &other.faults);
        add_each(&mut self.targets, &other.targets);
    }

    fn print(&self, violations: u64, seconds: u64) {
        println!("{} schedules in {seconds} s", self.schedules);
        println!(
            "  {} processes: {} aborted at an event, {} killed inside an upstream call, {} in the middle, {} at rest",
            self.lives,
            total(&self.aborts),
            total(&self.kills_inside),
            self.kills_anywhere,
            self.kills_between
        );
        println!("  aborted at: {}", list(&self.aborts));
        println!("  killed inside: {}", list(&self.kills_inside));
        println!("  {} calls spoilt: {}", total(&self.faults), list(&self.faults));
        println!("  of which on: {}", list(&self.targets));
        println!("  deliveries: {}", list(&self.outcomes));
        println!("  questions answered by a person: {}", self.decisions);
        println!("  violations: {violations}");
    }
}

fn add_each<K: Ord + Clone>(sum: &mut BTreeMap<K, u64>, other: &BTreeMap<K, u64>) {
    for (name, count) in other {
        *sum.entry(name.clone()).or_default() += count;
    }
}

fn total<K>(counts: &BTreeMap<K, u64>) -> u64 {
    counts.values().sum()
}

fn list<K: std::fmt::Display>(counts: &BTreeMap<K, u64>) -> String {
    counts.iter().map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
}

/// Plays what the options ask for; fails when anything was violated.
pub fn play_all(options: &Options) -> ExitCode {
    if !std::path::Path::new("/proc/self/task").is_dir() {
        println!("crash schedules need Linux: they see in /proc when the gateway rests; passed over");
        return ExitCode::SUCCESS;
    }
    let clock = SystemClock::new();
    let next = AtomicU64::new(0);
    let violated = AtomicU64::new(0);
    let sum = Mutex::new(Counts::default());
    let work = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime can be made");
        loop {
            let number = next.fetch_add(1, Ordering::SeqCst);
            if number >= options.count || violated.load(Ordering::SeqCst) >= options.violations_max {
                return;
            }
            let played = runtime.block_on(play(options.first + number, options.trace));
            violated.fetch_add(u64::from(!played.violations.is_empty()), Ordering::SeqCst);
            let mut sum = sum.lock().unwrap_or_else(PoisonError::into_inner);
            sum.add(&played.counts);
            if sum.schedules.is_multiple_of(PROGRESS_EVERY) && sum.schedules < options.count {
                let violations = violated.load(Ordering::SeqCst);
                println!(
                    "{} schedules, {violations} violated, {} s",
                    sum.schedules,
                    clock.elapsed().as_secs()
                );
            }
        }
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..options.jobs).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            if worker.join().is_err() {
                violated.fetch_add(1, Ordering::SeqCst);
            }
        }
    });
    let violations = violated.load(Ordering::SeqCst);
    let sum = sum.into_inner().unwrap_or_else(PoisonError::into_inner);
    sum.print(violations, clock.elapsed().as_secs());
    if violations == 0 && sum.schedules == options.count { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
