//! The lines of an invoice, with the hours and expenses behind them.

use super::enums::LineDetailKind;
use super::money::Money;
use crate::domain::{self, CurrencyCode};
use crate::graphql::output::object;
use crate::graphql::scalars::{Date, Decimal};

fn money(amount: Option<rust_decimal::Decimal>, currency: CurrencyCode) -> Option<domain::Money> {
    amount.map(|amount| domain::Money::new(amount, currency))
}

object! {
    /// One line of an invoice. PSOhub knows its totals only: no quantity and no unit price.
    "InvoiceLine" InvoiceLine<'a> from (&'a domain::InvoiceLine, CurrencyCode) {
        /// PSOhub's number of the line, such as 10.002.
        "number": String = |(line, _), out| out.text(&line.number);
        /// The line's title.
        "name": Option<String> = |(line, _), out| out.opt_text(line.name.as_deref());
        /// The line's text.
        "description": Option<String> = |(line, _), out| out.opt_text(line.description.as_deref());
        /// Number of the revenue account in Bexio, where the line names one; else the configured
        /// default applies.
        "glAccount": Option<String> = |(line, _), out| out.opt_text(line.gl_account.as_deref());
        /// Tax code of the line, where it names one; else the configured default applies.
        "taxCode": Option<String> = |(line, _), out| out.opt_text(line.tax_code.as_deref());
        /// Name of the tax.
        "taxName": Option<String> = |(line, _), out| out.opt_text(line.tax_name.as_deref());
        /// Total of the line without VAT.
        "totalExVat": Option<Money> = |(line, currency), out| {
            out.opt::<Money>(money(line.total_ex_vat, currency));
        };
        /// Total of the line with VAT.
        "totalIncVat": Option<Money> = |(line, currency), out| {
            out.opt::<Money>(money(line.total_inc_vat, currency));
        };
        /// The hours and expenses that the line sums up. Empty for a fixed price.
        "details": Vec<LineDetail> = |(line, currency), out| {
            out.list::<LineDetail>(line.details.iter().map(|detail| (detail, currency)));
        };
    }
}

object! {
    /// Hours of a person or an expense, summed up in an invoice line.
    "LineDetail" LineDetail<'a> from (&'a domain::LineDetail, CurrencyCode) {
        /// Hours or an expense.
        "kind": LineDetailKind = |(detail, _), out| out.member(LineDetailKind::from(detail.kind));
        /// The day of the work or the expense.
        "date": Option<Date> = |(detail, _), out| out.opt_plain(detail.date);
        /// Who worked or paid.
        "person": Option<String> = |(detail, _), out| out.opt_text(detail.person.as_deref());
        /// The person's role on the project.
        "role": Option<String> = |(detail, _), out| out.opt_text(detail.role.as_deref());
        /// What for.
        "description": Option<String> = |(detail, _), out| out.opt_text(detail.description.as_deref());
        /// Number of hours.
        "hours": Option<Decimal> = |(detail, _), out| match detail.hours {
            Some(hours) => out.decimal(hours, 0),
            None => out.null(),
        };
        /// Price of an hour.
        "hourlyRate": Option<Money> = |(detail, currency), out| {
            out.opt::<Money>(money(detail.hourly_rate, currency));
        };
        /// Amount without VAT.
        "amountExVat": Option<Money> = |(detail, currency), out| {
            out.opt::<Money>(money(detail.amount_ex_vat, currency));
        };
        /// Amount with VAT.
        "amountIncVat": Option<Money> = |(detail, currency), out| {
            out.opt::<Money>(money(detail.amount_inc_vat, currency));
        };
    }
}
