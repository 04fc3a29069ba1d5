//! One row of PSOhub's invoice list, read tolerantly into [`Invoice`].
//!
//! <https://help.psohub.com/psohub-api-invoices>, whose table and example disagree: both names of a
//! field, text or number, and fields that nobody documented are accepted. What is not understood
//! costs its field, and the row only where an invoice means nothing without it: id, currency, totals.

use rust_decimal::Decimal;
use serde_json::value::RawValue;

use crate::domain::{
    CurrencyCode, DetailKind, Invoice, InvoiceContact, InvoiceCustomer, InvoiceLine, InvoiceStatus,
    LineDetail, Money, MoneyError, PsohubContactId, PsohubCustomerId, PsohubInvoiceId, UnknownFields,
};
use crate::transport::json::{self, FieldFault, Fields, Reader};

const ID: [&str; 1] = ["InvoiceID"];
const NUMBER: [&str; 1] = ["InvoiceNumber"];
const CURRENCY: [&str; 2] = ["InvoiceCurrencyCode", "CurrencyCode"];
const EX_VAT: [&str; 1] = ["TotalAmountExVAT"];
const INC_VAT: [&str; 1] = ["TotalAmountIncVAT"];
const EX_VAT_BASE: [&str; 2] = ["TotalAmountExVATBaseCurrency", "TotalAmountExVATBase"];
const INC_VAT_BASE: [&str; 2] = ["TotalAmountIncVATBase", "TotalAmountIncVATBaseCurrency"];
const LINES: [&str; 2] = ["InvoiceLines", "Lines"];
/// Guesses: the stored documentation does not name the detail lines.
const DETAILS: [&str; 6] =
    ["InvoiceDetailLines", "DetailLines", "InvoiceLineDetails", "LineDetails", "Timesheets", "Expenses"];

/// Reads a row. Fields that were lost are left in `reader`, names that are not known in `unknown`.
///
/// # Errors
/// The field for which the whole row is lost.
pub(super) fn decode_invoice(
    text: &str,
    has_pdf: bool,
    base_currency: CurrencyCode,
    reader: &mut Reader,
    unknown: &mut UnknownFields,
) -> Result<Invoice, FieldFault> {
    let mut fields = Fields::parse(text).map_err(|_| {
        let found = json::describe(text.as_bytes());
        FieldFault::new(
            "(row)",
            format_args!("expected a JSON object, found {found} that cannot be read as one"),
        )
    })?;
    reader.number = reader.word("InvoiceNumber", fields.value(&NUMBER));
    let id = Reader::required(ID[0], fields.value(&ID), json::integer_of)?;
    reader.id = Some(id);
    let id = PsohubInvoiceId::new(id).ok_or_else(|| FieldFault::new(ID[0], "it is not positive"))?;
    let totals = totals(&mut fields, reader, base_currency)?;
    let status_raw = reader.word("InvoiceStatus", fields.value(&["InvoiceStatus", "Status"]));
    if status_raw.is_none() {
        reader.note("InvoiceStatus", "it is missing");
    }
    let status_raw = status_raw.unwrap_or_default();
    // Its text was taken out on the way; anything else in its place is nothing we know.
    let _ = fields.value(&["InvoicePDF"]);
    let external_id = fields.value(&["ExternalInvoiceID", "ExternalID", "ExternalInvoiceNumber"]);
    let invoice = Invoice {
        id,
        number: reader.number.clone().unwrap_or_default(),
        name: reader.text("InvoiceName", fields.value(&["InvoiceName"])),
        date: reader.read("InvoiceDate", fields.value(&["InvoiceDate"]), json::date_of),
        due_date: reader.read("InvoiceDueDate", fields.value(&["InvoiceDueDate"]), json::date_of),
        note: reader.text("InvoiceNote", fields.value(&["InvoiceNote"])),
        status: InvoiceStatus::from_raw(&status_raw),
        status_raw,
        customer: customer(&mut fields, reader),
        contact: contact(&mut fields, reader),
        currency: totals.currency,
        total_ex_vat: totals.ex_vat,
        total_inc_vat: totals.inc_vat,
        total_ex_vat_base: totals.ex_vat_base,
        total_inc_vat_base: totals.inc_vat_base,
        external_id: reader.word("ExternalInvoiceID", external_id),
        lines: lines(fields.value(&LINES), reader, unknown),
        has_pdf,
    };
    fields.unknown().for_each(|name| unknown.count("", name));
    Ok(invoice)
}

