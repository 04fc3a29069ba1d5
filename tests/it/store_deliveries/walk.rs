//! Deliveries as life makes them: the real state machine, driven by dice over every call, answer and
//! decision there is.

use invoice_gateway::domain::delivery::{
    Acceptance, Answer, Call, ContactMatch, ContactNeed, ContactPart, Decision, Delivery, DeliveryId, Event,
    ExternalIdKind, Hit, InvoiceChange, LogEntry, LogKind, Outcome, Reading, Refusal, Step, Timing, accept,
    apply, next_step, resolve, resume,
};
use invoice_gateway::domain::{AccountingStatus, BexioInvoiceId, Invoice, InvoiceStatus};
use jiff::Timestamp;

use super::{acceptance, at, contact, entry, hash};

const TIMING: Timing = Timing::STANDARD;
/// More than any walk needs to come to rest or to tell something new.
const STEPS_MAX: usize = 120;

/// Repeatable random numbers (SplitMix64).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn under(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % limit
    }

    fn percent(&mut self, chance: u64) -> bool {
        self.under(100) < chance
    }

    fn one_of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[usize::try_from(self.under(choices.len() as u64)).unwrap()].clone()
    }
}

/// One walk: an acceptance, and each record it led to with what made it from the one before.
pub(crate) struct Walk {
    dice: Dice,
    now: Timestamp,
    /// In percent.
    trouble: u64,
    pub(crate) delivery: Delivery,
}

impl Walk {
    pub(crate) fn new(seed: u64, id: DeliveryId, invoice: &Invoice) -> Self {
        let mut dice = Dice(seed);
        let acceptance = varied(&mut dice, invoice);
        let trouble = dice.one_of(&[0, 10, 40, 100]);
        Self { dice, now: at(0), trouble, delivery: accept(id, acceptance, at(0)) }
    }

    /// Every version of the record, from the second.
    pub(crate) fn steps(mut self) -> impl Iterator<Item = (Delivery, LogEntry)> {
        std::iter::repeat_with(move || self.step()).take(STEPS_MAX).map_while(|step| step)
    }

    fn step(&mut self) -> Option<(Delivery, LogEntry)> {
        self.now = self.now.checked_add(std::time::Duration::from_millis(1_001)).unwrap();
        let (next, kind) = self.event().or_else(|| self.person())?;
        assert_eq!(next.version(), self.delivery.version() + 1);
        self.delivery = next.clone();
        Some((next.clone(), entry(&next, kind)))
    }

    /// Something happens by itself.
    fn event(&mut self) -> Option<(Delivery, LogKind)> {
        if self.dice.percent(4) {
            let change = self.dice.one_of(&[
                InvoiceChange::Content(hash("changed")),
                InvoiceChange::Status(InvoiceStatus::Paid),
            ]);
            let changed = apply(&self.delivery, Event::InvoiceChanged(change), self.now, &TIMING);
            if let Ok(next) = changed {
                return Some((next, LogKind::InvoiceChanged));
            }
        }
        if let Some(intent) = self.delivery.intent().copied()
            && self.dice.percent(85)
        {
            return Some(self.answer(intent.call, Some(intent.attempt)));
        }
        match next_step(&self.delivery, self.now, &TIMING) {
            Step::Call(call) if call.writes() => {
                let next = apply(&self.delivery, Event::Announced(call), self.now, &TIMING).unwrap();
                Some((next, LogKind::Announced(call)))
            }
            Step::Call(call) => Some(self.answer(call, None)),
            Step::Wait { until } => {
                self.now = until;
                self.event()
            }
            Step::Conclude => {
                let call = self.delivery.intent().unwrap().call;
                Some((apply(&self.delivery, Event::Lost, self.now, &TIMING).unwrap(), LogKind::Lost(call)))
            }
            Step::Rest => None,
        }
    }

    fn answer(&mut self, call: Call, attempt: Option<u32>) -> (Delivery, LogKind) {
        let (answer, outcome) = if self.dice.percent(self.trouble) {
            self.trouble_of()
        } else {
            (self.good_answer(call), Outcome::Done)
        };
        let event = Event::Answered { call, attempt, answer };
        let next = apply(&self.delivery, event, self.now, &TIMING).unwrap();
        (next, LogKind::Answered(call, outcome))
    }

    fn trouble_of(&mut self) -> (Answer, Outcome) {
        let status = self.dice.one_of(&[401, 404, 408, 422, 429, 500]);
        let refusal = Refusal {
            status,
            message: "line 10.002: NUL \0, account 260".into(),
            raw: (status == 422).then(|| "{\"x\": 1.50}".into()),
        };
        self.dice.one_of(&[
            (Answer::NotSent { wait: None }, Outcome::NotSent),
            (Answer::Unknown, Outcome::Unknown),
            (Answer::Refused { refusal, wait: None }, Outcome::Refused(status)),
        ])
    }

