//! Executes one delivery: asks what is next, does it, stores what came of it, until it has to wait.
//! The loop of `domain::delivery`; it has no opinion of its own.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::calls::{Calls, Made};
use super::customers::{CustomerKey, Customers};
use super::gate::Gate;
use super::log::outcome;
use super::mapping::{learned_company, learned_person};
use super::queue::Next;
use super::record::{Change, Records};
use super::told::{Heard, Told};
use crate::book::{FreshnessState, Source};
use crate::domain::delivery::{
    Answer, Call, Delivery, DeliveryId, Event, InvoiceChange, LogKind, Rejected, Step, Timing, apply,
    next_step,
};
use crate::domain::{InvoiceStatus, SharedClock};
use crate::store::{Saved, StoreError, StoredDelivery};

/// Steps of one run. A delivery takes about a dozen; this many mean that it turns in circles.
const STEPS_MAX: usize = 500;
/// Until a delivery that turned in circles is tried again.
const PAUSE: Duration = Duration::from_mins(5);
/// Tries to store the answer of a writing call before it is left to be found lost.
const STORE_TRIES_MAX: u32 = 12;
const STORE_PAUSE_MAX: Duration = Duration::from_mins(1);

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ran {
    pub(super) next: Next,
    /// Whether it may still be creating a contact, so that it keeps its customer to itself.
    pub(super) keeps_customer: bool,
}

/// Executes deliveries.
#[derive(Clone)]
pub(super) struct Worker {
    pub(super) records: Records,
    pub(super) calls: Calls,
    pub(super) customers: Arc<Customers>,
    pub(super) clock: SharedClock,
    pub(super) timing: Timing,
    pub(super) gate: Arc<Gate>,
}

/// One event of what is observed: they bracket every commit and every call.
macro_rules! observe {
    ($word:literal, $delivery:expr, $call:expr, $attempt:expr) => {
        tracing::debug!(
            target: "invoice_gateway::delivery",
            delivery = $delivery.id().get(),
            call = ?$call,
            attempt = $attempt,
            $word
        )
    };
}

impl Worker {
    /// Does whatever is due for this delivery.
    ///
    /// # Errors
    /// [`StoreError`]: it is to be tried again soon.
    pub(super) async fn run(&self, id: DeliveryId) -> Result<Ran, StoreError> {
        let Some(mut stored) = self.records.load(id).await? else {
            return Ok(Ran { next: Next::Rest, keeps_customer: false });
        };
        self.records.show(&stored);
        let mut heard = Heard::default();
        for _ in 0..STEPS_MAX {
            let next = self.step(&mut stored, &mut heard).await?;
            if let Some(next) = next {
                return Ok(Ran { next, keeps_customer: stored.delivery.creates_contact() });
            }
        }
        tracing::error!(delivery = %id, "delivery {id} takes no end of steps; it pauses");
        let next = Next::At(later(self.clock.now(), PAUSE));
        Ok(Ran { next, keeps_customer: stored.delivery.creates_contact() })
    }

    /// One step; `Some` when the run is over.
    async fn step(&self, stored: &mut StoredDelivery, heard: &mut Heard) -> Result<Option<Next>, StoreError> {
        if !self.gate.is_open() {
            return Ok(Some(Next::Rest));
        }
        if !self.has_customer(stored) {
            return Ok(Some(Next::Parked));
        }
        let now = self.clock.now();
        match next_step(&stored.delivery, now, &self.timing) {
            Step::Rest => return Ok(Some(Next::Rest)),
            Step::Wait { until } => return Ok(Some(Next::At(until))),
            Step::Conclude => self.conclude(stored, now).await?,
            Step::Call(call) => {
                if !self.stops_for_change(stored, call).await? {
                    self.carry_out(stored, heard, call).await?;
                }
            }
        }
        Ok(None)
    }

    /// Whether no other delivery may be creating a contact for the same customer now.
    fn has_customer(&self, stored: &StoredDelivery) -> bool {
        if !stored.delivery.creates_contact() {
            return true;
        }
        CustomerKey::of(&stored.invoice)
            .is_none_or(|customer| self.customers.hold(customer, stored.delivery.id()))
    }

    async fn conclude(&self, stored: &mut StoredDelivery, now: Timestamp) -> Result<(), StoreError> {
        let Some(intent) = stored.delivery.intent().copied() else { return Ok(()) };
        let Ok(next) = apply(&stored.delivery, Event::Lost, now, &self.timing) else { return Ok(()) };
        let call = intent.call;
        tracing::warn!(delivery = %stored.delivery.id(), %call, "a call has no result: {call}");
        self.store(stored, next, Change::by_itself(LogKind::Lost(call))).await
    }

    async fn carry_out(
        &self,
        stored: &mut StoredDelivery,
        heard: &mut Heard,
        call: Call,
    ) -> Result<(), StoreError> {
        let attempt = if call.writes() {
            let Some(attempt) = self.announce(stored, call).await? else { return Ok(()) };
            Some(attempt)
        } else {
            None
        };
        observe!("calling", stored.delivery, call, attempt);
        let made = self.calls.make(call, stored).await;
        observe!("called", stored.delivery, call, attempt);
        self.take(stored, heard, call, attempt, made).await
    }

