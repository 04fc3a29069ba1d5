//! The enums of the schema: the domain's, with words for people.

use async_graphql::Enum;

use crate::graphql::output::leaf;
use crate::{book, domain};

/// Where an invoice stands in PSOhub.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::InvoiceStatus")]
pub(in crate::graphql) enum InvoiceStatus {
    /// Being prepared.
    Draft,
    /// Approved inside PSOhub, not sent to the customer yet.
    Approved,
    /// Sent to the customer.
    Sent,
    /// Paid; final.
    Paid,
    /// Withdrawn; final.
    Void,
    /// A word that PSOhub's documentation does not list; statusRaw shows it.
    Unknown,
}

/// Where an invoice stands in Bexio's books.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::AccountingStatus")]
pub(in crate::graphql) enum BexioInvoiceStatus {
    /// Not issued: it can still be changed or deleted, and is not booked.
    Draft,
    /// Issued and open.
    Pending,
    /// Paid.
    Paid,
    /// Paid in part.
    Partial,
    /// Cancelled: nothing is owed on it any more.
    Cancelled,
    /// Bexio's status 31, which it names "unpaid": open, never paid.
    Unpaid,
    /// A number that Bexio's documentation does not list; statusRaw shows it.
    Unknown,
}

/// How a PSOhub invoice was tied to its Bexio invoice.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "book::LinkOrigin")]
pub(in crate::graphql) enum LinkOrigin {
    /// By the gateway's own record of the pair.
    Recorded,
    /// By the reference in Bexio that names the PSOhub invoice.
    ApiReference,
    /// By the external id in PSOhub that names the Bexio document.
    ExternalId,
}

/// What is known of an invoice's external id in PSOhub.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::graphql) enum ExternalIdState {
    /// PSOhub lists the invoice as having none.
    Absent,
    /// It has one.
    Present,
    /// PSOhub was not asked since the invoice appeared.
    Unknown,
}

/// What an entry behind an invoice line stands for.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::DetailKind")]
pub(in crate::graphql) enum LineDetailKind {
    /// Hours of a person.
    Time,
    /// An expense.
    Expense,
    /// PSOhub did not say.
    Unknown,
}

/// Where the value of a payment came from.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::PaymentKind")]
pub(in crate::graphql) enum PaymentKind {
    /// Money that arrived.
    Money,
    /// Settled by a credit voucher.
    CreditVoucher,
    /// Waived as a cash discount (Skonto).
    CashDiscount,
    /// Settled from the customer's account.
    ClientAccount,
}

/// How what is served relates to what the upstream has now.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "book::FreshnessState")]
pub(in crate::graphql) enum FreshnessState {
    /// Read for this very answer, or within the second before it.
    Live,
    /// Young enough: not older than the maximum age.
    Cached,
    /// Older than the maximum age; it is being read again.
    Stale,
    /// Older than the maximum age, and the last attempt to read it again failed.
    StaleOnError,
    /// Never read: nothing is known of this side yet.
    Unavailable,
}

/// A service that the gateway reads from.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "book::Source", rename_items = "SCREAMING_SNAKE_CASE")]
pub(in crate::graphql) enum Source {
    /// PSOhub's invoices.
    Psohub,
    /// Which PSOhub invoices have no external id. It is looked at only when a query asks for it.
    PsohubExternalIds,
    /// Bexio's invoices.
    Bexio,
}

leaf!(
    InvoiceStatus,
    BexioInvoiceStatus,
    LinkOrigin,
    ExternalIdState,
    LineDetailKind,
    PaymentKind,
    FreshnessState,
    Source
);
