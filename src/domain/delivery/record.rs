//! The durable record of one send. Only this module's siblings change it: through
//! [`super::accept`], [`super::apply`], [`super::resolve`] and [`super::resume`].

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Acceptance, Call, ContactPart, ExternalIdKind, Halt, InvoiceChange, MailDoubt, Refusal, Retry, Timing,
    Trouble, timing,
};
use crate::domain::{BexioContactId, BexioInvoiceId, Invoice, PsohubInvoiceId};

/// The store's id of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DeliveryId(i64);

impl DeliveryId {
    /// The id for a whole number from 1.
    pub const fn new(value: i64) -> Option<Self> {
        if value > 0 { Some(Self(value)) } else { None }
    }

    /// The number as the database writes it.
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl fmt::Display for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where a delivery stands. [`super::State`] is what people see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Stage {
    /// Finding or creating this part of the contact.
    Contact(ContactPart),
    /// Finding or creating the draft; no invoice is pinned.
    Draft,
    /// The pinned invoice is to be read and compared.
    Verify,
    /// The pinned draft was just compared and may be issued.
    Issue,
    /// Issued: e-mail, write-back and sweep remain, each by itself.
    Issued,
    /// What was drafted is deleted: given up, or to be planned anew.
    Discard,
    /// Given up with nothing issued.
    Dropped,
}

/// The contact so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactTrack {
    /// Whether a person is to be found or created too.
    pub wants_person: bool,
    /// The customer in Bexio.
    pub company: Option<BexioContactId>,
    /// The person in Bexio.
    pub person: Option<BexioContactId>,
}

/// The one Bexio invoice that this delivery is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    /// Its id.
    pub id: BexioInvoiceId,
    /// Its number, as far as it was told.
    pub document_number: Box<str>,
    /// Whether a person named it (USE_EXISTING) and this delivery did not make it.
    pub adopted: bool,
}

/// The e-mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mail {
    /// Not asked for.
    NotWanted,
    /// To be sent; certainly not sent by us yet, or a person asked for it again.
    Wanted {
        /// Whether a person asked for it after a doubt: it goes out whatever else was noticed.
        by_person: bool,
    },
    /// Asked for at this instant, no result yet.
    Leaving {
        /// [`Intent::attempt`] of the call.
        attempt: u32,
    },
    /// Bexio said yes, or a person said that it arrived.
    Sent {
        /// When that was known.
        at: Timestamp,
        /// Whether it is a person's word.
        by_person: bool,
    },
    /// A person must say.
    Doubt {
        /// Why.
        doubt: MailDoubt,
        /// Since when.
        since: Timestamp,
        /// The call in doubt, where there was one: its answer may still come.
        attempt: Option<u32>,
    },
    /// Certainly not sent, and not tried again by itself.
    Failed(Box<super::Failure>),
    /// A person left it, or the invoice was issued by someone else.
    Skipped,
}

/// The external id in PSOhub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum WriteBack {
    /// To be written.
    Pending,
    /// Written.
    Written {
        /// When that was known.
        at: Timestamp,
    },
    /// Not tried again by itself.
    Failed(Box<super::Failure>),
    /// A person left it.
    Skipped,
}

/// The look-out for drafts of ours that nobody needs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sweep {
    /// When to look next; `None` when nothing can be left over.
    pub due: Option<Timestamp>,
    /// When to stop looking.
    pub until: Option<Timestamp>,
    /// Whether one look after the quiet period found nothing.
    pub is_clear: bool,
    /// Drafts to delete now.
    pub doomed: Vec<BexioInvoiceId>,
    /// Drafts whose deletion was ever asked for: they may vanish late, so they are never pinned.
    pub condemned: Vec<BexioInvoiceId>,
}

impl Sweep {
    /// Something may be left over: look once the quiet period has passed, then daily for a week.
    pub(super) fn need(&mut self, now: Timestamp, timing: &Timing) {
        self.is_clear = false;
        self.due = Some(timing::after(now, timing.quiet));
        self.until = Some(timing::after(now, timing.sweep_for));
    }

    /// Nothing was left over just now.
    pub(super) fn clear(&mut self, now: Timestamp, timing: &Timing) {
        self.is_clear = true;
        let next = timing::after(now, timing.sweep_every);
        self.due = self.until.is_some_and(|until| next <= until).then_some(next);
    }

    /// Whether the send itself still waits for this.
    pub(super) const fn holds_up(&self) -> bool {
        self.due.is_some() && !self.is_clear
    }

    pub(super) fn condemn(&mut self, id: BexioInvoiceId) {
        if !self.condemned.contains(&id) {
            self.condemned.push(id);
        }
    }
}

/// A writing call that was announced and has no result yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// Which call.
    pub call: Call,
    /// Counts the announced calls of this delivery, from 1.
    pub attempt: u32,
    /// When it was announced.
    pub at: Timestamp,
}

/// What was looked at, and when. Readings age; what is too old is looked at again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The contact part was searched and not found.
    pub no_contact: Option<Timestamp>,
    /// Our reference was searched and nothing found.
    pub no_own: Option<Timestamp>,
    /// The number was searched and nothing found.
    pub no_lookalike: bool,
    /// The pinned invoice was read (or issued by us) and was as it should be.
    pub pin: Option<Timestamp>,
}

