//! Many invoices sent by one request: each is a delivery of its own, with an outcome of its own.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::PsohubInvoiceId;
use super::delivery::DeliveryId;
use super::plan::SendOptions;

/// The store's id of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BatchId(i64);

impl BatchId {
    /// The id for a whole number from 1.
    pub const fn new(value: i64) -> Option<Self> {
        if value > 0 { Some(Self(value)) } else { None }
    }

    /// The number as the database writes it.
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl fmt::Display for BatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One `sendInvoices`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// The store's id.
    pub id: BatchId,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: Box<str>,
    /// How its invoices are to be sent.
    pub options: SendOptions,
    /// When it was cancelled: what had not begun by then stays unsent.
    pub cancelled_at: Option<Timestamp>,
    /// Its invoices, in the order in which they are taken up.
    pub items: Vec<BatchItem>,
}

/// One invoice of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchItem {
    /// The invoice.
    pub invoice: PsohubInvoiceId,
    /// What became of it.
    pub progress: BatchProgress,
}

/// What became of one invoice of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum BatchProgress {
    /// Its turn has not come.
    Waiting,
    /// It has a delivery, which tells the rest.
    Delivery(DeliveryId),
    /// It was not taken on; nothing was written anywhere.
    Refused {
        /// The stable word, as in docs/errors.md.
        code: Box<str>,
        /// What is wrong.
        message: Box<str>,
        /// What to do.
        hint: Box<str>,
    },
    /// The batch was cancelled before its turn.
    Cancelled,
}

/// Most invoices of one batch.
pub const BATCH_INVOICES_MAX: usize = 500;
