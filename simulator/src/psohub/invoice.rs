//! An invoice as PSOhub keeps it.

use std::sync::Arc;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::id_text;

/// Text that many invoices share: names, roles, notes.
pub type Text = Arc<str>;

/// The invoice's status. Written capitalised, filtered by in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Still being written; has no PDF.
    Draft,
    /// Approved, not sent by PSOhub.
    Approved,
    /// Sent by PSOhub.
    Sent,
    /// Paid; final.
    Paid,
    /// Void; not a filter value.
    Void,
    /// A status that the documentation does not name.
    Other(Text),
}

impl Status {
    /// As it is written in a row.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Draft => "Draft",
            Self::Approved => "Approved",
            Self::Sent => "Sent",
            Self::Paid => "Paid",
            Self::Void => "Void",
            Self::Other(text) => text,
        }
    }

    /// The status of a documented filter value.
    pub fn from_filter(value: &str) -> Option<Self> {
        match value {
            "draft" => Some(Self::Draft),
            "approved" => Some(Self::Approved),
            "sent" => Some(Self::Sent),
            "paid" => Some(Self::Paid),
            _ => None,
        }
    }
}

/// An invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Invoice {
    /// `InvoiceID`; above 2^53, so text in the control API.
    #[serde(serialize_with = "id_text::serialize")]
    pub id: i64,
    /// `InvoiceNumber`, unique.
    pub number: Text,
    /// `InvoiceName`.
    pub name: Text,
    /// `InvoiceDate`.
    pub date: Date,
    /// `InvoiceDueDate`.
    pub due_date: Date,
    /// `InvoiceNote`: the mail's text.
    pub note: Text,
    /// `InvoiceStatus`.
    pub status: Status,
    /// Who pays.
    pub customer: Arc<Customer>,
    /// `InvoiceCurrencyCode`: ISO 4217.
    pub currency: Text,
    /// `TotalAmountExVAT`.
    pub total_ex_vat: Decimal,
    /// `TotalAmountIncVAT`.
    pub total_inc_vat: Decimal,
    /// `TotalAmountExVATBaseCurrency`.
    pub total_ex_vat_base: Decimal,
    /// `TotalAmountIncVATBase`.
    pub total_inc_vat_base: Decimal,
    /// Set by PATCH external; not in the rows unless switched on.
    pub external_id: Option<Text>,
    /// `InvoiceLines`.
    pub lines: Vec<Line>,
    /// Fields of the row that are put out as this text, whatever it is (`NaN`, `{`); an empty text leaves the field
    /// out, an unknown name adds one.
    pub raw_fields: Vec<(String, String)>,
}

/// The customer and the person the invoice goes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// `CustomerID`.
    #[serde(with = "id_text")]
    pub id: i64,
    /// `CustomerName`.
    pub name: Text,
    /// `InvoiceContactID`.
    #[serde(with = "id_text")]
    pub contact_id: i64,
    /// `InvoiceContactName`.
    pub contact_name: Text,
    /// `InvoiceContactEmail`.
    pub contact_email: Text,
}

/// A line of an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// `LineNumber`; the vendor's sample has a trailing blank.
    pub number: Text,
    /// `LineName`.
    pub name: Text,
    /// `LineDescription`.
    pub description: Text,
    /// `GLAccount`: the revenue account's number.
    pub gl_account: Option<Text>,
    /// `TaxCode`; written as a number if it is one.
    pub tax_code: Option<Text>,
    /// `TaxName`.
    pub tax_name: Text,
    /// `TotalAmountExVAT`.
    pub total_ex_vat: Decimal,
    /// `TotalAmountIncVAT`.
    pub total_inc_vat: Decimal,
    /// `InvoiceDetailLines`.
    pub details: Vec<Detail>,
}

