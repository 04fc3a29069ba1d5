//! Named walks: what one send does, call by call, and what becomes of it when a call fails.

use std::time::Duration;

use jiff::Timestamp;

use super::{TIMING, acceptance, answered, at, bexio, contact, delivery, hit, reading, refused};
use crate::domain::AccountingStatus;
use crate::domain::AccountingStatus::{Draft, Pending};
use crate::domain::delivery::{
    Acceptance, Answer, Call, ContactMatch, ContactNeed, ContactPart, Decision, Delivery, Event,
    ExternalIdKind, Mail, Rejected, State, Step, WriteBack, accept, apply, next_step, resolve, resume,
};

pub(super) const T: i64 = 1;

pub(super) fn call(delivery: &Delivery, now: Timestamp) -> Call {
    match next_step(delivery, now, &TIMING) {
        Step::Call(call) => call,
        other => panic!("{other:?} of {delivery:?}"),
    }
}

/// The delivery with draft 5 pinned and compared.
pub(super) fn verified() -> Delivery {
    let delivery = answered(&delivery(), Answer::Invoices(vec![]), at(T));
    let delivery = answered(&delivery, Answer::Invoices(vec![]), at(T));
    let delivery = answered(&delivery, Answer::DraftCreated(hit(5, Draft)), at(T));
    answered(&delivery, read(Draft), at(T))
}

pub(super) fn read(status: AccountingStatus) -> Answer {
    Answer::Reading(Box::new(reading(5, status)))
}

pub(super) fn issued() -> Delivery {
    answered(&verified(), Answer::Done, at(T))
}

pub(super) fn announced(delivery: &Delivery, now: Timestamp) -> (Delivery, Call, u32) {
    let call = call(delivery, now);
    let announced = apply(delivery, Event::Announced(call), now, &TIMING).unwrap();
    let attempt = announced.intent().unwrap().attempt;
    (announced, call, attempt)
}

#[test]
fn a_plain_send_takes_six_calls_to_bexio_and_one_to_psohub() {
    let mut delivery = delivery();
    assert_eq!(delivery.state(), State::Accepted);
    let mut calls = Vec::new();
    while let Step::Call(call) = next_step(&delivery, at(T), &TIMING) {
        calls.push(call);
        let answer = match call {
            Call::FindOwn | Call::FindLookalikes => Answer::Invoices(vec![]),
            Call::CreateDraft => Answer::DraftCreated(hit(5, Draft)),
            Call::Read(_) => read(Draft),
            _ => Answer::Done,
        };
        delivery = answered(&delivery, answer, at(T));
    }
    assert_eq!(
        calls,
        [
            Call::FindOwn,
            Call::FindLookalikes,
            Call::CreateDraft,
            Call::Read(bexio(5)),
            Call::Issue(bexio(5)),
            Call::SendMail(bexio(5)),
            Call::WriteExternalId,
        ]
    );
    assert_eq!(delivery.state(), State::Done);
    assert_eq!(next_step(&delivery, at(T), &TIMING), Step::Rest);
    assert_eq!(delivery.external_id().as_deref(), Some("RE-5"));
    // Every writing call was stored before and after; reads after only.
    assert_eq!(delivery.version(), 1 + 3 + 2 * 4);
}

#[test]
fn the_external_id_can_be_the_id_and_the_mail_can_be_left_out() {
    let mut acceptance = acceptance(7);
    acceptance.external_id = ExternalIdKind::Id;
    acceptance.mail = false;
    let mut delivery = accept(delivery().id(), acceptance, at(0));
    for answer in
        [Answer::Invoices(vec![]), Answer::Invoices(vec![]), Answer::DraftCreated(hit(5, Draft)), read(Draft)]
    {
        delivery = answered(&delivery, answer, at(T));
    }
    delivery = answered(&delivery, Answer::Done, at(T));
    assert_eq!(call(&delivery, at(T)), Call::WriteExternalId);
    assert_eq!(delivery.external_id().as_deref(), Some("5"));
    assert_eq!(answered(&delivery, Answer::Done, at(T)).state(), State::Done);
}

