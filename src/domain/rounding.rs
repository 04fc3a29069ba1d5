//! Within which amount a difference between the two sides counts as rounding.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{CurrencyCode, Money};

/// What rounding may make two totals of one invoice differ by, in every currency. One value holds for the
/// reconciliation, the payment sync, sending and linking alike.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RoundingTolerance(Option<Money>);

/// An amount that is no tolerance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the tolerance is an amount from 0 to {}", RoundingTolerance::MAX)]
pub struct NotATolerance;

impl RoundingTolerance {
    /// 0.05 in francs, whose payable totals are rounded to that, and 0.01 elsewhere.
    pub const STANDARD: Self = Self(None);

    /// The largest amount: more is no rounding.
    pub const MAX: Decimal = Decimal::ONE;

    /// Another amount in the company's own currency; elsewhere the standard holds.
    ///
    /// # Errors
    /// [`NotATolerance`] below 0 and above [`Self::MAX`].
    pub fn of_base(amount: Money) -> Result<Self, NotATolerance> {
        let fits = (Decimal::ZERO..=Self::MAX).contains(&amount.amount);
        fits.then_some(Self(Some(amount))).ok_or(NotATolerance)
    }

    /// The amount in one currency.
    pub fn of(self, currency: CurrencyCode) -> Decimal {
        match self.0 {
            Some(own) if own.currency == currency => own.amount,
            _ if currency == CurrencyCode::CHF => Decimal::new(5, 2),
            _ => Decimal::new(1, 2),
        }
    }

    /// The amount that was set; `None` for the standard.
    pub const fn own(self) -> Option<Money> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn francs(amount: &str) -> Money {
        Money::new(amount.parse().unwrap(), CurrencyCode::CHF)
    }

    #[test]
    fn another_amount_holds_in_its_currency_alone() {
        let euro: CurrencyCode = "EUR".parse().unwrap();
        let standard = RoundingTolerance::STANDARD;
        assert_eq!(
            (standard.of(CurrencyCode::CHF), standard.of(euro)),
            (Decimal::new(5, 2), Decimal::new(1, 2))
        );
        let wide = RoundingTolerance::of_base(francs("0.20")).unwrap();
        assert_eq!((wide.of(CurrencyCode::CHF), wide.of(euro)), (Decimal::new(20, 2), Decimal::new(1, 2)));
        assert_eq!(serde_json::to_string(&standard).unwrap(), "null");
        let read: RoundingTolerance = serde_json::from_str(&serde_json::to_string(&wide).unwrap()).unwrap();
        assert_eq!(read, wide);
    }

    #[test]
    fn an_amount_that_hides_mistakes_is_none() {
        for (amount, fits) in [("0", true), ("1", true), ("1.01", false), ("-0.01", false)] {
            assert_eq!(RoundingTolerance::of_base(francs(amount)).is_ok(), fits, "{amount}");
        }
    }
}