/// A detail line: what was done or spent. The vendor's names for these are not known; ours are a guess.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum Detail {
    /// Hours of a person.
    Time {
        /// The day.
        date: Date,
        /// Who worked.
        account: Text,
        /// In which role.
        role: Text,
        /// On what.
        description: Text,
        /// `NumberOfHours`.
        hours: Decimal,
        /// `HourlyRate`.
        rate: Decimal,
        /// `AmountExVAT`.
        amount_ex_vat: Decimal,
    },
    /// Money spent for the customer.
    Expense {
        /// The day.
        date: Date,
        /// Who spent it.
        account: Text,
        /// On what.
        description: Text,
        /// `AmountExVAT`.
        amount_ex_vat: Decimal,
        /// `VATAmount`.
        vat_amount: Decimal,
        /// `TotalAmount`.
        total_amount: Decimal,
    },
}

/// An invoice to add: name only what matters, the rest has sensible defaults.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NewPsohubInvoice {
    /// Default: the next free one.
    #[serde(deserialize_with = "id_text::option")]
    pub id: Option<i64>,
    /// Default: `INV-<year>-<n>`.
    pub number: Option<Text>,
    /// Title of the invoice.
    pub name: Text,
    /// Default: today.
    pub date: Option<Date>,
    /// Default: 30 days after the date.
    pub due_date: Option<Date>,
    /// The mail's text.
    pub note: Text,
    /// Default: approved.
    pub status: Status,
    /// Who pays.
    pub customer: Arc<Customer>,
    /// Default: CHF.
    pub currency: Text,
    /// Default: the sum of the lines.
    pub total_ex_vat: Option<Decimal>,
    /// Default: the sum of the lines.
    pub total_inc_vat: Option<Decimal>,
    /// Default: the total; exchange rates are the caller's.
    pub total_ex_vat_base: Option<Decimal>,
    /// Default: the total.
    pub total_inc_vat_base: Option<Decimal>,
    /// Default: none yet.
    pub external_id: Option<Text>,
    /// Default: one line of CHF 1,000 with 8.1 % VAT.
    pub lines: Vec<Line>,
    /// See [`Invoice::raw_fields`].
    pub raw_fields: Vec<(String, String)>,
}

impl Detail {
    /// What the line owes to this detail.
    pub fn amount_ex_vat(&self) -> Decimal {
        match self {
            Self::Time { amount_ex_vat, .. } | Self::Expense { amount_ex_vat, .. } => *amount_ex_vat,
        }
    }
}

impl Default for NewPsohubInvoice {
    fn default() -> Self {
        Self {
            id: None,
            number: None,
            name: "Beratung".into(),
            date: None,
            due_date: None,
            note: "Vielen Dank für Ihren Auftrag.".into(),
            status: Status::Approved,
            customer: Arc::new(Customer {
                id: 14_073_748_838_900_001,
                name: "Muster Bau AG".into(),
                contact_id: 21_110_623_256_800_001,
                contact_name: "Eva Muster".into(),
                contact_email: "eva.muster@bau.example".into(),
            }),
            currency: "CHF".into(),
            total_ex_vat: None,
            total_inc_vat: None,
            total_ex_vat_base: None,
            total_inc_vat_base: None,
            external_id: None,
            lines: vec![Line::default()],
            raw_fields: Vec::new(),
        }
    }
}

impl Default for Line {
    fn default() -> Self {
        Self {
            number: "10.001 ".into(),
            name: "Beratung".into(),
            description: "Gemäss Vereinbarung".into(),
            gl_account: None,
            tax_code: None,
            tax_name: "MWST 8.1%".into(),
            total_ex_vat: Decimal::from(1000),
            total_inc_vat: Decimal::from(1081),
            details: Vec::new(),
        }
    }
}

impl NewPsohubInvoice {
    /// The same with one plain line of these totals.
    #[must_use]
    pub fn with_totals(mut self, ex_vat: Decimal, inc_vat: Decimal) -> Self {
        self.lines = vec![Line { total_ex_vat: ex_vat, total_inc_vat: inc_vat, ..Line::default() }];
        self
    }
}