    /// Stores that a call is about to be made; the call's attempt, or `None` when somebody else was
    /// faster.
    async fn announce(&self, stored: &mut StoredDelivery, call: Call) -> Result<Option<u32>, StoreError> {
        let event = Event::Announced(call);
        let Ok(next) = apply(&stored.delivery, event, self.clock.now(), &self.timing) else {
            return Ok(None);
        };
        let attempt = next.intent().map(|intent| intent.attempt);
        observe!("announcing", next, call, attempt);
        let change = Change::by_itself(LogKind::Announced(call));
        if self.records.store(stored, next, change).await? == Saved::Lost {
            self.reload(stored).await?;
            return Ok(None);
        }
        observe!("announced", stored.delivery, call, attempt);
        Ok(attempt)
    }

    /// Stores an answer. What a writing call came to is offered again to whatever is stored now; what
    /// was only read is simply read again.
    async fn take(
        &self,
        stored: &mut StoredDelivery,
        heard: &mut Heard,
        call: Call,
        attempt: Option<u32>,
        made: Made,
    ) -> Result<(), StoreError> {
        let Made { mut answer, bexio, sure_contact } = made;
        heard.hear(bexio);
        let mut tries = 0;
        loop {
            let event = Event::Answered { call, attempt, answer: answer.clone() };
            let next = match apply(&stored.delivery, event, self.clock.now(), &self.timing) {
                Ok(next) => next,
                Err(Rejected::NotAnAnswer { .. }) if answer != Answer::Unknown => {
                    tracing::error!(delivery = %stored.delivery.id(), %call, "the answer makes no sense: {call}");
                    answer = Answer::Unknown;
                    continue;
                }
                Err(rejected) => {
                    tracing::info!(delivery = %stored.delivery.id(), %rejected, "an answer was not needed");
                    return Ok(());
                }
            };
            let change = Change {
                contact: learned_company(stored, &next, call, sure_contact),
                person: learned_person(stored, &next, call),
                told: Some(Told::of(heard, call, &answer)),
                ..Change::by_itself(LogKind::Answered(call, outcome(call, &answer)))
            };
            observe!("storing", next, call, attempt);
            match self.records.store(stored, next, change).await {
                Ok(Saved::Stored) => {
                    observe!("stored", stored.delivery, call, attempt);
                    return Ok(());
                }
                Ok(Saved::Lost) => {
                    self.reload(stored).await?;
                    if !call.writes() {
                        return Ok(());
                    }
                }
                Err(error) if !call.writes() => return Err(error),
                Err(error) => self.pause_before_retry(&mut tries, error).await?,
            }
        }
    }

    /// The answer of a writing call must not be lost for a database that is away for a moment.
    async fn pause_before_retry(&self, tries: &mut u32, error: StoreError) -> Result<(), StoreError> {
        *tries += 1;
        if *tries > STORE_TRIES_MAX || self.gate.stop().is_cancelled() {
            return Err(error);
        }
        tracing::error!(%error, tries, "an answer could not be stored yet");
        let pause = Duration::from_millis(250).saturating_mul(1 << (*tries).min(10)).min(STORE_PAUSE_MAX);
        tokio::select! {
            () = self.clock.sleep(pause) => {}
            () = self.gate.stop().cancelled() => {}
        }
        Ok(())
    }

    /// Whether PSOhub's invoice is not what was accepted, so that the delivery stops before `call`.
    async fn stops_for_change(&self, stored: &mut StoredDelivery, call: Call) -> Result<bool, StoreError> {
        let is_asked =
            matches!(call, Call::CreateContact(_) | Call::CreateDraft | Call::Issue(_) | Call::SendMail(_));
        if !is_asked || self.after_change(&stored.delivery).is_none() {
            return Ok(false);
        }
        // The book may be older than the acceptance, on another replica: look before judging.
        if let Err(error) = self.records.book.refresh(Source::Psohub).await {
            tracing::warn!(error = &*error, "PSOhub cannot be asked whether an invoice has changed");
        }
        let Some(next) = self.after_change(&stored.delivery) else { return Ok(false) };
        self.store(stored, next, Change::by_itself(LogKind::InvoiceChanged)).await?;
        Ok(true)
    }

    /// The delivery after the change that the book shows, if it shows one that matters.
    fn after_change(&self, delivery: &Delivery) -> Option<Delivery> {
        let snapshot = self.records.book.reader().peek();
        let change = match snapshot.book.by_psohub_id(delivery.invoice_id()) {
            Some(row) => delivery.change_in(&row.psohub)?,
            None if snapshot.freshness_of(Source::Psohub).state == FreshnessState::Unavailable => {
                return None;
            }
            None => InvoiceChange::Status(InvoiceStatus::Unknown),
        };
        apply(delivery, Event::InvoiceChanged(change), self.clock.now(), &self.timing).ok()
    }

    async fn store(
        &self,
        stored: &mut StoredDelivery,
        next: Delivery,
        change: Change<'_>,
    ) -> Result<(), StoreError> {
        let none = None::<u32>;
        observe!("storing", next, change.kind, none);
        if self.records.store(stored, next, change).await? == Saved::Lost {
            return self.reload(stored).await;
        }
        observe!("stored", stored.delivery, "", none);
        Ok(())
    }

    async fn reload(&self, stored: &mut StoredDelivery) -> Result<(), StoreError> {
        if let Some(newest) = self.records.load(stored.delivery.id()).await? {
            *stored = newest;
            self.records.show(stored);
        }
        Ok(())
    }
}

fn later(now: Timestamp, by: Duration) -> Timestamp {
    now.checked_add(by).unwrap_or(Timestamp::MAX)
}
