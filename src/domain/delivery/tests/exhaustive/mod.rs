//! Every reachable delivery with every event, decision and new send: nothing panics, nothing that may
//! have been mailed or issued is mailed or issued again, and everything comes to an end.
//!
//! Time is folded away: all waits are over at once, and what was seen is either fresh or forgotten.
//! Breadth first, so that the standard 25,000 deliveries are all that short histories lead to; with
//! `DELIVERY_STATES=1000000` it goes on until nothing new is found (about 250,000, two minutes).

mod check;
mod fold;
mod table;

use std::collections::{BTreeSet, HashSet, VecDeque};
use std::time::Duration;

use check::{Ghost, check};
use fold::folded;
use jiff::Timestamp;
use table::Table;

use super::{acceptance, at, bexio, contact, hash, hit, reading, refused};
use crate::domain::delivery::{
    Acceptance, Answer, Call, ContactMatch, ContactNeed, ContactPart, Decision, Delivery, DeliveryId, Event,
    Halt, InvoiceChange, Mail, Seen, Stage, State, Step, Timing, accept, apply, next_step, resolve, resume,
};
use crate::domain::{AccountingStatus, InvoiceStatus};

/// Drafts whose deletion was lost, at most: without a bound there are ever more of them.
const CONDEMNED_MAX: usize = 2;

const NOW_SECONDS: i64 = 10 * 24 * 3600;

const TIMING: Timing = Timing { call_max: Duration::ZERO, quiet: Duration::ZERO, ..Timing::STANDARD };

fn now() -> Timestamp {
    at(NOW_SECONDS)
}

/// All answers that `call` can have.
fn answers(delivery: &Delivery, call: Call) -> Vec<Answer> {
    use AccountingStatus::{Cancelled, Draft, Paid, Pending, Unknown};
    let mut answers = vec![Answer::NotSent { wait: None }, Answer::Unknown];
    answers.extend([422, 503].map(refused));
    let pin = delivery.pin().map_or(1, |pin| pin.id.get());
    match call {
        Call::FindContact(_) => answers.extend([
            Answer::Contact(ContactMatch::None),
            Answer::Contact(ContactMatch::One(contact(31))),
            Answer::Contact(ContactMatch::Several(vec![contact(31), contact(32)])),
        ]),
        Call::CreateContact(ContactPart::Company | ContactPart::Person) => {
            answers.push(Answer::ContactCreated(contact(33)));
        }
        Call::FindOwn => answers.extend(
            [
                vec![],
                vec![hit(1, Draft), hit(2, Draft)],
                vec![hit(1, Draft), hit(2, Pending)],
                vec![hit(1, Pending), hit(2, Draft)],
                vec![hit(1, Cancelled)],
            ]
            .map(Answer::Invoices),
        ),
        Call::FindLookalikes => answers.extend([vec![], vec![hit(2, Pending)]].map(Answer::Invoices)),
        // Bexio never gives an id twice.
        Call::CreateDraft => {
            let id = (1..10).find(|id| !delivery.sweep().condemned.contains(&bexio(*id))).unwrap();
            answers.push(Answer::DraftCreated(hit(id, Draft)));
        }
        Call::Read(_) => {
            answers.push(Answer::Gone);
            for status in [Draft, Pending, Paid, Cancelled, Unknown] {
                answers.push(Answer::Reading(Box::new(reading(pin, status))));
            }
            let mut other = reading(pin, Draft);
            other.total += rust_decimal::Decimal::ONE;
            answers.push(Answer::Reading(Box::new(other)));
        }
        Call::CreateContact(ContactPart::Relation)
        | Call::Issue(_)
        | Call::SendMail(_)
        | Call::WriteExternalId => answers.push(Answer::Done),
        Call::DeleteDraft(_) => answers.extend([Answer::Done, Answer::Gone]),
    }
    answers
}

const DECISIONS: [Decision; 3] = [Decision::MailArrived, Decision::SendAgain, Decision::Abandon];

fn decisions() -> Vec<Decision> {
    let mut all = DECISIONS.to_vec();
    all.extend([31, 99].map(|id| Decision::ChooseContact(contact(id))));
    all.push(Decision::UseExisting(bexio(2)));
    all
}

