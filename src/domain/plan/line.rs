//! One custom position for each line, in PSOhub's order.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::account::{account, check_option};
use super::problem::Problems;
use super::tax::TaxFinder;
use super::text::line_text;
use super::totals::round;
use super::{Field, Place, PlanInput, PlannedAccount, PlannedTax, ProblemCode, VatMode};
use crate::domain::InvoiceLine;

/// Bexio keeps this many decimals of a price.
pub const PRICE_DIGITS: u32 = 6;

/// One position of the invoice: the quantity is 1, because PSOhub gives sums only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// `LineNumber`, such as 10.002.
    pub line_number: Box<str>,
    /// HTML, as Bexio shows it.
    pub text: Box<str>,
    /// Without VAT, or with it where the header's [`VatMode`] says so; at most [`PRICE_DIGITS`] decimals; `None` is a problem.
    pub unit_price: Option<Decimal>,
    /// The account; `None` is a problem.
    pub account: Option<PlannedAccount>,
    /// The tax; `None` is a problem.
    pub tax: Option<PlannedTax>,
    /// The unit, where one is configured.
    pub unit_id: Option<i64>,
}

pub(super) fn positions(input: &PlanInput<'_>, date: Date, problems: &mut Problems) -> Vec<Position> {
    let lines = &input.invoice.lines;
    if lines.is_empty() {
        problems.refuse(
            ProblemCode::NoLines,
            Place::Invoice(Field::Lines),
            "the invoice has no lines",
            "Add lines in PSOhub.",
        );
    }
    let taxes = TaxFinder::new(input, date);
    let unit_id = unit(input, problems);
    check_option(input, problems);
    taxes.check_option(problems);
    lines
        .iter()
        .enumerate()
        .map(|(index, line)| position(input, &taxes, index, line, unit_id, problems))
        .collect()
}

fn position(
    input: &PlanInput<'_>,
    taxes: &TaxFinder<'_>,
    index: usize,
    line: &InvoiceLine,
    unit_id: Option<i64>,
    problems: &mut Problems,
) -> Position {
    let place = |field| Place::Line { index, number: line.number.trim().into(), field };
    let account = account(input, line, place(Field::Account), problems);
    let tax = taxes.find(line, account, &place(Field::Tax), problems);
    let (amount, words) = match input.settings.vat_mode {
        VatMode::Included => (line.total_inc_vat, "with VAT"),
        VatMode::Added | VatMode::Without | VatMode::Exempt => (line.total_ex_vat, "without VAT"),
    };
    if amount.is_none() {
        problems.refuse(
            ProblemCode::LineAmountMissing,
            place(Field::Amount),
            format!("the line's amount {words} could not be read"),
            "Correct the line in PSOhub.",
        );
    }
    Position {
        line_number: line.number.trim().into(),
        text: line_text(line, input.settings.detail_lines, input.invoice.currency).into(),
        unit_price: amount.map(|amount| round(amount, PRICE_DIGITS).normalize()),
        account: account.map(|account| PlannedAccount {
            id: account.id,
            number: account.number.clone(),
            name: account.name.clone(),
        }),
        tax,
        unit_id,
    }
}

fn unit(input: &PlanInput<'_>, problems: &mut Problems) -> Option<i64> {
    let id = input.settings.unit_id?;
    if input.catalog.units.iter().any(|unit| unit.id == id) {
        return Some(id);
    }
    problems.refuse(
        ProblemCode::UnitUnknown,
        Place::Setting(Field::Unit),
        format!("Bexio has no unit with the id {id}"),
        "Choose one of Bexio's units in the settings.",
    );
    None
}
