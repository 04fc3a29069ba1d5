//! The root of every subscription.

mod event;
mod invoice_changes;

use async_graphql::{Context, Subscription};
use futures_util::stream::BoxStream;

use super::inputs::InvoiceFilter;
use super::operation::{OperationState, known};
use super::types::InvoiceChange;
use crate::book::Source;
pub(super) use event::{Event, Subscriber};

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
}
