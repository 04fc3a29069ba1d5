//! Sums of amounts, each currency by itself.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::domain::{CurrencyCode, Money};

/// The sum of the amounts of one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sum {
    /// The currency.
    pub currency: CurrencyCode,
    /// How many amounts.
    pub count: usize,
    /// What they come to; `None` where that does not fit 96 bits of digits.
    pub amount: Option<Decimal>,
}

/// Sums of amounts, one a currency.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sums(BTreeMap<CurrencyCode, (usize, Option<Decimal>)>);

impl Sums {
    /// Adds an amount to the sum of its currency.
    pub fn add(&mut self, money: Money) {
        let (count, amount) = self.0.entry(money.currency).or_insert((0, Some(Decimal::ZERO)));
        *count += 1;
        *amount = amount.and_then(|amount| exact_sum(amount, money.amount));
    }

    /// The sums, by currency code.
    pub fn iter(&self) -> impl Iterator<Item = Sum> {
        self.0.iter().map(|(currency, (count, amount))| Sum {
            currency: *currency,
            count: *count,
            amount: *amount,
        })
    }

    /// The sum of one currency.
    pub fn of(&self, currency: CurrencyCode) -> Option<Sum> {
        let (count, amount) = self.0.get(&currency)?;
        Some(Sum { currency, count: *count, amount: *amount })
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The sum, unless it cannot be told to the last digit: an addition rounds where the digits do not fit.
fn exact_sum(left: Decimal, right: Decimal) -> Option<Decimal> {
    let sum = left.checked_add(right)?;
    let is_exact = sum.checked_sub(right)? == left && sum.checked_sub(left)? == right;
    is_exact.then_some(sum)
}
