//! The loop that a service runs, one small step at a time, with everything that can go wrong.

use super::run::Model;
use super::world::number;
use crate::domain::delivery::tests::{at, refused};
use crate::domain::delivery::{Answer, Call, Delivery, Event, Stage, Step, apply, next_step};
use crate::domain::{AccountingStatus, BexioContactId};

/// Where a worker is.
#[derive(Debug, Default)]
pub(super) enum Phase {
    #[default]
    Idle,
    /// The announcement is stored; the first byte has not left.
    Announced { delivery: Box<Delivery>, call: Call },
    /// The call is under way; `answer` comes back at the worker's `wake`.
    Calling { delivery: Box<Delivery>, call: Call, answer: Answer },
}

/// One worker.
#[derive(Debug, Default)]
pub(super) struct Worker {
    pub(super) phase: Phase,
    /// Seconds; it does nothing before.
    pub(super) wake: i64,
}

/// What becomes of one call on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fate {
    Fine,
    NotSent,
    Refused(u16),
    /// Applied or not, no clear answer.
    Lost {
        applied: bool,
    },
    /// Applied a while after everybody gave up on it.
    Late,
}

impl Model {
    /// One small step of worker `index`.
    pub(super) fn work(&mut self, index: usize) {
        let phase = std::mem::take(&mut self.workers[index].phase);
        if self.faulty && self.dice.chance(6) {
            self.crash(index, phase);
            return;
        }
        match phase {
            Phase::Idle => self.pick(index),
            Phase::Announced { delivery, call } => self.begin(index, delivery, call),
            Phase::Calling { delivery, call, answer } => self.finish(&delivery, call, answer),
        }
    }

    /// The process dies. What it had on the wire may still arrive.
    fn crash(&mut self, index: usize, phase: Phase) {
        self.crashes += 1;
        if let Phase::Announced { delivery, call } = phase
            && self.dice.chance(50)
        {
            let invoice = invoice_of(&delivery);
            if self.dice.chance(50) {
                self.check_before(&delivery, call);
                self.perform(&delivery, call);
            } else {
                self.check_before(&delivery, call);
                self.world.late.push((
                    self.now + self.dice.between(1, 100),
                    invoice,
                    call,
                    company(&delivery),
                ));
            }
        }
        self.workers[index].wake = self.now + self.dice.between(0, 20);
    }

    /// Takes up any delivery that has something to do.
    fn pick(&mut self, index: usize) {
        let now = at(self.now);
        let mut ready: Vec<(usize, Step)> = Vec::new();
        let mut wake = i64::MAX;
        for (place, delivery) in self.store.iter().enumerate() {
            match next_step(delivery, now, &self.timing) {
                Step::Wait { until } => wake = wake.min(1 + until.as_second() - at(0).as_second()),
                Step::Rest => {}
                step => ready.push((place, step)),
            }
        }
        if ready.is_empty() {
            self.workers[index].wake = wake;
            return;
        }
        let chosen = usize::try_from(self.dice.under(ready.len() as u64)).unwrap();
        let (place, step) = ready[chosen];
        let delivery = self.store[place].clone();
        match step {
            Step::Conclude => {
                let next = apply(&delivery, Event::Lost, now, &self.timing).unwrap();
                self.put(&next, delivery.version());
            }
            Step::Call(call) if call.writes() => self.announce(index, &delivery, call),
            Step::Call(call) => self.begin(index, Box::new(delivery), call),
            Step::Wait { .. } | Step::Rest => {}
        }
    }

    fn announce(&mut self, index: usize, delivery: &Delivery, call: Call) {
        let next = apply(delivery, Event::Announced(call), at(self.now), &self.timing).unwrap();
        let stored = if self.switches.no_mail_write_ahead && matches!(call, Call::SendMail(_)) {
            true
        } else {
            self.put(&next, delivery.version())
        };
        if stored {
            self.workers[index].phase = Phase::Announced { delivery: Box::new(next), call };
            if self.switches.pauses && self.faulty && self.dice.chance(3) {
                self.workers[index].wake = self.now + self.dice.between(60, 4_000);
            }
        }
    }

