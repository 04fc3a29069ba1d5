//! Totals on both sides.

use proptest::prelude::*;
use rust_decimal::Decimal;

use super::{Case, decimal, line, problem, refusals};
use crate::domain::plan::{Field, Place, ProblemCode};
use crate::domain::{CurrencyCode, InvoiceLine};

fn taxed(ex_vat: &str, tax_code: &str) -> InvoiceLine {
    InvoiceLine { tax_code: Some(tax_code.into()), ..line(ex_vat) }
}

#[test]
fn the_documented_example_adds_up_as_bexio_does() {
    let mut case = Case::default().with_lines(vec![taxed("17.80", "UN77")], "17.80", "19.17");
    case.invoice.date = Some(jiff::civil::date(2023, 5, 1));
    let plan = case.plan();
    assert_eq!(plan.problems, []);
    assert_eq!(plan.totals.taxes[0].tax, decimal("1.3706"));
    assert_eq!(plan.totals.bexio, decimal("19.15"));
    assert_eq!(plan.totals.rounding_difference, decimal("-0.02"));
}

#[test]
fn tax_is_kept_per_rate_and_the_total_is_rounded_once() {
    let lines = vec![taxed("0.33", "UN81"), taxed("0.33", "UN81"), taxed("10.01", "UR26"), taxed("5", "UEX")];
    let plan = Case::default().with_lines(lines, "15.67", "15.98").plan();
    let taxes: Vec<_> = plan.totals.taxes.iter().map(|total| (total.rate, total.base, total.tax)).collect();
    assert_eq!(
        taxes,
        [
            (decimal("8.1"), decimal("0.66"), decimal("0.0535")),
            (decimal("2.6"), decimal("10.01"), decimal("0.2603")),
            (decimal("0"), decimal("5"), decimal("0")),
        ]
    );
    assert_eq!(plan.totals.bexio, decimal("16.00"));
    assert!(plan.is_sendable());
}

#[test]
fn rounding_explains_five_rappen_in_francs_and_one_cent_elsewhere() {
    let with = |currency: &str, total: &str| {
        let mut case = Case::default().with_lines(vec![line("100")], "100", total);
        case.invoice.currency = currency.parse().unwrap();
        refusals(&case)
    };
    assert_eq!(with("CHF", "108.15"), []);
    assert_eq!(with("CHF", "108.05"), []);
    assert_eq!(with("CHF", "108.16"), [ProblemCode::AmountMismatch]);
    assert_eq!(with("EUR", "108.11"), []);
    assert_eq!(with("EUR", "108.12"), [ProblemCode::AmountMismatch]);
    assert_eq!(with("JPY", "108.1"), [], "half a yen is rounding too");
    assert_eq!(with("JPY", "107.4"), [ProblemCode::AmountMismatch]);
}

#[test]
fn a_mismatch_shows_both_figures() {
    let case = Case::default().with_lines(vec![line("100")], "100", "121");
    let told = problem(&case, ProblemCode::AmountMismatch);
    assert_eq!(told.place, Place::Invoice(Field::Total));
    assert_eq!(
        &*told.what,
        "the total is CHF 121.00 in PSOhub and would be 108.10 in Bexio; rounding explains at most 0.05"
    );
}

#[test]
fn lines_that_do_not_add_up_to_the_net_total_are_a_mismatch_too() {
    let case = Case::default().with_lines(vec![line("100")], "99", "108.10");
    assert_eq!(problem(&case, ProblemCode::AmountMismatch).place, Place::Invoice(Field::TotalNet));
}

#[test]
fn a_line_without_an_amount_is_told_and_not_compared() {
    let case = Case::with_line(|line| line.total_ex_vat = None);
    assert_eq!(refusals(&case), [ProblemCode::LineAmountMissing]);
}

#[test]
fn prices_keep_six_decimals() {
    let case = Case::default().with_lines(vec![taxed("743.80165289", "UN81")], "743.80165289", "804.05");
    assert_eq!(case.plan().positions[0].unit_price, Some(decimal("743.801653")));
    assert_eq!(refusals(&case), []);
}

#[test]
fn more_than_150_lines_all_go_over_in_order() {
    let lines: Vec<InvoiceLine> =
        (0..200).map(|index| InvoiceLine { number: format!("10.{index}").into(), ..line("1") }).collect();
    let plan = Case::default().with_lines(lines, "200", "216.20").plan();
    assert_eq!(plan.problems, []);
    let numbers: Vec<_> = plan.positions.iter().map(|position| position.line_number.to_string()).collect();
    assert_eq!(numbers, (0..200).map(|index| format!("10.{index}")).collect::<Vec<_>>());
}

#[test]
fn amounts_beyond_all_reason_are_refused_and_stop_nothing() {
    let huge = "79228162514264337593543950335";
    let case = Case::default().with_lines(vec![line(huge), line(huge)], huge, huge);
    assert!(refusals(&case).contains(&ProblemCode::AmountTooLarge));
}

proptest! {
    #[test]
    fn the_total_is_a_multiple_of_the_step_at_most_half_a_step_off(cents in proptest::collection::vec(-50_000_i64..5_000_000, 1..30)) {
        let lines = cents.iter().map(|cents| taxed(&Decimal::new(*cents, 2).to_string(), "UN81")).collect();
        let totals = Case::default().with_lines(lines, "0", "0").plan().totals;
        let exact = totals.net + totals.taxes.iter().map(|total| total.tax).sum::<Decimal>();
        prop_assert_eq!(totals.net, cents.iter().map(|cents| Decimal::new(*cents, 2)).sum::<Decimal>());
        prop_assert!((totals.bexio % decimal("0.05")).is_zero());
        prop_assert!((totals.bexio - exact).abs() <= decimal("0.025"));
    }

    #[test]
    fn no_amounts_and_no_steps_stop_the_planner(
        amounts in proptest::collection::vec((any::<i64>(), 0_u32..28), 0..5),
        step in (any::<i64>(), 0_u32..28),
        total in (any::<i64>(), 0_u32..28),
    ) {
        let of = |(mantissa, scale): (i64, u32)| Decimal::new(mantissa, scale);
        let lines = amounts.iter().map(|amount| line(&of(*amount).to_string())).collect();
        let mut case = Case::default().with_lines(lines, "1", &of(total).to_string());
        let currency = crate::domain::Currency { id: 1, code: CurrencyCode::CHF, round_factor: Some(of(step)) };
        case.catalog.currencies = std::iter::once(currency).collect();
        case.plan();
    }
}
