//! What happened to an invoice.

use super::delivery::{DeliveryStepOutcome, outcome, what};
use crate::domain::delivery::LogEntry;
use crate::graphql::output::object;
use crate::graphql::scalars::DateTime;

object! {
    /// Something that happened to an invoice through the gateway.
    "InvoiceEvent" InvoiceEvent<'a> from &'a LogEntry {
        /// When.
        "at": DateTime = |entry, out| out.plain(entry.at);
        /// Who asked for it; null where the gateway did it by itself.
        "actor": Option<String> = |entry, out| out.opt_text(entry.actor.as_deref());
        /// What was done, in words: "issuing the invoice in Bexio".
        "what": String = |entry, out| out.text(what(entry));
        /// How it ended; null where it has no end of its own.
        "outcome": Option<DeliveryStepOutcome> = |entry, out| match outcome(entry) {
            Some(outcome) => out.member(DeliveryStepOutcome::from(outcome)),
            None => out.null(),
        };
        /// More of it in a sentence: why it stopped, why it waits, what was said.
        "detail": Option<String> = |entry, out| out.opt_text(entry.detail.as_deref());
    }
}
