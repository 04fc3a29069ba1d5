//! Bexio's `kb_invoice`: lists, searches, one invoice with its positions, its PDF.
//!
//! <https://docs.bexio.com/#tag/Invoices>

use jiff::Timestamp;
use serde_json::value::RawValue;

use super::client::{BexioClient, Criterion, SEARCH_BUCKET, Search};
use super::error::BexioError;
use super::pdf::{Pdf, decode_pdf};
use super::rows::{Page, Rows};
use super::time::{timestamp_of, wall_since};
use crate::domain::{
    AccountingInvoice, AccountingInvoiceDetail, AccountingPosition, AccountingStatus, BexioContactId,
    BexioInvoiceId, Currencies,
};
use crate::transport::json::{self, FieldFault, Fields, Reader};

pub(super) const PATH: &str = "/2.0/kb_invoice";
const SEARCH: Search = Search {
    path: "/2.0/kb_invoice/search",
    route: "POST /2.0/kb_invoice/search",
    bucket: Some(SEARCH_BUCKET),
};
/// Paging by offset over rows that change is only safe in an order that does not.
const BY_ID: [(&str, &str); 1] = [("order_by", "id")];
/// 20 MB of PDF as base64 inside JSON.
const PDF_BYTES_MAX: usize = 28 * 1024 * 1024;

impl BexioClient {
    /// A page of all invoices, by id. `currencies` are the company's: lists name only their ids.
    ///
    /// <https://docs.bexio.com/#tag/Invoices/operation/v2ListInvoices>
    ///
    /// # Errors
    /// [`BexioError`].
    pub async fn list_page(
        &self,
        offset: u32,
        currencies: &Currencies,
    ) -> Result<Page<AccountingInvoice>, BexioError> {
        self.page(PATH, "GET /2.0/kb_invoice", &BY_ID, offset, |fields, reader| {
            invoice(fields, reader, currencies)
        })
        .await
    }

    /// A page of the invoices that changed at or after `since`, by id. Some that changed up to an
    /// hour before may be among them.
    ///
    /// <https://docs.bexio.com/#tag/Invoices/operation/v2SearchInvoices>
    ///
    /// # Errors
    /// [`BexioError`].
    pub async fn search_updated_since(
        &self,
        since: Timestamp,
        offset: u32,
        currencies: &Currencies,
    ) -> Result<Page<AccountingInvoice>, BexioError> {
        let criteria = [Criterion { field: "updated_at", criteria: ">=", value: &wall_since(since) }];
        self.search_page(&SEARCH, &criteria, &BY_ID, offset, |fields, reader| {
            invoice(fields, reader, currencies)
        })
        .await
    }

    /// The invoices whose `api_reference` is exactly this. Bexio does not keep it unique.
    ///
    /// <https://docs.bexio.com/#tag/Invoices/operation/v2SearchInvoices>
    ///
    /// # Errors
    /// [`BexioError`]. A row that cannot be understood is in the problems: there may be one more
    /// invoice than the rows show.
    pub async fn search_api_reference(
        &self,
        api_reference: &str,
        currencies: &Currencies,
    ) -> Result<Rows<AccountingInvoice>, BexioError> {
        let criteria = [Criterion { field: "api_reference", criteria: "=", value: api_reference }];
        let page = self
            .search_page(&SEARCH, &criteria, &BY_ID, 0, |fields, reader| invoice(fields, reader, currencies))
            .await?;
        let mut rows = page.rows;
        rows.rows.retain(|invoice| invoice.api_reference.as_deref() == Some(api_reference.trim_end()));
        Ok(rows)
    }

    /// The invoices whose title holds `text`, and perhaps a few more: Bexio's `%` and `_` stand for any
    /// letters and cannot be escaped for certain, so the caller compares titles itself. No text finds
    /// nothing.
    ///
    /// <https://docs.bexio.com/#tag/Invoices/operation/v2SearchInvoices>
    ///
    /// # Errors
    /// [`BexioError`]. A row that cannot be understood is in the problems.
    pub async fn search_title(
        &self,
        text: &str,
        currencies: &Currencies,
    ) -> Result<Rows<AccountingInvoice>, BexioError> {
        if text.trim().is_empty() {
            return Ok(Rows::default());
        }
        let criteria = [Criterion { field: "title", criteria: "like", value: &like_any(text) }];
        self.search_all(&SEARCH, &criteria, &BY_ID, |fields, reader| invoice(fields, reader, currencies))
            .await
    }

    /// One invoice with its positions; `None` when there is none (any more).
    ///
    /// <https://docs.bexio.com/#tag/Invoices/operation/v2ShowInvoice>
    ///
    /// # Errors
    /// [`BexioError`].
    pub async fn invoice(
        &self,
        id: BexioInvoiceId,
        currencies: &Currencies,
    ) -> Result<Option<AccountingInvoiceDetail>, BexioError> {
        let path = format!("{PATH}/{id}");
        let Some(answer) = self.get(&path, "GET /2.0/kb_invoice/{invoice_id}").await? else {
            return Ok(None);
        };
        self.object(&answer, |fields, reader| detail(fields, reader, currencies)).map(Some)
    }

