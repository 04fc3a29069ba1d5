//! Amounts from their digits: exact or not at all, and never through a float.

use rust_decimal::Decimal;

use super::{ValueError, start};

/// `None` when `text` does not follow JSON's grammar of numbers (leading zeros aside).
pub(super) fn parse_decimal(text: &str) -> Option<Result<Decimal, ValueError>> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
        None => (text, 0),
    };
    let digits = mantissa.strip_prefix('-').unwrap_or(mantissa);
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(w, f)| (w, Some(f)));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(whole) || !fraction.is_none_or(all_digits) {
        return None;
    }
    let fraction = fraction.unwrap_or_default();
    let value = exact(whole, fraction, exponent).map(|mut value| {
        value.set_sign_negative(mantissa.starts_with('-') && !value.is_zero());
        value
    });
    Some(value.ok_or_else(|| ValueError::Inexact(start(text))))
}

fn parse_exponent(text: &str) -> Option<i32> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // Beyond any decimal: the caller says that it cannot be kept.
    let size = digits.parse::<i32>().unwrap_or(i32::MAX);
    Some(if text.starts_with('-') { -size } else { size })
}

/// `whole.fraction × 10^exponent`, with the digits as written where they fit, without some of the
/// zeros at their end where only that makes them fit.
fn exact(whole: &str, fraction: &str, exponent: i32) -> Option<Decimal> {
    let digits = format!("{whole}{fraction}");
    let mut digits = digits.trim_start_matches('0');
    let mut scale = i64::try_from(fraction.len()).ok()?.checked_sub(i64::from(exponent))?;
    if digits.is_empty() {
        let scale = u32::try_from(scale.clamp(0, i64::from(Decimal::MAX_SCALE))).ok()?;
        return Decimal::try_from_i128_with_scale(0, scale).ok();
    }
    loop {
        if let Some(value) = fitting(digits, scale) {
            return Some(value);
        }
        digits = digits.strip_suffix('0')?;
        scale -= 1;
    }
}

/// Digits of the largest 96-bit number.
const DIGITS_MAX: usize = 29;
const MANTISSA_MAX: i128 = (1 << 96) - 1;

/// `digits × 10^-scale` if 96 bits and a scale of 0 to 28 hold it.
fn fitting(digits: &str, scale: i64) -> Option<Decimal> {
    if digits.len() > DIGITS_MAX {
        return None;
    }
    let mut mantissa: i128 = digits.parse().ok()?;
    for _ in scale..0 {
        mantissa = mantissa.checked_mul(10).filter(|mantissa| *mantissa <= MANTISSA_MAX)?;
    }
    Decimal::try_from_i128_with_scale(mantissa, u32::try_from(scale.max(0)).ok()?).ok()
}