#[test]
fn a_lost_create_is_searched_for_after_the_quiet_period_and_only_then_repeated() {
    let delivery = answered(&delivery(), Answer::Invoices(vec![]), at(T));
    let delivery = answered(&delivery, Answer::Invoices(vec![]), at(T));
    let delivery = answered(&delivery, Answer::Unknown, at(T));
    let over = at(T + 120);
    assert_eq!(next_step(&delivery, at(T + 119), &TIMING), Step::Wait { until: over });
    assert_eq!(call(&delivery, over), Call::FindOwn);
    let found = answered(&delivery, Answer::Invoices(vec![hit(9, Draft), hit(5, Draft)]), over);
    assert_eq!(found.pin().unwrap().id, bexio(5), "the oldest is pinned");
    let none = answered(&delivery, Answer::Invoices(vec![]), over);
    assert_eq!(call(&none, over), Call::CreateDraft);
    // A search that is too old does not allow a create.
    assert_eq!(call(&none, at(T + 120 + 61)), Call::FindOwn);
}

#[test]
fn an_announced_call_belongs_to_its_worker_until_its_time_is_over() {
    let (delivery, call, _) = announced(&verified(), at(T));
    assert_eq!(call, Call::Issue(bexio(5)));
    assert_eq!(next_step(&delivery, at(T + 44), &TIMING), Step::Wait { until: at(T + 45) });
    assert!(matches!(apply(&delivery, Event::Lost, at(T + 44), &TIMING), Err(Rejected::NothingLost { .. })));
    assert_eq!(next_step(&delivery, at(T + 45), &TIMING), Step::Conclude);
    let delivery = apply(&delivery, Event::Lost, at(T + 45), &TIMING).unwrap();
    assert_eq!(delivery.state(), State::Verify, "what became of it is read");
}

#[test]
fn an_issue_without_an_answer_is_learned_by_reading() {
    let delivery = answered(&verified(), Answer::Unknown, at(T));
    let issued = answered(&delivery, read(Pending), at(T + 10));
    assert_eq!(issued.state(), State::Email);
    assert_eq!(call(&issued, at(T + 10)), Call::SendMail(bexio(5)));
    let draft = answered(&delivery, read(Draft), at(T + 10));
    assert_eq!(call(&draft, at(T + 10)), Call::Issue(bexio(5)));
}

#[test]
fn a_refused_issue_is_a_failure_only_if_it_is_still_a_draft() {
    let delivery = answered(&verified(), refused(422), at(T));
    assert_eq!(answered(&delivery, read(Pending), at(T)).state(), State::NeedsReview);
    let failed = answered(&delivery, read(Draft), at(T));
    assert_eq!(failed.state(), State::Failed);
    assert!(
        failed.reason().unwrap().to_string().starts_with("issuing the invoice in Bexio was refused (422)")
    );
    let again = resume(&failed, acceptance(7), at(T)).unwrap();
    assert_eq!(call(&again, at(T)), Call::Read(bexio(5)), "it goes on where it stopped");
}

#[test]
fn a_mail_without_an_answer_is_never_sent_again_and_the_external_id_is_written_all_the_same() {
    let delivery = answered(&issued(), Answer::Unknown, at(T));
    assert_eq!(delivery.state(), State::NeedsReview);
    assert_eq!(delivery.reason().unwrap().code(), "MAIL_OUTCOME_UNKNOWN");
    assert_eq!(call(&delivery, at(T)), Call::WriteExternalId);
    let delivery = answered(&delivery, Answer::Done, at(T));
    for days in 0..400 {
        assert_eq!(next_step(&delivery, at(days * 86_400), &TIMING), Step::Rest);
    }
    let arrived = resolve(&delivery, Decision::MailArrived, delivery.version(), at(T), &TIMING).unwrap();
    assert_eq!(arrived.state(), State::Done);
    let again = resolve(&delivery, Decision::SendAgain, delivery.version(), at(T), &TIMING).unwrap();
    assert_eq!(call(&again, at(T)), Call::SendMail(bexio(5)));
    let left = resolve(&delivery, Decision::Abandon, delivery.version(), at(T), &TIMING).unwrap();
    assert_eq!((left.state(), left.mail()), (State::Abandoned, &Mail::Skipped));
}

#[test]
fn every_doubtful_answer_to_a_mail_is_a_doubt_and_every_sure_one_is_none() {
    for (answer, state) in [
        (Answer::Unknown, State::NeedsReview),
        (refused(500), State::NeedsReview),
        (refused(502), State::NeedsReview),
        (refused(302), State::NeedsReview),
        (refused(408), State::NeedsReview),
        (Answer::NotSent { wait: None }, State::Email),
        (refused(401), State::Email),
        (refused(429), State::Email),
        (Answer::Done, State::WriteBack),
    ] {
        assert_eq!(answered(&issued(), answer.clone(), at(T)).state(), state, "{answer:?}");
    }
    let refused = answered(&answered(&issued(), refused(422), at(T)), Answer::Done, at(T));
    assert_eq!(refused.state(), State::Failed);
    let again = resume(&refused, acceptance(7), at(T)).unwrap();
    assert_eq!(again.state(), State::Email, "after mending it is mailed");
}

