//! Bexio's arithmetic: tax per rate to 4 decimals, totals to the currency's smallest step, text with fixed digits.
//!
//! Checked against the reference's own example (17.80 at 7.7 %: tax 1.3706, total 19.15, difference -0.02).
//! Every operation saturates: no amount can stop the service.

use rust_decimal::{Decimal, RoundingStrategy};

use super::position::Position;

/// Above this an amount, a price or a payment is refused; keeps every product far from overflow.
pub const AMOUNT_MAX: Decimal = Decimal::from_parts(1_410_065_408, 2, 0, false, 0);

/// What a line is taxed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VatMode {
    /// `mwst_type` 0 with `mwst_is_net`: VAT is added on top.
    OnTop,
    /// `mwst_type` 0 without `mwst_is_net`: prices contain VAT.
    Contained,
    /// `mwst_type` 1 or 2: no VAT.
    None,
}

/// VAT of one rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateTotal {
    /// The rate in percent.
    pub percentage: Decimal,
    /// The tax, 4 decimals.
    pub value: Decimal,
}

/// What an invoice adds up to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// All lines, before discount positions.
    pub gross: Decimal,
    /// After discount positions and without VAT.
    pub net: Decimal,
    /// VAT per rate, in the order of first use; rates of 0 % are left out.
    pub taxes: Vec<RateTotal>,
    /// What the customer owes, a multiple of the currency's smallest step.
    pub total: Decimal,
    /// `total` minus net and taxes, 2 decimals.
    pub rounding_difference: Decimal,
}

impl Totals {
    /// Adds up `positions`. `rate_of` gives a tax id's rate in percent; `step` is the currency's `round_factor`.
    pub fn of<'a>(
        positions: impl IntoIterator<Item = &'a Position>,
        mode: VatMode,
        step: Decimal,
        rate_of: impl Fn(i64) -> Decimal,
    ) -> Self {
        let mut sums = Sums::default();
        for position in positions {
            sums.add(position, &rate_of);
        }
        sums.into_totals(mode, step)
    }

    /// All VAT.
    pub fn tax_total(&self) -> Decimal {
        self.taxes.iter().fold(Decimal::ZERO, |sum, tax| sum.saturating_add(tax.value))
    }
}

#[derive(Default)]
struct Sums {
    gross: Decimal,
    discounted: Decimal,
    /// (rate, base), in the order of first use.
    bases: Vec<(Decimal, Decimal)>,
}

impl Sums {
    fn add(&mut self, position: &Position, rate_of: impl Fn(i64) -> Decimal) {
        match position {
            Position::Custom(line) | Position::Article { line, .. } => {
                let rate = line.tax_id.map_or(Decimal::ZERO, rate_of);
                self.add_line(line.total(), rate);
            }
            Position::Discount { is_percentual, value, .. } => {
                let off = discount(self.discounted, *is_percentual, *value);
                self.take_off(off);
            }
            Position::Text { .. } | Position::Subtotal { .. } | Position::Pagebreak => {}
        }
    }

    fn add_line(&mut self, total: Decimal, rate: Decimal) {
        self.gross = self.gross.saturating_add(total);
        self.discounted = self.discounted.saturating_add(total);
        match self.bases.iter_mut().find(|(known, _)| *known == rate) {
            Some((_, base)) => *base = base.saturating_add(total),
            None => self.bases.push((rate, total)),
        }
    }

    /// A discount lowers every rate's base in proportion.
    fn take_off(&mut self, off: Decimal) {
        let before = self.discounted;
        self.discounted = before.saturating_sub(off);
        for (_, base) in &mut self.bases {
            let share = off.checked_div(before).unwrap_or_default();
            *base = base.saturating_sub(base.saturating_mul(share));
        }
    }

    fn into_totals(self, mode: VatMode, step: Decimal) -> Totals {
        let taxes: Vec<RateTotal> = self
            .bases
            .iter()
            .filter(|(rate, _)| mode != VatMode::None && !rate.is_zero())
            .map(|(rate, base)| RateTotal { percentage: *rate, value: tax(*base, *rate, mode) })
            .collect();
        let mut totals = Totals { gross: self.gross, net: self.discounted, taxes, ..Totals::default() };
        if mode == VatMode::Contained {
            totals.net = totals.net.saturating_sub(totals.tax_total());
        }
        let exact = totals.net.saturating_add(totals.tax_total());
        totals.total = round_to_step(exact, step);
        totals.rounding_difference = round(totals.total.saturating_sub(exact), 2).normalize();
        totals
    }
}

/// What a discount position takes off `sum`.
pub fn discount(sum: Decimal, is_percentual: bool, value: Decimal) -> Decimal {
    if is_percentual { round(percent_of(sum, value), 6) } else { value }
}

/// `percent` % of `amount`, exact.
pub fn percent_of(amount: Decimal, percent: Decimal) -> Decimal {
    amount.saturating_mul(percent).saturating_mul(Decimal::new(1, 2))
}

fn tax(base: Decimal, rate: Decimal, mode: VatMode) -> Decimal {
    let exact = match mode {
        VatMode::OnTop => percent_of(base, rate),
        VatMode::Contained => base
            .saturating_mul(rate)
            .checked_div(Decimal::ONE_HUNDRED.saturating_add(rate))
            .unwrap_or_default(),
        VatMode::None => Decimal::ZERO,
    };
    round(exact, 4)
}

