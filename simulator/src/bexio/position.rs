//! The positions of an invoice, as they are kept.
//!
//! Ids are unique per type, not per invoice: a text and a custom line can both have id 1.

use rust_decimal::Decimal;

use super::money;

/// One position, without its id and place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Position {
    /// `KbPositionCustom`: a line with a price.
    Custom(Line),
    /// `KbPositionArticle`: a line from an article.
    Article {
        /// The article's id.
        article_id: i64,
        /// The line.
        line: Line,
    },
    /// `KbPositionText`.
    Text {
        /// HTML.
        text: Box<str>,
        /// Whether the text is numbered like a line.
        show_pos_nr: bool,
    },
    /// `KbPositionSubtotal`.
    Subtotal {
        /// HTML.
        text: Box<str>,
    },
    /// `KbPositionPagebreak`.
    Pagebreak,
    /// `KbPositionDiscount`.
    Discount {
        /// HTML.
        text: Box<str>,
        /// Whether `value` is in percent.
        is_percentual: bool,
        /// Percent or amount.
        value: Decimal,
    },
}

/// A line with a price. The default is one piece of nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// HTML.
    pub text: Box<str>,
    /// Quantity, at most 6 decimals.
    pub amount: Decimal,
    /// Price of one unit, at most 6 decimals.
    pub unit_price: Decimal,
    /// 0 to 100.
    pub discount_in_percent: Decimal,
    /// The unit's id.
    pub unit_id: Option<i64>,
    /// The account's id.
    pub account_id: Option<i64>,
    /// The tax's id.
    pub tax_id: Option<i64>,
}

impl Default for Line {
    fn default() -> Self {
        Self {
            text: "".into(),
            amount: Decimal::ONE,
            unit_price: Decimal::ZERO,
            discount_in_percent: Decimal::ZERO,
            unit_id: None,
            account_id: None,
            tax_id: None,
        }
    }
}

impl Line {
    /// `position_total`: quantity times price less discount, to 6 decimals.
    pub fn total(&self) -> Decimal {
        let full = self.amount.saturating_mul(self.unit_price);
        money::round(full.saturating_sub(money::percent_of(full, self.discount_in_percent)), 6)
    }
}

/// A position in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Unique among the positions of the same type.
    pub id: i64,
    /// What it is.
    pub position: Position,
}

/// The last id given out, per type.
#[derive(Clone, Copy, Debug, Default)]
pub struct PositionIds {
    custom: i64,
    article: i64,
    text: i64,
    subtotal: i64,
    pagebreak: i64,
    discount: i64,
}

impl PositionIds {
    /// Gives `position` the next id of its type.
    pub fn place(&mut self, position: Position) -> Placed {
        let last = match &position {
            Position::Custom(_) => &mut self.custom,
            Position::Article { .. } => &mut self.article,
            Position::Text { .. } => &mut self.text,
            Position::Subtotal { .. } => &mut self.subtotal,
            Position::Pagebreak => &mut self.pagebreak,
            Position::Discount { .. } => &mut self.discount,
        };
        *last += 1;
        Placed { id: *last, position }
    }
}