/// The durable record of one send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    pub(super) id: DeliveryId,
    pub(super) version: u64,
    pub(super) accepted: Acceptance,
    pub(super) accepted_at: Timestamp,
    pub(super) changed_at: Timestamp,
    pub(super) stage: Stage,
    pub(super) halt: Option<Halt>,
    pub(super) contact: ContactTrack,
    pub(super) pin: Option<Pin>,
    pub(super) issued_at: Option<Timestamp>,
    pub(super) mail: Mail,
    pub(super) write_back: WriteBack,
    pub(super) sweep: Sweep,
    pub(super) abandoned_at: Option<Timestamp>,
    pub(super) intent: Option<Intent>,
    /// Announced calls so far.
    pub(super) calls: u32,
    /// Whether a draft of ours may ever have been created.
    pub(super) draft_tried: bool,
    /// Whether issuing may have taken effect without our knowing.
    pub(super) issue_in_doubt: bool,
    /// Bexio's refusal to issue, until a reading tells what it meant.
    pub(super) issue_refused: Option<Refusal>,
    /// A lost create can still be applied until then.
    pub(super) quiet_until: Option<Timestamp>,
    pub(super) seen: Seen,
    /// Tries up to and including the issue, and of discarding.
    pub(super) retry: Retry,
    pub(super) mail_retry: Retry,
    pub(super) write_back_retry: Retry,
    pub(super) sweep_retry: Retry,
}

impl Delivery {
    /// The store's id.
    pub const fn id(&self) -> DeliveryId {
        self.id
    }

    /// The PSOhub invoice.
    pub const fn invoice_id(&self) -> PsohubInvoiceId {
        self.accepted.invoice_id
    }

    /// Goes up by one with every change: what the store compares and sets.
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// What it was accepted for, or sent again for.
    pub const fn accepted(&self) -> &Acceptance {
        &self.accepted
    }

    /// When it was accepted.
    pub const fn accepted_at(&self) -> Timestamp {
        self.accepted_at
    }

    /// When it last changed.
    pub const fn changed_at(&self) -> Timestamp {
        self.changed_at
    }

    /// Where it stands inside; [`Delivery::state`] is for people.
    pub const fn stage(&self) -> Stage {
        self.stage
    }

    /// Why it stands still, where it does; the e-mail's doubt is in [`Delivery::mail`].
    pub const fn halt(&self) -> Option<&Halt> {
        self.halt.as_ref()
    }

    /// The contact so far.
    pub const fn contact(&self) -> &ContactTrack {
        &self.contact
    }

    /// The one Bexio invoice it is about.
    pub const fn pin(&self) -> Option<&Pin> {
        self.pin.as_ref()
    }

    /// When it was known to be issued.
    pub const fn issued_at(&self) -> Option<Timestamp> {
        self.issued_at
    }

    /// The e-mail.
    pub const fn mail(&self) -> &Mail {
        &self.mail
    }

    /// The external id.
    pub const fn write_back(&self) -> &WriteBack {
        &self.write_back
    }

    /// The look-out for left-over drafts.
    pub const fn sweep(&self) -> &Sweep {
        &self.sweep
    }

    /// When a person gave it up.
    pub const fn abandoned_at(&self) -> Option<Timestamp> {
        self.abandoned_at
    }

    /// The announced call without a result.
    pub const fn intent(&self) -> Option<&Intent> {
        self.intent.as_ref()
    }

    /// Writing calls announced so far.
    pub const fn calls(&self) -> u32 {
        self.calls
    }

    /// The text that becomes PSOhub's external id, once an invoice is pinned.
    pub fn external_id(&self) -> Option<Box<str>> {
        let pin = self.pin.as_ref()?;
        Some(match self.accepted.external_id {
            ExternalIdKind::DocumentNumber => pin.document_number.clone(),
            ExternalIdKind::Id => pin.id.to_string().into(),
        })
    }

    /// The last trouble of the track that is at work: why it waits.
    pub fn trouble(&self) -> Option<&Trouble> {
        let retries = [&self.retry, &self.mail_retry, &self.write_back_retry, &self.sweep_retry];
        retries.into_iter().filter_map(|retry| retry.last.as_ref()).max_by_key(|trouble| trouble.at)
    }

    /// How `invoice`, as PSOhub has it now, departs from what was accepted. Asked before the draft is made
    /// and before the e-mail; the answer goes into [`super::Event::InvoiceChanged`].
    pub fn change_in(&self, invoice: &Invoice) -> Option<InvoiceChange> {
        let hash = invoice.content_hash();
        if hash != self.accepted.snapshot {
            return Some(InvoiceChange::Content(hash));
        }
        (!invoice.status.is_receivable()).then_some(InvoiceChange::Status(invoice.status))
    }

    /// Whether it may be creating a contact for its customer: no other delivery of the same customer
    /// may create one meanwhile, or both would. The service holds the customer's lock from the search
    /// to the answer.
    pub const fn creates_contact(&self) -> bool {
        matches!(self.stage, Stage::Contact(_)) && self.halt.is_none()
    }

    /// Whether it has begun to: a search found none and rests on that, or a creation may still take
    /// effect. After a restart such a delivery has its customer before any other.
    pub fn has_begun_contact(&self, now: Timestamp) -> bool {
        let may_come = self.intent.is_some() || self.quiet_until.is_some_and(|quiet| quiet > now);
        self.creates_contact() && (may_come || self.seen.no_contact.is_some())
    }
}
