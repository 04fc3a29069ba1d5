//! Pages of invoices by the Relay specification of connections:
//! <https://relay.dev/graphql/connections.htm>.

use std::sync::Arc;

use super::invoice::Invoice;
use crate::book::{CombinedInvoice, Cursor, InvoiceOrder, Page};
use crate::domain::AccountingInvoice;
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

object! {
    /// Where a page stands in its list.
    "PageInfo" PageInfo<'a> from &'a Connection {
        /// Whether invoices follow behind this page.
        "hasNextPage": bool = |connection, out| out.boolean(connection.page.has_next);
        /// Whether invoices stand before this page.
        "hasPreviousPage": bool = |connection, out| out.boolean(connection.page.has_previous);
        /// Cursor of the first invoice of this page; null on an empty page.
        "startCursor": Option<String> = |connection, out| {
            let first = connection.page.rows.first();
            out.opt_plain(first.map(|row| Cursor::of(row, connection.order).encode()));
        };
        /// Cursor of the last invoice of this page; null on an empty page.
        "endCursor": Option<String> = |connection, out| {
            let last = connection.page.rows.last();
            out.opt_plain(last.map(|row| Cursor::of(row, connection.order).encode()));
        };
    }
}

impl Root for InvoiceConnection {
    type Owned = Connection;

    fn source(owned: &Self::Owned) -> Self::Source<'_> {
        owned
    }

    fn booked(owned: &Self::Owned, invoices: &mut Vec<Arc<AccountingInvoice>>) {
        invoices.extend(owned.page.rows.iter().filter_map(|row| row.bexio.clone()));
    }

    fn bytes_hint(owned: &Self::Owned) -> usize {
        // About the size of a row with a dozen fields; it grows where this is not enough.
        owned.page.rows.len().saturating_mul(320).saturating_add(256)
    }
}
