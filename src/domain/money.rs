//! Amounts: a decimal with its currency, never a float, never two currencies in one sum.
//!
//! Digits after the point follow ISO 4217 (CHF 2, JPY 0, KWD 3). An amount that has more digits
//! than its currency keeps them: rounding is a decision, and printing takes none.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Why two amounts cannot be combined, or a text is no currency.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The text is not three ASCII letters.
    #[error("'{0}' is not an ISO 4217 currency code: expected three letters, such as CHF")]
    NotACurrency(String),
    /// A sum over two currencies has no meaning.
    #[error("cannot add {right} to {left}: convert one of them first")]
    CurrencyMismatch {
        /// Currency of the amount added to.
        left: CurrencyCode,
        /// Currency of the amount added.
        right: CurrencyCode,
    },
    /// The sum does not fit 96 bits of digits.
    #[error("the sum of these amounts is too large")]
    Overflow,
}

/// An ISO 4217 currency code: three upper-case ASCII letters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CurrencyCode([u8; 3]);

impl CurrencyCode {
    /// Swiss franc, whose payable totals are rounded to 0.05.
    pub const CHF: Self = Self(*b"CHF");

    /// The three letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }

    /// Digits after the point by ISO 4217; 2 for every code that is not listed otherwise.
    pub const fn minor_digits(self) -> u32 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG" | b"RWF"
            | b"UGX" | b"UYI" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            b"CLF" | b"UYW" => 4,
            _ => 2,
        }
    }
}

impl FromStr for CurrencyCode {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        match text.trim().as_bytes() {
            &[a, b, c] if [a, b, c].iter().all(u8::is_ascii_alphabetic) => {
                Ok(Self([a.to_ascii_uppercase(), b.to_ascii_uppercase(), c.to_ascii_uppercase()]))
            }
            _ => Err(MoneyError::NotACurrency(text.chars().take(12).collect())),
        }
    }
}

impl fmt::Display for CurrencyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for CurrencyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The letters in JSON, the bytes in binary encodings.
impl Serialize for CurrencyCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            self.0.serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for CurrencyCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
        } else {
            Deserialize::deserialize(deserializer).map(Self)
        }
    }
}

/// An amount in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// The figure, in units of the currency (francs, not Rappen).
    pub amount: Decimal,
    /// Its currency.
    pub currency: CurrencyCode,
}

impl Money {
    /// An amount in a currency.
    pub const fn new(amount: Decimal, currency: CurrencyCode) -> Self {
        Self { amount, currency }
    }

    /// The sum of two amounts of one currency.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`] across currencies, [`MoneyError::Overflow`] beyond 96 bits.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch { left: self.currency, right: other.currency });
        }
        let amount = self.amount.checked_add(other.amount).ok_or(MoneyError::Overflow)?;
        Ok(Self { amount, currency: self.currency })
    }

    /// The figure as the API writes it: at least the currency's digits, more only where they are
    /// not zero, never an exponent and never a negative zero.
    pub fn amount_text(&self) -> String {
        decimal_text(self.amount, self.currency.minor_digits())
    }
}

/// For people: `CHF 108.10`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.currency, self.amount_text())
    }
}

/// `value` with at least `digits_min` digits after the point and no superfluous zero beyond.
pub fn decimal_text(value: Decimal, digits_min: u32) -> String {
    let mut value = value.normalize();
    if value.scale() < digits_min {
        value.rescale(digits_min);
    }
    if value.is_zero() {
        value.set_sign_positive(true);
    }
    value.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(amount: &str, currency: &str) -> Money {
        Money::new(amount.parse().unwrap(), currency.parse().unwrap())
    }

    #[test]
    fn amounts_print_the_digits_of_their_currency_and_lose_none() {
        for (amount, currency, text) in [
            ("27700", "CHF", "27700.00"),
            ("33517.1", "USD", "33517.10"),
            ("1.005", "CHF", "1.005"),
            ("100.000000", "CHF", "100.00"),
            ("1200", "JPY", "1200"),
            ("1.5", "KWD", "1.500"),
            ("-0.00", "EUR", "0.00"),
            ("743.80165289", "EUR", "743.80165289"),
            ("7922816251426433759354395033.5", "CHF", "7922816251426433759354395033.5"),
        ] {
            assert_eq!(money(amount, currency).amount_text(), text);
        }
    }

    #[test]
    fn a_sum_over_two_currencies_is_refused() {
        assert_eq!(
            money("1", "CHF").checked_add(money("1", "EUR")),
            Err(MoneyError::CurrencyMismatch { left: "CHF".parse().unwrap(), right: "EUR".parse().unwrap() })
        );
        assert_eq!(money("0.1", "CHF").checked_add(money("0.2", "CHF")), Ok(money("0.3", "CHF")));
    }

    #[test]
    fn a_currency_is_three_ascii_letters() {
        assert_eq!("chf".parse(), Ok(CurrencyCode::CHF));
        for text in ["", "CH", "CHFR", "C1F", "€", "Fr."] {
            assert!(text.parse::<CurrencyCode>().is_err(), "{text:?}");
        }
    }
}
