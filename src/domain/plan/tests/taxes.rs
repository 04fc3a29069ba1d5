//! Taxes.

use jiff::civil::date;
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::{Case, decimal, line, problem, refusals, tax, warnings};
use crate::domain::InvoiceLine;
use crate::domain::plan::{ProblemCode, TaxBasis, percent_in};

/// Code and basis of the tax of a line over 1000.00 that was changed.
fn tax_of(change: impl FnOnce(&mut InvoiceLine)) -> Option<(String, TaxBasis)> {
    code_in(&case_of(change))
}

fn case_of(change: impl FnOnce(&mut InvoiceLine)) -> Case {
    let mut line = line("1000");
    change(&mut line);
    Case::default().with_lines(vec![line], "1000", "1081")
}

fn code_in(case: &Case) -> Option<(String, TaxBasis)> {
    case.plan().positions[0].tax.as_ref().map(|tax| (tax.code.to_string(), tax.basis))
}

#[test]
fn a_tax_is_found_by_code_by_stated_rate_by_amounts_and_by_default() {
    let by = |code: &str, basis| Some((code.to_owned(), basis));
    assert_eq!(tax_of(|line| line.tax_code = Some("ur26".into())), by("UR26", TaxBasis::Code));
    assert_eq!(tax_of(|line| line.tax_name = Some("MWST 2,6 %".into())), by("UR26", TaxBasis::StatedRate));
    assert_eq!(tax_of(|line| line.total_inc_vat = Some(decimal("1026"))), by("UR26", TaxBasis::AmountsRate));
    assert_eq!(tax_of(|line| line.total_inc_vat = Some(decimal("1000"))), by("UEX", TaxBasis::AmountsRate));
    assert_eq!(tax_of(|_| {}), by("UN81", TaxBasis::Configured));
    let mut case = case_of(|_| {});
    case.options.tax_code = Some("UR26".into());
    assert_eq!(code_in(&case), by("UR26", TaxBasis::Configured));
}

#[test]
fn a_code_that_bexio_does_not_have_gives_way_to_the_rate_and_is_told() {
    let case = case_of(|line| {
        line.tax_code = Some("21".into());
        line.tax_name = Some("MWST 8.1%".into());
    });
    assert_eq!(code_in(&case), Some(("UN81".into(), TaxBasis::StatedRate)));
    assert_eq!(warnings(&case), [ProblemCode::TaxCodeUnknown]);
    let case = case_of(|line| line.tax_code = Some("21".into()));
    assert_eq!(refusals(&case), [ProblemCode::TaxCodeUnknown], "and without a rate it is refused");
}

#[test]
fn a_code_that_cannot_be_used_is_refused_and_not_replaced() {
    for (code, problem) in [
        ("UN77", ProblemCode::TaxNotValid),
        ("UB38", ProblemCode::TaxNotValid),
        ("VM81", ProblemCode::TaxNotForSales),
    ] {
        assert_eq!(refusals(&case_of(|line| line.tax_code = Some(code.into()))), [problem], "{code}");
    }
}

#[test]
fn the_date_of_the_invoice_decides_which_rates_are_valid() {
    let mut case = case_of(|line| line.tax_name = Some("MWST 7.7%".into()));
    assert_eq!(refusals(&case), [ProblemCode::TaxRateUnknown]);
    assert!(problem(&case, ProblemCode::TaxRateUnknown).what.contains("7.7 % that is valid on 2026-03-02"));
    case.invoice.date = Some(date(2023, 12, 31));
    case.invoice.total_inc_vat = decimal("1077");
    assert_eq!(code_in(&case), Some(("UN77".into(), TaxBasis::StatedRate)), "over today, right for its time");
    case.invoice.date = Some(date(2024, 1, 1));
    assert_eq!(refusals(&case), [ProblemCode::TaxRateUnknown]);
}

#[test]
fn a_stated_rate_is_never_replaced_by_another_one() {
    let case = case_of(|line| line.tax_name = Some("BTW 21%".into()));
    assert_eq!(refusals(&case), [ProblemCode::TaxRateUnknown]);
    let case = case_of(|line| line.total_inc_vat = Some(decimal("1210")));
    assert!(problem(&case, ProblemCode::TaxRateUnknown).what.contains("21 %"));
    let case = case_of(|line| {
        line.tax_code = Some("UN81".into());
        line.tax_name = Some("MWST 2.6%".into());
    });
    assert_eq!(warnings(&case), [ProblemCode::TaxRateDiffers]);
}

#[test]
fn no_vat_needs_a_tax_of_its_own() {
    let zero = |case: &mut Case| case.invoice.total_inc_vat = decimal("1000");
    let mut case = case_of(|line| line.tax_name = Some("0%".into()));
    zero(&mut case);
    assert_eq!((code_in(&case), refusals(&case)), (Some(("UEX".into(), TaxBasis::StatedRate)), vec![]));
    case.catalog.taxes.push(tax(4, "UNS", "not_taxable_turnover", "0"));
    assert_eq!(refusals(&case), [ProblemCode::TaxAmbiguous]);
    assert!(problem(&case, ProblemCode::TaxAmbiguous).what.ends_with("UEX, UNS"));
    case.settings.zero_tax_code = Some("uns".into());
    assert_eq!(code_in(&case), Some(("UNS".into(), TaxBasis::StatedRate)));
    case.catalog.taxes.retain(|tax| !tax.rate.is_zero());
    assert_eq!(refusals(&case), [ProblemCode::ZeroTaxMissing]);
}

