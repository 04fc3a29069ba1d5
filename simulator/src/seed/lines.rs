//! Lines and detail lines of an invoice.

use jiff::ToSpan as _;
use jiff::civil::Date;
use rand::RngExt as _;
use rand::rngs::SmallRng;
use rust_decimal::{Decimal, RoundingStrategy};

use super::customers::{SeedCustomer, pick};
use super::story::Content;
use super::words;
use crate::psohub::{Detail, Line, Text};

/// A VAT rate as PSOhub names it and Bexio codes it.
#[derive(Clone, Copy, Debug)]
struct Vat {
    code: &'static str,
    name: &'static str,
    per_mille: i64,
}

const STANDARD: Vat = Vat { code: "UN81", name: "MWST 8.1%", per_mille: 81 };
const REDUCED: Vat = Vat { code: "UR26", name: "MWST 2.6%", per_mille: 26 };
const FORMER: Vat = Vat { code: "UN77", name: "MWST 7.7%", per_mille: 77 };
const EXPORT: Vat = Vat { code: "UEX", name: "Export 0%", per_mille: 0 };

/// What the lines of one invoice have in common.
struct Draft<'a> {
    customer: &'a SeedCustomer,
    date: Date,
    vat: Vat,
    /// Whether the lines name their tax code.
    with_tax_code: bool,
    gl_account: Option<&'static str>,
}

/// The lines of an invoice.
pub(super) fn make(
    customer: &SeedCustomer,
    date: Date,
    content: Content,
    random: &mut SmallRng,
) -> Vec<Line> {
    let vat = match content {
        Content::FormerRate => FORMER,
        _ if !customer.is_domestic() => EXPORT,
        _ => STANDARD,
    };
    let gl_account = match random.random_range(0..10) {
        0..=1 => Some("3400"),
        2 => Some("3401"),
        3 => Some("3600"),
        _ => None,
    };
    let draft = Draft { customer, date, vat, with_tax_code: random.random_range(0..10) < 7, gl_account };
    let count = match content {
        Content::ManyLines => 160,
        _ => random.random_range(1..=4),
    };
    let mut lines: Vec<Line> = (1..=count).map(|at| draft.line(at, random)).collect();
    match content {
        Content::NegativeLine => {
            lines.push(draft.fixed(90, "Kulanzrabatt", -Decimal::new(random.random_range(5_000..20_000), 2)));
            lines.push(draft.fixed(91, "Einführung (kostenlos)", Decimal::ZERO));
        }
        Content::ZeroTotal => lines = vec![draft.fixed(1, "Garantieleistung", Decimal::ZERO)],
        _ => {}
    }
    lines
}

impl Draft<'_> {
    fn line(&self, at: u32, random: &mut SmallRng) -> Line {
        match random.random_range(0..100) {
            0..50 => self.worked(at, random),
            50..85 => {
                let hundreds = random.random_range(2..90);
                let odd = if hundreds % 5 == 0 { random.random_range(1..10_000) } else { 0 };
                let name = pick(random, words::services(self.customer.locale));
                self.fixed(at, name, Decimal::new(hundreds * 10_000 + odd, 2))
            }
            _ => self.spent(at, random),
        }
    }

    /// Time and material: the details add up to the line.
    fn worked(&self, at: u32, random: &mut SmallRng) -> Line {
        let details: Vec<Detail> = (0..random.random_range(1..=4)).map(|_| self.time(random)).collect();
        let total = details.iter().map(Detail::amount_ex_vat).sum();
        let name = pick(random, words::services(self.customer.locale));
        Line { details, ..self.fixed(at, name, total) }
    }

    fn time(&self, random: &mut SmallRng) -> Detail {
        let hours = Decimal::new(random.random_range(1..=36) * 25, 2);
        let rate = Decimal::from(random.random_range(12..=26) * 10);
        Detail::Time {
            date: self.day_before(random),
            account: pick(random, &words::FIRST_NAMES).into(),
            role: pick(random, &words::ROLES).into(),
            description: pick(random, &words::WORK).into(),
            hours,
            rate,
            amount_ex_vat: cents(hours * rate),
        }
    }

    /// Expenses, passed on; a meal carries the reduced rate at home.
    fn spent(&self, at: u32, random: &mut SmallRng) -> Line {
        let vat = if self.vat.per_mille == STANDARD.per_mille && at % 4 == 3 { REDUCED } else { self.vat };
        let draft = Draft { vat, ..*self };
        let details: Vec<Detail> = (0..random.random_range(1..=2)).map(|_| draft.expense(random)).collect();
        let total = details.iter().map(Detail::amount_ex_vat).sum();
        Line { details, ..draft.fixed(at, "Spesen", total) }
    }

    fn expense(&self, random: &mut SmallRng) -> Detail {
        let amount_ex_vat = Decimal::new(random.random_range(450..42_000), 2);
        let vat_amount = self.vat_on(amount_ex_vat);
        Detail::Expense {
            date: self.day_before(random),
            account: pick(random, &words::FIRST_NAMES).into(),
            description: pick(random, &words::EXPENSES).into(),
            amount_ex_vat,
            vat_amount,
            total_amount: amount_ex_vat + vat_amount,
        }
    }

    fn fixed(&self, at: u32, name: &'static str, total_ex_vat: Decimal) -> Line {
        Line {
            number: format!("10.{at:03} ").into(),
            name: name.into(),
            description: if at.is_multiple_of(2) {
                " ".into()
            } else {
                Text::from("Gemäss Auftragsbestätigung")
            },
            gl_account: self.gl_account.map(Into::into),
            tax_code: self.with_tax_code.then(|| self.vat.code.into()),
            tax_name: self.vat.name.into(),
            total_ex_vat,
            total_inc_vat: total_ex_vat + self.vat_on(total_ex_vat),
            details: Vec::new(),
        }
    }

    fn vat_on(&self, amount: Decimal) -> Decimal {
        cents(amount * Decimal::new(self.vat.per_mille, 3))
    }

    fn day_before(&self, random: &mut SmallRng) -> Date {
        self.date.saturating_sub(random.random_range(1..30).days())
    }
}

/// Rounded to two decimals, half away from zero.
pub(super) fn cents(amount: Decimal) -> Decimal {
    amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}