#[test]
fn an_answer_that_comes_late_ends_the_doubt_about_its_mail_and_no_other() {
    let (delivery, call, attempt) = announced(&issued(), at(T));
    let lost = apply(&delivery, Event::Lost, at(T + 45), &TIMING).unwrap();
    let answer = |attempt, answer| {
        apply(&lost, Event::Answered { call, attempt: Some(attempt), answer }, at(T + 50), &TIMING)
    };
    assert!(matches!(answer(attempt, Answer::Done).unwrap().mail(), Mail::Sent { by_person: false, .. }));
    assert!(matches!(answer(attempt, refused(429)).unwrap().mail(), Mail::Wanted { .. }));
    assert_eq!(answer(attempt, Answer::Unknown), Err(Rejected::Stale { call }));
    assert_eq!(answer(attempt + 1, Answer::Done), Err(Rejected::Stale { call }));
    let resolved = resolve(&lost, Decision::SendAgain, lost.version(), at(T + 46), &TIMING).unwrap();
    let late = Event::Answered { call, attempt: Some(attempt), answer: Answer::Done };
    assert_eq!(apply(&resolved, late, at(T + 50), &TIMING), Err(Rejected::Stale { call }));
}

#[test]
fn a_mail_that_waits_does_not_keep_the_external_id_back() {
    let delivery = answered(&issued(), Answer::NotSent { wait: Some(Duration::from_mins(5)) }, at(T));
    assert_eq!(call(&delivery, at(T)), Call::WriteExternalId);
    let delivery = answered(&delivery, Answer::Done, at(T));
    assert_eq!(delivery.waits_until(at(T), &TIMING), Some(at(T + 300)));
    assert_eq!(call(&delivery, at(T + 300)), Call::Read(bexio(5)), "after a wait it is looked at first");
}

#[test]
fn the_contact_is_searched_created_and_its_person_tied_to_it() {
    let need = ContactNeed::Create { person: true };
    let delivery = accept(delivery().id(), Acceptance { contact: need, ..acceptance(7) }, at(0));
    let mut delivery = delivery;
    for (expected, answer) in [
        (Call::FindContact(ContactPart::Company), Answer::Contact(ContactMatch::None)),
        (Call::CreateContact(ContactPart::Company), Answer::ContactCreated(contact(41))),
        (Call::FindContact(ContactPart::Person), Answer::Contact(ContactMatch::None)),
        (Call::CreateContact(ContactPart::Person), Answer::ContactCreated(contact(42))),
        (Call::FindContact(ContactPart::Relation), Answer::Contact(ContactMatch::None)),
        (Call::CreateContact(ContactPart::Relation), Answer::Done),
    ] {
        assert!(delivery.creates_contact());
        assert_eq!(call(&delivery, at(T)), expected);
        delivery = answered(&delivery, answer, at(T));
    }
    assert_eq!(call(&delivery, at(T)), Call::FindOwn);
    assert_eq!(delivery.contact().company, Some(contact(41)));
    assert_eq!(delivery.contact().person, Some(contact(42)));
}

#[test]
fn what_only_fails_for_a_day_is_given_up_visibly_and_goes_on_when_sent_again() {
    let mut delivery = delivery();
    let mut now = at(T);
    let mut tries = 0;
    while delivery.state() != State::Failed {
        delivery = match next_step(&delivery, now, &TIMING) {
            Step::Wait { until } => {
                now = until;
                continue;
            }
            _ => answered(&delivery, refused(503), now),
        };
        tries += 1;
    }
    assert!((15..25).contains(&tries), "{tries} tries");
    assert_eq!(delivery.reason().unwrap().code(), "UPSTREAM_UNAVAILABLE");
    assert_eq!(call(&resume(&delivery, acceptance(7), now).unwrap(), now), Call::FindOwn);
}

