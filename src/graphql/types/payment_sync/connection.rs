//! Pages of runs.

use super::PaymentSyncRun;
use crate::domain::payment::run::SyncRun;
use crate::graphql::cursor::Cursor;
use crate::graphql::output::{Root, object};
use crate::graphql::types::page_info::{PageEnds, PageInfo};

/// A page of runs, the newest first.
#[derive(Debug)]
pub(in crate::graphql) struct SyncRunPage {
    pub(in crate::graphql) rows: Vec<SyncRun>,
    pub(in crate::graphql) has_next: bool,
    pub(in crate::graphql) has_previous: bool,
}

impl PageEnds for SyncRunPage {
    fn has_next(&self) -> bool {
        self.has_next
    }

    fn has_previous(&self) -> bool {
        self.has_previous
    }

    fn start_cursor(&self) -> Option<String> {
        self.rows.first().map(|run| Cursor::SyncRun(run.id).to_string())
    }

    fn end_cursor(&self) -> Option<String> {
        self.rows.last().map(|run| Cursor::SyncRun(run.id).to_string())
    }
}

object! {
    /// One page of a list of runs of the payment sync.
    "PaymentSyncRunConnection" PaymentSyncRunConnection<'a> from &'a SyncRunPage {
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
        "cursor": String = |run, out| out.plain(Cursor::SyncRun(run.id));
        /// The run.
        "node": PaymentSyncRun = |run, out| out.object::<PaymentSyncRun>(run);
    }
}

impl Root for PaymentSyncRunConnection {
    type Owned = SyncRunPage;

    fn source(owned: &Self::Owned) -> Self::Source<'_> {
        owned
    }
}
