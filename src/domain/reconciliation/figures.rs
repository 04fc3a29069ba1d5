//! Currency, amounts, dates and names of both sides against one another.

use rust_decimal::{Decimal, RoundingStrategy};

use super::reason::{Reason, Value};
use super::{Rule, Sides};
use crate::domain::delivery::is_within;
use crate::domain::{
    AccountingInvoice, AccountingStatus, CurrencyCode, ExternalId, Invoice, InvoiceStatus, Money,
};

pub(super) fn check(
    sides: &Sides<'_>,
    psohub: &Invoice,
    bexio: &AccountingInvoice,
    reasons: &mut Vec<Reason>,
) {
    if psohub.currency == bexio.currency {
        amounts(sides, psohub, bexio, reasons);
    } else {
        let code = |currency: CurrencyCode| Some(Value::text(currency.as_str()));
        reasons.push(Reason::new(Rule::CurrencyDiffers, code(psohub.currency), code(bexio.currency)));
    }
    due_date(psohub, bexio, reasons);
    customer(sides, psohub, bexio, reasons);
    external_id(sides, bexio, reasons);
}

/// How two amounts of one currency agree.
enum Agreement {
    Equal,
    Rounded,
    Different,
}

fn agreement(currency: CurrencyCode, tolerance: Decimal, psohub: Decimal, bexio: Decimal) -> Agreement {
    // Bexio keeps VAT to four digits; what is equal to the currency's digits is equal.
    let rounded = |amount: Decimal| {
        amount.round_dp_with_strategy(currency.minor_digits(), RoundingStrategy::MidpointAwayFromZero)
    };
    if rounded(psohub) == rounded(bexio) {
        Agreement::Equal
    } else if is_within(psohub, bexio, tolerance) {
        Agreement::Rounded
    } else {
        Agreement::Different
    }
}

fn amounts(sides: &Sides<'_>, psohub: &Invoice, bexio: &AccountingInvoice, reasons: &mut Vec<Reason>) {
    let compared = |rule, left: Option<Decimal>, right: Decimal| {
        let money = |amount| Money::new(amount, bexio.currency);
        let shown = |amount| Value::Money(money(amount));
        let difference = left.and_then(|left| right.checked_sub(left)).map(money);
        Reason { difference, ..Reason::new(rule, left.map(shown), Some(shown(right))) }
    };
    let tolerance = sides.tolerance.of(bexio.currency);
    let agree = |left, right| agreement(bexio.currency, tolerance, left, right);

    let total = psohub.total_inc_vat;
    let less_credit = bexio.total.checked_sub(bexio.credited);
    let rule = match agree(total, bexio.total) {
        Agreement::Equal if bexio.credited.is_zero() => None,
        Agreement::Equal => Some(Rule::CreditedInBexio),
        Agreement::Rounded => Some(Rule::TotalRounded),
        Agreement::Different => match less_credit.map(|less_credit| agree(total, less_credit)) {
            Some(Agreement::Equal | Agreement::Rounded) if !bexio.credited.is_zero() => {
                Some(Rule::CreditedInBexio)
            }
            _ => Some(Rule::TotalDiffers),
        },
    };
    reasons.extend(rule.map(|rule| compared(rule, Some(total), bexio.total)));

    let lines = lines_sum(psohub);
    let rule = match agree(lines, bexio.total_net) {
        Agreement::Equal => None,
        Agreement::Rounded => Some(Rule::LinesRounded),
        Agreement::Different => Some(Rule::LinesDiffer),
    };
    reasons.extend(rule.map(|rule| compared(rule, Some(lines), bexio.total_net)));

    let vat = psohub.total_inc_vat.checked_sub(psohub.total_ex_vat);
    let rule = match vat.map(|vat| agree(vat, bexio.total_taxes)) {
        Some(Agreement::Equal) => None,
        Some(Agreement::Rounded) => Some(Rule::VatRounded),
        Some(Agreement::Different) | None => Some(Rule::VatDiffers),
    };
    reasons.extend(rule.map(|rule| compared(rule, vat, bexio.total_taxes)));
}

/// The lines added up, where every line has its amount and they can be added; else PSOhub's own total.
fn lines_sum(psohub: &Invoice) -> Decimal {
    let mut amounts = psohub.lines.iter().map(|line| line.total_ex_vat);
    let sum = amounts.try_fold(Decimal::ZERO, |sum, amount| sum.checked_add(amount?));
    sum.filter(|_| !psohub.lines.is_empty()).unwrap_or(psohub.total_ex_vat)
}

fn due_date(psohub: &Invoice, bexio: &AccountingInvoice, reasons: &mut Vec<Reason>) {
    let is_settled =
        !psohub.status.is_open() && !bexio.status.is_open() && bexio.status != AccountingStatus::Draft;
    let rule = match (psohub.due_date, bexio.due_date) {
        // What is paid is due no more.
        _ if is_settled => return,
        (left, right) if left == right => return,
        (Some(_), Some(_)) => Rule::DueDateDiffers,
        (None, _) => Rule::DueDateOnlyInBexio,
        (Some(_), None) => Rule::DueDateMissingInBexio,
    };
    reasons.push(Reason::new(rule, psohub.due_date.map(Value::Date), bexio.due_date.map(Value::Date)));
}

fn customer(sides: &Sides<'_>, psohub: &Invoice, bexio: &AccountingInvoice, reasons: &mut Vec<Reason>) {
    let (Some(expected), Some(found)) = (sides.contact, bexio.contact_id) else { return };
    if expected != found {
        let name = psohub.customer.as_ref().map_or("the customer", |customer| &*customer.name);
        let psohub = Value::text(format!("{name} (Bexio contact {expected})"));
        let bexio = Value::text(format!("Bexio contact {found}"));
        reasons.push(Reason::new(Rule::OtherContact, Some(psohub), Some(bexio)));
    }
}

fn external_id(sides: &Sides<'_>, bexio: &AccountingInvoice, reasons: &mut Vec<Reason>) {
    // It is written once the invoice is issued; what was withdrawn needs none.
    let is_due = bexio.status != AccountingStatus::Draft
        && sides.psohub.is_some_and(|psohub| psohub.status != InvoiceStatus::Void);
    let number = &*bexio.document_number;
    let (rule, value) = match sides.external_id {
        ExternalId::Absent if is_due && !sides.is_being_sent() => (Rule::ExternalIdMissing, None),
        ExternalId::Present(Some(value)) if !names(value, bexio) => {
            (Rule::ExternalIdNamesAnother, Some(Value::text(&**value)))
        }
        _ => return,
    };
    reasons.push(Reason::new(rule, value, Some(Value::text(number))));
}

/// Whether an external id means this Bexio invoice: its number, whatever the case, or its id.
fn names(external_id: &str, bexio: &AccountingInvoice) -> bool {
    let external_id = external_id.trim();
    external_id.eq_ignore_ascii_case(bexio.document_number.trim()) || external_id == bexio.id.to_string()
}
