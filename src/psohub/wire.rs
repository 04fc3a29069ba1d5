//! One row of PSOhub's invoice list, read tolerantly into [`Invoice`].
//!
//! <https://help.psohub.com/psohub-api-invoices>, whose table and example disagree: both names of a
//! field, text or number, and fields that nobody documented are accepted. What is not understood
//! costs its field, and the row only where an invoice means nothing without it: id, currency, totals.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::value::RawValue;

use super::problem::{Cost, Problems, RowProblem, UnknownFields};
use crate::domain::{
    CurrencyCode, DetailKind, Invoice, InvoiceContact, InvoiceCustomer, InvoiceLine, InvoiceStatus,
    LineDetail, Money, PsohubContactId, PsohubCustomerId, PsohubInvoiceId,
};
use crate::transport::json::{self, Fields, ValueError};

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

/// Everything that reading a list collects beside its invoices.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) problems: Problems,
    pub(super) unknown: UnknownFields,
}

/// Reads a row. `None` when it was lost; `notes` then says why.
pub(super) fn decode_invoice(
    index: usize,
    text: &str,
    has_pdf: bool,
    base_currency: CurrencyCode,
    notes: &mut Notes,
) -> Option<Invoice> {
    let mut row = Row { index, id: None, number: None, notes };
    let mut fields = match Fields::parse(text) {
        Ok(fields) => fields,
        Err(_) => return row.lost("(row)", &format!("not a JSON object but {}", json::describe(text.as_bytes()))),
    };
    row.number = row.text("InvoiceNumber", fields.value(&NUMBER)).map(trimmed);
    let id = match id_of(fields.value(&ID)) {
        Ok(id) => id,
        Err(why) => return row.lost(ID[0], &why),
    };
    row.id = Some(id);
    let totals = match totals(&mut fields, &mut row, base_currency) {
        Ok(totals) => totals,
        Err((field, why)) => return row.lost(field, &why),
    };
    Some(rest(id, fields, &mut row, totals, has_pdf))
}

/// What an invoice means nothing without.
struct Totals {
    currency: CurrencyCode,
    ex_vat: Decimal,
    inc_vat: Decimal,
    ex_vat_base: Option<Money>,
    inc_vat_base: Option<Money>,
}

fn id_of(raw: Option<&RawValue>) -> Result<PsohubInvoiceId, String> {
    let value = json::integer_of(raw.ok_or("it is missing")?).map_err(|error| error.to_string())?;
    PsohubInvoiceId::new(value).ok_or_else(|| format!("{value} is not a positive number"))
}

fn totals(
    fields: &mut Fields<'_>,
    row: &mut Row<'_>,
    base_currency: CurrencyCode,
) -> Result<Totals, (&'static str, String)> {
    let required = |raw: Option<&RawValue>, name| match raw.map(json::decimal_of) {
        Some(Ok(amount)) => Ok(amount),
        Some(Err(error)) => Err((name, error.to_string())),
        None => Err((name, "it is missing".to_owned())),
    };
    let ex_vat = required(fields.value(&EX_VAT), EX_VAT[0])?;
    let inc_vat = required(fields.value(&INC_VAT), INC_VAT[0])?;
    let base = |amount: Option<Decimal>| amount.map(|amount| Money::new(amount, base_currency));
    let ex_vat_base = base(row.read(EX_VAT_BASE[0], fields.value(&EX_VAT_BASE), json::decimal_of));
    let inc_vat_base = base(row.read(INC_VAT_BASE[0], fields.value(&INC_VAT_BASE), json::decimal_of));
    let currency = match fields.value(&CURRENCY) {
        Some(raw) => json::text_of(raw)
            .map_err(|error| (CURRENCY[0], error.to_string()))?
            .parse()
            .map_err(|error: crate::domain::MoneyError| (CURRENCY[0], error.to_string()))?,
        None if inc_vat_base.is_none_or(|money| money.amount == inc_vat) => {
            row.note(CURRENCY[0], "it is missing; the company's own currency is assumed");
            base_currency
        }
        None => return Err((CURRENCY[0], "it is missing, and the base total is another figure".to_owned())),
    };
    Ok(Totals { currency, ex_vat, inc_vat, ex_vat_base, inc_vat_base })
}

