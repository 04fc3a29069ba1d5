//! What one GraphQL operation reads: one book, with how fresh each of its sources is.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;

use super::{
    Beside, CombinedInvoice, Deliveries, InvoiceBook, InvoiceFilter, InvoiceOrder, Page, PageRequest, Source,
    SourceFreshness,
};

/// What a reader asks of the book.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReadRequest {
    /// Nothing older than this, if it can be had within the waiting time. `None` = the configured
    /// maximum age of each source. It can only ask for younger data, never allow older.
    pub max_age: Option<Duration>,
    /// Whether the answer needs to know which invoices have an external id in PSOhub, which costs
    /// a look of its own.
    pub external_ids: bool,
}

/// One consistent state of both sides.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// [`super::BookReader::version`] when it was taken: an answer made from it holds no longer than
    /// that does.
    pub version: u64,
    /// The invoices.
    pub book: Arc<InvoiceBook>,
    /// The deliveries.
    pub deliveries: Deliveries,
    /// Freshness of each source, in the order of [`Source::ALL`].
    pub freshness: [SourceFreshness; Source::ALL.len()],
    /// When the snapshot was taken.
    pub taken_at: Timestamp,
    /// The company's calendar date at that instant: what "overdue" is measured against.
    pub today: Date,
    /// Reading of the monotonic clock ([`crate::domain::Clock::elapsed`]) until which an answer
    /// made from this snapshot may be given again to an equal question.
    pub reusable_until: Duration,
}

impl Snapshot {
    /// What a filter looks at beside the invoices.
    pub const fn beside(&self) -> Beside<'_> {
        Beside { today: self.today, deliveries: &self.deliveries, comparing: Some(self) }
    }

    /// The page of the invoices that match `filter`, in `order`.
    pub fn page(&self, filter: &InvoiceFilter, order: InvoiceOrder, request: &PageRequest) -> Page {
        self.book.page(filter, order, request, self.beside())
    }

    /// Every invoice that matches `filter`, in `order`.
    pub fn list(&self, filter: &InvoiceFilter, order: InvoiceOrder) -> Vec<Arc<CombinedInvoice>> {
        self.book.list(filter, order, self.beside())
    }

    /// Freshness of one source.
    pub const fn freshness_of(&self, source: Source) -> &SourceFreshness {
        &self.freshness[source as usize]
    }
}
