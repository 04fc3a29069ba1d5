//! Values in every form they were seen or may come in.

use proptest::prelude::*;

use super::*;

fn raw(json: &str) -> Box<RawValue> {
    serde_json::from_str(json).unwrap_or_else(|_| panic!("no JSON: {json}"))
}

fn decimal(json: &str) -> Result<String, ValueError> {
    decimal_of(&raw(json)).map(|value| value.to_string())
}

#[test]
fn amounts_keep_every_digit() {
    for (json, text) in [
        ("27700", "27700"),
        ("33517.10", "33517.10"),
        ("0.1", "0.1"),
        ("1.005", "1.005"),
        ("-0.0", "0.0"),
        ("\"-0\"", "0"),
        ("-12.5", "-12.5"),
        ("\" 1081.000000 \"", "1081.000000"),
        ("\"0100.00\"", "100.00"),
        ("1e3", "1000"),
        ("2.77E+4", "27700"),
        ("33517e-2", "335.17"),
        ("1e-28", "0.0000000000000000000000000001"),
        ("0e99999999999", "0"),
        ("0.0e-9999", "0.0000000000000000000000000000"),
        ("743.80165289", "743.80165289"),
        ("7922816251426433759354395033.5", "7922816251426433759354395033.5"),
        ("79228162514264337593543950335", "79228162514264337593543950335"),
        ("1.00000000000000000000000000000000000", "1.0000000000000000000000000000"),
    ] {
        assert_eq!(decimal(json), Ok(text.to_owned()), "{json}");
    }
}

#[test]
fn an_amount_that_cannot_be_kept_exactly_is_refused_and_not_rounded() {
    for json in [
        "79228162514264337593543950336",
        "1e29",
        "1e2147483648",
        "1e-29",
        "0.12345678901234567890123456789",
        "123456789012345678901234567890.5",
    ] {
        assert!(matches!(decimal(json), Err(ValueError::Inexact(_))), "{json}: {:?}", decimal(json));
    }
}

#[test]
fn what_is_no_amount_is_refused() {
    for json in [
        "\"NaN\"",
        "\"Infinity\"",
        "\"\"",
        "\"1,5\"",
        "\"1'000.00\"",
        "\"1_000\"",
        "\"1 000\"",
        "\"+1\"",
        "\".5\"",
        "\"5.\"",
        "\"0x10\"",
        "\"1e\"",
        "\"e5\"",
        "\"--1\"",
        "\"٣\"",
        "true",
        "[1]",
        "{}",
        "null",
    ] {
        assert!(matches!(decimal(json), Err(ValueError::Unexpected { .. })), "{json}: {:?}", decimal(json));
    }
}

#[test]
fn whole_numbers_are_exact_beyond_2_pow_53() {
    assert_eq!(integer_of(&raw("41939771881672249")), Ok(41_939_771_881_672_249));
    assert_eq!(integer_of(&raw("\" 41939771881672249 \"")), Ok(41_939_771_881_672_249));
    assert_eq!(integer_of(&raw("-9223372036854775808")), Ok(i64::MIN));
    for json in
        ["9223372036854775808", "1.0", "1e3", "\"+1\"", "\"1_0\"", "\"\"", "\"-\"", "true", "null", "[]"]
    {
        assert!(integer_of(&raw(json)).is_err(), "{json}");
    }
}

#[test]
fn dates_are_calendar_dates() {
    let date = |json: &str| date_of(&raw(json)).map(|date| date.to_string()).ok();
    assert_eq!(date("\"2024-10-28T00:00:00.000Z\"").as_deref(), Some("2024-10-28"));
    assert_eq!(date("\"2024-02-29\"").as_deref(), Some("2024-02-29"));
    for json in [
        "\"2023-02-29\"",
        "\"0000-00-00\"",
        "\"2024-10-281\"",
        "\"2024-10-2é\"",
        "\"28.10.2024\"",
        "\"\"",
        "1730073600000",
    ] {
        assert_eq!(date(json), None, "{json}");
    }
}

#[test]
fn truth_values_come_as_numbers_and_texts_too() {
    for (json, value) in [("true", true), ("1", true), ("\"True\"", true), ("false", false), ("\"0\"", false)]
    {
        assert_eq!(bool_of(&raw(json)), Ok(value), "{json}");
    }
    assert!(
        bool_of(&raw("\"yes\"")).is_err() && bool_of(&raw("2")).is_err() && bool_of(&raw("null")).is_err()
    );
}

#[test]
fn fields_are_found_in_any_case_and_blank_ones_passed_over() {
    let mut fields = Fields::parse(r#"{"A":null,"b":" \n ","a":"x","\u0043":1,"D":2}"#).unwrap();
    assert_eq!(fields.value(&["a"]).map(RawValue::get), Some("\"x\""));
    assert_eq!(fields.value(&["B", "C"]).map(RawValue::get), Some("1"));
    assert_eq!(fields.value(&["zz"]).map(RawValue::get), None);
    assert_eq!(fields.unknown().collect::<Vec<_>>(), ["D"]);
}

#[test]
fn errors_quote_only_the_start_of_a_value() {
    let long = format!("\"{}\"", "é".repeat(1000));
    let error = integer_of(&raw(&long)).unwrap_err().to_string();
    assert!(error.chars().count() < 120, "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_decimal_comes_back_as_it_was_written(
        mantissa in -79_228_162_514_264_337_593_543_950_335_i128..=79_228_162_514_264_337_593_543_950_335,
        scale in 0_u32..=28,
        as_text: bool,
    ) {
        let written = Decimal::from_i128_with_scale(mantissa, scale);
        let json = if as_text { format!("\"{written}\"") } else { written.to_string() };
        let read = decimal_of(&raw(&json)).unwrap();
        prop_assert_eq!(read, written);
        prop_assert_eq!(read.scale(), written.scale());
    }

    #[test]
    fn an_exponent_moves_the_point_exactly(mantissa in -1_000_000_000_i64..1_000_000_000, exponent in -15_i32..15) {
        let read = decimal_of(&raw(&format!("{mantissa}e{exponent}"))).unwrap();
        let ten = Decimal::TEN.powi_exact(exponent.unsigned_abs());
        let expected = if exponent < 0 { Decimal::from(mantissa) / ten } else { Decimal::from(mantissa) * ten };
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn no_text_panics_a_reader(text in prop_oneof![any::<String>(), "[-+0-9.eE _]{0,40}"]) {
        let json = serde_json::value::to_raw_value(&text).unwrap();
        let _ = (decimal_of(&json), integer_of(&json), date_of(&json), bool_of(&json), elements_of(&json));
        if let Ok(json) = serde_json::from_str::<&RawValue>(&text) {
            let _ = (decimal_of(json), integer_of(json), date_of(json), bool_of(json), elements_of(json));
        }
    }
}

trait PowExact {
    fn powi_exact(self, exponent: u32) -> Decimal;
}

impl PowExact for Decimal {
    fn powi_exact(self, exponent: u32) -> Decimal {
        (0..exponent).fold(Decimal::ONE, |product, _| product * self)
    }
}
