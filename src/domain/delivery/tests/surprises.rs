//! Named walks: what people do in Bexio and PSOhub meanwhile, and what they decide.

use std::time::Duration;

use rust_decimal::Decimal;

use super::walks::{T, call, issued, read, verified};
use super::{TIMING, acceptance, answered, at, bexio, contact, delivery, hash, hit, reading, refused};
use crate::domain::AccountingStatus::{Cancelled, Draft, Paid, Pending};
use crate::domain::InvoiceStatus;
use crate::domain::delivery::{
    Acceptance, Answer, Call, ContactNeed, Decision, Event, Failure, Halt, InvoiceChange, Mail, MailDoubt,
    Reading, Rejected, ResolveError, Review, State, Step, accept, apply, next_step, resolve, resume,
};

#[test]
fn what_people_did_in_bexio_is_noticed_before_the_mail() {
    let waiting = answered(&issued(), Answer::NotSent { wait: Some(Duration::from_mins(5)) }, at(T));
    let waiting = answered(&waiting, Answer::Done, at(T));
    let later = at(T + 400);
    for (answer, code) in [
        (read(Cancelled), "BEXIO_INVOICE_CANCELLED"),
        (read(Draft), "BEXIO_INVOICE_REVERTED"),
        (read(Paid), "ALREADY_PAID_IN_BEXIO"),
        (Answer::Gone, "BEXIO_INVOICE_GONE"),
    ] {
        let stopped = answered(&waiting, answer, later);
        assert_eq!((stopped.state(), stopped.reason().unwrap().code()), (State::NeedsReview, code));
        assert!(!matches!(next_step(&stopped, later, &TIMING), Step::Call(_)));
    }
    assert_eq!(call(&answered(&waiting, read(Pending), later), later), Call::SendMail(bexio(5)));
}

#[test]
fn a_draft_that_departs_from_the_plan_is_never_issued() {
    let delivery = answered(&delivery(), Answer::Invoices(vec![hit(5, Draft)]), at(T));
    let stops = |change: &dyn Fn(&mut Reading)| {
        let mut other = reading(5, Draft);
        change(&mut other);
        answered(&delivery, Answer::Reading(Box::new(other)), at(T))
    };
    for (what, stopped) in [
        ("total 108.20 instead of 108.10", stops(&|it| it.total = Decimal::new(10820, 2))),
        ("total without VAT 99 instead of 100", stops(&|it| it.total_net = Decimal::from(99))),
        ("another customer", stops(&|it| it.contact_id = Some(contact(32)))),
        ("another currency", stops(&|it| it.currency = "EUR".parse().unwrap())),
        ("2 positions instead of 1", stops(&|it| it.positions = 2)),
        ("our reference is missing", stops(&|it| it.api_reference = None)),
    ] {
        assert_eq!(stopped.state(), State::NeedsReview, "{what}");
        assert!(stopped.reason().unwrap().to_string().contains(what), "{}", stopped.reason().unwrap());
        let look = resolve(&stopped, Decision::SendAgain, stopped.version(), at(T), &TIMING).unwrap();
        assert_eq!(call(&look, at(T)), Call::Read(bexio(5)));
    }
    assert_eq!(
        stops(&|it| it.total = Decimal::new(10815, 2)).state(),
        State::Issue,
        "rounding explains 0.05"
    );
}

#[test]
fn an_invoice_that_was_issued_by_hand_is_mailed_only_after_a_person_said_so() {
    let delivery = answered(&delivery(), Answer::Invoices(vec![hit(5, Draft)]), at(T));
    let by_hand = answered(&delivery, read(Pending), at(T));
    assert_eq!(by_hand.reason().unwrap().code(), "ISSUED_BY_HAND");
    assert_eq!(call(&by_hand, at(T)), Call::WriteExternalId);
}

