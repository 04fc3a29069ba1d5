//! One invoice as a row of the list, in the vendor's names and with the chosen quirks.
//!
//! The row comes in pieces, because its PDF does: nothing here holds a whole PDF.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use bytes::Bytes;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::invoice::{Detail, Invoice, Line, Status};
use super::options::{PsohubOptions, Quirk};
use crate::pdf::{Pdf, PdfText};

/// The row's JSON in pieces.
pub(super) fn row(invoice: &Invoice, options: &PsohubOptions) -> Vec<Bytes> {
    let quirks = quirks_of(invoice, options);
    let mut json = Object::new(&quirks);
    write_head(&mut json, invoice);
    let mut pieces = Vec::new();
    if invoice.status != Status::Draft && raw_field(invoice, "InvoicePDF").is_none() {
        json.key("InvoicePDF");
        json.out.push('"');
        pieces.push(Bytes::from(std::mem::take(&mut json.out)));
        pieces.extend(pdf(invoice, options.pdf_size_bytes_min).base64());
        json.out.push('"');
    } else if quirks.contains(&Quirk::NullPdf) {
        json.raw("InvoicePDF", "null");
    }
    json.key("InvoiceLines");
    write_list(&mut json.out, &invoice.lines, |out, line| out.push_str(&line_json(line, &quirks)));
    for (name, raw) in &invoice.raw_fields {
        if !raw.is_empty() {
            json.raw_anew(name, raw);
        }
    }
    json.out.push('}');
    pieces.push(Bytes::from(json.out));
    pieces
}

/// The invoice's PDF.
pub fn pdf(invoice: &Invoice, size_bytes_min: usize) -> Pdf {
    let mut lines = vec![
        format!(
            "{} · {} · {}",
            invoice.customer.name, invoice.customer.contact_name, invoice.customer.contact_email
        ),
        format!("Date {}   Due {}", invoice.date, invoice.due_date),
        String::new(),
    ];
    lines.extend(invoice.lines.iter().map(|line| {
        format!(
            "{}{}   {} {}   {}",
            line.number, line.name, invoice.currency, line.total_ex_vat, line.tax_name
        )
    }));
    lines.push(String::new());
    lines.push(format!("Total excl. VAT {} {}", invoice.currency, invoice.total_ex_vat));
    lines.push(format!("Total incl. VAT {} {}", invoice.currency, invoice.total_inc_vat));
    let title = format!("Invoice {}", invoice.number);
    Pdf::render(&PdfText { title: &title, lines: &lines, size_bytes_min, seed: invoice.id.unsigned_abs() })
}

fn quirks_of(invoice: &Invoice, options: &PsohubOptions) -> BTreeSet<Quirk> {
    let mut quirks = options.quirks.clone();
    if options.mixed_quirks {
        // Ids are nearly consecutive: spread them before taking bits.
        let bits = invoice.id.unsigned_abs().wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        quirks.extend(
            Quirk::FORMS.into_iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1).map(|(_, q)| q),
        );
    }
    quirks
}

fn raw_field<'a>(invoice: &'a Invoice, name: &str) -> Option<&'a str> {
    invoice.raw_fields.iter().find(|(field, _)| field == name).map(|(_, raw)| raw.as_str())
}

fn write_head(json: &mut Object<'_>, invoice: &Invoice) {
    json.overridden = invoice.raw_fields.iter().map(|(name, _)| name.clone()).collect();
    json.text("InvoiceName", &invoice.name);
    json.date("InvoiceDate", invoice.date);
    json.date("InvoiceDueDate", invoice.due_date);
    json.text("InvoiceNote", &invoice.note);
    json.text("InvoiceStatus", invoice.status.as_str());
    json.text("InvoiceNumber", &invoice.number);
    json.id("InvoiceID", invoice.id);
    json.id("CustomerID", invoice.customer.id);
    json.text("CustomerName", &invoice.customer.name);
    json.id("InvoiceContactID", invoice.customer.contact_id);
    json.text("InvoiceContactName", &invoice.customer.contact_name);
    json.text("InvoiceContactEmail", &invoice.customer.contact_email);
    json.text("InvoiceCurrencyCode", &invoice.currency);
    json.amount("TotalAmountExVAT", invoice.total_ex_vat);
    json.amount("TotalAmountIncVAT", invoice.total_inc_vat);
    json.amount("TotalAmountExVATBaseCurrency", invoice.total_ex_vat_base);
    let base_key =
        if json.has(Quirk::LongBaseKey) { "TotalAmountIncVATBaseCurrency" } else { "TotalAmountIncVATBase" };
    json.amount(base_key, invoice.total_inc_vat_base);
    if json.has(Quirk::ExtraFields) {
        json.raw("InvoiceTags", "[\"intern\",null,7]");
        json.raw("ProjectManager", "{\"Name\":\"Noëlle\",\"Nested\":{\"Deep\":[1,2.50,true]}}");
    }
    if json.has(Quirk::ExternalId) {
        match &invoice.external_id {
            Some(external_id) => json.text("ExternalInvoiceID", external_id),
            None => json.raw("ExternalInvoiceID", "null"),
        }
    }
}

