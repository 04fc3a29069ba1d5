//! What a plan is made from: all of it handed in, so that the same input gives the same plan.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{ContactResolution, VatMode};
use crate::domain::catalog::{Account, BankAccount, Coded, InvoiceSettings, Named, Tax};
use crate::domain::delivery::{ExternalIdKind, State};
use crate::domain::{BexioInvoiceId, Currencies, Invoice, RoundingTolerance};

/// Everything that decides what is sent.
#[derive(Debug, Clone, Copy)]
pub struct PlanInput<'a> {
    /// The frozen PSOhub invoice.
    pub invoice: &'a Invoice,
    /// What is known of it already.
    pub standing: &'a Standing,
    /// What the caller asked for.
    pub options: &'a SendOptions,
    /// What the operator configured.
    pub settings: &'a SendSettings,
    /// What Bexio has set up.
    pub catalog: &'a CatalogSnapshot,
    /// Which contact would be used.
    pub contact: &'a ContactResolution,
    /// The company's calendar date.
    pub today: Date,
}

/// What stands against a first send: the invoice may have been through it already.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// The Bexio invoice it is linked to.
    pub linked: Option<BexioInvoiceId>,
    /// PSOhub says that it has an external id, whatever the value.
    pub has_external_id: bool,
    /// The state of its delivery, unless that one is to go on with this very plan.
    pub delivery: Option<State>,
}

/// What a caller of `sendInvoice` can ask for. `None` means: as configured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendOptions {
    /// Whether Bexio is to mail it.
    pub email: bool,
    /// To whom; else the invoice's contact.
    pub recipient: Option<Box<str>>,
    /// Subject; placeholders as in the settings.
    pub subject: Option<Box<str>>,
    /// Message; else the invoice's note.
    pub message: Option<Box<str>>,
    /// Account number for lines that name none.
    pub revenue_account: Option<Box<str>>,
    /// Tax code for lines that name neither code nor rate.
    pub tax_code: Option<Box<str>>,
    /// ISO 639-1 code.
    pub language: Option<Box<str>>,
    /// Bexio's id.
    pub bank_account_id: Option<i64>,
}

impl Default for SendOptions {
    fn default() -> Self {
        Self {
            email: true,
            recipient: None,
            subject: None,
            message: None,
            revenue_account: None,
            tax_code: None,
            language: None,
            bank_account_id: None,
        }
    }
}

/// What becomes of the hours and expenses behind a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DetailLines {
    /// They are left out.
    Omit,
    /// They are listed in the line's text.
    #[default]
    InText,
}

/// What the operator configured for sending, comparing and the payment sync. A version that was saved before a setting existed has its
/// default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SendSettings {
    /// Account number for lines that name none.
    pub revenue_account: Option<Box<str>>,
    /// Tax code for lines that name neither code nor rate.
    pub tax_code: Option<Box<str>>,
    /// Tax code for lines at 0 %, where Bexio has several.
    pub zero_tax_code: Option<Box<str>>,
    /// What becomes of detail lines.
    pub detail_lines: DetailLines,
    /// ISO 639-1 code of invoices; else the contact's language, else the company's.
    pub language: Option<Box<str>>,
    /// Bexio's id; else the company's for the currency.
    pub bank_account_id: Option<i64>,
    /// Bexio's id; else the company's.
    pub payment_type_id: Option<i64>,
    /// Bexio's id of the unit of each line; else none.
    pub unit_id: Option<i64>,
    /// Subject with placeholders; else a plain one in the invoice's language.
    pub subject: Option<Box<str>>,
    /// Message with placeholders for invoices without a note; else a plain one.
    pub message: Option<Box<str>>,
    /// Whether Bexio attaches its PDF.
    pub attach_pdf: bool,
    /// What is written back to PSOhub.
    pub external_id: ExternalIdKind,
    /// How VAT stands on invoices.
    pub vat_mode: VatMode,
    /// Within which amount the two sides' totals count as equal: here, in the reconciliation and for the
    /// payment sync.
    pub rounding_tolerance: RoundingTolerance,
    /// When the payment sync runs by itself: six cron fields, in UTC; else as configured.
    pub payment_sync_cron: Option<Box<str>>,
}

impl Default for SendSettings {
    fn default() -> Self {
        Self {
            revenue_account: None,
            tax_code: None,
            zero_tax_code: None,
            detail_lines: DetailLines::default(),
            language: None,
            bank_account_id: None,
            payment_type_id: None,
            unit_id: None,
            subject: None,
            message: None,
            attach_pdf: true,
            external_id: ExternalIdKind::DocumentNumber,
            vat_mode: VatMode::default(),
            rounding_tolerance: RoundingTolerance::STANDARD,
            payment_sync_cron: None,
        }
    }
}

/// What Bexio has set up, as of one look.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogSnapshot {
    /// The chart of accounts.
    pub accounts: Vec<Account>,
    /// All taxes, also those that are over.
    pub taxes: Vec<Tax>,
    /// The currencies.
    pub currencies: Currencies,
    /// The languages.
    pub languages: Vec<Coded>,
    /// The company's bank accounts.
    pub bank_accounts: Vec<BankAccount>,
    /// The payment types.
    pub payment_types: Vec<Named>,
    /// The units.
    pub units: Vec<Named>,
    /// Numbering and presets of invoices.
    pub invoice_settings: Option<InvoiceSettings>,
    /// The user who creates invoices: the token's.
    pub user_id: Option<i64>,
    /// The sales tax that Bexio proposes, where it says so; else the account's proposal is taken.
    pub default_tax_id: Option<i64>,
}
