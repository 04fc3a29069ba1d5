//! The invoices of a batch, with what became of each.

use std::sync::Arc;

use async_graphql::ID;

use super::super::delivery::Delivery;
use super::super::invoice::Invoice;
use super::super::list_page::ListPage;
use super::super::page_info::PageInfo;
use super::super::payload::UserErrorCode;
use crate::book::{DeliveryEntry, Snapshot};
use crate::domain::delivery::State;
use crate::domain::{BatchItem, BatchProgress};
use crate::graphql::cursor::Cursor;
use crate::graphql::output::{leaf, object};

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
    pub(super) fn of(item: &BatchItem, snapshot: &Snapshot) -> Self {
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

object! {
    /// One page of a batch's invoices.
    "BatchItemConnection" BatchItemConnection<'a> from &'a ListPage<'a, BatchItem> {
        /// The invoices of this page with their cursors.
        "edges": Vec<BatchItemEdge> = |items, out| out.list::<BatchItemEdge>(items.rows());
        /// The invoices of this page.
        "nodes": Vec<BatchItemType> = |items, out| out.list::<BatchItemType>(items.rows());
        /// Where this page stands in the batch.
        "pageInfo": PageInfo = |items, out| out.object::<PageInfo>(items);
        /// How many invoices the batch has.
        "totalCount": i32 = |items, out| out.int_capped(items.total_count());
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
        "position": i32 = |(_, position), out| out.int_capped(position);
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