/// Rounds to `digits` decimals, halves away from zero.
pub fn round(amount: Decimal, digits: u32) -> Decimal {
    amount.round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero)
}

/// Rounds to a multiple of `step`, halves away from zero. A step of zero leaves the amount alone.
pub fn round_to_step(amount: Decimal, step: Decimal) -> Decimal {
    amount.checked_div(step).map_or(amount, |steps| round(steps, 0).saturating_mul(step))
}

/// `amount` with exactly `digits` decimals, as Bexio's stored amounts are read back.
pub fn fixed(amount: Decimal, digits: u32) -> String {
    let mut amount = round(amount, digits);
    amount.rescale(digits);
    if amount.is_zero() {
        amount.set_sign_positive(true);
    }
    amount.to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::bexio::position::Line;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn totals(lines: &[(&str, i64)], mode: VatMode, step: &str) -> Totals {
        let lines: Vec<Position> = lines
            .iter()
            .map(|(price, rate)| {
                Position::Custom(Line { unit_price: decimal(price), tax_id: Some(*rate), ..Line::default() })
            })
            .collect();
        // A tax id stands for its rate in tenths of a percent.
        Totals::of(&lines, mode, decimal(step), |id| Decimal::new(id, 1))
    }

    #[test]
    fn the_limit_is_ten_thousand_million() {
        assert_eq!(AMOUNT_MAX, decimal("10000000000"));
    }

    #[test]
    fn the_references_own_example_adds_up() {
        let totals = totals(&[("17.80", 77)], VatMode::OnTop, "0.05");
        assert_eq!(fixed(totals.net, 6), "17.800000");
        assert_eq!(fixed(totals.tax_total(), 4), "1.3706");
        assert_eq!(fixed(totals.total, 6), "19.150000");
        assert_eq!(totals.rounding_difference.to_string(), "-0.02");
    }

    #[test]
    fn prices_with_vat_keep_their_total() {
        let totals = totals(&[("108.10", 81)], VatMode::Contained, "0.05");
        assert_eq!(totals.total, decimal("108.10"));
        assert_eq!(totals.tax_total(), decimal("8.1"));
        assert_eq!(totals.net, decimal("100"));
    }

    #[test]
    fn yen_have_no_decimals() {
        assert_eq!(totals(&[("1000.5", 0)], VatMode::OnTop, "1").total, decimal("1001"));
    }

    #[test]
    fn a_discount_lowers_each_rates_tax() {
        let line = |rate| {
            Position::Custom(Line { unit_price: Decimal::ONE_HUNDRED, tax_id: Some(rate), ..Line::default() })
        };
        let off = Position::Discount { text: "".into(), is_percentual: true, value: Decimal::TEN };
        let totals =
            Totals::of(&[line(81), line(26), off], VatMode::OnTop, decimal("0.05"), |id| Decimal::new(id, 1));
        assert_eq!((totals.gross, totals.net), (decimal("200"), decimal("180")));
        let taxes: Vec<String> = totals.taxes.iter().map(|tax| fixed(tax.value, 4)).collect();
        assert_eq!(taxes, ["7.2900", "2.3400"]);
    }

    proptest! {
        #[test]
        fn totals_are_multiples_of_the_step_and_at_most_half_a_step_off(
            cents in proptest::collection::vec(-100_000_000_i64..100_000_000, 1..20),
            step in prop_oneof![Just("0.05"), Just("0.01"), Just("1")],
        ) {
            let lines: Vec<Position> = cents
                .iter()
                .map(|c| Position::Custom(Line { unit_price: Decimal::new(*c, 2), tax_id: Some(81), ..Line::default() }))
                .collect();
            let step = decimal(step);
            let totals = Totals::of(&lines, VatMode::OnTop, step, |id| Decimal::new(id, 1));
            let exact = totals.net + totals.tax_total();
            prop_assert!((totals.total % step).is_zero());
            prop_assert!((totals.total - exact).abs() * Decimal::TWO <= step);
            prop_assert_eq!(totals.net, cents.iter().map(|c| Decimal::new(*c, 2)).sum::<Decimal>());
        }

        #[test]
        fn rounding_mirrors_around_zero(cents in any::<i32>()) {
            let step = decimal("0.05");
            let amount = Decimal::new(i64::from(cents), 3);
            prop_assert_eq!(round_to_step(-amount, step), -round_to_step(amount, step));
        }

        #[test]
        fn fixed_text_reads_back_and_has_the_digits(mantissa in any::<i64>(), scale in 0_u32..9, digits in 0_u32..7) {
            let amount = Decimal::new(mantissa, scale);
            let text = fixed(amount, digits);
            let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
            prop_assert_eq!(decimals, usize::try_from(digits).unwrap());
            prop_assert_eq!(decimal(&text), round(amount, digits));
        }

        #[test]
        fn nothing_overflows(amount in any::<i64>(), price in any::<i64>(), off in any::<i64>(), percentual in any::<bool>()) {
            let line = Line { amount: Decimal::new(amount, 0), unit_price: Decimal::new(price, 0), tax_id: Some(81), ..Line::default() };
            let off = Position::Discount { text: "".into(), is_percentual: percentual, value: Decimal::new(off, 0) };
            let totals = Totals::of(
                &[Position::Custom(line), off], VatMode::Contained, Decimal::ZERO, |id| Decimal::new(id, 1),
            );
            fixed(totals.total, 6);
        }
    }
}
