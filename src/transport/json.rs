//! Reading an upstream's JSON tolerantly and exactly: objects as borrowed fields, amounts from
//! their digits, never through a float.
//!
//! A reader says for each field whether it is absent, understood or not understood; what that costs
//! is the vendor's client to decide.

use std::borrow::Cow;
use std::fmt;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Why a value was not understood, in words that quote at most its start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// Another type or grammar.
    #[error("expected {expected}, found {found}")]
    Unexpected {
        /// What would have been understood.
        expected: &'static str,
        /// The start of what came.
        found: String,
    },
    /// A number that cannot be kept exactly.
    #[error("{0} has more digits than can be kept exactly")]
    Inexact(String),
}

impl ValueError {
    fn unexpected(expected: &'static str, raw: &RawValue) -> Self {
        Self::Unexpected { expected, found: start(raw.get()) }
    }
}

fn start(text: &str) -> String {
    const CHARS_MAX: usize = 40;
    let mut start: String = text.chars().take(CHARS_MAX).collect();
    if start.len() < text.len() {
        start.push('…');
    }
    start
}

/// A JSON object as its fields in the order written, borrowed from the text. A name may come twice.
#[derive(Debug)]
pub struct Fields<'a>(Vec<Field<'a>>);

#[derive(Debug)]
struct Field<'a> {
    name: Cow<'a, str>,
    value: &'a RawValue,
    asked_for: bool,
}

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldsVisitor;
        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some((Name(name), value)) = map.next_entry()? {
                    fields.push(Field { name, value, asked_for: false });
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(FieldsVisitor)
    }
}

/// An object key: borrowed where it holds no escape.
struct Name<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;
        impl<'de> Visitor<'de> for NameVisitor {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a field name")
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Borrowed(name)))
            }

            fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }
        deserializer.deserialize_str(NameVisitor)
    }
}

impl<'a> Fields<'a> {
    /// Reads an object.
    ///
    /// # Errors
    /// The JSON library's words when the text is no object.
    pub fn parse(text: &'a str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// Reads an object that is a field's value.
    ///
    /// # Errors
    /// [`ValueError::Unexpected`] when it is none.
    pub fn of(raw: &'a RawValue) -> Result<Self, ValueError> {
        Self::parse(raw.get()).map_err(|_| ValueError::unexpected("an object", raw))
    }

    /// The value of the first of `names` (in any case) that has one other than null or blank text.
    pub fn value(&mut self, names: &[&str]) -> Option<&'a RawValue> {
        let mut best = None;
        for name in names {
            for field in self.0.iter_mut().filter(|field| field.name.eq_ignore_ascii_case(name)) {
                field.asked_for = true;
                if best.is_none() && !is_blank(field.value) {
                    best = Some(field.value);
                }
            }
        }
        best
    }

    /// The names that no call of [`Self::value`] asked for.
    pub fn unknown(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|field| !field.asked_for).map(|field| &*field.name)
    }
}

fn is_blank(raw: &RawValue) -> bool {
    let text = raw.get();
    text == "null"
        || text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).is_some_and(|inner| {
            inner.trim().is_empty() || text_of(raw).is_ok_and(|text| text.trim().is_empty())
        })
}

/// Text, or a number or truth value as it is written. Trailing blanks are kept.
///
/// # Errors
/// [`ValueError::Unexpected`] for an object or array.
pub fn text_of(raw: &RawValue) -> Result<Cow<'_, str>, ValueError> {
    let text = raw.get();
    match text.as_bytes().first() {
        Some(b'"') => serde_json::from_str::<Name<'_>>(text)
            .map(|Name(text)| text)
            .map_err(|_| ValueError::unexpected("text", raw)),
        Some(b'{' | b'[') | None => Err(ValueError::unexpected("text", raw)),
        Some(_) => Ok(Cow::Borrowed(text)),
    }
}

/// A 64-bit whole number, written as a number or as text.
///
/// # Errors
/// [`ValueError::Unexpected`] for anything else, also for a number with a fraction.
pub fn integer_of(raw: &RawValue) -> Result<i64, ValueError> {
    let unexpected = || ValueError::unexpected("a whole number", raw);
    let text = text_of(raw)?;
    let text = text.trim();
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(unexpected());
    }
    text.parse().map_err(|_| unexpected())
}