/// What an invoice means nothing without.
struct Totals {
    currency: CurrencyCode,
    ex_vat: Decimal,
    inc_vat: Decimal,
    ex_vat_base: Option<Money>,
    inc_vat_base: Option<Money>,
}

fn totals(
    fields: &mut Fields<'_>,
    reader: &mut Reader,
    base_currency: CurrencyCode,
) -> Result<Totals, FieldFault> {
    let ex_vat = Reader::required(EX_VAT[0], fields.value(&EX_VAT), json::decimal_of)?;
    let inc_vat = Reader::required(INC_VAT[0], fields.value(&INC_VAT), json::decimal_of)?;
    let base = |amount: Option<Decimal>| amount.map(|amount| Money::new(amount, base_currency));
    let ex_vat_base = base(reader.read(EX_VAT_BASE[0], fields.value(&EX_VAT_BASE), json::decimal_of));
    let inc_vat_base = base(reader.read(INC_VAT_BASE[0], fields.value(&INC_VAT_BASE), json::decimal_of));
    let lost = |why: &dyn std::fmt::Display| FieldFault::new(CURRENCY[0], why);
    let currency = match fields.value(&CURRENCY) {
        Some(raw) => {
            let code = json::text_of(raw).map_err(|error| lost(&error))?;
            code.parse().map_err(|error: MoneyError| lost(&error))?
        }
        // An organisation with one currency may write none. Another base total would prove that
        // the invoice is in another currency, and a wrong currency is worse than no invoice.
        None if inc_vat_base.is_none_or(|money| money.amount == inc_vat) => {
            reader.note(CURRENCY[0], "it is missing; the company's own currency is assumed");
            base_currency
        }
        None => return Err(lost(&"it is missing, and the total in the company's currency differs")),
    };
    Ok(Totals { currency, ex_vat, inc_vat, ex_vat_base, inc_vat_base })
}

fn customer(fields: &mut Fields<'_>, reader: &mut Reader) -> Option<InvoiceCustomer> {
    let id = reader.read("CustomerID", fields.value(&["CustomerID"]), json::integer_of);
    let name = reader.text("CustomerName", fields.value(&["CustomerName"]));
    let id = id.and_then(PsohubCustomerId::new);
    (id.is_some() || name.is_some()).then(|| InvoiceCustomer { id, name: name.unwrap_or_default() })
}

fn contact(fields: &mut Fields<'_>, reader: &mut Reader) -> Option<InvoiceContact> {
    let id = reader.read("InvoiceContactID", fields.value(&["InvoiceContactID"]), json::integer_of);
    let name = reader.text("InvoiceContactName", fields.value(&["InvoiceContactName"]));
    let email = reader.word("InvoiceContactEmail", fields.value(&["InvoiceContactEmail"]));
    let id = id.and_then(PsohubContactId::new);
    (id.is_some() || name.is_some() || email.is_some()).then_some(InvoiceContact { id, name, email })
}

fn lines(raw: Option<&RawValue>, reader: &mut Reader, unknown: &mut UnknownFields) -> Box<[InvoiceLine]> {
    let elements = reader.read(LINES[0], raw, json::elements_of).unwrap_or_default();
    let mut lines = Vec::with_capacity(elements.len());
    for (index, element) in elements.into_iter().enumerate() {
        let place = format!("{}[{index}]", LINES[0]);
        if let Some(fields) = reader.read(&place, Some(element), Fields::of) {
            lines.push(line(fields, reader, unknown, &place));
        }
    }
    lines.into()
}

