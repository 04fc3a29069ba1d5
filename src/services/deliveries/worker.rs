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
use super::queue::{Lane, Next};
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
const STORE_PAUSE: Duration = Duration::from_millis(250);
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
    /// The same for what people wait for.
    pub(super) urgent_calls: Calls,
    pub(super) customers: Arc<Customers>,
    pub(super) clock: SharedClock,
    pub(super) timing: Timing,
    pub(super) gate: Arc<Gate>,
}

/// One delivery while it is executed.
struct Run<'a> {
    worker: &'a Worker,
    calls: &'a Calls,
    /// As it is stored, as far as this run knows.
    stored: StoredDelivery,
    heard: Heard,
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
    pub(super) async fn run(&self, id: DeliveryId, lane: Lane) -> Result<Ran, StoreError> {
        let Some(stored) = self.records.load(id).await? else {
            return Ok(Ran { next: Next::Rest, keeps_customer: false });
        };
        self.records.show(&stored);
        let calls = match lane {
            Lane::People => &self.urgent_calls,
            Lane::Batch => &self.calls,
        };
        let mut run = Run { worker: self, calls, stored, heard: Heard::default() };
        let next = run.steps().await?;
        Ok(Ran { next, keeps_customer: run.stored.delivery.creates_contact() })
    }
}

