//! The root of every read.

use async_graphql::{Context, Object};

use super::accounting;
use super::errors::{ErrorCode, Fault};
use super::inputs::{
    DeliveryFilter, InvoiceFilter, InvoiceLookup, InvoiceOrder, Paging, SendOptions, check_groups,
    check_max_age, dimensions, page_of_batches, page_of_sync_runs,
};
use super::operation::{OperationState, known};
use super::output::{Answer, Document, Plan, selections_of_root};
use super::rights::requires_role;
use super::scalars::IdInput;
use super::types::{
    Batch, BatchConnection, BexioCatalog, Catalog, Connection, Delivery, DeliveryConnection, GlobalId,
    Invoice, InvoiceConnection, NewestFirst, Node, Nodes, PaymentSync, PaymentSyncRun,
    PaymentSyncRunConnection, ReceivablesDimension, ReceivablesGroup, ReconciliationReport,
    ReconciliationVerdict, RoleName, SendPreview, Settings, SettingsState, UpstreamConnection, UpstreamState,
    Viewer, rows_to_read,
};
use crate::book::Source;
use crate::domain::payment::run::{SyncRun, SyncRunId};
use crate::domain::{self, BatchId, Upstream};
use crate::services::deliveries::SendError;

/// Most ids that `nodes` takes.
const NODES_MAX: usize = 500;

/// Everything that can be read.
#[derive(Debug)]
pub(super) struct Query;

