//! Amounts.

use crate::domain;
use crate::graphql::output::object;
use crate::graphql::scalars::{CurrencyCode, Decimal};

object! {
    /// An amount with its currency.
    "Money" Money<'a> from domain::Money {
        /// The figure in units of the currency (francs, not Rappen), with at least the currency's
        /// digits after the point and never rounded: "27700.00".
        "amount": Decimal = |money, out| out.decimal(money.amount, money.currency.minor_digits());
        /// The currency, such as CHF.
        "currency": CurrencyCode = |money, out| out.text(money.currency.as_str());
    }
}
