//! One run: faults, then healing, then a person who answers what is asked; checked after each.

use super::worker::{Fate, Worker};
use super::world::{Dice, World, number};
use crate::domain::AccountingStatus;
use crate::domain::delivery::tests::{acceptance, at};
use crate::domain::delivery::{
    ContactNeed, Decision, Delivery, DeliveryId, Event, Halt, InvoiceChange, Mail, Review, State, Timing,
    accept, apply, resolve, resume,
};

/// What is switched on, and which safeguard is taken out.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "switches of a test")]
pub(super) struct Switches {
    pub(super) workers: usize,
    /// A worker may stall between its commit and its request.
    pub(super) pauses: bool,
    /// A worker does not wait for another one's call to end.
    pub(super) impatient: bool,
    /// People issue, delete, cancel and edit in Bexio, and edit in PSOhub.
    pub(super) people: bool,
    pub(super) no_search: bool,
    pub(super) no_sweep: bool,
    pub(super) no_compare_and_set: bool,
    pub(super) no_mail_write_ahead: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            workers: 2,
            pauses: false,
            impatient: false,
            people: false,
            no_search: false,
            no_sweep: false,
            no_compare_and_set: false,
            no_mail_write_ahead: false,
        }
    }
}

/// What a run came to.
pub(super) struct Run {
    pub(super) violation: Option<String>,
    pub(super) reviews: u64,
    /// Which call met which fate.
    pub(super) faults: Vec<(&'static str, Fate)>,
    pub(super) crashes: u64,
}

/// Everything of one run. Time is in seconds from [`at`]`(0)`.
pub(super) struct Model {
    pub(super) dice: Dice,
    pub(super) now: i64,
    pub(super) faulty: bool,
    pub(super) switches: Switches,
    pub(super) timing: Timing,
    pub(super) world: World,
    pub(super) store: Vec<Delivery>,
    pub(super) workers: Vec<Worker>,
    pub(super) faults: Vec<(&'static str, Fate)>,
    pub(super) crashes: u64,
    /// Mails that a person asked for, by invoice.
    asked: Vec<u32>,
}

const INVOICES: usize = 2;
/// Small steps with faults, at most; a plain send of all invoices takes about fifty.
const FAULTY_STEPS_MAX: u64 = 300;
/// More than any run needs: a run that reaches it does not come to rest.
const STEPS_MAX: u32 = 3_000;

/// Plays the schedule of `seed`.
pub(super) fn run(seed: u64, switches: Switches) -> Run {
    let mut model = Model::new(seed, switches);
    model.faulty = true;
    for _ in 0..model.dice.under(FAULTY_STEPS_MAX) {
        model.tick();
    }
    model.faulty = false;
    model.settle();
    model.check(false);
    let reviews = model.store.iter().filter(|delivery| delivery.state() == State::NeedsReview).count() as u64;
    for _ in 0..20 {
        if !model.answer_questions() {
            break;
        }
        model.settle();
    }
    model.check(true);
    Run { violation: model.world.violation, reviews, faults: model.faults, crashes: model.crashes }
}

impl Model {
    fn new(seed: u64, switches: Switches) -> Self {
        let mut dice = Dice(seed);
        let mut timing = Timing::STANDARD;
        if switches.impatient {
            timing.call_max = std::time::Duration::ZERO;
        }
        let store = (1..=i64::try_from(INVOICES).unwrap())
            .map(|id| {
                let mut acceptance = acceptance(id);
                if dice.chance(50) {
                    acceptance.contact = ContactNeed::Create { person: false };
                }
                acceptance.mail = dice.chance(90);
                accept(DeliveryId::new(id).unwrap(), acceptance, at(0))
            })
            .collect();
        Self {
            dice,
            now: 0,
            faulty: false,
            switches,
            timing,
            world: World::new(INVOICES),
            store,
            workers: (0..switches.workers).map(|_| Worker::default()).collect(),
            faults: Vec::new(),
            crashes: 0,
            asked: vec![0; INVOICES],
        }
    }

    /// The worker whose turn it is does one small step. Returns whether there was one.
    fn tick(&mut self) -> bool {
        let wake = self.workers.iter().map(|worker| worker.wake).min().unwrap_or(i64::MAX);
        if wake == i64::MAX {
            return false;
        }
        self.now = self.now.max(wake);
        self.world.catch_up(self.now);
        let ready: Vec<usize> =
            (0..self.workers.len()).filter(|at| self.workers[*at].wake <= self.now).collect();
        let index = ready[usize::try_from(self.dice.under(ready.len() as u64)).unwrap()];
        self.work(index);
        if self.faulty && self.switches.people && self.dice.chance(8) {
            self.meddle();
        }
        // A worker that slept over another one's progress looks again.
        for worker in &mut self.workers {
            if worker.wake > self.now && matches!(worker.phase, super::worker::Phase::Idle) && self.faulty {
                worker.wake = worker.wake.min(self.now + 30);
            }
        }
        true
    }

    /// Runs without faults until nothing is left to do, over the weeks of the sweep.
    fn settle(&mut self) {
        for worker in &mut self.workers {
            worker.wake = worker.wake.min(self.now + 5_000);
        }
        for _ in 0..STEPS_MAX {
            if !self.tick() {
                self.now += 10_000;
                self.world.catch_up(self.now);
                return;
            }
        }
        self.world.violate("it does not come to rest".to_owned());
    }

