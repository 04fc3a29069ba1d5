//! What the invoice will add up to in Bexio, and whether that is what PSOhub says.
//!
//! Bexio: tax per rate kept to 4 decimals, total = net + taxes rounded to the currency's step. Swiss
//! totals are rounded to 0.05, so the two sides may differ by that much and no more.

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

use super::problem::Problems;
use super::{Field, Place, PlanInput, Position, ProblemCode, VatMode};
use crate::domain::delivery::is_within;
use crate::domain::{CurrencyCode, Money};

/// VAT of one rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateTotal {
    /// The rate in percent.
    pub rate: Decimal,
    /// What it is taken of: the prices, with VAT where they include it.
    pub base: Decimal,
    /// The tax, 4 decimals.
    pub tax: Decimal,
}

/// The totals on both sides, in the invoice's currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Without VAT, in Bexio.
    pub net: Decimal,
    /// VAT per rate, in Bexio, in the order of first use.
    pub taxes: Vec<RateTotal>,
    /// What the customer will owe, in Bexio.
    pub bexio: Decimal,
    /// Without VAT, in PSOhub.
    pub psohub_net: Decimal,
    /// What the customer owes by PSOhub.
    pub psohub: Decimal,
    /// Bexio's total less PSOhub's.
    pub rounding_difference: Decimal,
    /// What of it rounding may explain.
    pub tolerance: Decimal,
}

/// Adds up the positions as Bexio does and compares with PSOhub.
pub(super) fn totals(input: &PlanInput<'_>, positions: &[Position], problems: &mut Problems) -> Totals {
    let invoice = input.invoice;
    let step = input.catalog.currencies.by_code(invoice.currency).and_then(|currency| currency.round_factor);
    let step = step.filter(|step| *step > Decimal::ZERO);
    let tolerance = tolerance(input.settings.rounding_tolerance.of(invoice.currency), step);
    let sums = sums(positions, input.settings.vat_mode, step).unwrap_or_else(|| {
        problems.refuse(
            ProblemCode::AmountTooLarge,
            Place::Invoice(Field::Total),
            "the amounts are too large to add up",
            "Correct the lines in PSOhub.",
        );
        Sums::default()
    });
    let totals = Totals {
        net: sums.net,
        taxes: sums.taxes,
        bexio: sums.total,
        psohub_net: invoice.total_ex_vat,
        psohub: invoice.total_inc_vat,
        rounding_difference: sums.total.checked_sub(invoice.total_inc_vat).unwrap_or_default(),
        tolerance,
    };
    // Where a line has no amount or no tax the sums mean nothing yet; that is told already.
    if positions.iter().all(|position| position.unit_price.is_some() && position.tax.is_some()) {
        compare(&totals, invoice.currency, problems);
    }
    totals
}

/// The one that is set, more where the currency's own step explains more.
fn tolerance(set: Decimal, step: Option<Decimal>) -> Decimal {
    set.max(step.and_then(|step| step.checked_div(Decimal::TWO)).unwrap_or_default())
}

#[derive(Default)]
struct Sums {
    net: Decimal,
    taxes: Vec<RateTotal>,
    total: Decimal,
}

fn sums(positions: &[Position], mode: VatMode, step: Option<Decimal>) -> Option<Sums> {
    let mut prices = Decimal::ZERO;
    let mut taxes: Vec<RateTotal> = Vec::new();
    for position in positions {
        let amount = position.unit_price.unwrap_or_default();
        let rate = position.tax.as_ref().map_or(Decimal::ZERO, |tax| tax.rate);
        prices = prices.checked_add(amount)?;
        match taxes.iter_mut().find(|known| known.rate == rate) {
            Some(known) => known.base = known.base.checked_add(amount)?,
            None => taxes.push(RateTotal { rate, base: amount, tax: Decimal::ZERO }),
        }
    }
    if !mode.has_vat() {
        taxes.clear();
    }
    let mut vat = Decimal::ZERO;
    for known in &mut taxes {
        known.tax = round(tax(known.base, known.rate, mode)?, 4);
        vat = vat.checked_add(known.tax)?;
    }
    let (net, exact) = match mode {
        VatMode::Included => (prices.checked_sub(vat)?, prices),
        VatMode::Added | VatMode::Without | VatMode::Exempt => (prices, prices.checked_add(vat)?),
    };
    let total = match step {
        Some(step) => round(exact.checked_div(step)?, 0).checked_mul(step)?,
        None => exact,
    };
    Some(Sums { net, taxes, total: total.normalize() })
}

/// The VAT of one rate, of prices without it or in prices with it.
fn tax(prices: Decimal, rate: Decimal, mode: VatMode) -> Option<Decimal> {
    let whole = match mode {
        VatMode::Included => Decimal::ONE_HUNDRED.checked_add(rate)?,
        VatMode::Added | VatMode::Without | VatMode::Exempt => Decimal::ONE_HUNDRED,
    };
    prices.checked_mul(rate)?.checked_div(whole)
}

fn compare(totals: &Totals, currency: CurrencyCode, problems: &mut Problems) {
    for (field, words, psohub, bexio) in [
        (Field::TotalNet, "total without VAT", totals.psohub_net, totals.net),
        (Field::Total, "total", totals.psohub, totals.bexio),
    ] {
        if !is_within(psohub, bexio, totals.tolerance) {
            let text = |amount: Decimal| Money::new(amount, currency).amount_text();
            problems.refuse(
                ProblemCode::AmountMismatch,
                Place::Invoice(field),
                format!(
                    "the {words} is {currency} {} in PSOhub and would be {} in Bexio; rounding explains at most {}",
                    text(psohub),
                    text(bexio),
                    text(totals.tolerance)
                ),
                "Compare the lines' amounts and taxes in PSOhub with the plan.",
            );
        }
    }
}

/// Halves away from zero, as Bexio rounds.
pub(super) fn round(amount: Decimal, digits: u32) -> Decimal {
    amount.round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero)
}