#[test]
fn an_invoice_that_is_in_bexio_already_stops_before_the_create() {
    let by_number = answered(&delivery(), Answer::Invoices(vec![]), at(T));
    let by_number = answered(&by_number, Answer::Invoices(vec![hit(3, Pending)]), at(T));
    let by_reference = answered(&delivery(), Answer::Invoices(vec![hit(3, Pending)]), at(T));
    for stopped in [by_number, by_reference] {
        assert_eq!(stopped.halt(), Some(&Halt::Review(Review::ExistingInvoice(vec![bexio(3)]))));
        let adopted =
            resolve(&stopped, Decision::UseExisting(bexio(3)), stopped.version(), at(T), &TIMING).unwrap();
        let adopted = answered(&adopted, Answer::Reading(Box::new(reading(3, Paid))), at(T));
        assert_eq!(adopted.mail(), &Mail::Skipped, "whoever issued it has mailed it");
        let adopted = answered(&adopted, Answer::Done, at(T));
        assert_eq!((adopted.state(), adopted.external_id().as_deref()), (State::Done, Some("RE-3")));
        let look = resolve(&stopped, Decision::SendAgain, stopped.version(), at(T), &TIMING).unwrap();
        assert_eq!(call(&look, at(T)), Call::FindOwn, "it is looked at again, never forced");
    }
}

#[test]
fn left_over_drafts_are_deleted_and_a_second_issued_invoice_is_shown() {
    let delivery = answered(&delivery(), Answer::Invoices(vec![hit(5, Draft), hit(6, Draft)]), at(T));
    let mut delivery = answered(&delivery, read(Draft), at(T));
    for _ in 0..3 {
        delivery = answered(&delivery, Answer::Done, at(T));
    }
    assert_eq!(delivery.state(), State::Sweep);
    let later = at(T + 120);
    assert_eq!(next_step(&delivery, at(T), &TIMING), Step::Wait { until: later });
    let found = answered(&delivery, Answer::Invoices(vec![hit(5, Pending), hit(6, Draft)]), later);
    assert_eq!(call(&found, later), Call::DeleteDraft(bexio(6)));
    let deleted = answered(&found, Answer::Done, later);
    let clean = answered(&deleted, Answer::Invoices(vec![hit(5, Pending)]), later);
    assert_eq!(clean.state(), State::Done);
    let tomorrow = at(T + 120 + 86_400);
    assert_eq!(next_step(&clean, later, &TIMING), Step::Wait { until: tomorrow });
    let duplicate = answered(&clean, Answer::Invoices(vec![hit(5, Pending), hit(8, Pending)]), tomorrow);
    assert_eq!(duplicate.halt(), Some(&Halt::Review(Review::Duplicate(vec![bexio(5), bexio(8)]))));
    assert_eq!(next_step(&duplicate, tomorrow, &TIMING), Step::Rest, "nothing is cancelled by itself");
    let mut quiet = clean;
    let mut looks = 0;
    while let Step::Wait { until } = next_step(&quiet, quiet.changed_at(), &TIMING) {
        quiet = answered(&quiet, Answer::Invoices(vec![hit(5, Pending)]), until);
        looks += 1;
        assert_eq!(quiet.state(), State::Done);
    }
    assert_eq!(looks, 6, "daily for a week");
}

#[test]
fn a_draft_whose_deletion_was_lost_is_never_pinned() {
    let failed = answered(&delivery(), Answer::Invoices(vec![]), at(T));
    let failed = answered(&failed, Answer::Invoices(vec![]), at(T));
    let lost = answered(&failed, Answer::Unknown, at(T));
    let failed = answered(&lost, Answer::Invoices(vec![]), at(T + 130));
    let failed = answered(&failed, refused(422), at(T + 130));
    assert_eq!(failed.state(), State::Failed);
    let swept = answered(&failed, Answer::Invoices(vec![hit(5, Draft)]), at(T + 300));
    let swept = answered(&swept, Answer::Unknown, at(T + 300));
    let again = resume(&swept, acceptance(7), at(T + 301)).unwrap();
    let again = answered(&again, Answer::Invoices(vec![hit(5, Draft)]), at(T + 301));
    assert_eq!(again.pin(), None);
    assert_eq!(call(&again, at(T + 301)), Call::FindLookalikes);
}

