//! What GraphQL asks of the services that change single invoices, answered by them and by the store.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::error::or_fault;
use crate::domain::{InvoiceAction, PsohubInvoiceId};
use crate::graphql::{Fault, Mark};
use crate::services::external_ids::{ExternalIdChange, ExternalIdError, ExternalIdService, SetExternalId};
use crate::services::linking::{LinkChange, LinkError, LinkInvoice, LinkingService, UnlinkInvoice};
use crate::services::marking::{MarkError, MarkPaid, Marked, MarkingService};
use crate::store::Store;

/// The services that change single invoices.
pub(super) struct Marking {
    pub(super) service: MarkingService,
    pub(super) external_ids: ExternalIdService,
    pub(super) linking: LinkingService,
    pub(super) store: Store,
}

impl Mark for Marking {
    fn mark_paid(&self, request: MarkPaid) -> BoxFuture<'_, Result<Marked, MarkError>> {
        self.service.mark_paid(request).boxed()
    }

    fn preview_external_id(
        &self,
        request: SetExternalId,
    ) -> BoxFuture<'_, Result<ExternalIdChange, ExternalIdError>> {
        async move { self.external_ids.preview(&request).await }.boxed()
    }

    fn set_external_id(
        &self,
        request: SetExternalId,
    ) -> BoxFuture<'_, Result<ExternalIdChange, ExternalIdError>> {
        self.external_ids.set(request).boxed()
    }

    fn preview_link(&self, request: LinkInvoice) -> BoxFuture<'_, Result<LinkChange, LinkError>> {
        async move { self.linking.preview_link(&request).await }.boxed()
    }

    fn link(&self, request: LinkInvoice) -> BoxFuture<'_, Result<LinkChange, LinkError>> {
        self.linking.link(request).boxed()
    }

    fn preview_unlink(&self, request: UnlinkInvoice) -> BoxFuture<'_, Result<LinkChange, LinkError>> {
        async move { self.linking.preview_unlink(request.invoice).await }.boxed()
    }

    fn unlink(&self, request: UnlinkInvoice) -> BoxFuture<'_, Result<LinkChange, LinkError>> {
        self.linking.unlink(request).boxed()
    }

    fn actions(&self, invoices: Vec<PsohubInvoiceId>) -> BoxFuture<'_, Result<Vec<InvoiceAction>, Fault>> {
        async move { or_fault(self.store.invoice_actions(&invoices).await) }.boxed()
    }
}