    /// Bexio's own PDF of an invoice.
    ///
    /// <https://docs.bexio.com/#tag/Invoices/operation/v2ShowInvoicePDF>
    ///
    /// # Errors
    /// [`BexioError`].
    pub async fn pdf(&self, id: BexioInvoiceId) -> Result<Pdf, BexioError> {
        let path = format!("{PATH}/{id}/pdf");
        let answer = self.get_large(&path, "GET /2.0/kb_invoice/{invoice_id}/pdf", PDF_BYTES_MAX).await?;
        self.used(decode_pdf(&answer))
    }
}

/// Longest value of a criterion that Bexio takes, in characters.
const VALUE_CHARS_MAX: usize = 255;

/// A pattern for texts that hold `text`, or more of them, and never fewer: wildcards in it are left,
/// since they fit themselves too, and a backslash, which could take the next letter's meaning away,
/// becomes one.
fn like_any(text: &str) -> String {
    let letters = text.trim().chars().map(|letter| if letter == '\\' { '_' } else { letter });
    let start: String = letters.take(VALUE_CHARS_MAX - 2).collect();
    format!("%{start}%")
}

pub(super) fn invoice(
    fields: &mut Fields<'_>,
    reader: &mut Reader,
    currencies: &Currencies,
) -> Result<AccountingInvoice, FieldFault> {
    reader.number = reader.word("document_nr", fields.value(&["document_nr"]));
    let id = Reader::required("id", fields.value(&["id"]), json::integer_of)?;
    reader.id = Some(id);
    let id = BexioInvoiceId::new(id).ok_or_else(|| FieldFault::new("id", "it is not positive"))?;
    let status_raw =
        Reader::required("kb_item_status_id", fields.value(&["kb_item_status_id"]), json::integer_of)?;
    let currency_id = Reader::required("currency_id", fields.value(&["currency_id"]), json::integer_of)?;
    let currency = currencies.get(currency_id).ok_or_else(|| {
        FieldFault::new("currency_id", format_args!("{currency_id} is none of the company's currencies"))
    })?;
    let mut amount = |name: &'static str| Reader::required(name, fields.value(&[name]), json::decimal_of);
    let total = amount("total")?;
    let total_net = amount("total_net")?;
    let total_taxes = amount("total_taxes")?;
    let received = amount("total_received_payments")?;
    let credited = amount("total_credit_vouchers")?;
    let remaining = amount("total_remaining_payments")?;
    let updated_at = reader.read("updated_at", fields.value(&["updated_at"]), timestamp_of);
    let contact_id = reader.read("contact_id", fields.value(&["contact_id"]), json::integer_of);
    Ok(AccountingInvoice {
        id,
        document_number: reader.number.clone().unwrap_or_default(),
        title: reader.text("title", fields.value(&["title"])),
        status: AccountingStatus::from_raw(status_raw),
        status_raw,
        contact_id: contact_id.and_then(BexioContactId::new),
        currency: currency.code,
        total,
        total_net,
        total_taxes,
        received,
        credited,
        remaining,
        date: reader.read("is_valid_from", fields.value(&["is_valid_from"]), json::date_of),
        due_date: reader.read("is_valid_to", fields.value(&["is_valid_to"]), json::date_of),
        reference: reader.text("reference", fields.value(&["reference"])),
        api_reference: reader.text("api_reference", fields.value(&["api_reference"])),
        // Long ago is the safe side for whoever takes a watermark from it.
        updated_at: updated_at.unwrap_or(Timestamp::UNIX_EPOCH),
    })
}

fn detail(
    fields: &mut Fields<'_>,
    reader: &mut Reader,
    currencies: &Currencies,
) -> Result<AccountingInvoiceDetail, FieldFault> {
    let invoice = invoice(fields, reader, currencies)?;
    let positions = Reader::required("positions", fields.value(&["positions"]), json::elements_of)?;
    let difference = fields.value(&["total_rounding_difference"]);
    Ok(AccountingInvoiceDetail {
        invoice,
        positions: positions
            .into_iter()
            .enumerate()
            .map(|(i, raw)| position(raw, i, reader))
            .collect::<Result<_, _>>()?,
        rounding_difference: reader.read("total_rounding_difference", difference, json::decimal_of),
        network_link: reader.text("network_link", fields.value(&["network_link"])),
    })
}

fn position(raw: &RawValue, index: usize, reader: &mut Reader) -> Result<AccountingPosition, FieldFault> {
    let place = format!("positions[{index}]");
    let mut fields = Fields::of(raw).map_err(|error| FieldFault::new(&place, error))?;
    let at = |name: &str| format!("{place}.{name}");
    let kind = reader.word(&at("type"), fields.value(&["type"])).unwrap_or_default();
    let text = reader.text(&at("text"), fields.value(&["text"]));
    let mut amount = |name: &str| reader.read(&at(name), fields.value(&[name]), json::decimal_of);
    let (quantity, unit_price) = (amount("amount"), amount("unit_price"));
    let (total, tax_rate) = (amount("position_total"), amount("tax_value"));
    let mut number = |name: &str| reader.read(&at(name), fields.value(&[name]), json::integer_of);
    let (id, account_id, tax_id) = (number("id"), number("account_id"), number("tax_id"));
    Ok(AccountingPosition { id, kind, text, quantity, unit_price, total, account_id, tax_id, tax_rate })
}
