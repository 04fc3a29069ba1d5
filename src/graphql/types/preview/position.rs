//! The positions and totals of a planned invoice.

use async_graphql::ID;
use rust_decimal::Decimal as Figure;

use super::super::money::Money;
use super::enums::TaxOrigin;
use crate::domain::plan::{self, Position, RateTotal, Totals};
use crate::domain::{self, CurrencyCode};
use crate::graphql::output::object;
use crate::graphql::scalars::Decimal;

const fn money(amount: Figure, currency: CurrencyCode) -> domain::Money {
    domain::Money::new(amount, currency)
}

object! {
    /// One position of the invoice that Bexio gets.
    "PlannedPosition" PlannedPosition<'a> from (&'a Position, CurrencyCode) {
        /// PSOhub's number of the line, such as 10.002.
        "lineNumber": String = |(position, _), out| out.text(&position.line_number);
        /// The text as Bexio will show it, as HTML.
        "text": String = |(position, _), out| out.text(&position.text);
        /// The amount, with VAT where the header's `pricesIncludeVat` says so; null where it could not be read, which is a problem.
        "amount": Option<Money> = |(position, currency), out| {
            out.opt::<Money>(position.unit_price.map(|price| money(price, currency)));
        };
        /// The revenue account; null where none was found, which is a problem.
        "account": Option<PlannedAccount> = |(position, _), out| {
            out.opt::<PlannedAccount>(position.account.as_ref());
        };
        /// The tax; null where none was found, which is a problem.
        "tax": Option<PlannedTax> = |(position, _), out| out.opt::<PlannedTax>(position.tax.as_ref());
        /// Bexio's id of the unit, where one is configured.
        "unitBexioId": Option<ID> = |(position, _), out| out.opt_plain(position.unit_id);
    }
}

object! {
    /// The revenue account of a position.
    "PlannedAccount" PlannedAccount<'a> from &'a plan::PlannedAccount {
        /// Bexio's id of it.
        "bexioId": ID = |account, out| out.plain(account.id);
        /// Its number, such as 3400.
        "number": String = |account, out| out.text(&account.number);
        /// Its name.
        "name": String = |account, out| out.text(&account.name);
    }
}

object! {
    /// The tax of a position.
    "PlannedTax" PlannedTax<'a> from &'a plan::PlannedTax {
        /// Bexio's id of it.
        "bexioId": ID = |tax, out| out.plain(tax.id);
        /// Its code, such as UN81.
        "code": String = |tax, out| out.text(&tax.code);
        /// The rate in percent, such as "8.1".
        "rate": Decimal = |tax, out| out.decimal(tax.rate, 0);
        /// How it was found.
        "origin": TaxOrigin = |tax, out| out.member(TaxOrigin::from(tax.basis));
    }
}

object! {
    /// What an invoice adds up to on both sides.
    "PlannedTotals" PlannedTotals<'a> from (&'a Totals, CurrencyCode) {
        /// Without VAT, in PSOhub.
        "psohubExVat": Money = |(totals, currency), out| {
            out.object::<Money>(money(totals.psohub_net, currency));
        };
        /// With VAT, in PSOhub.
        "psohubIncVat": Money = |(totals, currency), out| {
            out.object::<Money>(money(totals.psohub, currency));
        };
        /// Without VAT, in Bexio.
        "bexioExVat": Money = |(totals, currency), out| {
            out.object::<Money>(money(totals.net, currency));
        };
        /// VAT for each rate, in Bexio.
        "bexioVat": Vec<PlannedVat> = |(totals, currency), out| {
            out.list::<PlannedVat>(totals.taxes.iter().map(|rate| (rate, currency)));
        };
        /// What the customer will owe, in Bexio, rounded to the currency's step (0.05 for francs).
        "bexioIncVat": Money = |(totals, currency), out| {
            out.object::<Money>(money(totals.bexio, currency));
        };
        /// Bexio's total less PSOhub's.
        "roundingDifference": Money = |(totals, currency), out| {
            out.object::<Money>(money(totals.rounding_difference, currency));
        };
        /// What of a difference rounding may explain. More than that is a problem.
        "tolerance": Money = |(totals, currency), out| {
            out.object::<Money>(money(totals.tolerance, currency));
        };
    }
}

object! {
    /// The VAT of one rate.
    "PlannedVat" PlannedVat<'a> from (&'a RateTotal, CurrencyCode) {
        /// The rate in percent, such as "8.1".
        "rate": Decimal = |(rate, _), out| out.decimal(rate.rate, 0);
        /// What it is taken of.
        "base": Money = |(rate, currency), out| out.object::<Money>(money(rate.base, currency));
        /// The VAT, to four digits.
        "vat": Money = |(rate, currency), out| out.object::<Money>(money(rate.tax, currency));
    }
}
