//! Pages of batches.

use super::super::page_info::{PageEnds, PageInfo};
use super::Batch;
use crate::domain;
use crate::graphql::cursor::Cursor;
use crate::graphql::output::{Root, object};

/// A page of batches, the newest first.
#[derive(Debug)]
pub(in crate::graphql) struct BatchPage {
    pub(in crate::graphql) rows: Vec<domain::Batch>,
    pub(in crate::graphql) has_next: bool,
    pub(in crate::graphql) has_previous: bool,
}

impl PageEnds for BatchPage {
    fn has_next(&self) -> bool {
        self.has_next
    }

    fn has_previous(&self) -> bool {
        self.has_previous
    }

    fn start_cursor(&self) -> Option<String> {
        self.rows.first().map(|batch| Cursor::Batch(batch.id).to_string())
    }

    fn end_cursor(&self) -> Option<String> {
        self.rows.last().map(|batch| Cursor::Batch(batch.id).to_string())
    }
}

object! {
    /// One page of a list of batches.
    "BatchConnection" BatchConnection<'a> from &'a BatchPage {
        /// The batches of this page with their cursors.
        "edges": Vec<BatchEdge> = |page, out| out.list::<BatchEdge>(&page.rows);
        /// The batches of this page.
        "nodes": Vec<Batch> = |page, out| out.list::<Batch>(&page.rows);
        /// Where this page stands in the list.
        "pageInfo": PageInfo = |page, out| out.object::<PageInfo>(page);
    }
}

object! {
    /// A batch with its place in the list.
    "BatchEdge" BatchEdge<'a> from &'a domain::Batch {
        /// Its place, for `after`. Opaque.
        "cursor": String = |batch, out| out.plain(Cursor::Batch(batch.id));
        /// The batch.
        "node": Batch = |batch, out| out.object::<Batch>(batch);
    }
}

impl Root for BatchConnection {
    type Owned = BatchPage;

    fn source(owned: &Self::Owned) -> Self::Source<'_> {
        owned
    }
}
