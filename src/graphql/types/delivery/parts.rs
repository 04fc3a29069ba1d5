//! The parts of a delivery: its reason, contact, e-mail and write-back.

use async_graphql::ID;
use jiff::Timestamp;

use super::enums::{
    DeliveryDecision, DeliveryEmailState, DeliveryReasonCode, ExternalIdKind, WriteBackState,
};
use crate::book::DeliveryEntry;
use crate::domain::delivery::{
    self, Decision, Failure, Halt, Mail, Reason, Refusal, Review, Timing, WriteBack, resolve,
};
use crate::domain::{BexioContactId, BexioInvoiceId};
use crate::graphql::output::object;
use crate::graphql::scalars::DateTime;

object! {
    /// Why a delivery stands still.
    "DeliveryReason" DeliveryReason<'a> from (&'a DeliveryEntry, Reason<'a>) {
        /// In one word.
        "code": DeliveryReasonCode = |(_, reason), out| out.member(DeliveryReasonCode::from(reason));
        /// In a sentence that names the invoice.
        "message": String = |(entry, reason), out| out.text(&message(entry, reason));
        /// What to do.
        "hint": String = |(_, reason), out| out.text(reason.hint());
        /// What Bexio or PSOhub said, in its own words, where it refused something.
        "upstreamText": Option<String> = |(_, reason), out| {
            out.opt_text(refusal(reason).and_then(|refusal| refusal.raw.as_deref()));
        };
        /// The HTTP status that came with it.
        "upstreamStatus": Option<i32> = |(_, reason), out| match refusal(reason) {
            Some(refusal) => out.int(i64::from(refusal.status)),
            None => out.null(),
        };
    }
}

/// The reason in a sentence that names the invoice.
pub(in crate::graphql) fn message(entry: &DeliveryEntry, reason: Reason<'_>) -> String {
    format!("Invoice {}: {reason}.", entry.invoice_number)
}

const fn refusal(reason: Reason<'_>) -> Option<&Refusal> {
    match reason {
        Reason::Failure(Failure::Refused { refusal, .. }) => Some(refusal),
        _ => None,
    }
}

object! {
    /// A delivery's contact in Bexio.
    "DeliveryContact" DeliveryContact<'a> from (BexioContactId, Option<BexioContactId>) {
        /// Bexio's id of the customer.
        "bexioId": ID = |(company, _), out| out.plain(company);
        /// Bexio's id of the person there that the invoice is addressed to, where there is one.
        "personBexioId": Option<ID> = |(_, person), out| out.opt_plain(person);
    }
}

object! {
    /// A delivery's e-mail to the customer. Bexio sends it.
    "DeliveryEmail" DeliveryEmail<'a> from &'a DeliveryEntry {
        /// Where it stands.
        "state": DeliveryEmailState = |entry, out| out.member(match entry.delivery.mail() {
            Mail::NotWanted => DeliveryEmailState::NotWanted,
            Mail::Wanted { .. } => DeliveryEmailState::Pending,
            Mail::Leaving { .. } => DeliveryEmailState::Sending,
            Mail::Sent { .. } => DeliveryEmailState::Sent,
            Mail::Doubt { .. } => DeliveryEmailState::InDoubt,
            Mail::Failed(_) => DeliveryEmailState::Failed,
            Mail::Skipped => DeliveryEmailState::Skipped,
        });
        /// To whom it goes; null where none is wanted.
        "recipient": Option<String> = |entry, out| out.opt_text(entry.recipient.as_deref());
        /// When it was known to be sent; null before.
        "sentAt": Option<DateTime> = |entry, out| out.opt_plain(match entry.delivery.mail() {
            Mail::Sent { at, .. } => Some(*at),
            _ => None,
        });
        /// Whether that it was sent is a person's word, and not Bexio's.
        "isConfirmedByPerson": bool = |entry, out| {
            out.boolean(matches!(entry.delivery.mail(), Mail::Sent { by_person: true, .. }));
        };
    }
}

object! {
    /// Writing an invoice's Bexio number back to PSOhub.
    "DeliveryWriteBack" DeliveryWriteBack<'a> from &'a delivery::Delivery {
        /// Where it stands.
        "state": WriteBackState = |delivery, out| out.member(match delivery.write_back() {
            WriteBack::Pending => WriteBackState::Pending,
            WriteBack::Written { .. } => WriteBackState::Written,
            WriteBack::Failed(_) => WriteBackState::Failed,
            WriteBack::Skipped => WriteBackState::Skipped,
        });
        /// Whether the number or the id is written.
        "kind": ExternalIdKind = |delivery, out| {
            out.member(ExternalIdKind::from(delivery.accepted().external_id));
        };
        /// What is written, once it is known.
        "value": Option<String> = |delivery, out| {
            out.opt_text(delivery.external_id().as_deref().filter(|value| !value.is_empty()));
        };
        /// When it was known to be written; null before.
        "writtenAt": Option<DateTime> = |delivery, out| out.opt_plain(match delivery.write_back() {
            WriteBack::Written { at } => Some(*at),
            _ => None,
        });
    }
}

/// What a person can decide of `delivery` at `now`: the state machine itself is asked, with candidates
/// where a decision needs one.
pub(in crate::graphql) fn decisions(
    delivery: &delivery::Delivery,
    now: Timestamp,
    timing: &Timing,
) -> Vec<DeliveryDecision> {
    let contact = match delivery.halt() {
        Some(Halt::Review(Review::ContactAmbiguous(candidates))) => candidates.first().copied(),
        _ => None,
    };
    // Any invoice can be named, and one that is being deleted cannot: the greatest id is none of them.
    let invoice = BexioInvoiceId::new(i64::MAX);
    let asked = [
        (DeliveryDecision::ChooseContact, contact.map(Decision::ChooseContact)),
        (DeliveryDecision::UseExisting, invoice.map(Decision::UseExisting)),
        (DeliveryDecision::MailArrived, Some(Decision::MailArrived)),
        (DeliveryDecision::SendAgain, Some(Decision::SendAgain)),
        (DeliveryDecision::Abandon, Some(Decision::Abandon)),
    ];
    let is_answer = |decision| resolve(delivery, decision, delivery.version(), now, timing).is_ok();
    asked.into_iter().filter(|(_, decision)| decision.is_some_and(is_answer)).map(|(word, _)| word).collect()
}
