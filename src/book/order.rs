//! In which order invoices are listed: a key of the row, then the PSOhub id, so that two rows are
//! never equal and a cursor names one place.

use std::cmp::Ordering;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::CombinedInvoice;
use crate::domain::InvoiceStatus;

/// What invoices can be ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum OrderField {
    /// Invoice date; without a date first.
    Date,
    /// Due date; without a date first.
    DueDate,
    /// Number, read as people read it: INV-9 before INV-33.
    Number,
    /// Customer's name, whatever the case; without a customer first.
    Customer,
    /// The figure of the total with VAT, whatever the currency.
    TotalIncVat,
    /// PSOhub's status, in the order of an invoice's life.
    Status,
}

impl OrderField {
    /// Every field, in the order of its discriminant.
    pub const ALL: [Self; 6] =
        [Self::Date, Self::DueDate, Self::Number, Self::Customer, Self::TotalIncVat, Self::Status];
}

/// Which end comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Direction {
    /// Least first.
    Ascending,
    /// Greatest first.
    Descending,
}

/// An order of invoices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct InvoiceOrder {
    /// By what.
    pub field: OrderField,
    /// Which end first.
    pub direction: Direction,
}

impl Default for InvoiceOrder {
    /// Newest first.
    fn default() -> Self {
        Self { field: OrderField::Date, direction: Direction::Descending }
    }
}

/// What a row is ordered by, without its id. Keys of one field compare with one another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum OrderKey {
    Date(Option<Date>),
    Text(Option<String>),
    Amount(Decimal),
    Status(InvoiceStatus),
}

impl OrderKey {
    pub(super) fn of(row: &CombinedInvoice, field: OrderField) -> Self {
        let invoice = &*row.psohub;
        match field {
            OrderField::Date => Self::Date(invoice.date),
            OrderField::DueDate => Self::Date(row.due_date()),
            OrderField::Number => Self::Text(Some(natural(&invoice.number))),
            OrderField::Customer => {
                Self::Text(invoice.customer.as_ref().map(|customer| customer.name.to_lowercase()))
            }
            OrderField::TotalIncVat => Self::Amount(invoice.total_inc_vat),
            OrderField::Status => Self::Status(invoice.status),
        }
    }

    /// Compares two places: by key, then by id.
    pub(super) fn compare(&self, id: i64, other: &Self, other_id: i64) -> Ordering {
        self.cmp(other).then(id.cmp(&other_id))
    }
}

/// `text` so that comparing bytes compares numbers by value: every run of digits is preceded by
/// its length and stripped of leading zeros.
fn natural(text: &str) -> String {
    let mut key = String::with_capacity(text.len() + 8);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let run = rest.find(|c: char| c.is_ascii_digit() != first.is_ascii_digit()).unwrap_or(rest.len());
        let (part, tail) = rest.split_at(run);
        if first.is_ascii_digit() {
            let digits = part.trim_start_matches('0');
            // 0 is below every letter and every other digit count, so runs compare by length first.
            key.push(char::from_u32(u32::try_from(digits.len()).unwrap_or(0).min(0xD7FF)).unwrap_or('\0'));
            key.push_str(digits);
        } else {
            key.extend(part.chars().flat_map(char::to_lowercase));
        }
        rest = tail;
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_read_them() {
        let mut numbers = ["INV-2024-100", "inv-2024-9", "INV-2023-500", "INV-2024-033", "RE-1", ""];
        numbers.sort_by_key(|number| natural(number));
        assert_eq!(numbers, ["", "INV-2023-500", "inv-2024-9", "INV-2024-033", "INV-2024-100", "RE-1"]);
    }
}
