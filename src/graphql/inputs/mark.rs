//! What the mutations that change single invoices are asked.

use async_graphql::InputObject;

use super::InvoiceLookup;
use crate::graphql::scalars::IdInput;

/// What markInvoicePaid is asked.
#[derive(InputObject, Debug)]
pub(in crate::graphql) struct MarkInvoicePaidInput {
    /// The invoice: exactly one of the fields.
    pub(in crate::graphql) invoice: InvoiceLookup,
    /// Whether it is to be marked although Bexio does not call it paid, has no invoice for it, or calls one
    /// paid that may not be this one's.
    #[graphql(default)]
    pub(in crate::graphql) confirm_unpaid_in_bexio: bool,
    /// Whether to show what would be done and to write nothing anywhere.
    #[graphql(default)]
    pub(in crate::graphql) dry_run: bool,
}

/// What setInvoiceExternalId is asked.
#[derive(InputObject, Debug)]
pub(in crate::graphql) struct SetInvoiceExternalIdInput {
    /// The invoice: exactly one of the fields.
    pub(in crate::graphql) invoice: InvoiceLookup,
    /// The value: one line of 1 to 200 characters. Blanks around it are left out.
    pub(in crate::graphql) external_id: String,
    /// Whether another value that is there is to be replaced.
    #[graphql(default)]
    pub(in crate::graphql) replace: bool,
    /// Whether to show what would be done and to write nothing anywhere.
    #[graphql(default)]
    pub(in crate::graphql) dry_run: bool,
}

/// What linkInvoice is asked.
#[derive(InputObject, Debug)]
pub(in crate::graphql) struct LinkInvoiceInput {
    /// The PSOhub invoice: exactly one of the fields.
    pub(in crate::graphql) invoice: InvoiceLookup,
    /// The Bexio invoice: its `id` or its `bexioId`.
    pub(in crate::graphql) bexio_invoice: IdInput,
    /// Whether they are to be linked although customer, currency or total differ, or Bexio's is cancelled.
    #[graphql(default)]
    pub(in crate::graphql) accept_differences: bool,
    /// Whether to show what would be done and to write nothing anywhere.
    #[graphql(default)]
    pub(in crate::graphql) dry_run: bool,
}

/// What unlinkInvoice is asked.
#[derive(InputObject, Debug)]
pub(in crate::graphql) struct UnlinkInvoiceInput {
    /// The PSOhub invoice: exactly one of the fields.
    pub(in crate::graphql) invoice: InvoiceLookup,
    /// Whether to show what would be done and to write nothing anywhere.
    #[graphql(default)]
    pub(in crate::graphql) dry_run: bool,
}
