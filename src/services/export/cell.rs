//! One cell: what is text is made safe, what is a figure stays a figure.
//!
//! A spreadsheet runs a text that begins like a formula, and texts come from customers:
//! <https://owasp.org/www-community/attacks/CSV_Injection>.

use std::borrow::Cow;

use jiff::civil::Date;

use crate::domain::Money;

/// The value of one cell.
#[derive(Debug, Clone)]
pub(super) enum Cell<'a> {
    /// Nothing.
    Empty,
    /// Any text.
    Text(Cow<'a, str>),
    /// A figure or a date of ours, which is no formula even with a minus sign.
    Figure(String),
    /// `true` or `false`.
    Flag(bool),
}

/// What a formula begins with, also in full width.
const FORMULA_STARTS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

impl<'a> Cell<'a> {
    /// A text, or nothing.
    pub(super) fn text(text: Option<&'a str>) -> Self {
        text.map_or(Self::Empty, |text| Self::Text(Cow::Borrowed(text)))
    }

    /// A text of our own making.
    pub(super) fn made(text: impl Into<String>) -> Self {
        Self::Text(Cow::Owned(text.into()))
    }

    /// A day as 2026-03-31, or nothing.
    pub(super) fn date(date: Option<Date>) -> Self {
        date.map_or(Self::Empty, |date| Self::Figure(date.to_string()))
    }

    /// The figure of an amount with a point and all its digits, or nothing.
    pub(super) fn amount(money: Option<Money>) -> Self {
        money.map_or(Self::Empty, |money| Self::Figure(money.amount_text()))
    }

    /// The currency of an amount, or nothing.
    pub(super) fn currency(money: Option<Money>) -> Self {
        money.map_or(Self::Empty, |money| Self::made(money.currency.as_str()))
    }

    /// The cell as it is written, before quoting.
    pub(super) fn shown(self) -> Cow<'a, str> {
        match self {
            Self::Empty => Cow::Borrowed(""),
            Self::Text(text) if text.starts_with(FORMULA_STARTS) => Cow::Owned(format!("'{text}")),
            Self::Text(text) => text,
            Self::Figure(figure) => Cow::Owned(figure),
            Self::Flag(flag) => Cow::Borrowed(if flag { "true" } else { "false" }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_like_a_formula_is_no_formula_and_figures_are_figures() {
        for text in ["=1+1", "+41 44 123", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1"] {
            assert_eq!(Cell::text(Some(text)).shown(), format!("'{text}"));
        }
        for text in ["", "a=1", "Müller", " =1", "'=1"] {
            assert_eq!(Cell::text(Some(text)).shown(), text);
        }
        let owed = Money::new(rust_decimal::Decimal::new(-1050, 2), crate::domain::CurrencyCode::CHF);
        assert_eq!(Cell::amount(Some(owed)).shown(), "-10.50");
        assert_eq!(Cell::amount(None).shown(), "");
    }
}