#[test]
fn a_new_plan_replaces_the_old_draft() {
    let mut other = reading(5, Draft);
    other.total = Decimal::from(1);
    let stopped = answered(&delivery(), Answer::Invoices(vec![hit(5, Draft)]), at(T));
    let stopped = answered(&stopped, Answer::Reading(Box::new(other.clone())), at(T));
    let mut new_plan = acceptance(7);
    new_plan.draft.hash = hash("another plan");
    let resumed = resume(&stopped, new_plan, at(T)).unwrap();
    assert_eq!(resumed.state(), State::Discard);
    let seen = answered(&resumed, Answer::Reading(Box::new(other)), at(T));
    assert_eq!(call(&seen, at(T)), Call::DeleteDraft(bexio(5)));
    let deleted = answered(&seen, Answer::Done, at(T));
    let clean = answered(&deleted, Answer::Invoices(vec![]), at(T));
    assert_eq!((clean.state(), clean.pin()), (State::Draft, None));
    // If somebody issued it meanwhile it stands, and a person is asked before it is mailed.
    let raced = answered(&resumed, read(Pending), at(T));
    assert_eq!(raced.reason().unwrap().code(), "ISSUED_BEFORE_REPLAN");
}

#[test]
fn a_changed_invoice_stops_what_is_not_issued_and_asks_about_the_mail_of_what_is() {
    let change = || Event::InvoiceChanged(InvoiceChange::Status(InvoiceStatus::Void));
    for early in [delivery(), verified()] {
        let failed = apply(&early, change(), at(T), &TIMING).unwrap();
        assert!(matches!(failed.halt(), Some(Halt::Failed(Failure::InvoiceChanged(_)))));
    }
    let asked = apply(&issued(), change(), at(T), &TIMING).unwrap();
    assert!(matches!(asked.mail(), Mail::Doubt { doubt: MailDoubt::InvoiceChanged(_), .. }));
    let mailed = answered(&issued(), Answer::Done, at(T));
    assert_eq!(apply(&mailed, change(), at(T), &TIMING), Err(Rejected::NoConcern));
    let in_doubt = answered(&verified(), Answer::Unknown, at(T));
    assert_eq!(apply(&in_doubt, change(), at(T), &TIMING), Err(Rejected::NoConcern), "it is read first");
}

#[test]
fn several_contacts_wait_for_a_choice_among_them() {
    let need = ContactNeed::Choose(vec![contact(31), contact(32)]);
    let asked = accept(delivery().id(), Acceptance { contact: need, ..acceptance(7) }, at(0));
    assert_eq!(asked.state(), State::NeedsReview);
    let choose = |id| resolve(&asked, Decision::ChooseContact(contact(id)), asked.version(), at(T), &TIMING);
    assert_eq!(choose(99), Err(ResolveError::NotACandidate(contact(99))));
    assert_eq!(call(&choose(32).unwrap(), at(T)), Call::FindOwn);
}

#[test]
fn a_decision_on_what_changed_meanwhile_is_refused() {
    let asked = answered(&issued(), Answer::Unknown, at(T));
    let stale = resolve(&asked, Decision::SendAgain, asked.version() - 1, at(T), &TIMING);
    assert!(matches!(stale, Err(ResolveError::VersionConflict { .. })));
    let done = answered(&answered(&issued(), Answer::Done, at(T)), Answer::Done, at(T));
    for decision in [Decision::MailArrived, Decision::SendAgain, Decision::Abandon] {
        let refused = resolve(&done, decision, done.version(), at(T), &TIMING);
        assert_eq!(refused, Err(ResolveError::NotAsked { decision, state: State::Done }));
    }
}

#[test]
fn abandoning_deletes_drafts_and_leaves_what_is_issued() {
    let failed = answered(&verified(), refused(422), at(T));
    let failed = answered(&failed, read(Draft), at(T));
    let abandoned = resolve(&failed, Decision::Abandon, failed.version(), at(T), &TIMING).unwrap();
    let abandoned = answered(&abandoned, read(Draft), at(T));
    let abandoned = answered(&abandoned, Answer::Done, at(T));
    let abandoned = answered(&abandoned, Answer::Invoices(vec![]), at(T));
    assert_eq!((abandoned.state(), abandoned.pin()), (State::Abandoned, None));

    let waiting = answered(&issued(), Answer::NotSent { wait: None }, at(T));
    let abandoned = resolve(&waiting, Decision::Abandon, waiting.version(), at(T), &TIMING).unwrap();
    assert_eq!(call(&abandoned, at(T)), Call::WriteExternalId, "the issued invoice keeps its external id");
    assert_eq!(answered(&abandoned, Answer::Done, at(T)).state(), State::Abandoned);
}
