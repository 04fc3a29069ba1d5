//! What a run did with which invoice.

use async_graphql::ID;

use super::enums::{PaymentSyncFailureCode, PaymentSyncItemOutcome, PaymentSyncSkipReason, SettlementKind};
use crate::domain::payment::run::{ItemResult, RunItem, SyncRun, SyncRunId};
use crate::domain::payment::{Settled, SkipReason};
use crate::graphql::cursor::Cursor;
use crate::graphql::output::object;
use crate::graphql::scalars::{Date, DateTime};
use crate::graphql::types::Invoice;
use crate::graphql::types::list_page::ListPage;
use crate::graphql::types::page_info::PageInfo;

/// A page of a run's items.
#[derive(Debug, Clone)]
pub(in crate::graphql) struct Items<'r> {
    pub(super) run: &'r SyncRun,
    pub(super) page: ListPage<'r, (SyncRunId, RunItem)>,
}

/// An item with its run and its place, from 1.
type PlacedItem<'r> = (&'r RunItem, &'r SyncRun, usize);

impl<'r> Items<'r> {
    fn rows(&self) -> impl Iterator<Item = PlacedItem<'r>> {
        let run = self.run;
        self.page.rows().map(move |((_, item), place)| (item, run, place))
    }
}

object! {
    /// One page of what a run of the payment sync did.
    "PaymentSyncItemConnection" PaymentSyncItemConnection<'a> from &'a Items<'a> {
        /// The invoices of this page with their cursors.
        "edges": Vec<PaymentSyncItemEdge> = |items, out| out.list::<PaymentSyncItemEdge>(items.rows());
        /// The invoices of this page.
        "nodes": Vec<PaymentSyncItem> = |items, out| out.list::<PaymentSyncItem>(items.rows());
        /// Where this page stands in the list.
        "pageInfo": PageInfo = |items, out| out.object::<PageInfo>(&items.page);
        /// How many there are, on all pages together.
        "totalCount": i32 = |items, out| out.int_capped(items.page.total_count());
    }
}

object! {
    /// An invoice of a run with its place in the list.
    "PaymentSyncItemEdge" PaymentSyncItemEdge<'a> from PlacedItem<'a> {
        /// Its place, for `after`. Opaque.
        "cursor": String = |(_, _, place), out| out.plain(Cursor::Item(place));
        /// The invoice with what became of it.
        "node": PaymentSyncItem = |item, out| out.object::<PaymentSyncItem>(item);
    }
}

object! {
    /// What a run of the payment sync did with one invoice.
    "PaymentSyncItem" PaymentSyncItem<'a> from PlacedItem<'a> {
        /// The invoice as it is now. Null only where PSOhub does not show it any more.
        "invoice": Option<Invoice> = |(item, ..), out| {
            let book = &out.scope().snapshot.book;
            out.opt::<Invoice>(book.by_psohub_id(item.invoice).map(|row| &**row));
        };
        /// PSOhub's number of it.
        "invoiceNumber": String = |(item, ..), out| out.text(&item.number);
        /// PSOhub's id of it. A string: the number is too large for JavaScript.
        "psohubInvoiceId": ID = |(item, ..), out| out.plain(item.invoice);
        /// Bexio's id of it; null where it has none.
        "bexioId": Option<ID> = |(item, ..), out| out.opt_plain(item.bexio);
        /// Bexio's number of it, such as RE-00512; null where it has none.
        "documentNumber": Option<String> = |(item, ..), out| {
            out.opt_text(item.document_number.as_deref());
        };
        /// When.
        "at": DateTime = |(item, ..), out| out.plain(item.at);
        /// What became of it.
        "outcome": PaymentSyncItemOutcome = |(item, run, _), out| out.member(match &item.result {
            ItemResult::Paid(_) if run.is_dry_run => PaymentSyncItemOutcome::WouldBePaid,
            ItemResult::Paid(_) => PaymentSyncItemOutcome::Paid,
            ItemResult::Reported(_) => PaymentSyncItemOutcome::Reported,
            ItemResult::Failed(_) => PaymentSyncItemOutcome::Failed,
        });
        /// By what it was settled in Bexio; null where it is not paid.
        "settledBy": Option<SettlementKind> = |(item, ..), out| match settled(item) {
            Some(settled) => out.member(SettlementKind::from(settled.by)),
            None => out.null(),
        };
        /// The date of the latest money that came in for it; null where none did.
        "paidOn": Option<Date> = |(item, ..), out| {
            out.opt_plain(settled(item).and_then(|settled| settled.paid_on));
        };
        /// Why somebody should look at it; null unless its outcome is REPORTED.
        "reason": Option<PaymentSyncSkipReason> = |(item, ..), out| match reason(item) {
            Some(reason) => out.member(PaymentSyncSkipReason::from(reason)),
            None => out.null(),
        };
        /// Why it failed; null unless its outcome is FAILED.
        "failure": Option<PaymentSyncFailureCode> = |(item, ..), out| match &item.result {
            ItemResult::Failed(failure) => out.member(PaymentSyncFailureCode::from(failure.code)),
            ItemResult::Paid(_) | ItemResult::Reported(_) => out.null(),
        };
        /// Why it was not set to Paid, in a sentence; null where it was.
        "message": Option<String> = |(item, ..), out| match &item.result {
            ItemResult::Failed(failure) => out.text(&failure.message),
            ItemResult::Reported(reason) => out.text(&format!("Invoice {} {}.", item.number, reason.words())),
            ItemResult::Paid(_) => out.null(),
        };
        /// What to do; null where it was set to Paid.
        "hint": Option<String> = |(item, ..), out| match &item.result {
            ItemResult::Failed(failure) => out.text(failure.code.hint()),
            ItemResult::Reported(reason) => out.text(reason.hint()),
            ItemResult::Paid(_) => out.null(),
        };
    }
}

const fn settled(item: &RunItem) -> Option<Settled> {
    if let ItemResult::Paid(settled) = item.result { Some(settled) } else { None }
}

const fn reason(item: &RunItem) -> Option<SkipReason> {
    if let ItemResult::Reported(reason) = item.result { Some(reason) } else { None }
}
