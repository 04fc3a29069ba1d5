//! Creating, issuing and deleting an invoice.
//!
//! <https://docs.bexio.com/#tag/Invoices>. What is created is a draft; `header` and `footer` are left out,
//! so that Bexio fills in the company's own.

use jiff::civil::Date;
use serde::Serialize;

use super::WriteError;
use crate::bexio::BexioClient;
use crate::bexio::invoices::{PATH, invoice};
use crate::domain::money::decimal_text;
use crate::domain::plan::{Choice, Plan, Position, VatMode};
use crate::domain::{AccountingInvoice, BexioContactId, BexioInvoiceId, Currencies, Currency, CurrencyCode};
use crate::transport::Method;

const CREATE: &str = "POST /2.0/kb_invoice";

impl BexioClient {
    /// Creates the draft that `plan` describes, for a customer and perhaps a person there. Bexio gives it
    /// a number at once. Its amounts are not rounded yet: read it again before relying on them.
    ///
    /// <https://docs.bexio.com/#tag/Invoices/operation/v2CreateInvoice>
    ///
    /// # Errors
    /// [`WriteError`], by what to do next; `NotSent` for a plan that may not be sent.
    pub async fn create_invoice(
        &self,
        contact: BexioContactId,
        person: Option<BexioContactId>,
        plan: &Plan,
    ) -> Result<AccountingInvoice, WriteError> {
        let (draft, currencies) =
            Draft::of(contact, person, plan).map_err(|missing| self.not_built(CREATE, missing))?;
        let answer = self.change(PATH, CREATE, &draft).await?;
        self.answered(&answer, |fields, reader| invoice(fields, reader, &currencies))
    }

    /// Issues a draft. Bexio refuses it for anything else.
    ///
    /// <https://docs.bexio.com/#tag/Invoices/operation/v2IssueInvoice>
    ///
    /// # Errors
    /// [`WriteError`], by what to do next.
    pub async fn issue_invoice(&self, id: BexioInvoiceId) -> Result<(), WriteError> {
        let path = format!("{PATH}/{id}/issue");
        self.act(Method::POST, &path, "POST /2.0/kb_invoice/{invoice_id}/issue").await
    }

    /// Deletes a draft for good. Bexio refuses it for what is issued.
    ///
    /// <https://docs.bexio.com/#tag/Invoices/operation/DeleteInvoice>
    ///
    /// # Errors
    /// [`WriteError`], by what to do next: a 404 says that it was gone before.
    pub async fn delete_invoice(&self, id: BexioInvoiceId) -> Result<(), WriteError> {
        let path = format!("{PATH}/{id}");
        self.act(Method::DELETE, &path, "DELETE /2.0/kb_invoice/{invoice_id}").await
    }
}

/// The body of a create. Whatever the plan leaves to Bexio is left out.
#[derive(Debug, Serialize)]
struct Draft<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    document_nr: Option<&'a str>,
    title: &'a str,
    contact_id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact_sub_id: Option<i64>,
    user_id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    language_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bank_account_id: Option<i64>,
    currency_id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_type_id: Option<i64>,
    mwst_type: u8,
    mwst_is_net: bool,
    is_valid_from: Date,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_valid_to: Option<Date>,
    api_reference: &'a str,
    positions: Vec<CustomPosition<'a>>,
}

/// `mwst_type` and `mwst_is_net`.
const fn vat(mode: VatMode) -> (u8, bool) {
    match mode {
        VatMode::Added => (0, true),
        VatMode::Included => (0, false),
        VatMode::Without => (1, true),
        VatMode::Exempt => (2, true),
    }
}

impl<'a> Draft<'a> {
    /// The body, and what its answer's currency can be; in words what the plan lacks.
    fn of(
        contact: BexioContactId,
        person: Option<BexioContactId>,
        plan: &'a Plan,
    ) -> Result<(Self, Currencies), String> {
        let header = &plan.header;
        let lacks = |what: &str| format!("the plan of invoice {} has no {what}", plan.invoice_number);
        let currency_id = header.currency_id.ok_or_else(|| lacks("currency"))?;
        let id = |choice: &Option<Choice>| choice.as_ref().map(|choice| choice.id);
        let (mwst_type, mwst_is_net) = vat(header.vat_mode);
        let draft = Self {
            document_nr: header.document_number.as_deref(),
            title: &header.title,
            contact_id: contact.get(),
            contact_sub_id: person.map(BexioContactId::get),
            user_id: header.user_id.ok_or_else(|| lacks("user"))?,
            language_id: id(&header.language),
            bank_account_id: id(&header.bank_account),
            currency_id,
            payment_type_id: id(&header.payment_type),
            mwst_type,
            mwst_is_net,
            is_valid_from: header.date,
            is_valid_to: header.due_date,
            api_reference: &header.api_reference,
            positions: plan
                .positions
                .iter()
                .map(|position| CustomPosition::of(position, header.currency).map_err(|what| lacks(&what)))
                .collect::<Result<_, _>>()?,
        };
        let currency = Currency { id: currency_id, code: header.currency, round_factor: None };
        Ok((draft, [currency].into_iter().collect()))
    }
}

/// A position of the kind that names its own account. Its quantity is 1.
#[derive(Debug, Serialize)]
struct CustomPosition<'a> {
    r#type: &'static str,
    amount: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit_id: Option<i64>,
    account_id: i64,
    tax_id: i64,
    text: &'a str,
    unit_price: String,
}

impl<'a> CustomPosition<'a> {
    fn of(position: &'a Position, currency: CurrencyCode) -> Result<Self, String> {
        let lacks = |what: &str| format!("{what} for line {}", position.line_number);
        let price = position.unit_price.ok_or_else(|| lacks("amount"))?;
        Ok(Self {
            r#type: "KbPositionCustom",
            amount: "1",
            unit_id: position.unit_id,
            account_id: position.account.as_ref().ok_or_else(|| lacks("account"))?.id,
            tax_id: position.tax.as_ref().ok_or_else(|| lacks("tax"))?.id,
            text: &position.text,
            unit_price: decimal_text(price, currency.minor_digits()),
        })
    }
}
