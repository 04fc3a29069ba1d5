//! Reading and checking positions in a create, and adding one to a draft.
//!
//! Lines may post to active earnings and expenditure accounts only, with a sales tax that is valid on the invoice's
//! date. That amount, price, account and tax are mandatory on a line is a guess: the reference marks nothing.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::company::Company;
use super::form::{Form, INVALID, REQUIRED, Sent};
use super::position::{Line, Position};

/// Reads the `positions` of a create. Errors are noted on `form`, all in one text, each under its index.
pub(crate) fn read_positions(
    form: &mut Form<'_>,
    company: &Company,
    date: Date,
    taxed: bool,
) -> Vec<Position> {
    let rows = match form.raw("positions") {
        Sent::Absent | Sent::Null => return Vec::new(),
        Sent::Value(Value::Array(rows)) => rows,
        Sent::Value(_) => {
            form.reject("positions", INVALID);
            return Vec::new();
        }
    };
    let mut errors = Vec::new();
    let mut positions = Vec::with_capacity(rows.len());
    for (index, row) in rows.iter().enumerate() {
        match read_row(row, company, date, taxed) {
            Ok(position) => positions.push(position),
            Err(text) => errors.push(format!("{index} [{text}]")),
        }
    }
    if !errors.is_empty() {
        form.reject("positions", errors.join(" "));
    }
    positions
}

fn read_row(row: &Value, company: &Company, date: Date, taxed: bool) -> Result<Position, String> {
    let Value::Object(fields) = row else { return Err(INVALID.to_owned()) };
    match fields.get("type").and_then(Value::as_str) {
        Some(kind) => read_position(kind, fields, company, date, taxed),
        None => Err(format!("type [{REQUIRED}]")),
    }
}

/// Reads one position of the type `kind` ("KbPositionCustom", ...).
pub(crate) fn read_position(
    kind: &str,
    fields: &Map<String, Value>,
    company: &Company,
    date: Date,
    taxed: bool,
) -> Result<Position, String> {
    let mut form = Form::new(fields);
    form.raw("type");
    let text = |form: &mut Form<'_>| form.text("text").value().unwrap_or_default().into();
    let position = match kind {
        "KbPositionCustom" => Position::Custom(read_line(&mut form, company, date, taxed)),
        "KbPositionArticle" => {
            form.require("article_id");
            let article_id = form.int("article_id").value().unwrap_or_default();
            Position::Article { article_id, line: read_line(&mut form, company, date, taxed) }
        }
        "KbPositionText" => {
            let show_pos_nr = form.flag("show_pos_nr").value().unwrap_or_default();
            Position::Text { text: text(&mut form), show_pos_nr }
        }
        "KbPositionSubtotal" => Position::Subtotal { text: text(&mut form) },
        "KbPositionPagebreak" => {
            form.flag("pagebreak");
            Position::Pagebreak
        }
        "KbPositionDiscount" => {
            let is_percentual = form.flag("is_percentual").value().unwrap_or_default();
            form.require("value");
            let value = form.decimal("value").value().unwrap_or_default();
            Position::Discount { text: text(&mut form), is_percentual, value }
        }
        _ => return Err(format!("type [{INVALID}]")),
    };
    form.finish_nested().map(|()| position)
}

fn read_line(form: &mut Form<'_>, company: &Company, date: Date, taxed: bool) -> Line {
    form.require("amount");
    form.require("unit_price");
    form.require("account_id");
    if taxed {
        form.require("tax_id");
    }
    let takes_lines = |id| company.accounts.iter().any(|account| account.id == id && account.takes_lines());
    let is_sales_tax =
        |id| company.taxes.iter().any(|tax| tax.id == id && tax.is_for_sales() && tax.is_active_on(date));
    let line = Line {
        text: form.text("text").value().unwrap_or_default().into(),
        amount: form.decimal("amount").value().unwrap_or(Decimal::ONE),
        unit_price: form.decimal("unit_price").value().unwrap_or_default(),
        discount_in_percent: form.decimal("discount_in_percent").value().unwrap_or_default(),
        unit_id: form.id("unit_id", |id| company.units.iter().any(|unit| unit.id == id)).value(),
        account_id: form.id("account_id", takes_lines).value(),
        tax_id: form.id("tax_id", is_sales_tax).value(),
    };
    if !(Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&line.discount_in_percent) {
        form.reject("discount_in_percent", INVALID);
    }
    line
}
