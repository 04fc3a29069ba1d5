//! What stands against sending an invoice, and how to mend it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How much a problem weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Severity {
    /// Good to know; it is sent.
    Warning,
    /// It is accepted, and stops at a question for a person.
    Question,
    /// It is not sent; nothing is written.
    Refusal,
}

/// The stable word for a problem, as in docs/errors.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each word says it, and `Problem::what` says it in a sentence")]
pub enum ProblemCode {
    StatusNotSendable,
    AlreadyLinked,
    AlreadyHasExternalId,
    AlreadyUnderDelivery,
    CreditInvoice,
    NoLines,
    NumberMissing,
    DateMissing,
    DueDateBeforeDate,
    CurrencyUnknown,
    LanguageUnknown,
    BankAccountUnknown,
    BankAccountOtherCurrency,
    PaymentTypeUnknown,
    UnitUnknown,
    UserUnknown,
    LineAmountMissing,
    AmountTooLarge,
    AccountMissing,
    AccountUnknown,
    AccountInactive,
    AccountNotForSales,
    AccountIsExpense,
    TaxMissing,
    TaxCodeUnknown,
    TaxNotValid,
    TaxNotForSales,
    TaxRateUnknown,
    TaxRateDiffers,
    TaxAmbiguous,
    TaxDefaulted,
    ZeroTaxMissing,
    AmountMismatch,
    CustomerMissing,
    ContactAmbiguous,
    ContactEmailDiffers,
    RecipientMissing,
    RecipientInvalid,
    SubjectTooLong,
    MessageTooLong,
    PlaceholderUnknown,
}

impl fmt::Display for ProblemCode {
    /// In capitals with underscores, such as `ACCOUNT_UNKNOWN`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::domain::word::capitals(self))
    }
}

/// A field that a problem is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields of invoices, lines, options and settings by their names")]
pub enum Field {
    Status,
    ExternalId,
    Number,
    Date,
    DueDate,
    Currency,
    Total,
    TotalNet,
    Customer,
    Lines,
    Amount,
    Account,
    Tax,
    Language,
    BankAccount,
    PaymentType,
    Unit,
    User,
    Recipient,
    Subject,
    Message,
}

/// Where a problem is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// In the invoice.
    Invoice(Field),
    /// In one of its lines.
    Line {
        /// Its place, from 0.
        index: usize,
        /// `LineNumber`, such as 10.002.
        number: Box<str>,
        /// What of it.
        field: Field,
    },
    /// In what the caller asked for.
    Option(Field),
    /// In the gateway's settings, or in what Bexio has set up.
    Setting(Field),
}

impl Place {
    /// The field.
    pub const fn field(&self) -> Field {
        match self {
            Self::Invoice(field) | Self::Option(field) | Self::Setting(field) | Self::Line { field, .. } => {
                *field
            }
        }
    }
}

/// One thing that stands against sending, or that a person should know before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The stable word.
    pub code: ProblemCode,
    /// How much it weighs.
    pub severity: Severity,
    /// Where it is.
    pub place: Place,
    /// What is wrong, in a sentence.
    pub what: Box<str>,
    /// How to mend it, in a sentence.
    pub mend: Box<str>,
}

/// The problems found so far. The same one is noted once: a default account that is wrong is one
/// problem, and not one for each of 150 lines.
#[derive(Debug, Default)]
pub(super) struct Problems(Vec<Problem>);

impl Problems {
    pub(super) fn refuse(
        &mut self,
        code: ProblemCode,
        place: Place,
        what: impl Into<Box<str>>,
        mend: impl Into<Box<str>>,
    ) {
        self.add(Problem { code, severity: Severity::Refusal, place, what: what.into(), mend: mend.into() });
    }

    pub(super) fn warn(
        &mut self,
        code: ProblemCode,
        place: Place,
        what: impl Into<Box<str>>,
        mend: impl Into<Box<str>>,
    ) {
        self.add(Problem { code, severity: Severity::Warning, place, what: what.into(), mend: mend.into() });
    }

    pub(super) fn add(&mut self, problem: Problem) {
        if !self.0.contains(&problem) {
            self.0.push(problem);
        }
    }

    /// The heaviest first, else in the order they were found.
    pub(super) fn into_sorted(mut self) -> Vec<Problem> {
        self.0.sort_by_key(|problem| std::cmp::Reverse(problem.severity));
        self.0
    }
}
