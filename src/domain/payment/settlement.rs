//! What settled an invoice: money, a credit, a cash discount, or several of them.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::domain::{AccountingInvoice, Payment, PaymentKind, RoundingTolerance};

/// How an invoice was settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// By what.
    pub by: SettledBy,
    /// The date of the latest money; `None` where no money came in or Bexio gives no date.
    pub paid_on: Option<Date>,
}

/// By what an invoice was settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SettledBy {
    /// Money that arrived.
    Money,
    /// A credit voucher.
    Credit,
    /// A cash discount (Skonto).
    CashDiscount,
    /// The customer's account.
    CustomerAccount,
    /// Several of these.
    Mixed,
    /// Bexio calls it paid and shows no payment.
    NotShown,
}

impl SettledBy {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Money => "money",
            Self::Credit => "a credit voucher",
            Self::CashDiscount => "a cash discount",
            Self::CustomerAccount => "the customer's account",
            Self::Mixed => "several kinds of payment",
            Self::NotShown => "no payment that Bexio shows",
        }
    }
}

impl From<PaymentKind> for SettledBy {
    fn from(kind: PaymentKind) -> Self {
        match kind {
            PaymentKind::Money => Self::Money,
            PaymentKind::CreditVoucher => Self::Credit,
            PaymentKind::CashDiscount => Self::CashDiscount,
            PaymentKind::ClientAccount => Self::CustomerAccount,
        }
    }
}

impl Settled {
    pub(super) fn by(payments: &[Payment]) -> Self {
        // A refund takes back; it settles nothing.
        let booked = || payments.iter().filter(|payment| payment.value.amount > Decimal::ZERO);
        let mut kinds = booked().map(|payment| payment.kind);
        let by = match kinds.next() {
            None => SettledBy::NotShown,
            Some(first) if kinds.all(|kind| kind == first) => first.into(),
            Some(_) => SettledBy::Mixed,
        };
        let money = booked().filter(|payment| payment.kind == PaymentKind::Money);
        Self { by, paid_on: money.filter_map(|payment| payment.date).max() }
    }
}

/// Whether what is booked reaches the invoice's total. Sums too large to add do not.
pub(super) fn covers(
    payments: &[Payment],
    invoice: &AccountingInvoice,
    tolerance: RoundingTolerance,
) -> bool {
    let mut values = payments.iter().map(|payment| payment.value.amount);
    let booked = values.try_fold(Decimal::ZERO, Decimal::checked_add);
    let wanted = invoice.total.checked_sub(tolerance.of(invoice.currency));
    booked.zip(wanted).is_some_and(|(booked, wanted)| booked >= wanted)
}
