//! Pages of invoices by the Relay specification of connections:
//! <https://relay.dev/graphql/connections.htm>.

use super::invoice::Invoice;
use super::page_info::{PageEnds, PageInfo};
use crate::book::{CombinedInvoice, Cursor, InvoiceOrder, Page};
use crate::graphql::output::{Root, object};

/// One page with what its cursors need.
#[derive(Debug)]
pub(in crate::graphql) struct Connection {
    pub(in crate::graphql) page: Page,
    pub(in crate::graphql) order: InvoiceOrder,
}

object! {
    /// One page of a list of invoices.
    "InvoiceConnection" InvoiceConnection<'a> from &'a Connection {
        /// The invoices of this page with their cursors.
        "edges": Vec<InvoiceEdge> = |connection, out| {
            let order = connection.order;
            out.list::<InvoiceEdge>(connection.page.rows.iter().map(|row| (&**row, order)));
        };
        /// The invoices of this page.
        "nodes": Vec<Invoice> = |connection, out| {
            out.list::<Invoice>(connection.page.rows.iter().map(|row| &**row));
        };
        /// Where this page stands in the list.
        "pageInfo": PageInfo = |connection, out| out.object::<PageInfo>(connection);
        /// How many invoices the filter matches, on all pages together.
        "totalCount": i32 = |connection, out| {
            out.int(i64::try_from(connection.page.total_count).unwrap_or(i64::MAX));
        };
    }
}

object! {
    /// An invoice with its place in the list.
    "InvoiceEdge" InvoiceEdge<'a> from (&'a CombinedInvoice, InvoiceOrder) {
        /// Its place, for `after` and `before`. Opaque; it stays valid when invoices come and go.
        "cursor": String = |(row, order), out| out.plain(Cursor::of(row, order).encode());
        /// The invoice.
        "node": Invoice = |(row, _), out| out.object::<Invoice>(row);
    }
}

impl PageEnds for Connection {
    fn has_next(&self) -> bool {
        self.page.has_next
    }

    fn has_previous(&self) -> bool {
        self.page.has_previous
    }

    fn start_cursor(&self) -> Option<String> {
        self.page.rows.first().map(|row| Cursor::of(row, self.order).encode())
    }

    fn end_cursor(&self) -> Option<String> {
        self.page.rows.last().map(|row| Cursor::of(row, self.order).encode())
    }
}

impl Root for InvoiceConnection {
    type Owned = Connection;

    fn source(owned: &Self::Owned) -> Self::Source<'_> {
        owned
    }

    fn bytes_hint(owned: &Self::Owned) -> usize {
        // About the size of a row with a dozen fields; it grows where this is not enough.
        owned.page.rows.len().saturating_mul(320).saturating_add(256)
    }
}