    fn good_answer(&mut self, call: Call) -> Answer {
        match call {
            Call::FindContact(_) => Answer::Contact(self.dice.one_of(&[
                ContactMatch::None,
                ContactMatch::One(contact(31)),
                ContactMatch::Several(vec![contact(31), contact(i64::MAX)]),
            ])),
            Call::CreateContact(ContactPart::Relation)
            | Call::Issue(_)
            | Call::SendMail(_)
            | Call::WriteExternalId => Answer::Done,
            Call::CreateContact(_) => Answer::ContactCreated(contact(31)),
            Call::FindOwn | Call::FindLookalikes => {
                let hits = self.dice.one_of(&[0, 0, 0, 1, 2]);
                Answer::Invoices((0..hits).map(|_| self.hit()).collect())
            }
            Call::CreateDraft => Answer::DraftCreated(Hit { status: AccountingStatus::Draft, ..self.hit() }),
            Call::Read(_) if self.dice.percent(5) => Answer::Gone,
            Call::Read(id) => Answer::Reading(Box::new(self.reading(id))),
            Call::DeleteDraft(_) => self.dice.one_of(&[Answer::Done, Answer::Gone]),
        }
    }

    fn hit(&mut self) -> Hit {
        use AccountingStatus::{Cancelled, Draft, Paid, Pending};
        let id = self.dice.one_of(&[5, 6, 7, i64::MAX]);
        let status = self.dice.one_of(&[Draft, Draft, Draft, Pending, Paid, Cancelled]);
        let id = BexioInvoiceId::new(id).unwrap();
        Hit { id, document_number: format!("RE-{id}").into(), status }
    }

    /// The pinned invoice, mostly as it was planned and as far as it was brought.
    fn reading(&mut self, id: BexioInvoiceId) -> Reading {
        use AccountingStatus::{Cancelled, Draft, Paid, Pending, Unknown};
        let expected = if self.delivery.issued_at().is_some() { Pending } else { Draft };
        let odd = self.dice.percent(12);
        let status =
            if odd { self.dice.one_of(&[Draft, Pending, Paid, Cancelled, Unknown]) } else { expected };
        let promise = &self.delivery.accepted().draft;
        let mut reading = Reading {
            hit: Hit { id, document_number: format!("RE-{id}").into(), status },
            status_raw: 99,
            contact_id: self.delivery.contact().company,
            currency: promise.currency,
            api_reference: Some(promise.api_reference.clone()),
            total_net: promise.total_net,
            total: promise.total,
            positions: promise.positions,
        };
        if self.dice.percent(8) {
            reading.total += rust_decimal::Decimal::ONE;
            reading.total_net += rust_decimal::Decimal::ONE;
            reading.api_reference = None;
            reading.contact_id = None;
            reading.currency = "EUR".parse().unwrap();
            reading.positions += 1;
        }
        reading
    }

    /// Somebody decides or sends again.
    fn person(&mut self) -> Option<(Delivery, LogKind)> {
        let first = self.dice.under(6);
        (first..first + 6).find_map(|choice| {
            let decision = match choice % 6 {
                0 => Decision::MailArrived,
                1 => Decision::SendAgain,
                2 => Decision::Abandon,
                3 => Decision::ChooseContact(contact(31)),
                4 => Decision::UseExisting(BexioInvoiceId::new(8).unwrap()),
                _ => {
                    let mut again = self.delivery.accepted().clone();
                    again.draft.hash = hash(self.dice.one_of(&["draft", "other"]));
                    let next = resume(&self.delivery, again, self.now).ok()?;
                    return Some((next, LogKind::SentAgain));
                }
            };
            let version = self.delivery.version();
            let next = resolve(&self.delivery, decision, version, self.now, &TIMING).ok()?;
            Some((next, LogKind::Resolved))
        })
    }
}

fn varied(dice: &mut Dice, invoice: &Invoice) -> Acceptance {
    let company = contact(31);
    Acceptance {
        contact: dice.one_of(&[
            ContactNeed::Known { company, person: None },
            ContactNeed::Known { company, person: Some(contact(32)) },
            ContactNeed::Create { person: false },
            ContactNeed::Create { person: true },
            ContactNeed::Choose(vec![company, contact(32)]),
        ]),
        mail: dice.percent(85),
        external_id: dice.one_of(&[ExternalIdKind::DocumentNumber, ExternalIdKind::Id]),
        ..acceptance(invoice)
    }
}
