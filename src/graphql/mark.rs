//! What GraphQL asks of the services that change single invoices beside sending them.

use futures_util::future::BoxFuture;

use super::errors::Fault;
use crate::domain::{InvoiceAction, PsohubInvoiceId};
use crate::services::external_ids::{ExternalIdChange, ExternalIdError, SetExternalId};
use crate::services::linking::{LinkChange, LinkError, LinkInvoice, UnlinkInvoice};
use crate::services::marking::{MarkError, MarkPaid, Marked};

/// Marking as paid, external ids, links, and the record of what was done to single invoices.
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

    /// What linking would change. Writes nothing.
    fn preview_link(&self, request: LinkInvoice) -> BoxFuture<'_, Result<LinkChange, LinkError>>;

    /// Ties an invoice to a Bexio invoice.
    fn link(&self, request: LinkInvoice) -> BoxFuture<'_, Result<LinkChange, LinkError>>;

    /// What unlinking would change. Writes nothing.
    fn preview_unlink(&self, request: UnlinkInvoice) -> BoxFuture<'_, Result<LinkChange, LinkError>>;

    /// Undoes a link.
    fn unlink(&self, request: UnlinkInvoice) -> BoxFuture<'_, Result<LinkChange, LinkError>>;

    /// What was done to these invoices; of each, the oldest first.
    fn actions(&self, invoices: Vec<PsohubInvoiceId>) -> BoxFuture<'_, Result<Vec<InvoiceAction>, Fault>>;
}