/// Everything that can be read. All fields of one operation show one consistent state of both
/// sides.
#[expect(clippy::unused_async, reason = "async-graphql takes asynchronous resolvers only")]
#[Object]
impl Query {
    /// Invoices, newest first unless another order is asked for. Read forward with `first` and
    /// `after`, backward with `last` and `before`.
    #[expect(clippy::too_many_arguments, reason = "they are the field's arguments in the schema")]
    #[graphql(directive = requires_role::apply(RoleName::Viewer))]
    async fn invoices(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which invoices are wanted; all when left out.")] filter: Option<InvoiceFilter>,
        #[graphql(desc = "The order; newest first when left out.")] order_by: Option<InvoiceOrder>,
        #[graphql(desc = "How many from the start: 0 to 500; 50 when neither first nor last is given.")]
        first: Option<i32>,
        #[graphql(desc = "Only invoices behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end: 0 to 500.")] last: Option<i32>,
        #[graphql(desc = "Only invoices before this cursor. Alone, it reads the 50 before it.")]
        before: Option<String>,
        #[graphql(
            desc = "Nothing older than this many seconds, if it can be had within the waiting time; else the answer is \
                    marked as stale. It can only ask for younger data than the configured maximum age."
        )]
        max_age_seconds: Option<i32>,
    ) -> async_graphql::Result<Answer<InvoiceConnection>> {
        check_max_age(max_age_seconds)?;
        let snapshot = OperationState::of(ctx)?.invoices()?;
        let order = InvoiceOrder::checked(order_by);
        let request = Paging { first, after, last, before }.checked(order)?;
        let filter = accounting::filter(snapshot, filter)?;
        let page = accounting::page(snapshot, filter, order, request).await?;
        Ok(Answer(Connection { page, order }))
    }

    /// One invoice, by any of its names. Null when there is none of that name.
    #[graphql(directive = requires_role::apply(RoleName::Viewer))]
    async fn invoice(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its name: exactly one of the fields.")] by: InvoiceLookup,
        #[graphql(
            desc = "Nothing older than this many seconds, if it can be had within the waiting time; else the answer is \
                    marked as stale. It can only ask for younger data than the configured maximum age."
        )]
        max_age_seconds: Option<i32>,
    ) -> async_graphql::Result<Option<Answer<Invoice>>> {
        check_max_age(max_age_seconds)?;
        let snapshot = OperationState::of(ctx)?.invoices()?;
        if by.needs_bexio() {
            known(snapshot, Source::Bexio)?;
        }
        let found = by.find(&snapshot.book).map_err(|bad| bad.fault("by"))?;
        Ok(found.map(|invoice| Answer(invoice.clone())))
    }

    /// The object with this id. Null when there is none.
    #[graphql(directive = requires_role::apply(RoleName::Viewer))]
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "An id as a field `id` gave it.")] id: IdInput,
    ) -> async_graphql::Result<Option<Node>> {
        Ok(find_nodes(OperationState::of(ctx)?, &[id]).await?.pop().flatten())
    }

    /// Exactly what sending an invoice would do, and what stands against it. Nothing is written anywhere.
    /// Null when there is no invoice of that name.
    #[graphql(directive = requires_role::apply(RoleName::Viewer))]
    async fn send_preview(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The invoice's name: exactly one of the fields.")] invoice: InvoiceLookup,
        #[graphql(desc = "How it is to be sent; as configured when left out.")] options: Option<SendOptions>,
    ) -> async_graphql::Result<Option<Answer<SendPreview>>> {
        let operation = OperationState::of(ctx)?;
        let snapshot = operation.invoices()?;
        if invoice.needs_bexio() {
            known(snapshot, Source::Bexio)?;
        }
        let options = SendOptions::checked(options.as_ref())
            .map_err(|message| Fault::bad_input(format!("options.bankAccountId: {message}")))?;
        let found = invoice.find(&snapshot.book).map_err(|bad| bad.fault("invoice"))?;
        let Some(row) = found else { return Ok(None) };
        operation.note_other_source();
        match operation.deps.deliveries.preview(row.psohub.id, &options).await {
            Ok(plan) => Ok(Some(Answer(Box::new(plan)))),
            Err(SendError::UnknownInvoice(_)) => Ok(None),
            Err(SendError::Unavailable(why)) => {
                let message = format!("The preview could not be made: {why}. Try again in a moment.");
                Err(Fault::new(ErrorCode::UpstreamUnavailable, message).into())
            }
            Err(error) => Err(Fault::internal(&error).into()),
        }
    }

    /// Deliveries, newest first. Read forward with `first` and `after`, backward with `last` and `before`.
    #[graphql(directive = requires_role::apply(RoleName::Viewer))]
    async fn deliveries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which deliveries are wanted; all when left out.")] filter: Option<DeliveryFilter>,
        #[graphql(desc = "How many from the start: 0 to 500; 50 when neither first nor last is given.")]
        first: Option<i32>,
        #[graphql(desc = "Only deliveries behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end: 0 to 500.")] last: Option<i32>,
        #[graphql(desc = "Only deliveries before this cursor. Alone, it reads the 50 before it.")]
        before: Option<String>,
    ) -> async_graphql::Result<Answer<DeliveryConnection>> {
        let snapshot = &OperationState::of(ctx)?.snapshot;
        let request = Paging { first, after, last, before }.of_deliveries()?;
        let filter = filter.unwrap_or_default();
        if filter.needs_bexio() {
            known(snapshot, Source::Bexio)?;
        }
        let filter = filter.checked(&snapshot.book)?;
        Ok(Answer(snapshot.deliveries.page(&filter, &request)))
    }

    /// The delivery with this id. Null when there is none.
    #[graphql(directive = requires_role::apply(RoleName::Viewer))]
    async fn delivery(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The delivery's id.")] id: IdInput,
    ) -> async_graphql::Result<Option<Answer<Delivery>>> {
        let snapshot = &OperationState::of(ctx)?.snapshot;
        match GlobalId::of(&id).map_err(|message| Fault::bad_input(format!("'id': {message}")))? {
            GlobalId::Delivery(id) => Ok(snapshot.deliveries.by_id(id).cloned().map(Answer)),
            _ => Ok(None),
        }
    }

    /// The batch with this id. Null when there is none.
    #[graphql(directive = requires_role::apply(RoleName::Viewer))]
    async fn batch(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The batch's id.")] id: IdInput,
    ) -> async_graphql::Result<Option<Answer<Batch>>> {
        let operation = OperationState::of(ctx)?;
        match GlobalId::of(&id).map_err(|message| Fault::bad_input(format!("'id': {message}")))? {
            GlobalId::Batch(id) => {
                let mut found = batches(operation, vec![id]).await?;
                Ok(found.pop().map(|(_, batch)| Answer(batch)))
            }
            _ => Ok(None),
        }
    }

    /// Batches, newest first. Read forward with `first` and `after`.
    #[graphql(directive = requires_role::apply(RoleName::Viewer))]
    async fn batches(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start: 0 to 500; 50 when left out.")] first: Option<i32>,
        #[graphql(desc = "Only batches behind this cursor.")] after: Option<String>,
    ) -> async_graphql::Result<Answer<BatchConnection>> {
        let operation = OperationState::of(ctx)?;
        operation.note_other_source();
        let (size, behind) = page_of_batches(first, after.as_deref())?;
        let rows = operation.deps.deliveries.batches(behind, rows_to_read(size)).await?;
        Ok(Answer(NewestFirst::of(rows, size, behind.is_some())))
    }

    /// Where the payment sync stands, which sets to Paid in PSOhub what Bexio calls paid.
    #[graphql(directive = requires_role::apply(RoleName::Viewer))]
    async fn payment_sync(&self, ctx: &Context<'_>) -> async_graphql::Result<Answer<PaymentSync>> {
        let operation = OperationState::of(ctx)?;
        operation.note_other_source();
        Ok(Answer(operation.deps.payment_sync.status().await?))
    }

    /// The run of the payment sync with this id. Null when there is none.
    #[graphql(directive = requires_role::apply(RoleName::Viewer))]
    async fn payment_sync_run(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The run's id.")] id: IdInput,
    ) -> async_graphql::Result<Option<Answer<PaymentSyncRun>>> {
        let operation = OperationState::of(ctx)?;
        match GlobalId::of(&id).map_err(|message| Fault::bad_input(format!("'id': {message}")))? {
            GlobalId::SyncRun(id) => {
                Ok(sync_runs(operation, vec![id]).await?.pop().map(|(_, run)| Answer(run)))
            }
            _ => Ok(None),
        }
    }

    /// Runs of the payment sync, newest first. Read forward with `first` and `after`.
    #[graphql(directive = requires_role::apply(RoleName::Viewer))]
    async fn payment_sync_runs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start: 0 to 500; 50 when left out.")] first: Option<i32>,
        #[graphql(desc = "Only runs behind this cursor.")] after: Option<String>,
    ) -> async_graphql::Result<Answer<PaymentSyncRunConnection>> {
        let operation = OperationState::of(ctx)?;
        operation.note_other_source();
        let (size, behind) = page_of_sync_runs(first, after.as_deref())?;
        let rows = operation.deps.payment_sync.runs(behind, rows_to_read(size)).await?;
        Ok(Answer(NewestFirst::of(rows, size, behind.is_some())))
    }

    /// PSOhub and Bexio compared, invoice by invoice: how many agree, what the others come to, and which
    /// they are.
    #[graphql(directive = requires_role::apply(RoleName::Viewer))]
    async fn reconciliation(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Which invoices are compared; all when left out. Bexio's invoices without one in PSOhub are only \
                    among them where this asks for nothing but a verdict."
        )]
        filter: Option<InvoiceFilter>,
        #[graphql(
            desc = "Which verdicts the list shows; all when left out. The figures count every verdict."
        )]
        verdicts: Option<Vec<ReconciliationVerdict>>,
        #[graphql(
            desc = "Nothing older than this many seconds, if it can be had within the waiting time; else the answer is \
                    marked as stale. It can only ask for younger data than the configured maximum age."
        )]
        max_age_seconds: Option<i32>,
    ) -> async_graphql::Result<Answer<ReconciliationReport>> {
        check_max_age(max_age_seconds)?;
        let snapshot = OperationState::of(ctx)?.invoices()?;
        let filter = accounting::filter(snapshot, filter)?;
        Ok(Answer(accounting::report(snapshot, filter, verdicts).await?))
    }

    /// What customers owe, by Bexio's books where the invoice is booked, else by PSOhub: the sums of
    /// `Invoice.openAmount`. Invoices on which nothing is owed are in no group.
    #[graphql(directive = requires_role::apply(RoleName::Viewer))]
    async fn receivables(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which invoices count; all when left out.")] filter: Option<InvoiceFilter>,
        #[graphql(
            desc = "By what the sums are told apart, in this order; all in one group when empty. At most 2000 groups \
                    are answered."
        )]
        group_by: Vec<ReceivablesDimension>,
    ) -> async_graphql::Result<Vec<Answer<ReceivablesGroup>>> {
        let snapshot = OperationState::of(ctx)?.invoices()?;
        // What PSOhub alone says is owed may long be paid.
        known(snapshot, Source::Bexio)?;
        let filter = accounting::filter(snapshot, filter)?;
        let groups = accounting::receivables(snapshot, filter, dimensions(group_by)?).await?;
        check_groups(groups.len())?;
        Ok(groups.into_iter().map(Answer).collect())
    }

    /// What the Bexio company has set up: accounts, taxes, currencies and the like.
    #[graphql(directive = requires_role::apply(RoleName::Viewer))]
    async fn bexio_catalog(&self, ctx: &Context<'_>) -> async_graphql::Result<Answer<BexioCatalog>> {
        let operation = OperationState::of(ctx)?;
        operation.note_other_source();
        let plan = Plan::compile::<BexioCatalog>(&selections_of_root(ctx), Document::of(ctx));
        let wants = |field: &str| plan.selects::<BexioCatalog>(field);
        Ok(Answer(Catalog::fetch(&*operation.deps.catalog, wants).await))
    }

    /// How invoices are sent unless a send asks otherwise, who changed that, and what of it cannot be used
    /// any more.
    #[graphql(directive = requires_role::apply(RoleName::Viewer))]
    async fn settings(&self, ctx: &Context<'_>) -> async_graphql::Result<Answer<Settings>> {
        let operation = OperationState::of(ctx)?;
        operation.note_other_source();
        Ok(Answer(SettingsState::read(&*operation.deps.settings).await?))
    }

    /// How the gateway gets on with PSOhub and Bexio. Answers at once, also while they do not.
    #[graphql(directive = requires_role::apply(RoleName::Viewer))]
    async fn connections(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Answer<UpstreamConnection>>> {
        let operation = OperationState::of(ctx)?;
        operation.note_other_source();
        let snapshot = &operation.snapshot;
        let connection =
            async |upstream| Answer(UpstreamState::read(&operation.deps, snapshot.clone(), upstream).await);
        Ok(vec![connection(Upstream::Psohub).await, connection(Upstream::Bexio).await])
    }

    /// Who is asking, and what they may do.
    #[graphql(directive = requires_role::apply(RoleName::Viewer))]
    async fn viewer(&self, ctx: &Context<'_>) -> async_graphql::Result<Answer<Viewer>> {
        let operation = OperationState::of(ctx)?;
        operation.note_other_source();
        Ok(Answer(operation.caller.clone()))
    }

    /// The objects with these ids, in the same order. Null in the place of each that does not exist.
    #[graphql(directive = requires_role::apply(RoleName::Viewer))]
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Ids as fields `id` gave them. At most 500.")] ids: Vec<IdInput>,
    ) -> async_graphql::Result<Nodes> {
        if ids.len() > NODES_MAX {
            let message = format!("'ids' has {} entries: give at most {NODES_MAX}", ids.len());
            return Err(Fault::bad_input(message).into());
        }
        Ok(Nodes(find_nodes(OperationState::of(ctx)?, &ids).await?))
    }
}

