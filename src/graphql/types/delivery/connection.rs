//! Pages of deliveries.

use std::sync::Arc;

use super::super::page_info::{PageEnds, PageInfo};
use super::Delivery;
use crate::book::{DeliveryEntry, DeliveryPage};
use crate::graphql::cursor::Cursor;
use crate::graphql::output::{Root, object};

fn cursor(entry: &DeliveryEntry) -> Cursor {
    Cursor::Delivery(entry.delivery.id())
}

object! {
    /// One page of a list of deliveries.
    "DeliveryConnection" DeliveryConnection<'a> from &'a DeliveryPage {
        /// The deliveries of this page with their cursors.
        "edges": Vec<DeliveryEdge> = |page, out| out.list::<DeliveryEdge>(rows(page));
        /// The deliveries of this page.
        "nodes": Vec<Delivery> = |page, out| out.list::<Delivery>(rows(page));
        /// Where this page stands in the list.
        "pageInfo": PageInfo = |page, out| out.object::<PageInfo>(page);
        /// How many deliveries the filter matches, on all pages together.
        "totalCount": i32 = |page, out| {
            out.int_capped(page.total_count);
        };
    }
}

fn rows(page: &DeliveryPage) -> impl Iterator<Item = &DeliveryEntry> {
    page.rows.iter().map(Arc::as_ref)
}

object! {
    /// A delivery with its place in the list.
    "DeliveryEdge" DeliveryEdge<'a> from &'a DeliveryEntry {
        /// Its place, for `after` and `before`. Opaque; it stays valid when deliveries come.
        "cursor": String = |entry, out| out.plain(cursor(entry));
        /// The delivery.
        "node": Delivery = |entry, out| out.object::<Delivery>(entry);
    }
}

impl PageEnds for DeliveryPage {
    fn has_next(&self) -> bool {
        self.has_next
    }

    fn has_previous(&self) -> bool {
        self.has_previous
    }

    fn start_cursor(&self) -> Option<String> {
        self.rows.first().map(|entry| cursor(entry).to_string())
    }

    fn end_cursor(&self) -> Option<String> {
        self.rows.last().map(|entry| cursor(entry).to_string())
    }
}

impl Root for DeliveryConnection {
    type Owned = DeliveryPage;

    fn source(owned: &Self::Owned) -> Self::Source<'_> {
        owned
    }

    fn bytes_hint(owned: &Self::Owned) -> usize {
        owned.rows.len().saturating_mul(512).saturating_add(256)
    }
}
