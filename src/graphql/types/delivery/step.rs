//! The history of a delivery.

use super::enums::{DeliveryState, DeliveryStepKind, DeliveryStepOutcome};
use super::words::{how, what};
use crate::domain::delivery::{LogEntry, LogKind, Outcome};
use crate::graphql::output::object;
use crate::graphql::scalars::DateTime;

object! {
    /// One step in the history of a delivery.
    "DeliveryStep" DeliveryStep<'a> from &'a LogEntry {
        /// The delivery's version after it: steps of one delivery are ordered and told apart by this.
        "version": i32 = |entry, out| out.int_capped(entry.version);
        /// When.
        "at": DateTime = |entry, out| out.plain(entry.at);
        /// Who asked for it; null where the gateway did it by itself.
        "actor": Option<String> = |entry, out| out.opt_text(entry.actor.as_deref());
        /// What kind of step it was.
        "kind": DeliveryStepKind = |entry, out| out.member(match entry.kind {
            LogKind::Accepted => DeliveryStepKind::Accepted,
            LogKind::SentAgain => DeliveryStepKind::SentAgain,
            LogKind::Resolved => DeliveryStepKind::Resolved,
            LogKind::Announced(_) => DeliveryStepKind::Announced,
            LogKind::Answered(..) => DeliveryStepKind::Answered,
            LogKind::Lost(_) => DeliveryStepKind::Lost,
            LogKind::InvoiceChanged => DeliveryStepKind::InvoiceChanged,
        });
        /// What was done, in words: "issuing the invoice in Bexio".
        "what": String = |entry, out| out.text(what(entry));
        /// How it ended; null where it has no end of its own.
        "outcome": Option<DeliveryStepOutcome> = |entry, out| match outcome(entry) {
            Some(outcome) => out.member(DeliveryStepOutcome::from(outcome)),
            None => out.null(),
        };
        /// How it ended, in words; null where it has no end of its own.
        "outcomeText": Option<String> = |entry, out| out.opt_text(outcome(entry).map(how).as_deref());
        /// Where the delivery stood after it.
        "state": DeliveryState = |entry, out| out.member(DeliveryState::from(entry.state));
        /// More of it in a sentence: why it stopped, why it waits, what was said.
        "detail": Option<String> = |entry, out| out.opt_text(entry.detail.as_deref());
    }
}

/// How a step ended, where it has an end of its own.
pub(in crate::graphql) const fn outcome(entry: &LogEntry) -> Option<Outcome> {
    match entry.kind {
        LogKind::Answered(_, outcome) => Some(outcome),
        LogKind::Lost(_) => Some(Outcome::Unknown),
        _ => None,
    }
}

impl From<Outcome> for DeliveryStepOutcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Done => Self::Done,
            Outcome::NothingFound => Self::NothingFound,
            Outcome::NotSent => Self::NotSent,
            Outcome::Refused(_) => Self::Refused,
            Outcome::Unknown => Self::Unknown,
        }
    }
}
