//! Payments on an invoice, and the rows beside them that are no money: credit vouchers and cash discounts.

use jiff::civil::Date;
use rust_decimal::Decimal;

/// A row of `/2.0/kb_invoice/{id}/payment`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Bexio's id.
    pub id: i64,
    /// The value date.
    pub date: Date,
    /// In the invoice's currency.
    pub value: Decimal,
    /// Where the money came in.
    pub bank_account_id: Option<i64>,
    /// 1 PayPal, 2 Stripe, 3 SIX.
    pub payment_service_id: Option<i64>,
    /// Not money: a cash discount (Skonto).
    pub is_cash_discount: bool,
    /// Not money: a credit voucher's id.
    pub kb_credit_voucher_id: Option<i64>,
}