fn acceptances() -> Vec<Acceptance> {
    let mut other = acceptance(7);
    other.draft.hash = hash("another plan");
    other.contact = ContactNeed::Create { person: false };
    vec![acceptance(7), other]
}

/// Everything that can follow, each with what it was.
fn successors(delivery: &Delivery, ghost: &Ghost) -> Vec<(String, Delivery, Ghost)> {
    let mut next = Vec::new();
    let mut take = |what: String, delivery: Delivery, ghost: Ghost| next.push((what, delivery, ghost));
    match next_step(delivery, now(), &TIMING) {
        Step::Call(call) if call.writes() => {
            let announced = apply(delivery, Event::Announced(call), now(), &TIMING).unwrap();
            take(format!("{call}"), announced, ghost.clone());
        }
        Step::Call(call) => {
            for answer in answers(delivery, call) {
                let mut ghost = ghost.clone();
                if let Call::Read(id) = call
                    && is_no_claim(delivery, &answer)
                {
                    ghost.issued.remove(&id.get());
                }
                let event = Event::Answered { call, attempt: None, answer: answer.clone() };
                take(format!("{call}: {answer:?}"), apply(delivery, event, now(), &TIMING).unwrap(), ghost);
            }
        }
        Step::Conclude => {
            let lost = apply(delivery, Event::Lost, now(), &TIMING).unwrap();
            take("lost".into(), lost, after(ghost, delivery.intent().unwrap().call, &Answer::Unknown));
        }
        Step::Wait { .. } | Step::Rest => {}
    }
    if let Some(intent) = delivery.intent() {
        for answer in answers(delivery, intent.call) {
            let event =
                Event::Answered { call: intent.call, attempt: Some(intent.attempt), answer: answer.clone() };
            let mut answered = apply(delivery, event, now(), &TIMING).unwrap();
            if let (Call::DeleteDraft(id), Answer::Done | Answer::Gone) = (intent.call, &answer) {
                // Bexio never gives an id twice: so far as it matters, the name is free again.
                answered.sweep.condemned.retain(|condemned| *condemned != id);
            }
            take(format!("{}: {answer:?}", intent.call), answered, after(ghost, intent.call, &answer));
        }
    }
    late(delivery, ghost, &mut take);
    people(delivery, ghost, &mut take);
    if delivery.seen != Seen::default() {
        let mut stale = delivery.clone();
        stale.seen = Seen { no_lookalike: delivery.seen.no_lookalike, ..Seen::default() };
        take("time passes".into(), stale, ghost.clone());
    }
    next
}

/// Bexio deletes drafts only; a draft that is still one was not issued, once a lost request's quiet
/// period is over, which discarding waits for; and what is cancelled claims nothing.
fn is_no_claim(delivery: &Delivery, answer: &Answer) -> bool {
    let is_void = |status| matches!(status, AccountingStatus::Draft | AccountingStatus::Cancelled);
    let read_void = matches!(answer, Answer::Reading(reading) if is_void(reading.hit.status));
    *answer == Answer::Gone || (read_void && delivery.stage() == Stage::Discard)
}

/// The answer to a mail that was given up for lost comes after all.
fn late(delivery: &Delivery, ghost: &Ghost, take: &mut impl FnMut(String, Delivery, Ghost)) {
    let (Mail::Doubt { attempt: Some(attempt), .. }, Some(pin)) = (delivery.mail(), delivery.pin()) else {
        return;
    };
    let call = Call::SendMail(pin.id);
    for answer in [Answer::Done, Answer::NotSent { wait: None }, refused(422)] {
        let event = Event::Answered { call, attempt: Some(*attempt), answer: answer.clone() };
        if let Ok(answered) = apply(delivery, event, now(), &TIMING) {
            // It was counted as possibly gone; now it is known.
            let mails = if answer == Answer::Done { ghost.mails } else { ghost.mails - 1 };
            take(format!("late {answer:?}"), answered, Ghost { mails, ..ghost.clone() });
        }
    }
}

