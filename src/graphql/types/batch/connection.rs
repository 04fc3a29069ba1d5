//! Pages of batches.

use super::super::list_page::{NewestFirst, Placed};
use super::super::page_info::PageInfo;
use super::Batch;
use crate::domain;
use crate::graphql::cursor::Cursor;
use crate::graphql::output::{Root, object};

impl Placed for domain::Batch {
    fn cursor(&self) -> Cursor {
        Cursor::Batch(self.id)
    }
}

object! {
    /// One page of a list of batches.
    "BatchConnection" BatchConnection<'a> from &'a NewestFirst<domain::Batch> {
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
        "cursor": String = |batch, out| out.plain(batch.cursor());
        /// The batch.
        "node": Batch = |batch, out| out.object::<Batch>(batch);
    }
}

impl Root for BatchConnection {
    type Owned = NewestFirst<domain::Batch>;

    fn source(owned: &Self::Owned) -> Self::Source<'_> {
        owned
    }
}
