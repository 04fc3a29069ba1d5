//! Sums, each currency by itself.

use super::money::Money;
use crate::domain;
use crate::domain::receivables::Sum;
use crate::graphql::errors::{ErrorCode, Fault};
use crate::graphql::output::object;
use crate::graphql::scalars::CurrencyCode;

object! {
    /// The sum of amounts of one currency.
    "CurrencyTotal" CurrencyTotal<'a> from Sum {
        /// The currency.
        "currency": CurrencyCode = |sum, out| out.text(sum.currency.as_str());
        /// How many amounts.
        "count": i32 = |sum, out| out.int_capped(sum.count);
        /// What they come to, to the last digit. Null with an error where that has more than 28 digits.
        "total": Option<Money> = |sum, out| match sum.amount {
            Some(amount) => out.object::<Money>(domain::Money::new(amount, sum.currency)),
            None => out.fault(&Fault::new(
                ErrorCode::BadUserInput,
                format!("The sum in {} has too many digits: ask for fewer invoices.", sum.currency),
            )),
        };
    }
}
