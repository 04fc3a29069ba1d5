//! Many invoices sent by one request.

use std::sync::Arc;

use async_graphql::ID;

use super::delivery::Delivery;
use super::invoice::Invoice;
use super::node::GlobalId;
use super::page_info::{PageEnds, PageInfo};
use super::payload::UserErrorCode;
use crate::book::{DeliveryEntry, Snapshot};
use crate::domain::delivery::State;
use crate::domain::{self, BatchItem, BatchProgress};
use crate::graphql::cursor::Cursor;
use crate::graphql::inputs::{FORWARD_PAGE, forward_page};
use crate::graphql::output::{Root, leaf, object};
use crate::graphql::scalars::DateTime;

object! {
    /// Many invoices sent by one request. Each has an outcome of its own; the gateway works through them by
    /// itself, also after a restart.
    "Batch" [implements "Node"] Batch<'a> from &'a domain::Batch {
        /// The gateway's id of it, for `node(id:)` and for caches. Opaque and stable.
        "id": ID = |batch, out| out.plain(GlobalId::Batch(batch.id));
        /// When it was asked for.
        "createdAt": DateTime = |batch, out| out.plain(batch.created_at);
        /// Who asked for it.
        "createdBy": String = |batch, out| out.text(&batch.created_by);
        /// When it was cancelled; null where it was not. What had begun by then goes on.
        "cancelledAt": Option<DateTime> = |batch, out| out.opt_plain(batch.cancelled_at);
        /// Whether nothing of it happens by itself any more.
        "isFinished": bool = |batch, out| {
            let counts = Counts::of(batch, out.scope().snapshot);
            out.boolean(counts.waiting == 0 && counts.in_progress == 0);
        };
        /// How many of its invoices stand where.
        "counts": BatchCounts = |batch, out| {
            let counts = Counts::of(batch, out.scope().snapshot);
            out.object::<BatchCounts>(counts);
        };
        /// Its invoices with what became of each, in the order in which they are taken up. Null only with
        /// an error, where a page is asked for that does not exist.
        "items"(FORWARD_PAGE): Option<BatchItemConnection> = |batch, out| {
            match forward_page(&out, batch.items.len()) {
                Ok(page) => out.object::<BatchItemConnection>(&Items { batch, page }),
                Err(fault) => out.fault(&fault),
            }
        };
    }
}

impl Root for Batch {
    type Owned = domain::Batch;

    fn source(owned: &Self::Owned) -> Self::Source<'_> {
        owned
    }
}

/// How many of a batch's invoices stand where.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::graphql) struct Counts {
    total: usize,
    waiting: usize,
    in_progress: usize,
    done: usize,
    needs_review: usize,
    failed: usize,
    abandoned: usize,
    refused: usize,
    cancelled: usize,
}

impl Counts {
    fn of(batch: &domain::Batch, snapshot: &Snapshot) -> Self {
        let mut counts = Self { total: batch.items.len(), ..Self::default() };
        for item in &batch.items {
            *match BatchItemState::of(item, snapshot) {
                BatchItemState::Waiting => &mut counts.waiting,
                BatchItemState::InProgress => &mut counts.in_progress,
                BatchItemState::Done => &mut counts.done,
                BatchItemState::NeedsReview => &mut counts.needs_review,
                BatchItemState::Failed => &mut counts.failed,
                BatchItemState::Abandoned => &mut counts.abandoned,
                BatchItemState::Refused => &mut counts.refused,
                BatchItemState::Cancelled => &mut counts.cancelled,
            } += 1;
        }
        counts
    }
}

fn count(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

object! {
    /// How many invoices of a batch stand where. Every invoice is counted once, beside the total.
    "BatchCounts" BatchCounts<'a> from Counts {
        /// All.
        "total": i32 = |counts, out| out.int_capped(count(counts.total));
        /// Their turn has not come.
        "waiting": i32 = |counts, out| out.int_capped(count(counts.waiting));
        /// Being sent.
        "inProgress": i32 = |counts, out| out.int_capped(count(counts.in_progress));
        /// Sent.
        "done": i32 = |counts, out| out.int_capped(count(counts.done));
        /// A person must decide.
        "needsReview": i32 = |counts, out| out.int_capped(count(counts.needs_review));
        /// Stopped: something is to be mended.
        "failed": i32 = |counts, out| out.int_capped(count(counts.failed));
        /// Given up by a person.
        "abandoned": i32 = |counts, out| out.int_capped(count(counts.abandoned));
        /// Not taken on; nothing was written anywhere.
        "refused": i32 = |counts, out| out.int_capped(count(counts.refused));
        /// The batch was cancelled before their turn.
        "cancelled": i32 = |counts, out| out.int_capped(count(counts.cancelled));
    }
}

