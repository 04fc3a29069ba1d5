//! The schema's own scalars. Each is a string both ways.

use std::borrow::Cow;
use std::fmt::Display;
use std::str::FromStr;

use async_graphql::registry::Registry;
use async_graphql::{ID, InputType, InputValueError, InputValueResult, Number, Scalar, ScalarType, Value};

use super::output::leaf;
use crate::domain;

/// Greatest whole number that every JSON client carries unharmed: 2^53.
const SAFE_INTEGER_MAX: u64 = 1 << 53;

/// Longest text of a value that is quoted back in an error.
const QUOTED_CHARS_MAX: usize = 40;

fn refused<T: InputType>(value: &Value, expected: impl Display) -> InputValueError<T> {
    let found: String = value.to_string().chars().take(QUOTED_CHARS_MAX).collect();
    InputValueError::custom(format!("expected {expected}, found {found}"))
}

/// A calendar date without a time, as in 2026-03-31.
#[derive(Debug, Clone, Copy)]
pub(super) struct Date(pub(super) jiff::civil::Date);

/// A calendar date without a time, written as in 2026-03-31.
#[Scalar(name = "Date", specified_by_url = "https://scalars.graphql.org/andimarek/local-date.html")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        let date = match &value {
            // jiff reads more than a date; ten characters are exactly one.
            Value::String(text) if text.len() == 10 => text.parse().ok(),
            _ => None,
        };
        date.map(Self).ok_or_else(|| refused(&value, "a date as a string, such as \"2026-03-31\""))
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(_))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// An instant, UTC.
#[derive(Debug, Clone, Copy)]
pub(super) struct DateTime(pub(super) jiff::Timestamp);

/// An instant in UTC as RFC 3339 writes it, as in 2026-03-31T08:15:00Z.
#[Scalar(name = "DateTime", specified_by_url = "https://scalars.graphql.org/andimarek/date-time.html")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        let instant = match &value {
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        instant
            .map(Self)
            .ok_or_else(|| refused(&value, "an instant as a string, such as \"2026-03-31T08:15:00Z\""))
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(_))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A decimal number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Decimal(pub(super) rust_decimal::Decimal);

/// A decimal number as a string, as in "1234.50": exact, where a JSON number would be rounded. As
/// input it must be a string too; a JSON number is refused.
#[Scalar(name = "Decimal", specified_by_url = "https://scalars.graphql.org/chillicream/decimal.html")]
impl ScalarType for Decimal {
    fn parse(value: Value) -> InputValueResult<Self> {
        let decimal = match &value {
            Value::String(text) => rust_decimal::Decimal::from_str_exact(text).ok(),
            _ => None,
        };
        decimal.map(Self).ok_or_else(|| {
            refused(
                &value,
                "a decimal number as a string, such as \"1234.50\" (a JSON number would lose digits)",
            )
        })
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(_))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A currency.
#[derive(Debug, Clone, Copy)]
pub(super) struct CurrencyCode(pub(super) domain::CurrencyCode);

/// A currency's three letters by ISO 4217, as in CHF.
#[Scalar(name = "CurrencyCode", specified_by_url = "https://www.iso.org/iso-4217-currency-codes.html")]
impl ScalarType for CurrencyCode {
    fn parse(value: Value) -> InputValueResult<Self> {
        let code = match &value {
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        code.map(Self)
            .ok_or_else(|| refused(&value, "a currency's three letters as a string, such as \"CHF\""))
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(_))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// An address on the web.
#[derive(Debug, Clone)]
pub(super) struct Url(pub(super) String);

/// An address on the web. Where it starts with a slash it is relative to this service.
#[Scalar(name = "URL", specified_by_url = "https://url.spec.whatwg.org/")]
impl ScalarType for Url {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => Ok(Self(text)),
            other => Err(refused(&other, "an address as a string")),
        }
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(_))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

leaf!(Date, DateTime, Decimal, CurrencyCode, Url);

/// An `ID` as input. A whole number is taken only where no client can have rounded it; that it may have
/// been is told by whoever reads the id, who knows its place in the input.
#[derive(Debug, Clone)]
pub(super) enum IdInput {
    /// An id.
    Text(String),
    /// A number that the client may have rounded.
    Rounded(Number),
}

impl IdInput {
    /// The id, or why it cannot be used.
    pub(super) fn text(&self) -> Result<&str, String> {
        match self {
            Self::Text(text) => Ok(text),
            Self::Rounded(number) => Err(format!(
                "{number} was given as a number. Numbers above 2^53 are rounded by JavaScript clients, so the id may \
                 already be another one: send it as a string"
            )),
        }
    }

    /// The id as a `T`, or why it is none.
    pub(super) fn parsed<T: FromStr<Err: Display>>(&self) -> Result<T, String> {
        self.text()?.parse().map_err(|error: T::Err| error.to_string())
    }
}

impl InputType for IdInput {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        <ID as InputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <ID as InputType>::create_type_info(registry)
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        match value.unwrap_or_default() {
            Value::String(text) => Ok(Self::Text(text)),
            Value::Number(number)
                if number.as_i64().is_some_and(|whole| whole.unsigned_abs() <= SAFE_INTEGER_MAX) =>
            {
                Ok(Self::Text(number.to_string()))
            }
            Value::Number(number) => Ok(Self::Rounded(number)),
            other => Err(refused(&other, "an id as a string")),
        }
    }

    fn to_value(&self) -> Value {
        match self {
            Self::Text(text) => Value::String(text.clone()),
            Self::Rounded(number) => Value::Number(number.clone()),
        }
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}