/// Decisions, new sends and changes in PSOhub.
fn people(delivery: &Delivery, ghost: &Ghost, take: &mut impl FnMut(String, Delivery, Ghost)) {
    for decision in decisions() {
        if let Ok(resolved) = resolve(delivery, decision, delivery.version(), now(), &TIMING) {
            let mut ghost = ghost.clone();
            if decision == Decision::SendAgain && matches!(delivery.mail(), Mail::Doubt { .. }) {
                ghost.mails = (ghost.mails - 1).max(-1);
            }
            // A person says that this one counts and the former one does not.
            if matches!(decision, Decision::UseExisting(_)) {
                ghost.issued.clear();
            }
            take(format!("{decision:?}"), resolved, ghost);
        }
    }
    for acceptance in acceptances() {
        if let Ok(resumed) = resume(delivery, acceptance, now()) {
            take("send again".into(), resumed, ghost.clone());
        }
    }
    {
        let change = InvoiceChange::Status(InvoiceStatus::Void);
        if let Ok(changed) = apply(delivery, Event::InvoiceChanged(change), now(), &TIMING) {
            take("changed".into(), changed, ghost.clone());
        }
    }
}

/// What a call may have done, by its answer.
fn after(ghost: &Ghost, call: Call, answer: &Answer) -> Ghost {
    let mut ghost = ghost.clone();
    let may_be_applied = match answer {
        Answer::Done | Answer::Unknown => true,
        Answer::Refused { refusal, .. } => refusal.status >= 500,
        _ => false,
    };
    match call {
        Call::SendMail(_) if may_be_applied => ghost.mails += 1,
        Call::Issue(id) if may_be_applied => {
            ghost.issued.insert(id.get());
        }
        Call::DeleteDraft(id) => {
            let gone = matches!(answer, Answer::Done | Answer::Gone)
                || matches!(answer, Answer::Refused { refusal, .. } if refusal.status == 404);
            if gone {
                ghost.issued.remove(&id.get());
            }
        }
        _ => {}
    }
    ghost
}

/// With upstreams that work and nobody who meddles, every delivery settles in a few steps.
fn settles(delivery: &Delivery) -> bool {
    let mut delivery = delivery.clone();
    for _ in 0..60 {
        if delivery.state().is_settled() && delivery.intent().is_none() {
            return true;
        }
        let event = match next_step(&delivery, now(), &TIMING) {
            Step::Conclude => Event::Lost,
            Step::Call(call) if call.writes() && delivery.intent().is_none() => {
                delivery = apply(&delivery, Event::Announced(call), now(), &TIMING).unwrap();
                let attempt = delivery.intent().map(|intent| intent.attempt);
                Event::Answered { call, attempt, answer: good(&delivery, call) }
            }
            Step::Call(call) => Event::Answered { call, attempt: None, answer: good(&delivery, call) },
            Step::Wait { .. } => {
                delivery = folded(&delivery);
                continue;
            }
            Step::Rest => return delivery.state().is_settled(),
        };
        delivery = folded(&apply(&delivery, event, now(), &TIMING).unwrap());
    }
    false
}

fn good(delivery: &Delivery, call: Call) -> Answer {
    let status =
        if delivery.issued_at().is_some() { AccountingStatus::Pending } else { AccountingStatus::Draft };
    match call {
        Call::FindContact(_) => Answer::Contact(ContactMatch::One(contact(31))),
        Call::FindOwn | Call::FindLookalikes => Answer::Invoices(Vec::new()),
        Call::CreateContact(ContactPart::Company | ContactPart::Person) => {
            Answer::ContactCreated(contact(33))
        }
        Call::CreateDraft => Answer::DraftCreated(hit(9, status)),
        Call::Read(id) => Answer::Reading(Box::new(reading(id.get(), status))),
        Call::CreateContact(ContactPart::Relation)
        | Call::Issue(_)
        | Call::SendMail(_)
        | Call::WriteExternalId
        | Call::DeleteDraft(_) => Answer::Done,
    }
}

/// Events that do not fit are rejected, whatever they are.
fn rejects_what_does_not_fit(delivery: &Delivery) {
    let step = next_step(delivery, now(), &TIMING);
    for call in every_call() {
        let announced = apply(delivery, Event::Announced(call), now(), &TIMING);
        assert_eq!(announced.is_ok(), call.writes() && step == Step::Call(call), "{call} of {delivery:?}");
        for answer in [Answer::Done, Answer::Unknown, Answer::Gone, Answer::Invoices(vec![])] {
            let is_read_due = !call.writes() && step == Step::Call(call);
            let answered =
                apply(delivery, Event::Answered { call, attempt: Some(99), answer }, now(), &TIMING);
            assert!(answered.is_err() || is_read_due, "{call} of {delivery:?}");
        }
    }
    assert!(resolve(delivery, Decision::Abandon, delivery.version() + 1, now(), &TIMING).is_err());
    assert!(resume(delivery, acceptance(8), now()).is_err());
}

