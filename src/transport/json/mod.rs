//! Reading an upstream's JSON tolerantly and exactly: objects as borrowed fields, amounts from
//! their digits, never through a float.
//!
//! A value that is not understood is said to be so; what that costs is the vendor's client to decide.

mod decimal;
mod fields;
mod reader;

use std::borrow::Cow;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::value::RawValue;

use decimal::parse_decimal;
pub use fields::Fields;
use fields::Name;
pub use reader::{FieldFault, Reader};

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

#[cfg(test)]
mod tests;