fn line_json(line: &Line, quirks: &BTreeSet<Quirk>) -> String {
    let mut json = Object::new(quirks);
    json.text("LineNumber", &line.number);
    json.text("LineName", &line.name);
    let key = if json.has(Quirk::ShortDescriptionKey) { "Description" } else { "LineDescription" };
    json.text(key, &line.description);
    if let Some(gl_account) = &line.gl_account {
        json.text("GLAccount", gl_account);
    }
    if let Some(tax_code) = &line.tax_code {
        if json.has(Quirk::TaxCodeText) || tax_code.parse::<u32>().is_err() {
            json.text("TaxCode", tax_code);
        } else {
            json.raw("TaxCode", tax_code);
        }
    }
    json.text("TaxName", &line.tax_name);
    json.amount("TotalAmountExVAT", line.total_ex_vat);
    json.amount("TotalAmountIncVAT", line.total_inc_vat);
    json.key("InvoiceDetailLines");
    write_list(&mut json.out, &line.details, |out, detail| out.push_str(&detail_json(detail, quirks)));
    json.out.push('}');
    json.out
}

fn detail_json(detail: &Detail, quirks: &BTreeSet<Quirk>) -> String {
    let mut json = Object::new(quirks);
    match detail {
        Detail::Time { date, account, role, description, hours, rate, amount_ex_vat } => {
            json.text("Type", "Time");
            json.date("Date", *date);
            json.text("AccountName", account);
            json.text("RoleName", role);
            json.text("Description", description);
            json.amount("NumberOfHours", *hours);
            json.amount("HourlyRate", *rate);
            json.amount("AmountExVAT", *amount_ex_vat);
        }
        Detail::Expense { date, account, description, amount_ex_vat, vat_amount, total_amount } => {
            json.text("Type", "Expense");
            json.date("Date", *date);
            json.text("AccountName", account);
            json.text("Description", description);
            json.amount("AmountExVAT", *amount_ex_vat);
            json.amount("VATAmount", *vat_amount);
            json.amount("TotalAmount", *total_amount);
        }
    }
    json.out.push('}');
    json.out
}

fn write_list<T>(out: &mut String, items: &[T], write: impl Fn(&mut String, &T)) {
    out.push('[');
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write(out, item);
    }
    out.push(']');
}

/// A JSON object being written. Amounts go out digit by digit: no float between the state and the wire.
struct Object<'a> {
    out: String,
    quirks: &'a BTreeSet<Quirk>,
    /// Fields that `raw_fields` writes in place of us.
    overridden: Vec<String>,
    empty: bool,
}

impl<'a> Object<'a> {
    fn new(quirks: &'a BTreeSet<Quirk>) -> Self {
        Self { out: "{".to_owned(), quirks, overridden: Vec::new(), empty: true }
    }

    fn has(&self, quirk: Quirk) -> bool {
        self.quirks.contains(&quirk)
    }

    fn key(&mut self, name: &str) {
        if !self.empty {
            self.out.push(',');
        }
        self.empty = false;
        push_text(&mut self.out, name);
        self.out.push(':');
    }

    fn raw(&mut self, name: &str, json: &str) {
        if !self.overridden.iter().any(|field| field == name) {
            self.raw_anew(name, json);
        }
    }

    fn raw_anew(&mut self, name: &str, json: &str) {
        self.key(name);
        self.out.push_str(json);
    }

    fn text(&mut self, name: &str, value: &str) {
        let mut json = String::with_capacity(value.len() + 2);
        push_text(&mut json, value);
        self.raw(name, &json);
    }

    fn date(&mut self, name: &str, date: Date) {
        self.raw(name, &format!("\"{date}T00:00:00.000Z\""));
    }

    fn id(&mut self, name: &str, id: i64) {
        self.number(name, &id.to_string(), Quirk::IdText);
    }

    fn amount(&mut self, name: &str, amount: Decimal) {
        self.number(name, &amount.normalize().to_string(), Quirk::AmountText);
    }

    fn number(&mut self, name: &str, digits: &str, as_text: Quirk) {
        if self.has(as_text) {
            self.raw(name, &format!("\"{digits}\""));
        } else {
            self.raw(name, digits);
        }
    }
}

/// A JSON string (RFC 8259, section 7).
fn push_text(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            character if character < ' ' => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            character => out.push(character),
        }
    }
    out.push('"');
}