#[test]
fn a_write_back_that_is_refused_fails_after_all_else_is_done() {
    let mailed = answered(&issued(), Answer::Done, at(T));
    let failed = answered(&mailed, refused(404), at(T));
    assert_eq!(failed.state(), State::Failed);
    let again = resume(&failed, acceptance(7), at(T)).unwrap();
    assert_eq!((again.state(), again.write_back()), (State::WriteBack, &WriteBack::Pending));
}

#[test]
fn what_is_under_way_cannot_be_sent_again() {
    for busy in [delivery(), verified(), issued(), answered(&issued(), Answer::Unknown, at(T))] {
        assert!(resume(&busy, acceptance(7), at(T)).is_err());
    }
}

#[test]
fn who_rests_on_a_search_for_the_contact_has_begun_and_who_only_waits_has_not() {
    let acceptance = Acceptance { contact: ContactNeed::Create { person: false }, ..acceptance(1) };
    let waiting = accept(super::super::DeliveryId::new(1).unwrap(), acceptance, at(0));
    assert!(waiting.creates_contact() && !waiting.has_begun_contact(at(T)));
    let searched = answered(&waiting, Answer::Contact(ContactMatch::None), at(T));
    assert!(searched.has_begun_contact(at(T)));
    let (creating, _, _) = announced(&searched, at(T));
    assert!(creating.has_begun_contact(at(T)));
    let lost = answered(&searched, Answer::Unknown, at(T));
    assert!(lost.has_begun_contact(at(T + 100)) && !lost.has_begun_contact(at(T + 1_000)));
}

#[test]
fn an_invoice_that_got_another_customer_does_not_go_to_the_former_one() {
    let new_customer = || Acceptance { contact: ContactNeed::Create { person: false }, ..acceptance(7) };
    let refused_draft = |mut delivery: Delivery| {
        for answer in [Answer::Invoices(vec![]), Answer::Invoices(vec![]), refused(422)] {
            delivery = answered(&delivery, answer, at(T));
        }
        assert_eq!(delivery.state(), State::Failed);
        delivery
    };
    let found_before = refused_draft(delivery());
    let created = accept(delivery().id(), new_customer(), at(0));
    let created = answered(&created, Answer::Contact(ContactMatch::None), at(T));
    let created_before = refused_draft(answered(&created, Answer::ContactCreated(contact(41)), at(T)));
    for failed in [found_before, created_before] {
        let again = resume(&failed, new_customer(), at(T)).unwrap();
        assert_eq!((again.state(), again.contact().company), (State::Discard, None));
        let again = answered(&again, Answer::Invoices(vec![]), at(T));
        assert_eq!(call(&again, at(T)), Call::FindContact(ContactPart::Company));
    }
}

#[test]
fn an_invoice_that_was_issued_over_other_sums_is_mailed_only_after_a_person_said_so() {
    let refused = answered(&answered(&issued(), refused(422), at(T)), Answer::Done, at(T));
    let mut dearer = acceptance(7);
    dearer.draft.total = rust_decimal::Decimal::from(200);
    let again = resume(&refused, dearer.clone(), at(T)).unwrap();
    assert_eq!(again.state(), State::NeedsReview);
    assert_eq!(again.reason().unwrap().code(), "INVOICE_CHANGED");
    assert_eq!(next_step(&again, at(T), &TIMING), Step::Rest);
    let told = resolve(&again, Decision::SendAgain, again.version(), at(T), &TIMING).unwrap();
    assert_eq!(call(&told, at(T)), Call::SendMail(bexio(5)));
    let unmailed = resume(&refused, Acceptance { mail: false, ..dearer }, at(T)).unwrap();
    assert_eq!(unmailed.state(), State::Done);
}

#[test]
fn an_invoice_that_got_another_person_does_not_name_the_former_one() {
    let person = |id: Option<i64>| Acceptance {
        contact: ContactNeed::Known { company: contact(31), person: id.map(contact) },
        ..acceptance(7)
    };
    let mut failed = accept(delivery().id(), person(Some(41)), at(0));
    for answer in [Answer::Invoices(vec![]), Answer::Invoices(vec![]), refused(422)] {
        failed = answered(&failed, answer, at(T));
    }
    let other = resume(&failed, person(Some(42)), at(T)).unwrap();
    assert_eq!((other.state(), other.contact().person), (State::Discard, Some(contact(42))));
    for same in [Some(41), None] {
        let again = resume(&failed, person(same), at(T)).unwrap();
        assert_eq!((again.state(), again.contact().person), (State::Draft, Some(contact(41))));
    }
}
