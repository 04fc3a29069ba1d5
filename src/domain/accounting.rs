//! An invoice as Bexio's books have it.
//!
//! Source: <https://docs.bexio.com/#tag/Invoices>. How Bexio writes it on the wire is
//! `bexio::wire`'s knowledge alone.

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{AccountingStatus, BexioContactId, BexioInvoiceId, CurrencyCode, Money, PsohubInvoiceId};

/// A Bexio `kb_invoice` without its positions. All amounts are in `currency`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountingInvoice {
    /// `id`.
    pub id: BexioInvoiceId,
    /// `document_nr`, such as RE-00512; a draft has one already.
    pub document_number: Box<str>,
    /// `title`.
    pub title: Option<Box<str>>,
    /// `kb_item_status_id`, understood.
    pub status: AccountingStatus,
    /// `kb_item_status_id` as Bexio wrote it.
    pub status_raw: i64,
    /// `contact_id`.
    pub contact_id: Option<BexioContactId>,
    /// `currency_id`, resolved through the company's currencies.
    pub currency: CurrencyCode,
    /// `total`: what the customer owes, rounded to the currency's step.
    pub total: Decimal,
    /// `total_net`: without VAT.
    pub total_net: Decimal,
    /// `total_taxes`, to four digits.
    pub total_taxes: Decimal,
    /// `total_received_payments`.
    pub received: Decimal,
    /// `total_credit_vouchers`: what was credited, also by a cancellation.
    pub credited: Decimal,
    /// `total_remaining_payments`. Zero does not mean paid: a cancelled invoice shows zero too.
    pub remaining: Decimal,
    /// `is_valid_from`: the invoice date.
    pub date: Option<Date>,
    /// `is_valid_to`: the due date.
    pub due_date: Option<Date>,
    /// `reference`.
    pub reference: Option<Box<str>>,
    /// `api_reference`: ours is `psohub:<InvoiceID>`.
    pub api_reference: Option<Box<str>>,
    /// `updated_at`, from Zurich wall time.
    pub updated_at: Timestamp,
}

impl AccountingInvoice {
    /// What `api_reference` starts with on an invoice that stands for a PSOhub invoice.
    pub const REFERENCE_PREFIX: &str = "psohub:";

    /// The PSOhub invoice that `api_reference` names, if it names one.
    pub fn psohub_id(&self) -> Option<PsohubInvoiceId> {
        self.api_reference.as_deref()?.trim().strip_prefix(Self::REFERENCE_PREFIX)?.parse().ok()
    }

    /// An amount of this invoice with its currency.
    pub const fn money(&self, amount: Decimal) -> Money {
        Money::new(amount, self.currency)
    }
}

/// A Bexio `kb_invoice` read by its id: with its positions and what only one invoice at a time tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountingInvoiceDetail {
    /// The invoice as lists have it.
    pub invoice: AccountingInvoice,
    /// `positions`, in Bexio's order.
    pub positions: Box<[AccountingPosition]>,
    /// `total_rounding_difference`: what rounding to the currency's step added.
    pub rounding_difference: Option<Decimal>,
    /// `network_link`: the customer's page of the invoice, where there is one.
    pub network_link: Option<Box<str>>,
}

/// One position of a Bexio invoice. Only custom and article positions have amounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountingPosition {
    /// `id`: unique among positions of one type only.
    pub id: Option<i64>,
    /// `type`, such as `KbPositionCustom`.
    pub kind: Box<str>,
    /// `text`: HTML.
    pub text: Option<Box<str>>,
    /// `amount`: the quantity.
    pub quantity: Option<Decimal>,
    /// `unit_price`.
    pub unit_price: Option<Decimal>,
    /// `position_total`.
    pub total: Option<Decimal>,
    /// `account_id` of the revenue account.
    pub account_id: Option<i64>,
    /// `tax_id`.
    pub tax_id: Option<i64>,
    /// `tax_value`: the rate in percent.
    pub tax_rate: Option<Decimal>,
}

/// Where a payment's value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PaymentKind {
    /// Money that arrived.
    Money,
    /// Settled by a credit voucher.
    CreditVoucher,
    /// Waived as a cash discount (Skonto).
    CashDiscount,
    /// Settled from the customer's account.
    ClientAccount,
}

/// A payment booked on a Bexio invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// `id`, unique within Bexio.
    pub id: i64,
    /// `date`.
    pub date: Option<Date>,
    /// `value`, in the invoice's currency.
    pub value: Money,
    /// Where the value came from.
    pub kind: PaymentKind,
    /// `title`.
    pub title: Option<Box<str>>,
}