    /// Somebody does something by hand.
    fn meddle(&mut self) {
        if self.dice.chance(20) {
            let place = usize::try_from(self.dice.under(INVOICES as u64)).unwrap();
            let change = InvoiceChange::Content(super::super::hash("changed"));
            let delivery = self.store[place].clone();
            if let Ok(next) = apply(&delivery, Event::InvoiceChanged(change), at(self.now), &self.timing) {
                self.put(&next, delivery.version());
            }
            return;
        }
        let count = self.world.documents.len() as u64;
        if count == 0 {
            return;
        }
        let chosen = usize::try_from(self.dice.under(count)).unwrap();
        let document = &mut self.world.documents[chosen];
        match (document.status, self.dice.under(3)) {
            (AccountingStatus::Draft, 0) => {
                document.status = AccountingStatus::Pending;
                document.was_issued = true;
            }
            (AccountingStatus::Draft, 1) => document.deleted = true,
            (AccountingStatus::Draft, _) => document.total += rust_decimal::Decimal::ONE,
            (AccountingStatus::Pending, 0) => document.status = AccountingStatus::Cancelled,
            (AccountingStatus::Pending, 1) => document.status = AccountingStatus::Paid,
            _ => {}
        }
    }

    /// A person answers each delivery that asks, by what is true. Returns whether one asked.
    fn answer_questions(&mut self) -> bool {
        let mut asked = false;
        for place in 0..self.store.len() {
            let delivery = self.store[place].clone();
            let now = at(self.now);
            let next = match delivery.state() {
                State::Failed => resume(&delivery, delivery.accepted().clone(), now).ok(),
                State::NeedsReview => {
                    let decision = self.decide(place, &delivery);
                    let next = resolve(&delivery, decision, delivery.version(), now, &self.timing);
                    if next.is_ok()
                        && decision == Decision::SendAgain
                        && matches!(delivery.mail(), Mail::Doubt { .. })
                    {
                        self.asked[place] += 1;
                    }
                    next.ok()
                }
                _ => None,
            };
            if let Some(next) = next {
                asked = true;
                self.put(&next, delivery.version());
            }
        }
        if asked {
            self.workers.iter_mut().for_each(|worker| worker.wake = self.now);
        }
        asked
    }

    fn decide(&mut self, place: usize, delivery: &Delivery) -> Decision {
        match delivery.halt() {
            None => {
                let mailed =
                    self.world.documents.iter().any(|known| known.invoice == place && known.mails > 0);
                if mailed { Decision::MailArrived } else { Decision::SendAgain }
            }
            Some(Halt::Review(Review::ContactAmbiguous(ids))) => Decision::ChooseContact(ids[0]),
            Some(Halt::Review(Review::ExistingInvoice(ids))) if self.dice.chance(70) => {
                Decision::UseExisting(ids[0])
            }
            Some(Halt::Review(Review::Gone(_))) if self.dice.chance(70) => Decision::SendAgain,
            _ => Decision::Abandon,
        }
    }

    /// What must hold when nothing moves any more; `answered`: after all questions.
    fn check(&mut self, answered: bool) {
        for place in 0..self.store.len() {
            let delivery = self.store[place].clone();
            if let Some(what) = self.fault_of(place, &delivery, answered) {
                self.world.violate(format!("invoice {place}: {what}; {:?}", delivery.state()));
            }
        }
    }

    fn fault_of(&self, place: usize, delivery: &Delivery, answered: bool) -> Option<String> {
        let state = delivery.state();
        if !state.is_settled() {
            return Some(format!("not settled: {delivery:?}"));
        }
        let mails: u32 =
            self.world.documents.iter().filter(|known| known.invoice == place).map(|known| known.mails).sum();
        if mails > 1 + self.asked[place]
            || (mails > 1 && !self.switches.pauses && !self.switches.impatient && !self.switches.people)
        {
            return Some(format!("{mails} mails"));
        }
        let by_us = self.world.documents.iter().filter(|known| known.invoice == place && known.by_us).count();
        if by_us > 1 {
            return Some(format!("issued {by_us} times by us"));
        }
        let pin = delivery.pin().map(|pin| pin.id.get());
        let issued: Vec<i64> =
            self.world.of(place).filter(|known| known.was_issued).map(|known| known.id).collect();
        if issued.len() > 1 && !self.switches.people {
            return Some(format!("issued twice: {issued:?}"));
        }
        if let Some(stray) = self.world.of(place).find(|known| !known.was_issued && Some(known.id) != pin) {
            return Some(format!("draft {} is left over", number(stray.id)));
        }
        if self.switches.people {
            return None;
        }
        if state == State::Done {
            if issued != pin.into_iter().collect::<Vec<_>>() {
                return Some(format!("done with {issued:?} issued and {pin:?} pinned"));
            }
            if self.world.external_ids[place] != pin.map(number) {
                return Some(format!("external id {:?}", self.world.external_ids[place]));
            }
            if delivery.accepted().mail && mails == 0 {
                return Some("done without a mail".to_owned());
            }
        } else if answered {
            return Some(format!("does not end: {:?}", delivery.reason()));
        }
        None
    }
}
