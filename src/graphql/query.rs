//! The root of every read.

use async_graphql::{Context, Object};

use super::deps::Upstream;
use super::errors::Fault;
use super::inputs::{InvoiceFilter, InvoiceLookup, InvoiceOrder, Paging, check_max_age};
use super::operation::{OperationState, known};
use super::output::{Answer, Plan, selections_of_root};
use super::scalars::IdInput;
use super::types::{
    BexioCatalog, Catalog, Connection, GlobalId, Invoice, InvoiceConnection, Node, UpstreamConnection,
    UpstreamState, Viewer,
};
use crate::book::{Snapshot, Source};

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
        let filter = filter.unwrap_or_default();
        if filter.needs_bexio() {
            known(snapshot, Source::Bexio)?;
        }
        if filter.needs_external_ids() {
            known(snapshot, Source::PsohubExternalIds)?;
        }
        let page = snapshot.book.page(&filter.checked()?, order, &request, snapshot.today);
        Ok(Answer(Connection { page, order }))
    }

    /// One invoice, by any of its names. Null when there is none of that name.
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
        Ok(by.find(&snapshot.book)?.map(|invoice| Answer(invoice.clone())))
    }

    /// The object with this id. Null when there is none.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "An id as a field `id` gave it.")] id: IdInput,
    ) -> async_graphql::Result<Option<Node>> {
        Ok(find_node(OperationState::of(ctx)?.invoices()?, &id)?)
    }

    /// What the Bexio company has set up: accounts, taxes, currencies and the like.
    async fn bexio_catalog(&self, ctx: &Context<'_>) -> async_graphql::Result<Answer<BexioCatalog>> {
        let operation = OperationState::of(ctx)?;
        operation.note_other_source();
        let plan = Plan::compile::<BexioCatalog>(&selections_of_root(ctx), &ctx.query_env.fragments);
        let wants = |field: &str| plan.selects::<BexioCatalog>(field);
        Ok(Answer(Catalog::fetch(&*operation.deps.catalog, wants).await))
    }

    /// How the gateway gets on with PSOhub and Bexio. Answers at once, also while they do not.
    async fn connections(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Answer<UpstreamConnection>>> {
        let operation = OperationState::of(ctx)?;
        operation.note_other_source();
        let connection = |upstream| {
            let counters = operation.deps.upstreams.counters(upstream);
            Answer(UpstreamState::new(upstream, operation.snapshot.clone(), counters))
        };
        Ok([Upstream::Psohub, Upstream::Bexio].map(connection).into())
    }

    /// Who is asking, and what they may do.
    async fn viewer(&self, ctx: &Context<'_>) -> async_graphql::Result<Answer<Viewer>> {
        let operation = OperationState::of(ctx)?;
        operation.note_other_source();
        Ok(Answer(operation.caller.clone()))
    }

    /// The objects with these ids, in the same order. Null in the place of each that does not exist.
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Ids as fields `id` gave them. At most 500.")] ids: Vec<IdInput>,
    ) -> async_graphql::Result<Vec<Option<Node>>> {
        if ids.len() > NODES_MAX {
            let message = format!("'ids' has {} entries: give at most {NODES_MAX}", ids.len());
            return Err(Fault::bad_input(message).into());
        }
        let snapshot = OperationState::of(ctx)?.invoices()?;
        Ok(ids.iter().map(|id| find_node(snapshot, id)).collect::<Result<_, _>>()?)
    }
}

fn find_node(snapshot: &Snapshot, id: &IdInput) -> Result<Option<Node>, Fault> {
    match GlobalId::parse(&id.0)? {
        GlobalId::Invoice(id) => Ok(snapshot.book.by_psohub_id(id).cloned().map(Node::Invoice)),
        GlobalId::BexioInvoice(id) => {
            known(snapshot, Source::Bexio)?;
            let linked = snapshot.book.by_bexio_id(id).and_then(|row| row.bexio.clone());
            let unlinked = || snapshot.book.unlinked().iter().find(|invoice| invoice.id == id).cloned();
            Ok(linked.or_else(unlinked).map(Node::BexioInvoice))
        }
    }
}
