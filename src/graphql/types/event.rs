//! What happened to an invoice.

use jiff::Timestamp;

use super::action;
use super::delivery::{DeliveryStepOutcome, outcome, what};
use crate::domain::delivery::{LogEntry, Outcome};
use crate::domain::{ActionCause, InvoiceAction};
use crate::graphql::output::object;
use crate::graphql::scalars::DateTime;

/// One entry of an invoice's history.
#[derive(Debug, Clone, Copy)]
pub(in crate::graphql) enum Event<'a> {
    /// A step of its delivery.
    Step(&'a LogEntry),
    /// What was done beside sending it.
    Action(&'a InvoiceAction),
}

impl<'a> Event<'a> {
    /// Both histories as one, oldest first. Each is in its own order already.
    pub(in crate::graphql) fn merged(steps: &'a [LogEntry], actions: &'a [InvoiceAction]) -> Vec<Self> {
        let steps = steps.iter().map(Self::Step);
        let mut events: Vec<Self> = steps.chain(actions.iter().map(Self::Action)).collect();
        events.sort_by_key(Self::at);
        events
    }

    fn at(&self) -> Timestamp {
        match self {
            Self::Step(entry) => entry.at,
            Self::Action(action) => action.begun.at,
        }
    }

    fn actor(&self) -> Option<&'a str> {
        match self {
            Self::Step(entry) => entry.actor.as_deref(),
            Self::Action(action) => match action.begun.cause {
                ActionCause::Person => Some(&action.begun.actor),
                ActionCause::PaymentSync { .. } => None,
            },
        }
    }

    fn outcome(&self) -> Option<Outcome> {
        match self {
            Self::Step(entry) => outcome(entry),
            Self::Action(action) => Some(action::outcome(&action.outcome)),
        }
    }

    const fn as_action(&self) -> Option<&'a InvoiceAction> {
        match self {
            Self::Step(_) => None,
            Self::Action(action) => Some(action),
        }
    }
}

object! {
    /// Something that happened to an invoice through the gateway.
    "InvoiceEvent" InvoiceEvent<'a> from Event<'a> {
        /// When.
        "at": DateTime = |event, out| out.plain(event.at());
        /// Who asked for it; null where the gateway did it by itself.
        "actor": Option<String> = |event, out| out.opt_text(event.actor());
        /// What was done, in words: "issuing the invoice in Bexio".
        "what": String = |event, out| out.text(match event {
            Event::Step(entry) => what(entry),
            Event::Action(done) => action::what(&done.begun.change),
        });
        /// What it was before: a status, an external id, a Bexio invoice. Null where there was none, and on
        /// the steps of a delivery.
        "before": Option<String> = |event, out| {
            out.opt_text(event.as_action().and_then(|done| action::before(&done.begun.change)).as_deref());
        };
        /// What it was to be after. Null where there was to be none, and on the steps of a delivery.
        "after": Option<String> = |event, out| {
            out.opt_text(event.as_action().and_then(|done| action::after(&done.begun.change)).as_deref());
        };
        /// How it ended; null where it has no end of its own.
        "outcome": Option<DeliveryStepOutcome> = |event, out| match event.outcome() {
            Some(outcome) => out.member(DeliveryStepOutcome::from(outcome)),
            None => out.null(),
        };
        /// More of it in a sentence: why it stopped, why it waits, what was said.
        "detail": Option<String> = |event, out| match event {
            Event::Step(entry) => out.opt_text(entry.detail.as_deref()),
            Event::Action(done) => out.opt_text(action::detail(done).as_deref()),
        };
    }
}