    /// The request goes onto the wire.
    fn begin(&mut self, index: usize, delivery: Box<Delivery>, call: Call) {
        let takes = self.dice.between(0, if self.faulty { 30 } else { 1 });
        let fate = self.fate(call);
        let answer = match fate {
            Fate::Fine => {
                self.check_before(&delivery, call);
                self.perform(&delivery, call)
            }
            Fate::NotSent => Answer::NotSent { wait: None },
            Fate::Refused(status) => refused(status),
            Fate::Lost { applied } => {
                if applied {
                    self.check_before(&delivery, call);
                    self.perform(&delivery, call);
                }
                if self.dice.chance(50) { Answer::Unknown } else { refused(502) }
            }
            Fate::Late => {
                self.check_before(&delivery, call);
                let when = self.now + takes + self.dice.between(1, 100);
                self.world.late.push((when, invoice_of(&delivery), call, company(&delivery)));
                Answer::Unknown
            }
        };
        self.workers[index].wake = self.now + takes;
        self.workers[index].phase = Phase::Calling { delivery, call, answer };
    }

    fn fate(&mut self, call: Call) -> Fate {
        if !self.faulty || !self.dice.chance(25) {
            return Fate::Fine;
        }
        let fate = match self.dice.under(if call.writes() { 6 } else { 3 }) {
            0 => Fate::NotSent,
            1 => Fate::Refused([429, 401, 422][usize::try_from(self.dice.under(3)).unwrap()]),
            2 => Fate::Lost { applied: false },
            3 | 4 => Fate::Lost { applied: true },
            _ => Fate::Late,
        };
        self.faults.push((call.words(), fate));
        fate
    }

    /// The answer is stored; if another worker was faster, it is offered to what is there now.
    fn finish(&mut self, delivery: &Delivery, call: Call, answer: Answer) {
        let attempt = delivery.intent().map(|intent| intent.attempt);
        let event = Event::Answered { call, attempt, answer };
        let now = at(self.now);
        let expected = if self.switches.no_mail_write_ahead && matches!(call, Call::SendMail(_)) {
            delivery.version() - 1
        } else {
            delivery.version()
        };
        let taken = apply(delivery, event.clone(), now, &self.timing);
        if let Ok(next) = &taken
            && self.put(next, expected)
        {
            return;
        }
        if call.writes() {
            let current = self.store[invoice_of(delivery)].clone();
            if let Ok(next) = apply(&current, event, now, &self.timing) {
                self.put(&next, current.version());
            }
        }
    }

    /// The store's compare-and-set.
    pub(super) fn put(&mut self, next: &Delivery, expected: u64) -> bool {
        let place = invoice_of(next);
        let fits = self.store[place].version() == expected || self.switches.no_compare_and_set;
        if fits {
            self.store[place] = next.clone();
        }
        fits
    }

    fn perform(&mut self, delivery: &Delivery, call: Call) -> Answer {
        let invoice = invoice_of(delivery);
        if call == Call::WriteExternalId {
            self.world.external_ids[invoice] = delivery.external_id().map(String::from);
        }
        if call == Call::FindOwn {
            let blind = (self.switches.no_search && delivery.stage() == Stage::Draft)
                || (self.switches.no_sweep && delivery.stage() == Stage::Issued);
            if blind {
                return Answer::Invoices(Vec::new());
            }
        }
        self.world.perform(invoice, call, company(delivery))
    }

    /// What must hold whenever a request leaves.
    fn check_before(&mut self, delivery: &Delivery, call: Call) {
        let invoice = invoice_of(delivery);
        // A worker that pauses, or one that does not wait for the other, may draft twice: the sweep's case.
        let patient = !self.switches.pauses && !self.switches.impatient && !self.switches.people;
        if call == Call::CreateDraft && patient {
            let condemned = &delivery.sweep().condemned;
            let exists = self
                .world
                .of(invoice)
                .find(|known| {
                    !condemned.iter().any(|id| id.get() == known.id)
                        && known.status == AccountingStatus::Draft
                })
                .map(|known| number(known.id));
            if let Some(exists) = exists {
                self.world.violate(format!("a second draft for invoice {invoice} beside {exists}"));
            }
        }
        if let Call::DeleteDraft(id) = call
            && delivery.pin().is_some_and(|pin| pin.id == id)
            && delivery.stage() != Stage::Discard
        {
            self.world.violate(format!("the pinned draft of invoice {invoice} is to be deleted"));
        }
    }
}

pub(super) fn invoice_of(delivery: &Delivery) -> usize {
    usize::try_from(delivery.invoice_id().get()).unwrap() - 1
}

fn company(delivery: &Delivery) -> i64 {
    delivery.contact().company.map_or(0, BexioContactId::get)
}
