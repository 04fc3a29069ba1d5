//! What the mutations answer that change single invoices beside sending them.

use std::sync::Arc;

use super::user_error::UserErrorType;
use super::{Invoice, Outcome, UserError};
use crate::book::CombinedInvoice;
use crate::domain::ActionChange;
use crate::graphql::output::object;
use crate::graphql::types::action;

/// What such a mutation gave.
#[derive(Debug, Default)]
pub(in crate::graphql) struct Changed {
    /// The invoice, where it was found.
    pub(in crate::graphql) invoice: Option<Arc<CombinedInvoice>>,
    /// What a dry run would do.
    pub(in crate::graphql) preview: Option<PlannedChange>,
}

/// What would be done.
#[derive(Debug)]
pub(in crate::graphql) struct PlannedChange {
    /// What.
    pub(in crate::graphql) change: ActionChange,
    /// Whether anything would be different after it.
    pub(in crate::graphql) is_change: bool,
}

object! {
    /// What a mutation would do to an invoice.
    "PlannedChange" PlannedChangeType<'a> from &'a PlannedChange {
        /// Whether anything would be different after it. False where it is so already.
        "changes": bool = |planned, out| out.boolean(planned.is_change);
        /// What would be done, in words: "marking it as paid in PSOhub".
        "what": String = |planned, out| out.text(action::what(&planned.change));
        /// What it is now: a status, an external id, a Bexio invoice. Null where there is none, or it is
        /// not known.
        "before": Option<String> = |planned, out| out.opt_text(action::before(&planned.change).as_deref());
        /// What it would be then. Null where there would be none.
        "after": Option<String> = |planned, out| out.opt_text(action::after(&planned.change).as_deref());
    }
}

object! {
    /// What became of markInvoicePaid.
    "MarkInvoicePaidPayload" MarkInvoicePaidPayload<'a> from &'a Outcome<Changed> {
        /// The invoice, as it is now. Null where there is none of that name.
        "invoice": Option<Invoice> = |outcome, out| out.opt::<Invoice>(outcome.given.invoice.as_deref());
        /// What would be done; null unless it was a dry run that nothing stood against.
        "preview": Option<PlannedChangeType> = |outcome, out| {
            out.opt::<PlannedChangeType>(outcome.given.preview.as_ref());
        };
        /// Why it was not marked as paid. Empty where it is paid now.
        "userErrors": Vec<UserErrorType> = |outcome, out| out.list::<UserErrorType>(&outcome.errors);
    }
}

object! {
    /// What became of setInvoiceExternalId.
    "SetInvoiceExternalIdPayload" SetInvoiceExternalIdPayload<'a> from &'a Outcome<Changed> {
        /// The invoice, as it is now. Null where there is none of that name.
        "invoice": Option<Invoice> = |outcome, out| out.opt::<Invoice>(outcome.given.invoice.as_deref());
        /// What would be done; null unless it was a dry run that nothing stood against.
        "preview": Option<PlannedChangeType> = |outcome, out| {
            out.opt::<PlannedChangeType>(outcome.given.preview.as_ref());
        };
        /// Why it was not set. Empty where PSOhub has that value now.
        "userErrors": Vec<UserErrorType> = |outcome, out| out.list::<UserErrorType>(&outcome.errors);
    }
}

object! {
    /// What became of linkInvoice.
    "LinkInvoicePayload" LinkInvoicePayload<'a> from &'a Outcome<Changed> {
        /// The invoice, as it is now. Null where there is none of that name.
        "invoice": Option<Invoice> = |outcome, out| out.opt::<Invoice>(outcome.given.invoice.as_deref());
        /// What would be done; null unless it was a dry run that nothing stood against.
        "preview": Option<PlannedChangeType> = |outcome, out| {
            out.opt::<PlannedChangeType>(outcome.given.preview.as_ref());
        };
        /// Why it was not linked; what does not agree, one by one. Empty where it is linked now.
        "userErrors": Vec<UserErrorType> = |outcome, out| out.list::<UserErrorType>(&outcome.errors);
    }
}

object! {
    /// What became of unlinkInvoice.
    "UnlinkInvoicePayload" UnlinkInvoicePayload<'a> from &'a Outcome<Changed> {
        /// The invoice, as it is now. Null where there is none of that name.
        "invoice": Option<Invoice> = |outcome, out| out.opt::<Invoice>(outcome.given.invoice.as_deref());
        /// What would be done; null unless it was a dry run that nothing stood against, or where there is no link.
        "preview": Option<PlannedChangeType> = |outcome, out| {
            out.opt::<PlannedChangeType>(outcome.given.preview.as_ref());
        };
        /// Why the link was not undone. Empty where there is none any more.
        "userErrors": Vec<UserErrorType> = |outcome, out| out.list::<UserErrorType>(&outcome.errors);
    }
}

impl Outcome<Changed> {
    /// What was given, with the invoice as `snapshot` has it.
    pub(in crate::graphql) fn of_change(
        snapshot: crate::book::Snapshot,
        mut given: Changed,
        errors: Vec<UserError>,
    ) -> Self {
        let id = given.invoice.as_ref().map(|row| row.psohub.id);
        if let Some(row) = id.and_then(|id| snapshot.book.by_psohub_id(id)) {
            given.invoice = Some(Arc::clone(row));
        }
        Self { snapshot, given, errors }
    }
}
