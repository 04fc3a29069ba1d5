//! What can happen to a delivery: calls are announced and answered, and the world changes meanwhile.

use std::time::Duration;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::Call;
use crate::domain::{
    AccountingInvoice, AccountingInvoiceDetail, AccountingStatus, BexioContactId, BexioInvoiceId,
    ContentHash, CurrencyCode, InvoiceStatus,
};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A writing call is about to be made. Its first byte leaves after this is stored.
    Announced(Call),
    /// A call came to an end.
    Answered {
        /// Which call.
        call: Call,
        /// [`super::Intent::attempt`] of an announced call; `None` of a search or a reading.
        attempt: Option<u32>,
        /// What it came to.
        answer: Answer,
    },
    /// The announced call has no result and its time is over: a crash, or a worker that stalled.
    Lost,
    /// PSOhub's invoice is not what this delivery was accepted for.
    InvoiceChanged(InvoiceChange),
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// No byte left: the upstream cannot have applied it.
    NotSent {
        /// How long to wait at least, where something said so (a rate limit).
        wait: Option<Duration>,
    },
    /// No clear answer: a write may have been applied, or may still be.
    Unknown,
    /// The upstream answered with an HTTP status other than 2xx.
    Refused {
        /// Status and text.
        refusal: Refusal,
        /// How long the upstream asked to wait.
        wait: Option<Duration>,
    },
    /// To a search for a contact part.
    Contact(ContactMatch),
    /// To the creation of a company or a person.
    ContactCreated(BexioContactId),
    /// To a search for invoices: all hits.
    Invoices(Vec<Hit>),
    /// To the creation of the draft.
    DraftCreated(Hit),
    /// To a reading.
    Reading(Box<Reading>),
    /// To a reading or a deletion: it does not exist (404).
    Gone,
    /// To an action: a clear yes.
    Done,
}

/// An upstream's refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// What failed and what to do, in words a finance person understands.
    pub message: Box<str>,
    /// The upstream's own text.
    pub raw: Option<Box<str>>,
}

/// What a refusal's status lets us conclude.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Not applied; the same request can succeed later (401, 429).
    Later,
    /// Not applied; the same request will be refused again.
    Final,
    /// It may have been applied (5xx, 408, anything odd).
    Doubtful,
}

impl Refusal {
    /// What the status lets us conclude of a write.
    pub const fn verdict(&self) -> Verdict {
        match self.status {
            401 | 429 => Verdict::Later,
            408 => Verdict::Doubtful,
            400..=499 => Verdict::Final,
            _ => Verdict::Doubtful,
        }
    }
}

/// What a search for a contact found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContactMatch {
    /// None.
    None,
    /// Exactly one.
    One(BexioContactId),
    /// More than one: a person must choose.
    Several(Vec<BexioContactId>),
}

/// A Bexio invoice that a search or a creation returned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// Its id.
    pub id: BexioInvoiceId,
    /// Its number; drafts have one.
    pub document_number: Box<str>,
    /// Its status.
    pub status: AccountingStatus,
}

impl From<&AccountingInvoice> for Hit {
    fn from(invoice: &AccountingInvoice) -> Self {
        Self { id: invoice.id, document_number: invoice.document_number.clone(), status: invoice.status }
    }
}

/// What one reading of a Bexio invoice said, as far as sending cares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The invoice.
    pub hit: Hit,
    /// `kb_item_status_id` as Bexio wrote it.
    pub status_raw: i64,
    /// Whom it is for.
    pub contact_id: Option<BexioContactId>,
    /// Its currency.
    pub currency: CurrencyCode,
    /// Its API reference.
    pub api_reference: Option<Box<str>>,
    /// Without VAT.
    pub total_net: Decimal,
    /// What the customer owes.
    pub total: Decimal,
    /// Positions with an amount.
    pub positions: usize,
}

impl From<&AccountingInvoiceDetail> for Reading {
    fn from(detail: &AccountingInvoiceDetail) -> Self {
        let invoice = &detail.invoice;
        Self {
            hit: Hit::from(invoice),
            status_raw: invoice.status_raw,
            contact_id: invoice.contact_id,
            currency: invoice.currency,
            api_reference: invoice.api_reference.clone(),
            total_net: invoice.total_net,
            total: invoice.total,
            positions: detail.positions.iter().filter(|position| position.unit_price.is_some()).count(),
        }
    }
}

/// How PSOhub's invoice departed from what was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum InvoiceChange {
    /// Its content is another: the new fingerprint.
    Content(ContentHash),
    /// It is no longer approved or sent.
    Status(InvoiceStatus),
}

/// Why an event was not taken. The delivery is as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// The call is not what this delivery does now: another worker was faster, or it waits.
    #[error("{call} is not the next step of this delivery; load it again")]
    NotNow {
        /// The call.
        call: Call,
    },
    /// An answer to a call that is no longer open.
    #[error("the answer to {call} came too late; load the delivery again")]
    Stale {
        /// The call.
        call: Call,
    },
    /// The answer is none that this call can have: a mistake in the program.
    #[error("{call} cannot be answered like this")]
    NotAnAnswer {
        /// The call.
        call: Call,
    },
    /// No announced call is open, or its time is not over.
    #[error("no call of this delivery is lost at {at}")]
    NothingLost {
        /// The instant that was asked about.
        at: Timestamp,
    },
    /// The change does not matter any more, or cannot be judged before a reading.
    #[error("a change of the invoice does not concern this delivery now")]
    NoConcern,
}
