//! What GraphQL asks of the services that change single invoices beside sending them.

use futures_util::future::BoxFuture;

use super::errors::Fault;
use crate::domain::{InvoiceAction, PsohubInvoiceId};
use crate::services::marking::{MarkError, MarkPaid, Marked};

/// Marking as paid, and the record of what was done to single invoices.
pub trait Mark: Send + Sync {
    /// Marks an invoice as paid in PSOhub.
    fn mark_paid(&self, request: MarkPaid) -> BoxFuture<'_, Result<Marked, MarkError>>;

    /// What was done to these invoices; of each, the oldest first.
    fn actions(&self, invoices: Vec<PsohubInvoiceId>) -> BoxFuture<'_, Result<Vec<InvoiceAction>, Fault>>;
}
