//! What was done to single invoices beside sending them, in words for people.

use crate::domain::delivery::Outcome;
use crate::domain::{ActionCause, ActionChange, ActionOutcome, InvoiceAction, InvoiceStatus, LinkedInvoice};

/// What is done, in a few words.
pub(in crate::graphql) const fn what(change: &ActionChange) -> &'static str {
    match change {
        ActionChange::MarkPaid { .. } => "marking it as paid in PSOhub",
        ActionChange::ExternalId { .. } => "setting its external id in PSOhub",
        ActionChange::Link(_) => "linking it to a Bexio invoice",
        ActionChange::Unlink(_) => "undoing its link to a Bexio invoice",
    }
}

/// What it was before.
pub(in crate::graphql) fn before(change: &ActionChange) -> Option<String> {
    match change {
        ActionChange::MarkPaid { before } => before.word().map(str::to_owned),
        ActionChange::ExternalId { before, .. } => before.as_deref().map(str::to_owned),
        ActionChange::Link(_) => None,
        ActionChange::Unlink(linked) => Some(named(linked)),
    }
}

/// What it was to be after.
pub(in crate::graphql) fn after(change: &ActionChange) -> Option<String> {
    match change {
        ActionChange::MarkPaid { .. } => InvoiceStatus::Paid.word().map(str::to_owned),
        ActionChange::ExternalId { after, .. } => Some(after.as_ref().to_owned()),
        ActionChange::Link(linked) => Some(named(linked)),
        ActionChange::Unlink(_) => None,
    }
}

fn named(linked: &LinkedInvoice) -> String {
    if linked.document_number.is_empty() {
        return format!("Bexio id {}", linked.id);
    }
    format!("{} (Bexio id {})", linked.document_number, linked.id)
}

/// How it ended, in the words of deliveries.
pub(in crate::graphql) const fn outcome(outcome: &ActionOutcome) -> Outcome {
    match outcome {
        ActionOutcome::Done | ActionOutcome::AlreadySo => Outcome::Done,
        ActionOutcome::NotSent => Outcome::NotSent,
        ActionOutcome::Refused { status, .. } => Outcome::Refused(*status),
        // Refused by the rule: the status that PSOhub would answer with is not known.
        ActionOutcome::NotAllowed { .. } => Outcome::Refused(400),
        ActionOutcome::Begun | ActionOutcome::Unknown => Outcome::Unknown,
    }
}

/// More of it, in a sentence.
pub(in crate::graphql) fn detail(action: &InvoiceAction) -> Option<String> {
    let of_outcome = match &action.outcome {
        ActionOutcome::Done | ActionOutcome::NotSent => None,
        ActionOutcome::AlreadySo => Some("somebody else was first: it was so already".to_owned()),
        ActionOutcome::Refused { status, message } => Some(match message {
            Some(message) => format!("PSOhub refused it with status {status}: {message}"),
            None => format!("PSOhub refused it with status {status}"),
        }),
        ActionOutcome::NotAllowed { status_raw } => Some(format!("it is {status_raw} in PSOhub by now")),
        ActionOutcome::Unknown => Some("no clear answer came; the invoice's status tells".to_owned()),
        ActionOutcome::Begun => {
            Some("it is under way, or the gateway stopped before an answer came".to_owned())
        }
    };
    let accepted = match &action.begun.change {
        ActionChange::Link(linked) if !linked.accepted.is_empty() => {
            Some(format!("accepted: {}", linked.accepted.join("; ")))
        }
        _ => None,
    };
    let cause = match action.begun.cause {
        ActionCause::Person => None,
        ActionCause::PaymentSync { run } => Some(format!("by payment sync run {run}: Bexio calls it paid")),
    };
    let parts: Vec<String> = [cause, accepted, of_outcome].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}
