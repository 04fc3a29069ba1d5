//! The order of an invoice list.

use async_graphql::{Enum, InputObject};

use crate::book;

/// What invoices can be ordered by.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "book::OrderField")]
pub(in crate::graphql) enum InvoiceOrderField {
    /// The invoice date; without a date first.
    Date,
    /// The due date; without a date first.
    DueDate,
    /// The number, as people read it: INV-9 before INV-33.
    Number,
    /// The customer's name, whatever the case; without a customer first.
    Customer,
    /// The figure of the total with VAT, whatever the currency.
    TotalIncVat,
    /// The status in PSOhub, in the order of an invoice's life.
    Status,
}

/// Which end of an order comes first.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "book::Direction")]
pub(in crate::graphql) enum OrderDirection {
    /// Least first.
    #[graphql(name = "ASC")]
    Ascending,
    /// Greatest first.
    #[graphql(name = "DESC")]
    Descending,
}

/// An order of invoices. Invoices that are equal in it stand in the order of their PSOhub ids.
#[derive(InputObject, Debug)]
pub(in crate::graphql) struct InvoiceOrder {
    /// What to order by.
    field: InvoiceOrderField,
    /// Which end comes first.
    #[graphql(default_with = "OrderDirection::Ascending")]
    direction: OrderDirection,
}

impl InvoiceOrder {
    /// The order in the book's terms; newest first where none is given.
    pub(in crate::graphql) fn checked(given: Option<Self>) -> book::InvoiceOrder {
        given.map_or_else(book::InvoiceOrder::default, |order| book::InvoiceOrder {
            field: order.field.into(),
            direction: order.direction.into(),
        })
    }
}