fn rest(
    id: PsohubInvoiceId,
    mut fields: Fields<'_>,
    row: &mut Row<'_>,
    totals: Totals,
    has_pdf: bool,
) -> Invoice {
    let status_raw = row.text("InvoiceStatus", fields.value(&["InvoiceStatus", "Status"])).map(trimmed);
    if status_raw.is_none() {
        row.note("InvoiceStatus", "it is missing");
    }
    let status_raw = status_raw.unwrap_or_default();
    let name = row.text("InvoiceName", fields.value(&["InvoiceName"]));
    let date = row.read("InvoiceDate", fields.value(&["InvoiceDate"]), json::date_of);
    let due_date = row.read("InvoiceDueDate", fields.value(&["InvoiceDueDate"]), json::date_of);
    let note = row.text("InvoiceNote", fields.value(&["InvoiceNote"]));
    let customer = customer(&mut fields, row);
    let contact = contact(&mut fields, row);
    let external_id = fields.value(&["ExternalInvoiceID", "ExternalID", "ExternalInvoiceNumber"]);
    let external_id = row.text("ExternalInvoiceID", external_id).map(trimmed);
    // Its text was taken out on the way; anything else in its place is nothing we know.
    let _ = fields.value(&["InvoicePDF"]);
    let lines = lines(fields.value(&LINES), row);
    for name in fields.unknown() {
        row.notes.unknown.count("", name);
    }
    Invoice {
        id,
        number: row.number.clone().unwrap_or_default(),
        name,
        date,
        due_date,
        note,
        status: InvoiceStatus::from_raw(&status_raw),
        status_raw,
        customer,
        contact,
        currency: totals.currency,
        total_ex_vat: totals.ex_vat,
        total_inc_vat: totals.inc_vat,
        total_ex_vat_base: totals.ex_vat_base,
        total_inc_vat_base: totals.inc_vat_base,
        lines,
        external_id,
        has_pdf,
    }
}

fn customer(fields: &mut Fields<'_>, row: &mut Row<'_>) -> Option<InvoiceCustomer> {
    let id = row.read("CustomerID", fields.value(&["CustomerID"]), json::integer_of);
    let name = row.text("CustomerName", fields.value(&["CustomerName"]));
    let id = id.and_then(PsohubCustomerId::new);
    (id.is_some() || name.is_some()).then(|| InvoiceCustomer { id, name: name.unwrap_or_default() })
}

fn contact(fields: &mut Fields<'_>, row: &mut Row<'_>) -> Option<InvoiceContact> {
    let id = row.read("InvoiceContactID", fields.value(&["InvoiceContactID"]), json::integer_of);
    let name = row.text("InvoiceContactName", fields.value(&["InvoiceContactName"]));
    let email = row.text("InvoiceContactEmail", fields.value(&["InvoiceContactEmail"])).map(trimmed);
    let id = id.and_then(PsohubContactId::new);
    (id.is_some() || name.is_some() || email.is_some()).then_some(InvoiceContact { id, name, email })
}

fn lines(raw: Option<&RawValue>, row: &mut Row<'_>) -> Box<[InvoiceLine]> {
    let elements = row.read(LINES[0], raw, json::elements_of).unwrap_or_default();
    let mut lines = Vec::with_capacity(elements.len());
    for (index, element) in elements.into_iter().enumerate() {
        let place = format!("{}[{index}]", LINES[0]);
        if let Some(fields) = row.read(&place, Some(element), Fields::of) {
            lines.push(line(fields, row, &place));
        }
    }
    lines.into()
}