/// The batches with these ids, as far as they exist.
async fn batches(
    operation: &OperationState,
    ids: Vec<BatchId>,
) -> Result<Vec<(BatchId, domain::Batch)>, Fault> {
    operation.note_other_source();
    operation.deps.deliveries.batches_by_id(ids).await
}

/// The runs of the payment sync with these ids, as far as they exist.
async fn sync_runs(
    operation: &OperationState,
    ids: Vec<SyncRunId>,
) -> Result<Vec<(SyncRunId, SyncRun)>, Fault> {
    operation.note_other_source();
    operation.deps.payment_sync.runs_by_id(ids).await
}

/// The objects with these ids, in the same order.
async fn find_nodes(operation: &OperationState, ids: &[IdInput]) -> Result<Vec<Option<Node>>, Fault> {
    let snapshot = operation.invoices()?;
    let ids: Result<Vec<GlobalId>, String> = ids.iter().map(GlobalId::of).collect();
    let ids = ids.map_err(Fault::bad_input)?;
    let of_batches: Vec<BatchId> =
        ids.iter().filter_map(|id| if let GlobalId::Batch(id) = id { Some(*id) } else { None }).collect();
    let of_runs: Vec<SyncRunId> =
        ids.iter().filter_map(|id| if let GlobalId::SyncRun(id) = id { Some(*id) } else { None }).collect();
    let runs = if of_runs.is_empty() { Vec::new() } else { sync_runs(operation, of_runs).await? };
    let found = if of_batches.is_empty() { Vec::new() } else { batches(operation, of_batches).await? };
    let node = |id: GlobalId| {
        Ok(match id {
            GlobalId::Invoice(id) => snapshot.book.by_psohub_id(id).cloned().map(Node::Invoice),
            GlobalId::BexioInvoice(id) => {
                known(snapshot, Source::Bexio)?;
                snapshot.book.bexio_invoice(id).cloned().map(Node::BexioInvoice)
            }
            GlobalId::Delivery(id) => snapshot.deliveries.by_id(id).cloned().map(Node::Delivery),
            GlobalId::Batch(id) => {
                let batch = found.iter().find(|(known, _)| *known == id);
                batch.map(|(_, batch)| Node::Batch(batch.clone()))
            }
            GlobalId::SyncRun(id) => {
                let run = runs.iter().find(|(known, _)| *known == id);
                run.map(|(_, run)| Node::SyncRun(Box::new(run.clone())))
            }
        })
    };
    ids.into_iter().map(node).collect()
}