impl Run<'_> {
    async fn steps(&mut self) -> Result<Next, StoreError> {
        for _ in 0..STEPS_MAX {
            if let Some(next) = self.step().await? {
                return Ok(next);
            }
        }
        let id = self.stored.delivery.id();
        tracing::error!(delivery = %id, "delivery {id} takes no end of steps; it pauses");
        Ok(Next::At(self.now().checked_add(PAUSE).unwrap_or(Timestamp::MAX)))
    }

    /// One step; `Some` when the run is over.
    async fn step(&mut self) -> Result<Option<Next>, StoreError> {
        if !self.worker.gate.is_open() {
            return Ok(Some(Next::Rest));
        }
        if !self.has_customer() {
            return Ok(Some(Next::Parked));
        }
        match next_step(&self.stored.delivery, self.now(), &self.worker.timing) {
            Step::Rest => return Ok(Some(Next::Rest)),
            Step::Wait { until } => return Ok(Some(Next::At(until))),
            Step::Conclude => self.conclude().await?,
            Step::Call(call) => {
                if !self.stops_for_change(call).await? {
                    self.carry_out(call).await?;
                }
            }
        }
        Ok(None)
    }

    /// Whether no other delivery may be creating a contact for the same customer now.
    fn has_customer(&self) -> bool {
        let delivery = &self.stored.delivery;
        if !delivery.creates_contact() {
            return true;
        }
        CustomerKey::of(&self.stored.invoice)
            .is_none_or(|customer| self.worker.customers.hold(customer, delivery.id()))
    }

    /// An announced call has no result, and its time is over.
    async fn conclude(&mut self) -> Result<(), StoreError> {
        let delivery = &self.stored.delivery;
        let Some(call) = delivery.intent().map(|intent| intent.call) else { return Ok(()) };
        let Ok(next) = self.apply(Event::Lost) else { return Ok(()) };
        tracing::warn!(delivery = %delivery.id(), %call, "a call has no result: {call}");
        self.store(next, LogKind::Lost(call)).await
    }

    async fn carry_out(&mut self, call: Call) -> Result<(), StoreError> {
        let attempt = if call.writes() {
            let Some(attempt) = self.announce(call).await? else { return Ok(()) };
            Some(attempt)
        } else {
            None
        };
        observe!("calling", self.stored.delivery, call, attempt);
        let made = self.calls.make(call, &self.stored).await;
        observe!("called", self.stored.delivery, call, attempt);
        self.take(call, attempt, made).await
    }

    /// Stores that a call is about to be made; the call's attempt, or `None` when somebody else was
    /// faster.
    async fn announce(&mut self, call: Call) -> Result<Option<u32>, StoreError> {
        let Ok(next) = self.apply(Event::Announced(call)) else { return Ok(None) };
        let attempt = next.intent().map(|intent| intent.attempt);
        observe!("announcing", next, call, attempt);
        let change = Change::by_itself(LogKind::Announced(call));
        if self.worker.records.store(&mut self.stored, next, change).await? == Saved::Lost {
            self.reload().await?;
            return Ok(None);
        }
        observe!("announced", self.stored.delivery, call, attempt);
        Ok(attempt)
    }

    /// Stores an answer. What a writing call came to is offered again to whatever is stored now; what
    /// was only read is simply read again.
    async fn take(&mut self, call: Call, attempt: Option<u32>, made: Made) -> Result<(), StoreError> {
        let Made { mut answer, bexio, sure_contact } = made;
        self.heard.hear(bexio);
        let mut tries = 0;
        loop {
            let next = match self.apply(Event::Answered { call, attempt, answer: answer.clone() }) {
                Ok(next) => next,
                Err(Rejected::NotAnAnswer { .. }) if answer != Answer::Unknown => {
                    tracing::error!(delivery = %self.stored.delivery.id(), "an answer to {call} makes no sense");
                    answer = Answer::Unknown;
                    continue;
                }
                Err(rejected) => {
                    tracing::info!(delivery = %self.stored.delivery.id(), %rejected, "an answer was not needed");
                    return Ok(());
                }
            };
            let change = Change {
                contact: learned_company(&self.stored, &next, call, sure_contact),
                person: learned_person(&self.stored, &next, call),
                told: Some(Told::of(&self.heard, call, &answer)),
                ..Change::by_itself(LogKind::Answered(call, outcome(call, &answer)))
            };
            observe!("storing", next, call, attempt);
            match self.worker.records.store(&mut self.stored, next, change).await {
                Ok(Saved::Stored) => {
                    observe!("stored", self.stored.delivery, call, attempt);
                    return Ok(());
                }
                Ok(Saved::Lost) => {
                    self.reload().await?;
                    if !call.writes() {
                        return Ok(());
                    }
                }
                Err(error) if !call.writes() => return Err(error),
                Err(error) => self.worker.pause_before_retry(&mut tries, error).await?,
            }
        }
    }

    /// Whether PSOhub's invoice is not what was accepted, so that the delivery stops before `call`.
    async fn stops_for_change(&mut self, call: Call) -> Result<bool, StoreError> {
        let is_asked =
            matches!(call, Call::CreateContact(_) | Call::CreateDraft | Call::Issue(_) | Call::SendMail(_));
        if !is_asked || self.after_change().is_none() {
            return Ok(false);
        }
        // The book may be older than the acceptance, on another replica: look before judging.
        if let Err(error) = self.worker.records.book.refresh(Source::Psohub).await {
            tracing::warn!(error = &*error, "PSOhub cannot be asked whether an invoice has changed");
        }
        let Some(next) = self.after_change() else { return Ok(false) };
        self.store(next, LogKind::InvoiceChanged).await?;
        Ok(true)
    }

    /// The delivery after the change that the book shows, if it shows one that matters.
    fn after_change(&self) -> Option<Delivery> {
        let delivery = &self.stored.delivery;
        let snapshot = self.worker.records.book.reader().peek();
        let change = match snapshot.book.by_psohub_id(delivery.invoice_id()) {
            Some(row) => delivery.change_in(&row.psohub)?,
            None if snapshot.freshness_of(Source::Psohub).state == FreshnessState::Unavailable => {
                return None;
            }
            None => InvoiceChange::Status(InvoiceStatus::Unknown),
        };
        self.apply(Event::InvoiceChanged(change)).ok()
    }

    async fn store(&mut self, next: Delivery, kind: LogKind) -> Result<(), StoreError> {
        let none = None::<u32>;
        observe!("storing", next, kind, none);
        let change = Change::by_itself(kind);
        if self.worker.records.store(&mut self.stored, next, change).await? == Saved::Lost {
            return self.reload().await;
        }
        observe!("stored", self.stored.delivery, kind, none);
        Ok(())
    }

    async fn reload(&mut self) -> Result<(), StoreError> {
        if let Some(newest) = self.worker.records.load(self.stored.delivery.id()).await? {
            self.stored = newest;
            self.worker.records.show(&self.stored);
        }
        Ok(())
    }

    fn apply(&self, event: Event) -> Result<Delivery, Rejected> {
        apply(&self.stored.delivery, event, self.now(), &self.worker.timing)
    }

    fn now(&self) -> Timestamp {
        self.worker.clock.now()
    }
}

impl Worker {
    /// The answer of a writing call must not be lost for a database that is away for a moment.
    async fn pause_before_retry(&self, tries: &mut u32, error: StoreError) -> Result<(), StoreError> {
        *tries += 1;
        if *tries > STORE_TRIES_MAX || self.gate.stop().is_cancelled() {
            return Err(error);
        }
        tracing::error!(%error, tries, "an answer could not be stored yet");
        let pause = STORE_PAUSE.saturating_mul(1 << (*tries).min(10)).min(STORE_PAUSE_MAX);
        tokio::select! {
            () = self.clock.sleep(pause) => {}
            () = self.gate.stop().cancelled() => {}
        }
        Ok(())
    }
}
