//! Decimals as text, without going through arithmetic on 96 bits where 64 are enough.

use rust_decimal::Decimal;

use crate::domain::money::decimal_text;

/// Room for 20 digits, a point, a sign and zeros up to the greatest scale.
const DIGITS_MAX: usize = 20;

/// Writes `value` as [`decimal_text`] does.
pub(super) fn write(out: &mut Vec<u8>, value: Decimal, digits_min: u32) {
    let mantissa = value.mantissa();
    let scale = value.scale();
    match u64::try_from(mantissa.unsigned_abs()) {
        Ok(magnitude) if scale <= 12 && digits_min <= 12 => {
            write_small(out, mantissa < 0, magnitude, scale, digits_min);
        }
        _ => out.extend_from_slice(decimal_text(value, digits_min).as_bytes()),
    }
}

fn write_small(out: &mut Vec<u8>, negative: bool, mut magnitude: u64, mut scale: u32, digits_min: u32) {
    while scale > digits_min && magnitude.is_multiple_of(10) {
        magnitude /= 10;
        scale -= 1;
    }
    if negative && magnitude != 0 {
        out.push(b'-');
    }
    let mut digits = [b'0'; DIGITS_MAX];
    let mut start = DIGITS_MAX;
    let whole_digits_min = usize::try_from(scale).unwrap_or(0) + 1;
    while magnitude > 0 || DIGITS_MAX - start < whole_digits_min {
        start -= 1;
        digits[start] = b'0' + u8::try_from(magnitude % 10).unwrap_or(0);
        magnitude /= 10;
    }
    let point = DIGITS_MAX + 1 - whole_digits_min;
    out.extend_from_slice(&digits[start..point]);
    let padded = digits_min.saturating_sub(scale);
    if scale > 0 || padded > 0 {
        out.push(b'.');
        out.extend_from_slice(&digits[point..]);
        out.extend((0..padded).map(|_| b'0'));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_writes_what_the_domain_writes(
            mantissa in prop_oneof![any::<i64>().prop_map(i128::from), -20_000i128..20_000, -(1i128 << 95)..(1i128 << 95)],
            scale in 0u32..=28,
            digits_min in 0u32..=4,
        ) {
            let value = Decimal::from_i128_with_scale(mantissa, scale);
            let mut out = Vec::new();
            write(&mut out, value, digits_min);
            prop_assert_eq!(String::from_utf8(out).unwrap(), decimal_text(value, digits_min));
        }
    }
}