/// Where one invoice of a batch stands.
#[derive(async_graphql::Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::graphql) enum BatchItemState {
    /// Its turn has not come.
    Waiting,
    /// It is being sent; its delivery tells more.
    InProgress,
    /// Sent.
    Done,
    /// A person must decide; its delivery says what.
    NeedsReview,
    /// It stopped; its delivery says what is to be mended.
    Failed,
    /// Given up by a person.
    Abandoned,
    /// Not taken on; nothing was written anywhere. `refusal` says why.
    Refused,
    /// The batch was cancelled before its turn.
    Cancelled,
}
leaf!(BatchItemState);

impl BatchItemState {
    fn of(item: &BatchItem, snapshot: &Snapshot) -> Self {
        match &item.progress {
            BatchProgress::Waiting => Self::Waiting,
            BatchProgress::Refused { .. } => Self::Refused,
            BatchProgress::Cancelled => Self::Cancelled,
            BatchProgress::Delivery(id) => match snapshot.deliveries.by_id(*id).map(|entry| entry.state()) {
                Some(State::Done) => Self::Done,
                Some(State::NeedsReview) => Self::NeedsReview,
                Some(State::Failed) => Self::Failed,
                Some(State::Abandoned) => Self::Abandoned,
                _ => Self::InProgress,
            },
        }
    }
}

/// A page of a batch's invoices.
#[derive(Debug, Clone)]
pub(in crate::graphql) struct Items<'b> {
    batch: &'b domain::Batch,
    page: std::ops::Range<usize>,
}

impl<'b> Items<'b> {
    fn rows(&self) -> impl Iterator<Item = (&'b BatchItem, usize)> {
        let rows = self.batch.items.get(self.page.clone()).unwrap_or_default();
        rows.iter().zip(self.page.start + 1..)
    }
}

impl PageEnds for Items<'_> {
    fn has_next(&self) -> bool {
        self.page.end < self.batch.items.len()
    }

    fn has_previous(&self) -> bool {
        self.page.start > 0
    }

    fn start_cursor(&self) -> Option<String> {
        (!self.page.is_empty()).then(|| Cursor::Item(self.page.start + 1).to_string())
    }

    fn end_cursor(&self) -> Option<String> {
        (!self.page.is_empty()).then(|| Cursor::Item(self.page.end).to_string())
    }
}

object! {
    /// One page of a batch's invoices.
    "BatchItemConnection" BatchItemConnection<'a> from &'a Items<'a> {
        /// The invoices of this page with their cursors.
        "edges": Vec<BatchItemEdge> = |items, out| out.list::<BatchItemEdge>(items.rows());
        /// The invoices of this page.
        "nodes": Vec<BatchItemType> = |items, out| out.list::<BatchItemType>(items.rows());
        /// Where this page stands in the batch.
        "pageInfo": PageInfo = |items, out| out.object::<PageInfo>(items);
        /// How many invoices the batch has.
        "totalCount": i32 = |items, out| out.int_capped(count(items.batch.items.len()));
    }
}

object! {
    /// An invoice of a batch with its place.
    "BatchItemEdge" BatchItemEdge<'a> from (&'a BatchItem, usize) {
        /// Its place, for `after`. Opaque.
        "cursor": String = |(_, position), out| out.plain(Cursor::Item(position));
        /// The invoice with what became of it.
        "node": BatchItemType = |item, out| out.object::<BatchItemType>(item);
    }
}

fn delivery<'s>(item: &BatchItem, snapshot: &'s Snapshot) -> Option<&'s Arc<DeliveryEntry>> {
    match &item.progress {
        BatchProgress::Delivery(id) => snapshot.deliveries.by_id(*id),
        _ => None,
    }
}

