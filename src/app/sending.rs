//! What GraphQL asks of sending, answered by the service, and by the store where it is only read.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::error::or_fault;
use super::sources::unavailable;
use crate::bexio::BexioClient;
use crate::book::DeliveryEntry;
use crate::domain::catalog::BexioContact;
use crate::domain::delivery::{DeliveryId, LogEntry, Timing};
use crate::domain::plan::{Plan, SendOptions};
use crate::domain::{Batch, BatchId, BexioContactId, PsohubInvoiceId};
use crate::graphql::{Deliver, Fault};
use crate::services::deliveries::{
    BatchError, DeliveryService, ResolveRefused, ResolveRequest, SendError, SendManyRequest, SendRequest,
    Sent,
};
use crate::store::Store;

/// Sending, and what is kept of it.
pub(super) struct Sending {
    pub(super) service: DeliveryService,
    pub(super) store: Store,
    pub(super) bexio: BexioClient,
    pub(super) timing: Timing,
}

impl Deliver for Sending {
    fn preview<'a>(
        &'a self,
        invoice: PsohubInvoiceId,
        options: &'a SendOptions,
    ) -> BoxFuture<'a, Result<Plan, SendError>> {
        self.service.preview(invoice, options).boxed()
    }

    fn send(&self, request: SendRequest) -> BoxFuture<'_, Result<Sent, SendError>> {
        self.service.send(request).boxed()
    }

    fn send_many(&self, request: SendManyRequest) -> BoxFuture<'_, Result<Batch, BatchError>> {
        self.service.send_many(request).boxed()
    }

    fn cancel_batch<'a>(&'a self, batch: BatchId, by: &'a str) -> BoxFuture<'a, Result<Batch, BatchError>> {
        self.service.cancel_batch(batch, by).boxed()
    }

    fn resolve(&self, request: ResolveRequest) -> BoxFuture<'_, Result<Arc<DeliveryEntry>, ResolveRefused>> {
        self.service.resolve(request).boxed()
    }

    fn batches(&self, before: Option<BatchId>, limit: usize) -> BoxFuture<'_, Result<Vec<Batch>, Fault>> {
        async move { or_fault(self.store.batches(before, limit).await) }.boxed()
    }

    fn batches_by_id(&self, ids: Vec<BatchId>) -> BoxFuture<'_, Result<Vec<(BatchId, Batch)>, Fault>> {
        async move {
            let batches = or_fault(self.store.batches_by_id(&ids).await)?;
            Ok(batches.into_iter().map(|batch| (batch.id, batch)).collect())
        }
        .boxed()
    }

    fn log(&self, ids: Vec<DeliveryId>) -> BoxFuture<'_, Result<Vec<LogEntry>, Fault>> {
        async move { or_fault(self.service.log(&ids).await) }.boxed()
    }

    fn plans(&self, ids: Vec<DeliveryId>) -> BoxFuture<'_, Result<Vec<(DeliveryId, Plan)>, Fault>> {
        async move { or_fault(self.store.delivery_plans(&ids).await) }.boxed()
    }

    fn contact(&self, id: BexioContactId) -> BoxFuture<'_, Result<Option<BexioContact>, Fault>> {
        async move { self.bexio.contact(id).await.map_err(|error| unavailable(&error)) }.boxed()
    }

    fn timing(&self) -> Timing {
        self.timing
    }
}
