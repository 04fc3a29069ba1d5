//! What we wrote to an upstream ourselves, and for how long it is shown over what was read.
//!
//! A look that is under way may have read a row before our write took effect, and a list may lag
//! behind. So a write of ours is noted and shown over what was read, until a look that began after
//! the note was made has read that row: then the upstream's word holds, whatever it is. Order is told
//! by counting notes, not by time. Time only bounds how long a note waits to be read at all
//! ([`UNREAD_MAX`]). A note is never mirrored: a restart goes by what the upstream told.

use std::sync::Arc;
use std::time::Duration;

use super::shown::Patch;
use crate::domain::{AccountingInvoice, BexioInvoiceId, Invoice, InvoiceStatus, PsohubInvoiceId};

/// A note that no look has read in this time is settled by the next look that ends well: Bexio is
/// asked for the invoice by its id, PSOhub's answer without the row is taken as it is.
pub(super) const UNREAD_MAX: Duration = Duration::from_mins(10);

/// One write of ours that took effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum OwnWrite {
    /// A Bexio invoice as the write left it.
    BexioInvoice(BexioInvoiceId, BexioWrite),
    /// PSOhub's status of an invoice.
    Status(PsohubInvoiceId, InvoiceStatus),
    /// PSOhub's external id of an invoice.
    ExternalId(PsohubInvoiceId, Box<str>),
    /// Our own record of which Bexio invoice stands for an invoice; `None` where none does.
    Link(PsohubInvoiceId, Option<BexioInvoiceId>),
}

/// How a write left a Bexio invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum BexioWrite {
    /// Like this.
    Left(Arc<AccountingInvoice>),
    /// Deleted.
    Deleted,
}

/// When a note was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotedAt {
    /// Counts the notes, from 1.
    pub(super) number: u64,
    /// Monotonic time.
    pub(super) elapsed: Duration,
}

/// When a look began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct LookBegan {
    /// The notes that had been made by then.
    pub(super) notes_made: u64,
    /// Monotonic time.
    pub(super) elapsed: Duration,
}

impl LookBegan {
    /// Whether the look saw the upstream as it was after that note was made.
    pub(super) const fn is_after(&self, note: NotedAt) -> bool {
        self.notes_made >= note.number
    }

    /// Whether that note has waited too long to be read.
    pub(super) fn is_overdue(&self, note: NotedAt) -> bool {
        self.is_after(note) && self.elapsed.saturating_sub(note.elapsed) >= UNREAD_MAX
    }
}

impl Patch<AccountingInvoice> for BexioWrite {
    fn over(&self, _told: Option<&Arc<AccountingInvoice>>) -> Option<Arc<AccountingInvoice>> {
        match self {
            Self::Left(invoice) => Some(Arc::clone(invoice)),
            Self::Deleted => None,
        }
    }

    /// A row that Bexio itself dates before ours is an older copy, whenever it was read.
    fn is_settled_by(&self, told: &AccountingInvoice) -> bool {
        match self {
            Self::Left(invoice) => told.updated_at >= invoice.updated_at,
            Self::Deleted => true,
        }
    }
}

impl Patch<Invoice> for InvoiceStatus {
    fn over(&self, told: Option<&Arc<Invoice>>) -> Option<Arc<Invoice>> {
        let told = told?;
        if told.status == *self {
            return Some(Arc::clone(told));
        }
        let status_raw = self.word().map_or_else(|| told.status_raw.clone(), Into::into);
        Some(Arc::new(Invoice { status: *self, status_raw, ..Invoice::clone(told) }))
    }

    fn is_settled_by(&self, _told: &Invoice) -> bool {
        true
    }
}

#[cfg(test)]
#[path = "own_writes_tests.rs"]
mod tests;