object! {
    /// One invoice of a batch.
    "BatchItem" BatchItemType<'a> from (&'a BatchItem, usize) {
        /// Its place in the batch, from 1.
        "position": i32 = |(_, position), out| out.int_capped(count(position));
        /// What became of it.
        "state": BatchItemState = |(item, _), out| {
            let state = BatchItemState::of(item, out.scope().snapshot);
            out.member(state);
        };
        /// The invoice. Null only where PSOhub does not show it any more.
        "invoice": Option<Invoice> = |(item, _), out| {
            let book = &out.scope().snapshot.book;
            out.opt::<Invoice>(book.by_psohub_id(item.invoice).map(|row| &**row));
        };
        /// PSOhub's id of the invoice. A string: the number is too large for JavaScript.
        "psohubInvoiceId": ID = |(item, _), out| out.plain(item.invoice);
        /// Its delivery; null where it was not taken on.
        "delivery": Option<Delivery> = |(item, _), out| {
            let entry = delivery(item, out.scope().snapshot);
            out.opt::<Delivery>(entry.map(|entry| &**entry));
        };
        /// Why it was not taken on; null where it was.
        "refusal": Option<BatchItemRefusal> = |(item, _), out| {
            let is_refused = matches!(item.progress, BatchProgress::Refused { .. });
            out.opt::<BatchItemRefusal>(is_refused.then_some(item));
        };
    }
}

fn refusal(item: &BatchItem) -> [&str; 3] {
    match &item.progress {
        BatchProgress::Refused { code, message, hint } => [code, message, hint],
        _ => [""; 3],
    }
}

object! {
    /// Why an invoice of a batch was not taken on. Nothing was written anywhere.
    "BatchItemRefusal" BatchItemRefusal<'a> from &'a BatchItem {
        /// In one word: the one that sendInvoice gives.
        "code": UserErrorCode = |item, out| {
            let [code, ..] = refusal(item);
            out.member(UserErrorCode::from_word(code));
        };
        /// What is wrong, in a sentence.
        "message": String = |item, out| {
            let [_, message, _] = refusal(item);
            out.text(message);
        };
        /// What to do.
        "hint": String = |item, out| {
            let [.., hint] = refusal(item);
            out.text(hint);
        };
    }
}

/// A page of batches, the newest first.
#[derive(Debug)]
pub(in crate::graphql) struct BatchPage {
    pub(in crate::graphql) rows: Vec<domain::Batch>,
    pub(in crate::graphql) has_next: bool,
    pub(in crate::graphql) has_previous: bool,
}

impl PageEnds for BatchPage {
    fn has_next(&self) -> bool {
        self.has_next
    }

    fn has_previous(&self) -> bool {
        self.has_previous
    }

    fn start_cursor(&self) -> Option<String> {
        self.rows.first().map(|batch| Cursor::Batch(batch.id).to_string())
    }

    fn end_cursor(&self) -> Option<String> {
        self.rows.last().map(|batch| Cursor::Batch(batch.id).to_string())
    }
}

object! {
    /// One page of a list of batches.
    "BatchConnection" BatchConnection<'a> from &'a BatchPage {
        /// The batches of this page with their cursors.
        "edges": Vec<BatchEdge> = |page, out| out.list::<BatchEdge>(&page.rows);
        /// The batches of this page.
        "nodes": Vec<Batch> = |page, out| out.list::<Batch>(&page.rows);
        /// Where this page stands in the list.
        "pageInfo": PageInfo = |page, out| out.object::<PageInfo>(page);
    }
}

object! {
    /// A batch with its place in the list.
    "BatchEdge" BatchEdge<'a> from &'a domain::Batch {
        /// Its place, for `after`. Opaque.
        "cursor": String = |batch, out| out.plain(Cursor::Batch(batch.id));
        /// The batch.
        "node": Batch = |batch, out| out.object::<Batch>(batch);
    }
}

impl Root for BatchConnection {
    type Owned = BatchPage;

    fn source(owned: &Self::Owned) -> Self::Source<'_> {
        owned
    }
}
