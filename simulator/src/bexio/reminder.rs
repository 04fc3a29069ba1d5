//! Reminders and comments on an invoice, as they are kept.

use jiff::civil::{Date, DateTime};
use rust_decimal::Decimal;

/// A row of `/2.0/kb_invoice/{id}/kb_reminder`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reminder {
    /// Bexio's id.
    pub id: i64,
    /// 1 for the first.
    pub level: u32,
    /// The day it was made.
    pub is_valid_from: Date,
    /// When the customer is to have paid.
    pub is_valid_to: Date,
    /// What was owed then.
    pub remaining: Decimal,
    /// What had been received then.
    pub received: Decimal,
    /// Marked as sent or mailed.
    pub is_sent: bool,
}

/// A row of `/2.0/kb_invoice/{id}/comment`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Bexio's id.
    pub id: i64,
    /// The text.
    pub text: Box<str>,
    /// Who wrote it.
    pub user_id: i64,
    /// When, Zurich.
    pub date: DateTime,
    /// Whether customers see it.
    pub is_public: bool,
}
