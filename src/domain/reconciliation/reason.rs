//! One thing in which the two sides differ, with both values.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Mutation, Rule};
use crate::domain::Money;

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Field {
    /// Whether it is there at all, and once.
    Presence,
    /// The status.
    Status,
    /// The currency.
    Currency,
    /// The total with VAT.
    Total,
    /// The sum of the lines without VAT.
    LinesSum,
    /// The VAT.
    Vat,
    /// The customer.
    Customer,
    /// The due date.
    DueDate,
    /// PSOhub's external id.
    ExternalId,
}

/// How much a difference matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Severity {
    /// It is as it should be, or comes right by itself.
    Info,
    /// A person should look at it.
    Warning,
    /// Money or the books are wrong until a person mends it.
    Error,
}

impl Field {
    /// The stable word for it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Presence => "PRESENCE",
            Self::Status => "STATUS",
            Self::Currency => "CURRENCY",
            Self::Total => "TOTAL",
            Self::LinesSum => "LINES_SUM",
            Self::Vat => "VAT",
            Self::Customer => "CUSTOMER",
            Self::DueDate => "DUE_DATE",
            Self::ExternalId => "EXTERNAL_ID",
        }
    }
}

impl Severity {
    /// The stable word for it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Info => "INFO",
            Self::Warning => "WARNING",
            Self::Error => "ERROR",
        }
    }
}

/// What a side says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A word: a status, a number, a name, a currency.
    Text(Box<str>),
    /// An amount.
    Money(Money),
    /// A date.
    Date(Date),
}

impl Value {
    /// A word.
    pub(super) fn text(text: impl Into<Box<str>>) -> Self {
        Self::Text(text.into())
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Money(money) => write!(f, "{} {}", money.currency, money.amount_text()),
            Self::Date(date) => date.fmt(f),
        }
    }
}

/// One thing in which the two sides differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Which rule found it; the rule knows field, severity, words and remedy.
    pub rule: Rule,
    /// What PSOhub says; `None` where it says nothing.
    pub psohub: Option<Value>,
    /// What Bexio says; `None` where it says nothing.
    pub bexio: Option<Value>,
    /// Bexio's amount less PSOhub's, where both are amounts of one currency that can be subtracted.
    pub difference: Option<Money>,
    /// The mutation of the API that mends it, where there is one.
    pub mutation: Option<Mutation>,
}

impl Reason {
    pub(super) const fn new(rule: Rule, psohub: Option<Value>, bexio: Option<Value>) -> Self {
        Self { rule, psohub, bexio, difference: None, mutation: rule.mutation() }
    }

    /// Only what a person tied together can be untied.
    pub(super) fn forbid_unlinking(&mut self) {
        self.mutation = self.mutation.filter(|mutation| *mutation != Mutation::UnlinkInvoice);
    }
}
