//! Sending for benches that only read: nothing can be sent, and nothing was.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use invoice_gateway::book::DeliveryEntry;
use invoice_gateway::domain::catalog::BexioContact;
use invoice_gateway::domain::connection_test::{ConnectionTest, TestLevel};
use invoice_gateway::domain::delivery::{DeliveryId, LogEntry, Timing};
use invoice_gateway::domain::plan::{Plan, SendOptions};
use invoice_gateway::domain::{Batch, BatchId, BexioContactId, CurrencyCode, InvoiceAction, PsohubInvoiceId};
use invoice_gateway::graphql::{Deliver, ErrorCode, Fault, ManageSettings, Mark, TestConnections};
use invoice_gateway::services::deliveries::{
    BatchError, ResolveRefused, ResolveRequest, SendError, SendManyRequest, SendRequest, Sent,
};
use invoice_gateway::services::external_ids::{ExternalIdChange, ExternalIdError, SetExternalId};
use invoice_gateway::services::linking::{LinkChange, LinkError, LinkInvoice, UnlinkInvoice};
use invoice_gateway::services::marking::{MarkError, MarkPaid, Marked};
use invoice_gateway::services::settings::{Checked, CurrentSettings, SettingsUpdate, UpdateError};

/// Sends nothing.
pub(crate) struct NoSending;

fn now<T: Send + 'static>(value: T) -> BoxFuture<'static, T> {
    std::future::ready(value).boxed()
}

fn unavailable() -> SendError {
    SendError::Unavailable("this build does not send invoices".to_owned())
}

impl Deliver for NoSending {
    fn preview<'a>(
        &'a self,
        _invoice: PsohubInvoiceId,
        _options: &'a SendOptions,
    ) -> BoxFuture<'a, Result<Plan, SendError>> {
        now(Err(unavailable()))
    }

    fn send(&self, _request: SendRequest) -> BoxFuture<'_, Result<Sent, SendError>> {
        now(Err(unavailable()))
    }

    fn send_many(&self, request: SendManyRequest) -> BoxFuture<'_, Result<Batch, BatchError>> {
        now(Err(BatchError::Size(request.invoices.len())))
    }

    fn cancel_batch<'a>(&'a self, batch: BatchId, _by: &'a str) -> BoxFuture<'a, Result<Batch, BatchError>> {
        now(Err(BatchError::Unknown(batch)))
    }

    fn resolve(&self, request: ResolveRequest) -> BoxFuture<'_, Result<Arc<DeliveryEntry>, ResolveRefused>> {
        now(Err(ResolveRefused::Unknown(request.delivery)))
    }

    fn batches(&self, _before: Option<BatchId>, _limit: usize) -> BoxFuture<'_, Result<Vec<Batch>, Fault>> {
        now(Ok(Vec::new()))
    }

    fn batches_by_id(&self, _ids: Vec<BatchId>) -> BoxFuture<'_, Result<Vec<(BatchId, Batch)>, Fault>> {
        now(Ok(Vec::new()))
    }

    fn log(&self, _ids: Vec<DeliveryId>) -> BoxFuture<'_, Result<Vec<LogEntry>, Fault>> {
        now(Ok(Vec::new()))
    }

    fn plans(&self, _ids: Vec<DeliveryId>) -> BoxFuture<'_, Result<Vec<(DeliveryId, Plan)>, Fault>> {
        now(Ok(Vec::new()))
    }

    fn contact(&self, _id: BexioContactId) -> BoxFuture<'_, Result<Option<BexioContact>, Fault>> {
        now(Ok(None))
    }

    fn timing(&self) -> Timing {
        Timing::STANDARD
    }
}

impl TestConnections for NoSending {
    fn test<'a>(&'a self, _: TestLevel, _: &'a str) -> BoxFuture<'a, Result<ConnectionTest, Fault>> {
        now(Err(Fault::new(ErrorCode::UpstreamUnavailable, "this build has no upstreams")))
    }
}

impl ManageSettings for NoSending {
    fn current(&self) -> BoxFuture<'_, Result<CurrentSettings, Fault>> {
        now(Ok(self.first()))
    }

    fn history(&self, _: usize) -> BoxFuture<'_, Result<Vec<CurrentSettings>, Fault>> {
        now(Ok(Vec::new()))
    }

    fn first(&self) -> CurrentSettings {
        CurrentSettings { version: 0, changed_at: None, changed_by: None, settings: Arc::default() }
    }

    fn base_currency(&self) -> CurrencyCode {
        CurrencyCode::CHF
    }

    fn checked(&self) -> Arc<Checked> {
        Arc::default()
    }

    fn update(&self, _: SettingsUpdate) -> BoxFuture<'_, Result<CurrentSettings, UpdateError>> {
        now(Err(UpdateError::Unavailable("this build saves nothing".to_owned())))
    }
}

/// Marks nothing.
pub(crate) struct NoMarking;

impl Mark for NoMarking {
    fn mark_paid(&self, request: MarkPaid) -> BoxFuture<'_, Result<Marked, MarkError>> {
        now(Err(MarkError::UnknownInvoice(request.invoice)))
    }

    fn preview_external_id(
        &self,
        request: SetExternalId,
    ) -> BoxFuture<'_, Result<ExternalIdChange, ExternalIdError>> {
        now(Err(ExternalIdError::UnknownInvoice(request.invoice)))
    }

    fn set_external_id(
        &self,
        request: SetExternalId,
    ) -> BoxFuture<'_, Result<ExternalIdChange, ExternalIdError>> {
        now(Err(ExternalIdError::UnknownInvoice(request.invoice)))
    }

    fn preview_link(&self, request: LinkInvoice) -> BoxFuture<'_, Result<LinkChange, LinkError>> {
        now(Err(LinkError::UnknownInvoice(request.invoice)))
    }

    fn link(&self, request: LinkInvoice) -> BoxFuture<'_, Result<LinkChange, LinkError>> {
        now(Err(LinkError::UnknownInvoice(request.invoice)))
    }

    fn preview_unlink(&self, request: UnlinkInvoice) -> BoxFuture<'_, Result<LinkChange, LinkError>> {
        now(Err(LinkError::UnknownInvoice(request.invoice)))
    }

    fn unlink(&self, request: UnlinkInvoice) -> BoxFuture<'_, Result<LinkChange, LinkError>> {
        now(Err(LinkError::UnknownInvoice(request.invoice)))
    }

    fn actions(&self, _invoices: Vec<PsohubInvoiceId>) -> BoxFuture<'_, Result<Vec<InvoiceAction>, Fault>> {
        now(Ok(Vec::new()))
    }
}
