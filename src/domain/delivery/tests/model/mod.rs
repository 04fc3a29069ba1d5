//! A model check: a few hundred lines of Bexio, PSOhub, a store and workers that crash, driven by the
//! real [`super::super::next_step`] and [`super::super::apply`] over seeded random schedules.
//!
//! Each run has a phase of faults and a healed one. After it every invoice has exactly one issued
//! invoice, at most one e-mail and no left-over draft, or says clearly why not. A failing run names its
//! seed; [`run`] with that seed plays it again. `DELIVERY_SEEDS` sets the number of schedules.

mod run;
mod worker;
mod world;

use std::collections::BTreeMap;

use run::{Run, Switches, run};
use worker::Fate;

use crate::domain::BexioInvoiceId;
use crate::domain::delivery::{Call, ContactPart};

const ONE: BexioInvoiceId = BexioInvoiceId::new(1).unwrap();

const CALLS: [Call; 9] = [
    Call::FindContact(ContactPart::Company),
    Call::CreateContact(ContactPart::Company),
    Call::FindOwn,
    Call::CreateDraft,
    Call::Read(ONE),
    Call::Issue(ONE),
    Call::SendMail(ONE),
    Call::WriteExternalId,
    Call::DeleteDraft(ONE),
];

/// What a set of schedules came to.
#[derive(Debug, Default)]
struct Tally {
    runs: u64,
    violations: Vec<(u64, String)>,
    reviews: u64,
    faults: BTreeMap<(&'static str, Fate), u64>,
    crashes: u64,
}

fn tally(seeds: impl Iterator<Item = u64>, switches: Switches) -> Tally {
    let mut tally = Tally::default();
    for seed in seeds {
        let Run { violation, reviews, faults, crashes } = run(seed, switches);
        tally.runs += 1;
        tally.reviews += reviews;
        for fault in faults {
            *tally.faults.entry(fault).or_default() += 1;
        }
        tally.crashes += crashes;
        tally.violations.extend(violation.map(|violation| (seed, violation)));
    }
    tally
}

fn schedules(standard: u64) -> u64 {
    std::env::var("DELIVERY_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(standard)
}

fn assert_clean(tally: &Tally) {
    let first = tally.violations.first();
    assert!(
        first.is_none(),
        "{} of {} schedules; the first is seed {}: {}",
        tally.violations.len(),
        tally.runs,
        first.unwrap().0,
        first.unwrap().1
    );
    println!(
        "{} schedules, {} faults, {} crashes, {} reviews, 0 violations",
        tally.runs,
        tally.faults.values().sum::<u64>(),
        tally.crashes,
        tally.reviews
    );
}

fn assert_found(switches: Switches, what: &str) {
    let tally = tally(0..3_000, switches);
    let hits = tally.violations.iter().filter(|(_, violation)| violation.contains(what)).count();
    assert!(hits > 0, "without its safeguard the model must find '{what}': {:?}", tally.violations.first());
}

#[test]
fn one_worker_with_faults_and_crashes_delivers_each_invoice_once() {
    assert_clean(&tally(0..schedules(7_000), Switches { workers: 1, ..Switches::default() }));
}

#[test]
fn two_workers_without_a_lease_deliver_each_invoice_once() {
    let tally = tally(0..schedules(7_000), Switches::default());
    assert_clean(&tally);
    // The model is worth something only where every call really failed in every way.
    for call in CALLS {
        let fates = tally.faults.keys().filter(|(words, _)| *words == call.words()).count();
        assert_eq!(fates, if call.writes() { 7 } else { 5 }, "{call} met too few fates: {:?}", tally.faults);
    }
}

#[test]
fn a_worker_that_pauses_between_commit_and_call_doubles_nothing() {
    assert_clean(&tally(0..schedules(4_000), Switches { pauses: true, ..Switches::default() }));
}

#[test]
fn impatient_workers_ask_a_person_more_often_and_double_nothing() {
    let switches = Switches { impatient: true, pauses: true, ..Switches::default() };
    assert_clean(&tally(0..schedules(3_000), switches));
}

#[test]
fn people_who_meddle_in_bexio_never_get_a_second_mail_out_of_us() {
    assert_clean(&tally(0..schedules(4_000), Switches { people: true, ..Switches::default() }));
}

#[test]
fn without_the_search_before_create_drafts_are_doubled() {
    assert_found(Switches { no_search: true, ..Switches::default() }, "second draft");
}

#[test]
fn without_compare_and_set_invoices_are_issued_and_mailed_twice() {
    let switches = Switches { no_compare_and_set: true, ..Switches::default() };
    for what in ["issued 2 times", "2 mails", "left over"] {
        assert_found(switches, what);
    }
}

#[test]
fn without_the_write_ahead_of_the_mail_customers_get_two() {
    assert_found(Switches { no_mail_write_ahead: true, ..Switches::default() }, "mails");
}

#[test]
fn without_the_sweep_drafts_are_left_over() {
    assert_found(Switches { no_search: true, no_sweep: true, ..Switches::default() }, "left over");
}