fn line(mut fields: Fields<'_>, row: &mut Row<'_>, place: &str) -> InvoiceLine {
    let at = |name: &str| format!("{place}.{name}");
    let number = row.text(&at("LineNumber"), fields.value(&["LineNumber"])).map(trimmed);
    let name = row.text(&at("LineName"), fields.value(&["LineName", "Name"]));
    let description = row.text(&at("LineDescription"), fields.value(&["LineDescription", "Description"]));
    let gl_account = row.text(&at("GLAccount"), fields.value(&["GLAccount"])).map(trimmed);
    let tax_code = row.text(&at("TaxCode"), fields.value(&["TaxCode"])).map(trimmed);
    let tax_name = row.text(&at("TaxName"), fields.value(&["TaxName"]));
    let total_ex_vat = row.read(&at(EX_VAT[0]), fields.value(&EX_VAT), json::decimal_of);
    let total_inc_vat = row.read(&at(INC_VAT[0]), fields.value(&INC_VAT), json::decimal_of);
    let _ = fields.value(&EX_VAT_BASE);
    let _ = fields.value(&INC_VAT_BASE);
    let mut details = Vec::new();
    for name in DETAILS {
        let place = at(name);
        let elements = row.read(&place, fields.value(&[name]), json::elements_of).unwrap_or_default();
        for (index, element) in elements.into_iter().enumerate() {
            let place = format!("{place}[{index}]");
            if let Some(fields) = row.read(&place, Some(element), Fields::of) {
                details.push(detail(fields, row, &place, kind_of_list(name)));
            }
        }
    }
    for name in fields.unknown() {
        row.notes.unknown.count(LINES[0], name);
    }
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

fn detail(mut fields: Fields<'_>, row: &mut Row<'_>, place: &str, default_kind: DetailKind) -> LineDetail {
    let at = |name: &str| format!("{place}.{name}");
    let mut text = |name: &str, names: &[&str]| row.text(&at(name), fields.value(names));
    let kind = text("Type", &["Type", "DetailType", "Kind"]);
    let person = text("AccountName", &["AccountName", "UserName", "EmployeeName", "User"]);
    let role = text("RoleName", &["RoleName", "Role"]);
    let description = text("Description", &["Description", "LineDescription", "Note"]);
    let mut amount = |name: &str, names: &[&str]| row.read(&at(name), fields.value(names), json::decimal_of);
    let hours = amount("NumberOfHours", &["NumberOfHours", "Hours"]);
    let hourly_rate = amount("HourlyRate", &["HourlyRate", "Rate"]);
    let amount_ex_vat = amount("AmountExVAT", &["AmountExVAT", "TotalAmountExVAT"]);
    let amount_inc_vat = amount("TotalAmount", &["TotalAmount", "AmountIncVAT", "TotalAmountIncVAT"]);
    let date = row.read(&at("Date"), fields.value(&["Date"]), json::date_of);
    let _ = fields.value(&["VATAmount"]);
    for name in fields.unknown() {
        row.notes.unknown.count("InvoiceDetailLines", name);
    }
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

fn trimmed(text: Box<str>) -> Box<str> {
    if text.trim().len() == text.len() { text } else { text.trim().into() }
}

/// The row that is being read: what names it in a problem, and where problems go.
struct Row<'n> {
    index: usize,
    id: Option<PsohubInvoiceId>,
    number: Option<Box<str>>,
    notes: &'n mut Notes,
}

impl Row<'_> {
    /// Text without its trailing blanks; `None` when that is nothing.
    fn text(&mut self, field: &str, raw: Option<&RawValue>) -> Option<Box<str>> {
        let text = self.read(field, raw, json::text_of)?;
        let text = text.trim_end();
        (!text.is_empty()).then(|| text.into())
    }

    /// A value, or `None` and a problem that costs the field.
    fn read<'a, T>(
        &mut self,
        field: &str,
        raw: Option<&'a RawValue>,
        read: impl FnOnce(&'a RawValue) -> Result<T, ValueError>,
    ) -> Option<T> {
        match read(raw?) {
            Ok(value) => Some(value),
            Err(error) => {
                self.note(field, &error.to_string());
                None
            }
        }
    }

    fn note(&mut self, field: &str, why: &str) {
        self.add(field, why, Cost::Field);
    }

    fn lost<T>(&mut self, field: &str, why: &str) -> Option<T> {
        self.add(field, why, Cost::Row);
        None
    }

    fn add(&mut self, field: &str, why: &str, cost: Cost) {
        let (row, id, number) = (self.index, self.id, self.number.clone());
        self.notes.problems.add(RowProblem { row, id, number, field: field.into(), why: why.into(), cost });
    }
}

/// The invoice's number in the start of a row that cannot be read whole; a guess that names it.
pub(super) fn number_in(start: &str) -> Option<Box<str>> {
    let (_, rest) = start.split_once("\"InvoiceNumber\":\"")?;
    let (number, _) = rest.split_once('"')?;
    (number.len() <= 100).then(|| number.trim().into())
}
