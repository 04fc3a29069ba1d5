//! The root of every subscription.

mod delivery_progress;
mod event;
mod invoice_changes;
mod payment_sync_progress;
mod watched;

use async_graphql::{Context, Subscription};
use futures_util::stream::BoxStream;

use super::inputs::{InvoiceFilter, InvoiceLookup};
use super::operation::{OperationState, known};
use super::rights::requires_role;
use super::scalars::IdInput;
use super::types::{Delivery, InvoiceChange, PaymentSyncRun, RoleName};
use crate::book::Source;
pub(super) use event::{Event, Subscriber};
use watched::{Named, Watched};

/// Everything that can be listened to.
#[derive(Debug)]
pub(super) struct Subscription;

/// What is told as it happens: over WebSocket by the protocol graphql-transport-ws, or as server-sent
/// events. Each event shows one consistent state of both sides.
#[expect(clippy::unused_async, reason = "async-graphql takes asynchronous resolvers only")]
#[Subscription]
impl Subscription {
    /// Invoices as they change: in PSOhub, in Bexio or by their delivery. Tells of changes from now on;
    /// to have the whole list, start listening and then query it. That a day has passed is no change.
    /// A listener that reads too slowly is cut off, and is to query again when it comes back.
    #[graphql(directive = requires_role::apply(RoleName::Viewer))]
    async fn invoice_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Which invoices are watched; all when left out. An invoice that matched and does not any more is \
                    told too."
        )]
        filter: Option<InvoiceFilter>,
    ) -> async_graphql::Result<BoxStream<'static, Event<InvoiceChange>>> {
        let subscriber = Subscriber::of(ctx)?;
        let snapshot = OperationState::of(ctx)?.invoices()?;
        let filter = filter.unwrap_or_default();
        filter.refuse_verdict()?;
        if filter.needs_bexio() {
            known(snapshot, Source::Bexio)?;
        }
        if filter.needs_external_ids() {
            known(snapshot, Source::PsohubExternalIds)?;
        }
        let changes = invoice_changes::watch(subscriber.clone(), filter.checked()?);
        subscriber.begin();
        Ok(changes)
    }

    /// The payment sync as it goes on: the run under way at once, then its newest state after each invoice,
    /// and its end; then the next run. It does not complete by itself.
    #[graphql(directive = requires_role::apply(RoleName::Viewer))]
    async fn payment_sync_progress(
        &self,
        ctx: &Context<'_>,
    ) -> async_graphql::Result<BoxStream<'static, Event<PaymentSyncRun>>> {
        let subscriber = Subscriber::of(ctx)?;
        let runs = payment_sync_progress::watch(subscriber.clone());
        subscriber.begin();
        Ok(runs)
    }

    /// Deliveries as they go on. Of what is named it tells the newest state at once, so that nothing is
    /// missed between the answer of a mutation and this, then each change; it completes when the delivery,
    /// or every invoice of the batch, has come to rest. Without any name it tells every delivery as it
    /// changes from now on.
    #[graphql(directive = requires_role::apply(RoleName::Viewer))]
    async fn delivery_progress(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The deliveries of this batch. At most one of the three is given.")] batch: Option<
            IdInput,
        >,
        #[graphql(desc = "This delivery.")] delivery: Option<IdInput>,
        #[graphql(desc = "The delivery of this invoice; where it has none yet, it is waited for.")]
        invoice: Option<InvoiceLookup>,
    ) -> async_graphql::Result<BoxStream<'static, Event<Delivery>>> {
        let subscriber = Subscriber::of(ctx)?;
        // Before anything is looked up, so that what happens meanwhile is told.
        let changes = (subscriber.deps.changes.deliveries(), subscriber.deps.changes.batches());
        let watched = Watched::named(&subscriber, Named { batch, delivery, invoice }).await?;
        let progress = delivery_progress::watch(subscriber.clone(), watched, changes);
        subscriber.begin();
        Ok(progress)
    }
}
