//! Many invoices sent by one request.

mod connection;
mod counts;
mod items;

use async_graphql::ID;

pub(in crate::graphql) use connection::BatchConnection;

use self::counts::{BatchCounts, Counts};
use self::items::BatchItemConnection;
use super::global_id::GlobalId;
use super::list_page::ListPage;
use crate::domain;
use crate::graphql::inputs::{FORWARD_PAGE, forward_page};
use crate::graphql::output::{Root, object};
use crate::graphql::scalars::DateTime;

object! {
    /// Many invoices sent by one request. Each has an outcome of its own; the gateway works through them by
    /// itself, also after a restart.
    "Batch" [implements "Node"] Batch<'a> from &'a domain::Batch {
        /// The gateway's id of it, for `node(id:)` and for caches. Opaque and stable.
        "id": ID = |batch, out| out.plain(GlobalId::Batch(batch.id));
        /// When it was asked for.
        "createdAt": DateTime = |batch, out| out.plain(batch.created_at);
        /// Who asked for it.
        "createdBy": String = |batch, out| out.text(&batch.created_by);
        /// When it was cancelled; null where it was not. What had begun by then goes on.
        "cancelledAt": Option<DateTime> = |batch, out| out.opt_plain(batch.cancelled_at);
        /// Whether nothing of it happens by itself any more.
        "isFinished": bool = |batch, out| {
            let counts = Counts::of(batch, out.scope().snapshot);
            out.boolean(counts.is_finished());
        };
        /// How many of its invoices stand where.
        "counts": BatchCounts = |batch, out| {
            let counts = Counts::of(batch, out.scope().snapshot);
            out.object::<BatchCounts>(counts);
        };
        /// Its invoices with what became of each, in the order in which they are taken up. Null only with
        /// an error, where a page is asked for that does not exist.
        "items"(FORWARD_PAGE): Option<BatchItemConnection> = |batch, out| {
            match forward_page(&out, batch.items.len()) {
                Ok(page) => out.object::<BatchItemConnection>(&ListPage::new(&batch.items, page)),
                Err(fault) => out.fault(&fault),
            }
        };
    }
}

impl Root for Batch {
    type Owned = domain::Batch;

    fn source(owned: &Self::Owned) -> Self::Source<'_> {
        owned
    }
}