#[test]
fn of_several_taxes_of_one_rate_a_plain_sales_tax_or_the_accounts_own_is_taken() {
    let mut case = case_of(|line| line.tax_name = Some("8.1%".into()));
    assert_eq!(code_in(&case), Some(("UN81".into(), TaxBasis::StatedRate)), "not the opted one");
    case.settings.tax_code = None;
    assert_eq!(code_in(&case).unwrap().0, "UN81");
    case.catalog.accounts[0].tax_id = Some(25);
    assert_eq!(code_in(&case).unwrap().0, "UO81");
    case.catalog.accounts[0].tax_id = Some(21);
    assert_eq!(code_in(&case).unwrap().0, "UN81", "an input tax is nobody's sales tax");
}

#[test]
fn without_any_word_bexios_proposal_is_taken_and_told() {
    let mut case = case_of(|_| {});
    case.settings.tax_code = None;
    assert_eq!(code_in(&case), Some(("UN81".into(), TaxBasis::BexioDefault)), "the standard rate");
    assert_eq!(warnings(&case), [ProblemCode::TaxDefaulted]);
    case.catalog.accounts[0].tax_id = Some(17);
    assert_eq!(code_in(&case).unwrap().0, "UR26", "the account's");
    case.catalog.default_tax_id = Some(3);
    assert_eq!(code_in(&case).unwrap().0, "UEX", "the company's");
    case.catalog.taxes.clear();
    assert_eq!(refusals(&case), [ProblemCode::TaxMissing]);
}

#[test]
fn a_configured_code_that_cannot_be_used_is_told_once() {
    let lines = vec![line("1"), line("2")];
    let mut case = Case::default().with_lines(lines, "3", "3.25");
    case.settings.tax_code = Some("UN99".into());
    assert_eq!(refusals(&case), [ProblemCode::TaxCodeUnknown]);
    let mut case = Case::with_line(|line| line.tax_code = Some("UN81".into()));
    case.options.tax_code = Some("UN99".into());
    assert_eq!(refusals(&case), [ProblemCode::TaxCodeUnknown], "also where no line needs it");
}

#[test]
fn a_tiny_line_that_fits_several_rates_gets_the_usual_one() {
    let tiny = || InvoiceLine { total_inc_vat: Some(decimal("0.11")), ..line("0.10") };
    let case = Case::default().with_lines(vec![tiny()], "0.10", "0.11");
    assert_eq!(code_in(&case), Some(("UN81".into(), TaxBasis::AmountsRate)));
}

#[test]
fn a_tiny_line_whose_tax_rounds_to_nothing_gets_the_usual_one() {
    let amounts = |ex_vat: &str, inc_vat: &str| {
        tax_of(|line| {
            line.total_ex_vat = Some(decimal(ex_vat));
            line.total_inc_vat = Some(decimal(inc_vat));
        })
    };
    assert_eq!(amounts("0.05", "0.05").unwrap().0, "UN81");
    assert_eq!(amounts("-0.05", "-0.05").unwrap().0, "UN81");
    assert_eq!(amounts("1.00", "1.00").unwrap().0, "UEX");
}

#[test]
fn amounts_in_whole_units_tell_a_rate_too() {
    let mut case = case_of(|line| {
        line.total_ex_vat = Some(decimal("105"));
        line.total_inc_vat = Some(decimal("114"));
    });
    case.invoice.currency = "JPY".parse().unwrap();
    case.invoice.total_ex_vat = decimal("105");
    case.invoice.total_inc_vat = decimal("114");
    assert_eq!((code_in(&case), refusals(&case)), (Some(("UN81".into(), TaxBasis::AmountsRate)), vec![]));
}

#[test]
fn percentages_are_read_out_of_names() {
    for (name, rate) in [
        ("MWST 8.1%", Some("8.1")),
        ("MWST 8.10 %", Some("8.1")),
        ("BTW 21%", Some("21")),
        ("TVA 2,6%", Some("2.6")),
        ("0%", Some("0")),
        ("Steuer: 8.1% (Normalsatz)", Some("8.1")),
        ("№8.1%", Some("8.1")),
        ("VAT", None),
        ("%", None),
        ("VAT .%", None),
        ("VAT 1.2.3%", None),
        ("VAT 810%", None),
        ("8.1", None),
        ("Ünïcödé%", None),
    ] {
        assert_eq!(percent_in(name), rate.map(|rate| decimal(rate).normalize()), "{name}");
    }
}

proptest! {
    #[test]
    fn any_name_is_read_or_not_but_never_stops_the_planner(name in ".{0,40}") {
        if let Some(rate) = percent_in(&name) {
            prop_assert!(rate >= Decimal::ZERO && rate <= Decimal::ONE_HUNDRED);
        }
    }

    #[test]
    fn the_rate_between_two_rounded_amounts_is_found_again(cents in 1_000_i64..100_000_000, index in 0_usize..2) {
        let (rate, code) = [("8.1", "UN81"), ("2.6", "UR26")][index];
        let ex_vat = Decimal::new(cents, 2);
        let vat = (ex_vat * decimal(rate) / Decimal::ONE_HUNDRED).round_dp(2);
        let case = case_of(|line| {
            line.total_ex_vat = Some(ex_vat);
            line.total_inc_vat = Some(ex_vat + vat);
        });
        prop_assert_eq!(code_in(&case), Some((code.to_owned(), TaxBasis::AmountsRate)));
    }
}
