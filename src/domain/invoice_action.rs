//! The record of one thing that was done to one invoice beside sending it: who, when, why, what, and
//! what came of it. Kept for ever, shown in the invoice's history.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{BexioInvoiceId, InvoiceStatus, PsohubInvoiceId};

/// The store's id of an action. They count up in the order in which actions began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ActionId(i64);

impl ActionId {
    /// The id for a whole number from 1.
    pub const fn new(value: i64) -> Option<Self> {
        if value > 0 { Some(Self(value)) } else { None }
    }

    /// The number as the database writes it.
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl fmt::Display for ActionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What is known of an action when it begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewAction {
    /// The invoice.
    pub invoice: PsohubInvoiceId,
    /// When it began.
    pub at: Timestamp,
    /// Who did it.
    pub actor: Box<str>,
    /// What made them do it.
    pub cause: ActionCause,
    /// What was to become different.
    pub change: ActionChange,
}

/// An action, as far as it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceAction {
    /// The store's id.
    pub id: ActionId,
    /// What was known when it began.
    pub begun: NewAction,
    /// What came of it.
    pub outcome: ActionOutcome,
    /// When it ended; `None` where its process died before.
    pub ended_at: Option<Timestamp>,
}

/// What made somebody do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ActionCause {
    /// A person asked for it.
    Person,
    /// The payment sync found the invoice paid in Bexio.
    PaymentSync {
        /// The store's id of the run.
        run: i64,
    },
}

/// What was to become different: before → after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ActionChange {
    /// The status in PSOhub becomes Paid.
    MarkPaid {
        /// The status before.
        before: InvoiceStatus,
    },
    /// The external id in PSOhub.
    ExternalId {
        /// The value before, as far as the gateway knew it.
        before: Option<Box<str>>,
        /// The new value.
        after: Box<str>,
    },
    /// A Bexio invoice was tied to it by hand.
    Link(LinkedInvoice),
    /// A tie that was made by hand was undone.
    Unlink(LinkedInvoice),
}

/// The Bexio invoice of a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkedInvoice {
    /// Its id.
    pub id: BexioInvoiceId,
    /// Its number at that time; empty where it was not known any more.
    pub document_number: Box<str>,
    /// What did not agree and was accepted, each in a sentence.
    pub accepted: Box<[Box<str>]>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ActionOutcome {
    /// Nobody knows yet: it is under way, or its process died before it ended.
    Begun,
    /// It took effect.
    Done,
    /// It was so already: somebody else was first.
    AlreadySo,
    /// The call never left.
    NotSent,
    /// PSOhub refused it.
    Refused {
        /// The HTTP status.
        status: u16,
        /// PSOhub's own words, where its answer held some.
        message: Option<Box<str>>,
    },
    /// Its status does not allow it any more.
    NotAllowed {
        /// The status, as PSOhub wrote it.
        status_raw: Box<str>,
    },
    /// Nobody knows whether it was applied.
    Unknown,
}

impl ActionChange {
    /// In one word, for a database column.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::MarkPaid { .. } => "MARK_PAID",
            Self::ExternalId { .. } => "EXTERNAL_ID",
            Self::Link(_) => "LINK",
            Self::Unlink(_) => "UNLINK",
        }
    }
}

impl ActionOutcome {
    /// In one word, for a database column.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Begun => "BEGUN",
            Self::Done => "DONE",
            Self::AlreadySo => "ALREADY_SO",
            Self::NotSent => "NOT_SENT",
            Self::Refused { .. } => "REFUSED",
            Self::NotAllowed { .. } => "NOT_ALLOWED",
            Self::Unknown => "UNKNOWN",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Records as they were written once: a version that cannot read them must not be released.
    const STORED: [&str; 4] = [
        r#"{"id":1,"begun":{"invoice":41939771881672249,"at":"2026-03-02T08:00:00Z","actor":"eva","cause":"Person","change":{"MarkPaid":{"before":"Sent"}}},"outcome":"Done","ended_at":"2026-03-02T08:00:01Z"}"#,
        r#"{"id":2,"begun":{"invoice":7,"at":"2026-03-02T08:00:00Z","actor":"payment sync","cause":{"PaymentSync":{"run":3}},"change":{"MarkPaid":{"before":"Approved"}}},"outcome":{"Refused":{"status":422,"message":"closed"}},"ended_at":null}"#,
        r#"{"id":3,"begun":{"invoice":7,"at":"2026-03-02T08:00:00Z","actor":"eva","cause":"Person","change":{"ExternalId":{"before":null,"after":"RE-1"}}},"outcome":"Begun","ended_at":null}"#,
        r#"{"id":4,"begun":{"invoice":7,"at":"2026-03-02T08:00:00Z","actor":"eva","cause":"Person","change":{"Link":{"id":5,"document_number":"RE-5","accepted":["the total is CHF 1.00 in PSOhub and CHF 2.00 in Bexio"]}}},"outcome":{"NotAllowed":{"status_raw":"Void"}},"ended_at":null}"#,
    ];

    #[test]
    fn what_was_stored_is_read_and_written_as_it_was() {
        for text in STORED {
            let action: InvoiceAction = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&action).unwrap(), text);
        }
    }
}