fn line(
    mut fields: Fields<'_>,
    reader: &mut Reader,
    unknown: &mut UnknownFields,
    place: &str,
) -> InvoiceLine {
    let at = |name: &str| format!("{place}.{name}");
    let number = reader.word(&at("LineNumber"), fields.value(&["LineNumber"]));
    let name = reader.text(&at("LineName"), fields.value(&["LineName", "Name"]));
    let description = reader.text(&at("LineDescription"), fields.value(&["LineDescription", "Description"]));
    let gl_account = reader.word(&at("GLAccount"), fields.value(&["GLAccount"]));
    let tax_code = reader.word(&at("TaxCode"), fields.value(&["TaxCode"]));
    let tax_name = reader.text(&at("TaxName"), fields.value(&["TaxName"]));
    let total_ex_vat = reader.read(&at(EX_VAT[0]), fields.value(&EX_VAT), json::decimal_of);
    let total_inc_vat = reader.read(&at(INC_VAT[0]), fields.value(&INC_VAT), json::decimal_of);
    let _ = fields.value(&EX_VAT_BASE);
    let _ = fields.value(&INC_VAT_BASE);
    let mut details = Vec::new();
    for name in DETAILS {
        let place = at(name);
        let elements = reader.read(&place, fields.value(&[name]), json::elements_of).unwrap_or_default();
        for (index, element) in elements.into_iter().enumerate() {
            let place = format!("{place}[{index}]");
            if let Some(fields) = reader.read(&place, Some(element), Fields::of) {
                details.push(detail(fields, reader, unknown, &place, kind_of_list(name)));
            }
        }
    }
    fields.unknown().for_each(|name| unknown.count(LINES[0], name));
    InvoiceLine {
        number: number.unwrap_or_default(),
        name,
        description,
        gl_account,
        tax_code,
        tax_name,
        total_ex_vat,
        total_inc_vat,
        details: details.into(),
    }
}

/// What the entries of a list are where they do not say so themselves.
fn kind_of_list(name: &str) -> DetailKind {
    match name {
        "Timesheets" => DetailKind::Time,
        "Expenses" => DetailKind::Expense,
        _ => DetailKind::Unknown,
    }
}

fn detail(
    mut fields: Fields<'_>,
    reader: &mut Reader,
    unknown: &mut UnknownFields,
    place: &str,
    default_kind: DetailKind,
) -> LineDetail {
    let at = |name: &str| format!("{place}.{name}");
    let mut text = |name: &str, names: &[&str]| reader.text(&at(name), fields.value(names));
    let kind = text("Type", &["Type", "DetailType", "Kind"]);
    let person = text("AccountName", &["AccountName", "UserName", "EmployeeName", "User"]);
    let role = text("RoleName", &["RoleName", "Role"]);
    let description = text("Description", &["Description", "LineDescription", "Note"]);
    let mut amount =
        |name: &str, names: &[&str]| reader.read(&at(name), fields.value(names), json::decimal_of);
    let hours = amount("NumberOfHours", &["NumberOfHours", "Hours"]);
    let hourly_rate = amount("HourlyRate", &["HourlyRate", "Rate"]);
    let amount_ex_vat = amount("AmountExVAT", &["AmountExVAT", "TotalAmountExVAT"]);
    let amount_inc_vat = amount("TotalAmount", &["TotalAmount", "AmountIncVAT", "TotalAmountIncVAT"]);
    let date = reader.read(&at("Date"), fields.value(&["Date"]), json::date_of);
    let _ = fields.value(&["VATAmount"]);
    fields.unknown().for_each(|name| unknown.count(DETAILS[0], name));
    let kind = kind.map_or(default_kind, |kind| kind_of_word(&kind));
    LineDetail { kind, date, person, role, description, hours, hourly_rate, amount_ex_vat, amount_inc_vat }
}

fn kind_of_word(word: &str) -> DetailKind {
    match word.trim().to_ascii_lowercase().as_str() {
        "time" | "timesheet" | "hours" => DetailKind::Time,
        "expense" | "expenses" => DetailKind::Expense,
        _ => DetailKind::Unknown,
    }
}

/// The invoice's number in the start of a row that cannot be read whole; a guess that names it.
pub(super) fn number_in(start: &str) -> Option<Box<str>> {
    let (_, rest) = start.split_once("\"InvoiceNumber\":\"")?;
    let (number, _) = rest.split_once('"')?;
    (number.len() <= 100).then(|| number.trim().into())
}

#[cfg(test)]
mod tests;
