//! What GraphQL asks of the services that change single invoices beside sending them.

use futures_util::future::BoxFuture;

use super::errors::Fault;
use crate::domain::{InvoiceAction, PsohubInvoiceId};
use crate::services::external_ids::{ExternalIdChange, ExternalIdError, SetExternalId};
use crate::services::marking::{MarkError, MarkPaid, Marked};

/// Marking as paid, external ids, and the record of what was done to single invoices.
pub trait Mark: Send + Sync {
    /// Marks an invoice as paid in PSOhub.
    fn mark_paid(&self, request: MarkPaid) -> BoxFuture<'_, Result<Marked, MarkError>>;

    /// What setting an external id would change. Writes nothing.
    fn preview_external_id(
        &self,
        request: SetExternalId,
    ) -> BoxFuture<'_, Result<ExternalIdChange, ExternalIdError>>;

    /// Sets an external id in PSOhub.
    fn set_external_id(
        &self,
        request: SetExternalId,
    ) -> BoxFuture<'_, Result<ExternalIdChange, ExternalIdError>>;

    /// What was done to these invoices; of each, the oldest first.
    fn actions(&self, invoices: Vec<PsohubInvoiceId>) -> BoxFuture<'_, Result<Vec<InvoiceAction>, Fault>>;
}
