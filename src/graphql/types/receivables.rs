//! What customers owe, grouped.

use async_graphql::Enum;

use super::enums::InvoiceStatus;
use super::money::Money;
use super::party::Customer;
use super::sums::CurrencyTotal;
use crate::domain::{self, receivables};
use crate::graphql::output::{Root, leaf, object};
use crate::graphql::scalars::{CurrencyCode, Date};

/// By what receivables are grouped.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "receivables::Dimension")]
pub(in crate::graphql) enum ReceivablesDimension {
    /// The status in PSOhub.
    Status,
    /// The customer in PSOhub.
    Customer,
    /// The currency of what is owed.
    Currency,
    /// The month of the invoice date.
    Month,
    /// How long it has been due.
    Age,
}

/// How long an invoice has been due, by its due date and the company's calendar date.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "receivables::Age")]
pub(in crate::graphql) enum ReceivablesAge {
    /// Due today or later, or without a due date.
    NotDue,
    /// 1 to 30 days overdue.
    #[graphql(name = "DAYS_1_30")]
    Days1To30,
    /// 31 to 60 days overdue.
    #[graphql(name = "DAYS_31_60")]
    Days31To60,
    /// 61 to 90 days overdue.
    #[graphql(name = "DAYS_61_90")]
    Days61To90,
    /// More than 90 days overdue.
    #[graphql(name = "OVER_90")]
    Over90,
}

leaf!(ReceivablesAge);

object! {
    /// Invoices on which something is owed and that have something in common.
    "ReceivablesGroup" ReceivablesGroup<'a> from &'a receivables::Group {
        /// Their status in PSOhub; null where it was not grouped by.
        "status": Option<InvoiceStatus> = |group, out| match group.key.status {
            Some(status) => out.member(InvoiceStatus::from(status)),
            None => out.null(),
        };
        /// Their customer; null where it was not grouped by, or the invoices name none.
        "customer": Option<Customer> = |group, out| {
            out.opt::<Customer>(group.key.customer.as_ref().and_then(Option::as_ref));
        };
        /// Their currency; null where it was not grouped by.
        "currency": Option<CurrencyCode> = |group, out| {
            out.opt_text(group.key.currency.as_ref().map(domain::CurrencyCode::as_str));
        };
        /// The first day of the month of their dates; null where it was not grouped by, or they have none.
        "month": Option<Date> = |group, out| out.opt_plain(group.key.month.flatten());
        /// How long they have been due; null where it was not grouped by.
        "age": Option<ReceivablesAge> = |group, out| match group.key.age {
            Some(age) => out.member(ReceivablesAge::from(age)),
            None => out.null(),
        };
        /// How many invoices.
        "count": i32 = |group, out| out.int_capped(group.count);
        /// What is owed on them, a sum for each currency. A negative amount is owed to the customer.
        "open": Vec<CurrencyTotal> = |group, out| out.list::<CurrencyTotal>(group.open.iter());
        /// What is owed on them in the company's own currency, by PSOhub's totals in that currency. Of an
        /// invoice that was paid in part it is the same part. Null where it can be told of none of them.
        "openBase": Option<Money> = |group, out| out.opt::<Money>(group.open_base());
        /// Of how many it cannot be told, so that openBase leaves them out.
        "withoutBaseCount": i32 = |group, out| {
            out.int_capped(group.without_base());
        };
    }
}

impl Root for ReceivablesGroup {
    type Owned = receivables::Group;

    fn source(owned: &Self::Owned) -> Self::Source<'_> {
        owned
    }
}
