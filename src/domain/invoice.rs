//! An invoice as PSOhub has it, in accounting's words.
//!
//! Source: <https://help.psohub.com/psohub-api-invoices>. How PSOhub writes it on the wire is
//! `psohub::wire`'s knowledge alone.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{CurrencyCode, InvoiceStatus, Money, PsohubContactId, PsohubCustomerId, PsohubInvoiceId};

/// A PSOhub invoice. Amounts are in `currency` unless their name ends in `_base`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoice {
    /// `InvoiceID`.
    pub id: PsohubInvoiceId,
    /// `InvoiceNumber`, such as INV-2024-33; empty while PSOhub has given none.
    pub number: Box<str>,
    /// `InvoiceName`: the title that people see.
    pub name: Option<Box<str>>,
    /// `InvoiceDate`: a calendar date, whatever time zone it was written in.
    pub date: Option<Date>,
    /// `InvoiceDueDate`.
    pub due_date: Option<Date>,
    /// `InvoiceNote`: the text that goes with the invoice.
    pub note: Option<Box<str>>,
    /// `InvoiceStatus`, understood.
    pub status: InvoiceStatus,
    /// `InvoiceStatus` as PSOhub wrote it.
    pub status_raw: Box<str>,
    /// Whom it is for.
    pub customer: Option<InvoiceCustomer>,
    /// The person it is addressed to.
    pub contact: Option<InvoiceContact>,
    /// `InvoiceCurrencyCode`.
    pub currency: CurrencyCode,
    /// `TotalAmountExVAT`.
    pub total_ex_vat: Decimal,
    /// `TotalAmountIncVAT`: what the customer owes.
    pub total_inc_vat: Decimal,
    /// `TotalAmountExVATBaseCurrency`, in the company's own currency.
    pub total_ex_vat_base: Option<Money>,
    /// `TotalAmountIncVATBase`, in the company's own currency.
    pub total_inc_vat_base: Option<Money>,
    /// `InvoiceLines`, in PSOhub's order.
    pub lines: Box<[InvoiceLine]>,
    /// The external id where PSOhub returns one. Its documented answer does not.
    pub external_id: Option<Box<str>>,
    /// Whether PSOhub sent a PDF with it (drafts have none). The bytes are not kept.
    pub has_pdf: bool,
}

impl Invoice {
    /// `total_ex_vat` with its currency.
    pub const fn total_ex_vat_money(&self) -> Money {
        Money::new(self.total_ex_vat, self.currency)
    }

    /// `total_inc_vat` with its currency.
    pub const fn total_inc_vat_money(&self) -> Money {
        Money::new(self.total_inc_vat, self.currency)
    }
}

/// `CustomerID` and `CustomerName`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceCustomer {
    /// `CustomerID`, where it could be read.
    pub id: Option<PsohubCustomerId>,
    /// `CustomerName`.
    pub name: Box<str>,
}

/// `InvoiceContactID`, `InvoiceContactName`, `InvoiceContactEmail`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceContact {
    /// `InvoiceContactID`, where it could be read.
    pub id: Option<PsohubContactId>,
    /// `InvoiceContactName`.
    pub name: Option<Box<str>>,
    /// `InvoiceContactEmail`.
    pub email: Option<Box<str>>,
}

/// One of `InvoiceLines`. PSOhub gives totals only: no quantity and no unit price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceLine {
    /// `LineNumber` without its trailing blank, such as 10.002.
    pub number: Box<str>,
    /// `LineName`.
    pub name: Option<Box<str>>,
    /// `LineDescription` or `Description`: PSOhub's table and example disagree.
    pub description: Option<Box<str>>,
    /// `GLAccount`: the revenue account's number in Bexio, where the line names one.
    pub gl_account: Option<Box<str>>,
    /// `TaxCode`.
    pub tax_code: Option<Box<str>>,
    /// `TaxName`, such as BTW 21%.
    pub tax_name: Option<Box<str>>,
    /// `TotalAmountExVAT` of the line.
    pub total_ex_vat: Option<Decimal>,
    /// `TotalAmountIncVAT` of the line.
    pub total_inc_vat: Option<Decimal>,
    /// The hours and expenses that the line sums up.
    pub details: Box<[LineDetail]>,
}

/// What a detail line stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DetailKind {
    /// Hours of a person.
    Time,
    /// An expense.
    Expense,
    /// PSOhub did not say.
    Unknown,
}

/// One entry of hours or expenses behind an invoice line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineDetail {
    /// Hours or expense.
    pub kind: DetailKind,
    /// The day of the work or the expense.
    pub date: Option<Date>,
    /// Who worked or paid.
    pub person: Option<Box<str>>,
    /// The person's role on the project.
    pub role: Option<Box<str>>,
    /// What for.
    pub description: Option<Box<str>>,
    /// Number of hours.
    pub hours: Option<Decimal>,
    /// Price of an hour.
    pub hourly_rate: Option<Decimal>,
    /// Amount without VAT.
    pub amount_ex_vat: Option<Decimal>,
    /// Amount with VAT.
    pub amount_inc_vat: Option<Decimal>,
}
