//! What happened to invoices in Bexio, in order: what no reading tells afterwards, such as a draft that came and went.

use std::collections::VecDeque;

use jiff::Timestamp;

/// The journal keeps the newest so many entries.
const ENTRIES_MAX: usize = 20_000;

/// One thing that happened to one invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// The invoice.
    pub kb_invoice_id: i64,
    /// Its `api_reference` at that moment.
    pub api_reference: Option<Box<str>>,
    /// What happened.
    pub deed: Deed,
}

/// What can happen to an invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// It was made, as a draft.
    Created,
    /// It got this status.
    Status(i64),
    /// It was mailed.
    Mailed,
    /// It was deleted.
    Deleted,
}

/// The newest entries, oldest first.
#[derive(Debug, Default)]
pub(super) struct Journal(VecDeque<Entry>);

impl Journal {
    pub(super) fn note(&mut self, entry: Entry) {
        if self.0.len() == ENTRIES_MAX {
            self.0.pop_front();
        }
        self.0.push_back(entry);
    }

    pub(super) fn entries(&self) -> impl ExactSizeIterator<Item = &Entry> {
        self.0.iter()
    }
}