/// An amount, written as a number or as text, digit for digit.
///
/// # Errors
/// [`ValueError`]: no number, or one that a 96-bit decimal cannot hold exactly.
pub fn decimal_of(raw: &RawValue) -> Result<Decimal, ValueError> {
    let text = text_of(raw)?;
    parse_decimal(text.trim()).unwrap_or_else(|| Err(ValueError::unexpected("an amount", raw)))
}

/// `None` when `text` does not follow JSON's grammar of numbers (leading zeros aside).
fn parse_decimal(text: &str) -> Option<Result<Decimal, ValueError>> {
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

/// `whole.fraction × 10^exponent`, keeping the digits as written where they fit.
fn exact(whole: &str, fraction: &str, exponent: i32) -> Option<Decimal> {
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_start_matches('0');
    let scale = i64::try_from(fraction.len()).ok()? - i64::from(exponent);
    // Zeros at the end are dropped only where they do not fit or the scale is below zero.
    let spare = significant.len() - significant.trim_end_matches('0').len();
    let drop = (scale - i64::from(Decimal::MAX_SCALE)).max(significant.len() as i64 - 28);
    let drop = usize::try_from(drop.max(0)).ok()?.min(spare);
    if significant.is_empty() {
        let scale = u32::try_from(scale.clamp(0, i64::from(Decimal::MAX_SCALE))).ok()?;
        return Decimal::try_from_i128_with_scale(0, scale).ok();
    }
    let kept = &significant[..significant.len() - drop];
    let scale = scale - i64::try_from(drop).ok()?;
    if kept.len() > 29 {
        return None;
    }
    let mut number: i128 = kept.parse().ok()?;
    for _ in scale..0 {
        number = number.checked_mul(10).filter(|number| *number <= MANTISSA_MAX)?;
    }
    Decimal::try_from_i128_with_scale(number, u32::try_from(scale.max(0)).ok()?).ok()
}

const MANTISSA_MAX: i128 = (1 << 96) - 1;

/// The calendar date that a date or timestamp begins with. A timestamp is not shifted to any zone:
/// `2024-10-28T00:00:00.000Z` is the 28th wherever it is read.
///
/// # Errors
/// [`ValueError::Unexpected`] when it begins with no date.
pub fn date_of(raw: &RawValue) -> Result<Date, ValueError> {
    let unexpected = || ValueError::unexpected("a date such as 2024-10-28", raw);
    let text = text_of(raw)?;
    let text = text.trim();
    let (date, rest) = text.split_at_checked(10).ok_or_else(unexpected)?;
    if !(rest.is_empty() || rest.starts_with(['T', 't', ' '])) {
        return Err(unexpected());
    }
    date.parse().map_err(|_| unexpected())
}

/// A truth value, written as one, as 0 or 1, or as text.
///
/// # Errors
/// [`ValueError::Unexpected`] for anything else.
pub fn bool_of(raw: &RawValue) -> Result<bool, ValueError> {
    match &*text_of(raw)?.trim().to_ascii_lowercase() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(ValueError::unexpected("true or false", raw)),
    }
}

/// The elements of an array, borrowed.
///
/// # Errors
/// [`ValueError::Unexpected`] when it is none.
pub fn elements_of(raw: &RawValue) -> Result<Vec<&RawValue>, ValueError> {
    serde_json::from_str(raw.get()).map_err(|_| ValueError::unexpected("an array", raw))
}

/// In a few words, what a body that is not the expected JSON looks like; never its content beyond
/// the kind, since a login page or an error page may quote what was sent.
pub fn describe(body: &[u8]) -> &'static str {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body).trim_ascii_start();
    match body.first() {
        None => "an empty body",
        Some(b'<') => "an HTML or XML page",
        Some(b'{') => "a JSON object",
        Some(b'[') => "a JSON array",
        Some(b'"') => "a JSON text",
        _ if body.starts_with(b"null") => "null",
        _ => "other text",
    }
}