fn every_call() -> Vec<Call> {
    let mut calls = vec![Call::FindOwn, Call::FindLookalikes, Call::CreateDraft, Call::WriteExternalId];
    for part in [ContactPart::Company, ContactPart::Person, ContactPart::Relation] {
        calls.extend([Call::FindContact(part), Call::CreateContact(part)]);
    }
    for id in [1, 2].map(bexio) {
        calls.extend([Call::Read(id), Call::Issue(id), Call::SendMail(id), Call::DeleteDraft(id)]);
    }
    calls
}

#[test]
fn no_event_in_any_state_leads_to_a_second_issue_or_a_second_mail() {
    let states_max = std::env::var("DELIVERY_STATES").ok().and_then(|max| max.parse().ok()).unwrap_or(25_000);
    let mut known: HashSet<Vec<u8>> = HashSet::new();
    let mut open: VecDeque<(Delivery, Ghost, usize)> = VecDeque::new();
    let mut trail: Vec<(usize, String)> = Vec::new();
    let mut states: BTreeSet<State> = BTreeSet::new();
    for contact in [
        acceptance(7).contact,
        ContactNeed::Create { person: true },
        ContactNeed::Choose(vec![contact(31), contact(32)]),
    ] {
        let acceptance = Acceptance { contact, ..acceptance(7) };
        open.push_back((
            accept(DeliveryId::new(1).unwrap(), acceptance, at(0)),
            Ghost::default(),
            usize::MAX,
        ));
    }
    let mut table = Table::default();
    while let Some((delivery, ghost, from)) = open.pop_front() {
        table.note(&delivery, next_step(&delivery, now(), &TIMING));
        for (what, next, ghost) in successors(&delivery, &ghost) {
            table.note_change(&delivery, &next, &what);
            let next = folded(&next);
            if next.sweep.condemned.len() > CONDEMNED_MAX || known.len() >= states_max {
                continue;
            }
            if !known.insert(postcard::to_allocvec(&(&next, &ghost)).unwrap()) {
                continue;
            }
            trail.push((from, what));
            let at = trail.len() - 1;
            if let Err(what) = check(&next, &ghost) {
                panic!("{what}\n{}\n{next:#?}", path(&trail, at));
            }
            assert!(
                !at.is_multiple_of(3) || settles(&next),
                "does not settle\n{}\n{next:#?}",
                path(&trail, at)
            );
            if at.is_multiple_of(7) {
                rejects_what_does_not_fit(&next);
                let stored = serde_json::to_string(&next).unwrap();
                assert_eq!(serde_json::from_str::<Delivery>(&stored).unwrap(), next);
            }
            states.insert(next.state());
            open.push_back((next, ghost, at));
        }
    }
    println!("{} deliveries, {states:?}", known.len());
    table.compare();
    // `Accepted` is the first version only, which nothing leads to.
    assert_eq!(states.len(), State::ALL.len() - 1, "{states:?}");
}

fn path(trail: &[(usize, String)], mut at: usize) -> String {
    let mut steps = Vec::new();
    while let Some((from, what)) = trail.get(at) {
        steps.push(what.clone());
        at = *from;
    }
    steps.reverse();
    steps.join("\n")
}

#[test]
fn a_halt_is_never_without_a_word() {
    let halted = accept(
        DeliveryId::new(1).unwrap(),
        Acceptance { contact: ContactNeed::Choose(vec![contact(1)]), ..acceptance(7) },
        at(0),
    );
    assert!(matches!(halted.halt(), Some(Halt::Review(_))));
    let reason = halted.reason().unwrap();
    assert_eq!(reason.code(), "CONTACT_AMBIGUOUS");
    assert!(reason.hint().contains("CHOOSE_CONTACT"));
    assert_eq!(reason.to_string(), "several Bexio contacts fit the customer: 1");
}
