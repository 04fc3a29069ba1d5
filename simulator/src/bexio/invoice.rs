//! An invoice (`kb_invoice`) as it is kept: compact, because a hundred thousand of them must fit.
//!
//! What may happen to it is `ledger.rs`; how it is written on the wire is `wire.rs`.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use rust_decimal::Decimal;

use super::money::{Totals, VatMode};
use super::payment::Payment;
use super::position::{Placed, Position};
use super::reminder::{Comment, Reminder};

/// `kb_item_status_id`.
pub mod status {
    /// Draft: editable, deletable.
    pub const DRAFT: i64 = 7;
    /// Issued and open.
    pub const PENDING: i64 = 8;
    /// Paid.
    pub const PAID: i64 = 9;
    /// Partly paid.
    pub const PARTIAL: i64 = 16;
    /// Cancelled.
    pub const CANCELED: i64 = 19;
    /// Unpaid: meaning not documented; never paid.
    pub const UNPAID: i64 = 31;
}

/// An invoice. Amounts that follow from others are methods.
#[derive(Clone, Debug)]
pub struct Invoice {
    /// Bexio's id.
    pub id: i64,
    /// For example `RE-00512`; drafts have one too.
    pub document_nr: Box<str>,
    /// The title.
    pub title: Option<Box<str>>,
    /// The customer.
    pub contact_id: Option<i64>,
    /// The person at the customer.
    pub contact_sub_id: Option<i64>,
    /// Who made it.
    pub user_id: i64,
    /// Written as `pr_project_id`.
    pub project_id: Option<i64>,
    /// Language of the document.
    pub language_id: i64,
    /// Where the customer pays to.
    pub bank_account_id: i64,
    /// Currency of every amount.
    pub currency_id: i64,
    /// How the customer pays.
    pub payment_type_id: Option<i64>,
    /// HTML above the positions.
    pub header: Arc<str>,
    /// HTML below the positions.
    pub footer: Arc<str>,
    /// 0 with VAT, 1 without, 2 exempt.
    pub mwst_type: u8,
    /// With `mwst_type` 0: VAT is added on top.
    pub mwst_is_net: bool,
    /// Whether each position shows its tax.
    pub show_position_taxes: bool,
    /// Invoice date.
    pub is_valid_from: Date,
    /// Due date.
    pub is_valid_to: Date,
    /// The frozen address, lines joined by a line feed.
    pub contact_address: Arc<str>,
    /// One of [`status`].
    pub kb_item_status_id: i64,
    /// Free text, shown.
    pub reference: Option<Box<str>>,
    /// Text that only the API shows.
    pub api_reference: Option<Box<str>>,
    /// When the customer opened the network link, Zurich.
    pub viewed_by_client_at: Option<DateTime>,
    /// The last change, Zurich, seconds.
    pub updated_at: DateTime,
    /// The document template.
    pub template_slug: Option<Box<str>>,
    /// The positions in order.
    pub positions: Vec<Placed>,
    /// Payments, credit vouchers and cash discounts booked on it.
    pub payments: Vec<Payment>,
    /// Reminders, oldest first.
    pub reminders: Vec<Reminder>,
    /// Comments, oldest first.
    pub comments: Vec<Comment>,
    /// What the positions add up to.
    pub totals: Totals,
    /// What `cancel` booked as an internal voucher.
    pub cancel_voucher: Decimal,
    /// Marked as sent or mailed. Not readable through the API.
    pub is_sent: bool,
}

impl Invoice {
    /// Money received, cash discounts included.
    pub fn received(&self) -> Decimal {
        self.sum_of_payments(|payment| payment.kb_credit_voucher_id.is_none())
    }

    /// Credit vouchers, the one of a cancellation included.
    pub fn credit_vouchers(&self) -> Decimal {
        self.sum_of_payments(|payment| payment.kb_credit_voucher_id.is_some())
            .saturating_add(self.cancel_voucher)
    }

    /// What is still owed.
    pub fn remaining(&self) -> Decimal {
        self.totals.total.saturating_sub(self.received()).saturating_sub(self.credit_vouchers())
    }

    /// What VAT does to the lines.
    pub fn vat_mode(&self) -> VatMode {
        match (self.mwst_type, self.mwst_is_net) {
            (0, true) => VatMode::OnTop,
            (0, false) => VatMode::Contained,
            _ => VatMode::None,
        }
    }

    /// Whether it was issued and is neither paid nor cancelled.
    pub fn is_open(&self) -> bool {
        matches!(self.kb_item_status_id, status::PENDING | status::PARTIAL | status::UNPAID)
    }

    fn sum_of_payments(&self, wanted: impl Fn(&Payment) -> bool) -> Decimal {
        self.payments.iter().filter(|p| wanted(p)).fold(Decimal::ZERO, |sum, p| sum.saturating_add(p.value))
    }
}

/// An invoice to be made. What is `None` takes the company's default.
#[derive(Clone, Debug, Default)]
pub struct NewInvoice {
    /// The number; `None` takes the next one.
    pub document_nr: Option<String>,
    /// The title.
    pub title: Option<String>,
    /// The customer.
    pub contact_id: Option<i64>,
    /// The person at the customer.
    pub contact_sub_id: Option<i64>,
    /// Who made it.
    pub user_id: Option<i64>,
    /// The project.
    pub project_id: Option<i64>,
    /// Language of the document.
    pub language_id: Option<i64>,
    /// Where the customer pays to.
    pub bank_account_id: Option<i64>,
    /// Currency of every amount.
    pub currency_id: Option<i64>,
    /// How the customer pays.
    pub payment_type_id: Option<i64>,
    /// HTML above the positions; `Some("")` suppresses the default text.
    pub header: Option<String>,
    /// HTML below the positions; `Some("")` suppresses the default text.
    pub footer: Option<String>,
    /// 0 with VAT, 1 without, 2 exempt.
    pub mwst_type: Option<u8>,
    /// With `mwst_type` 0: VAT is added on top.
    pub mwst_is_net: Option<bool>,
    /// Whether each position shows its tax.
    pub show_position_taxes: bool,
    /// Invoice date; `None` is today in Zurich.
    pub is_valid_from: Option<Date>,
    /// Due date; `None` is the invoice date plus the default period.
    pub is_valid_to: Option<Date>,
    /// Replaces the contact's address.
    pub contact_address_manual: Option<String>,
    /// Free text, shown.
    pub reference: Option<String>,
    /// Text that only the API shows.
    pub api_reference: Option<String>,
    /// The document template.
    pub template_slug: Option<String>,
    /// The positions in order.
    pub positions: Vec<Position>,
    /// When it is made, which becomes `updated_at`; `None` is now.
    pub at: Option<Timestamp>,
}

/// A change made in Bexio's own interface. `None` leaves a field alone.
#[derive(Clone, Debug, Default)]
pub struct InvoiceChange {
    /// The title.
    pub title: Option<String>,
    /// The customer.
    pub contact_id: Option<i64>,
    /// Invoice date.
    pub is_valid_from: Option<Date>,
    /// Due date.
    pub is_valid_to: Option<Date>,
    /// Text that only the API shows; `Some(None)` takes it away.
    pub api_reference: Option<Option<String>>,
    /// Currency.
    pub currency_id: Option<i64>,
    /// All positions anew.
    pub positions: Option<Vec<Position>>,
}
