//! A change of an invoice, as subscribers are told.

use std::sync::Arc;

use async_graphql::{Enum, ID};

use super::Invoice;
use super::global_id::GlobalId;
use crate::book::{self, ChangeKinds, CombinedInvoice, Presence};
use crate::domain::PsohubInvoiceId;
use crate::graphql::output::{Root, leaf, object};

/// One respect in which an invoice differs from what it was.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "book::ChangeKind")]
pub(in crate::graphql) enum InvoiceChangeKind {
    /// The invoice is new to the gateway.
    Added,
    /// PSOhub has the invoice no more.
    Removed,
    /// Its status in PSOhub.
    Status,
    /// Its totals or its currency in PSOhub.
    Amounts,
    /// Its lines.
    Lines,
    /// Anything else that PSOhub says of it: dates, texts, customer, contact, PDF.
    Details,
    /// What is known of its external id.
    ExternalId,
    /// Which Bexio invoices belong to it.
    Link,
    /// The status of its Bexio invoice.
    BexioStatus,
    /// What was paid, was credited or remains open by its Bexio invoice.
    Payment,
    /// Anything else that its Bexio invoice says.
    BexioDetails,
    /// Its delivery.
    Delivery,
}

/// How a changed invoice stands to the filter that a subscription watches.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "book::Presence")]
pub(in crate::graphql) enum FilterPresence {
    /// It did not match before and does now: add it to the list.
    Entered,
    /// It matched before and does so still: show it anew.
    Stayed,
    /// It matched before and does not any more, or is gone: take it off the list.
    Left,
}

leaf!(InvoiceChangeKind, FilterPresence);

/// A change with the invoice as it is now.
#[derive(Debug, Clone)]
pub(in crate::graphql) struct SeenChange {
    pub(in crate::graphql) id: PsohubInvoiceId,
    pub(in crate::graphql) invoice: Option<Arc<CombinedInvoice>>,
    pub(in crate::graphql) kinds: ChangeKinds,
    pub(in crate::graphql) presence: Presence,
}

object! {
    /// A change of an invoice: what changed, and the invoice as it is now.
    "InvoiceChange" InvoiceChange<'a> from &'a SeenChange {
        /// The gateway's id of the invoice, as `Invoice.id`; also of one that is gone.
        "invoiceId": ID = |change, out| out.plain(GlobalId::Invoice(change.id));
        /// The invoice as it is now. Null once PSOhub has it no more.
        "invoice": Option<Invoice> = |change, out| out.opt::<Invoice>(change.invoice.as_deref());
        /// What changed. Never empty; several together when one look found them together.
        "changes": Vec<InvoiceChangeKind> = |change, out| {
            out.member_list(change.kinds.iter().map(InvoiceChangeKind::from));
        };
        /// How it stands to the filter of the subscription. Without a filter an invoice enters when it is
        /// new and leaves when it is gone.
        "presence": FilterPresence = |change, out| out.member(FilterPresence::from(change.presence));
    }
}

impl Root for InvoiceChange {
    type Owned = SeenChange;

    fn source(owned: &Self::Owned) -> Self::Source<'_> {
        owned
    }
}
