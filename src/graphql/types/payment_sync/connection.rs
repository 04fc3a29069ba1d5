//! Pages of runs.

use super::PaymentSyncRun;
use crate::domain::payment::run::SyncRun;
use crate::graphql::cursor::Cursor;
use crate::graphql::output::{Root, object};
use crate::graphql::types::list_page::{NewestFirst, Placed};
use crate::graphql::types::page_info::PageInfo;

impl Placed for SyncRun {
    fn cursor(&self) -> Cursor {
        Cursor::SyncRun(self.id)
    }
}

object! {
    /// One page of a list of runs of the payment sync.
    "PaymentSyncRunConnection" PaymentSyncRunConnection<'a> from &'a NewestFirst<SyncRun> {
        /// The runs of this page with their cursors.
        "edges": Vec<PaymentSyncRunEdge> = |page, out| out.list::<PaymentSyncRunEdge>(&page.rows);
        /// The runs of this page.
        "nodes": Vec<PaymentSyncRun> = |page, out| out.list::<PaymentSyncRun>(&page.rows);
        /// Where this page stands in the list.
        "pageInfo": PageInfo = |page, out| out.object::<PageInfo>(page);
    }
}

object! {
    /// A run with its place in the list.
    "PaymentSyncRunEdge" PaymentSyncRunEdge<'a> from &'a SyncRun {
        /// Its place, for `after`. Opaque.
        "cursor": String = |run, out| out.plain(run.cursor());
        /// The run.
        "node": PaymentSyncRun = |run, out| out.object::<PaymentSyncRun>(run);
    }
}

impl Root for PaymentSyncRunConnection {
    type Owned = NewestFirst<SyncRun>;

    fn source(owned: &Self::Owned) -> Self::Source<'_> {
        owned
    }
}
