//! `POST /2.0/<resource>/search`: an array of `{field, value, criteria}`, ANDed.
//!
//! `like` is the default and needs its own `%`. A body that is not an array finds nothing (recorded). A column
//! that is null matches no comparison, as in SQL. Texts compare without regard to case.

use std::cmp::Ordering;

use jiff::civil::{Date, DateTime};
use rust_decimal::Decimal;
use serde_json::Value;

use super::error::ApiError;

/// The longest value, per the reference's schema.
const VALUE_CHARS_MAX: usize = 255;

/// What a column holds in one row.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cell<'a> {
    /// Nothing.
    Null,
    /// An id or a flag.
    Int(i64),
    /// A text.
    Text(&'a str),
    /// An amount.
    Amount(Decimal),
    /// A date.
    Date(Date),
    /// A wall-clock time in Zurich.
    Time(DateTime),
}

impl<'a> Cell<'a> {
    /// An optional id.
    pub(crate) fn id(id: Option<i64>) -> Self {
        id.map_or(Self::Null, Self::Int)
    }

    /// An optional text.
    pub(crate) fn text(text: Option<&'a str>) -> Self {
        text.map_or(Self::Null, Self::Text)
    }

    /// The order of two cells of one column; nulls first.
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Null, Self::Null) => Ordering::Equal,
            (Self::Null, _) => Ordering::Less,
            (_, Self::Null) => Ordering::Greater,
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            (Self::Amount(a), Self::Amount(b)) => a.cmp(b),
            (Self::Date(a), Self::Date(b)) => a.cmp(b),
            (Self::Time(a), Self::Time(b)) => a.cmp(b),
            (a, b) => order_text(&a.to_text(), &b.to_text()),
        }
    }

    fn to_text(self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Int(id) => id.to_string(),
            Self::Text(text) => text.to_owned(),
            Self::Amount(amount) => super::money::fixed(amount, 6),
            Self::Date(date) => date.to_string(),
            Self::Time(time) => super::zurich::text(time),
        }
    }

    fn compare(self, value: &Operand) -> Option<Ordering> {
        match self {
            Self::Null => None,
            Self::Int(id) => value.number.map(|number| Decimal::from(id).cmp(&number)),
            Self::Amount(amount) => value.number.map(|number| amount.cmp(&number)),
            Self::Date(date) => {
                value.time.map(|time| date.to_datetime(jiff::civil::Time::midnight()).cmp(&time))
            }
            Self::Time(own) => value.time.map(|time| own.cmp(&time)),
            Self::Text(text) => Some(order_text(text, &value.text)),
        }
    }
}

fn order_text(a: &str, b: &str) -> Ordering {
    a.chars().flat_map(char::to_lowercase).cmp(b.chars().flat_map(char::to_lowercase))
}

/// How `in` and `not_in` read their value; nobody has shown it live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InForm {
    /// Arrays and comma text.
    Both,
    /// Arrays; comma text is one value.
    Array,
    /// Comma text; an array matches nothing.
    Text,
}

/// A search of rows of type `R`.
#[derive(Debug)]
pub(crate) enum Search<R> {
    /// Finds nothing.
    Nothing,
    /// Finds what passes every test.
    All(Vec<Criterion<R>>),
}

/// One test of one column.
#[derive(Debug)]
pub(crate) struct Criterion<R> {
    read: fn(&R) -> Cell<'_>,
    test: Test,
}

#[derive(Debug)]
enum Test {
    Compare(fn(Ordering) -> bool, Operand),
    Like { pattern: Vec<char>, wanted: bool },
    Null { wanted: bool },
    In { values: Vec<Operand>, wanted: bool },
}

/// A value, read in every way a column may need.
#[derive(Debug)]
struct Operand {
    text: String,
    number: Option<Decimal>,
    time: Option<DateTime>,
}

impl<R> Search<R> {
    /// Reads a search body. `column` knows the searchable fields.
    pub(crate) fn parse(
        body: &Value,
        in_form: InForm,
        column: impl Fn(&str) -> Option<fn(&R) -> Cell<'_>>,
    ) -> Result<Self, ApiError> {
        let Value::Array(entries) = body else { return Ok(Self::Nothing) };
        let criteria: Result<Vec<_>, _> =
            entries.iter().map(|entry| Criterion::parse(entry, in_form, &column)).collect();
        criteria.map(Self::All)
    }

    /// Whether a row passes.
    pub(crate) fn finds(&self, row: &R) -> bool {
        match self {
            Self::Nothing => false,
            Self::All(criteria) => criteria.iter().all(|criterion| criterion.finds(row)),
        }
    }
}

impl<R> Criterion<R> {
    fn parse(
        entry: &Value,
        in_form: InForm,
        column: impl Fn(&str) -> Option<fn(&R) -> Cell<'_>>,
    ) -> Result<Self, ApiError> {
        let field = entry.get("field").and_then(Value::as_str).ok_or(ApiError::BadParameters)?;
        let read = column(field).ok_or(ApiError::BadParameters)?;
        let value = entry.get("value").unwrap_or(&Value::Null);
        let criteria = entry.get("criteria").and_then(Value::as_str).unwrap_or("like");
        Ok(Self { read, test: Test::parse(criteria, value, in_form)? })
    }

    fn finds(&self, row: &R) -> bool {
        let cell = (self.read)(row);
        match &self.test {
            Test::Null { wanted } => matches!(cell, Cell::Null) == *wanted,
            _ if matches!(cell, Cell::Null) => false,
            Test::Compare(is_wanted, value) => cell.compare(value).is_some_and(is_wanted),
            Test::Like { pattern, wanted } => {
                let text: Vec<char> = cell.to_text().chars().flat_map(char::to_lowercase).collect();
                is_like(&text, pattern) == *wanted
            }
            Test::In { values, wanted } => {
                values.iter().any(|value| cell.compare(value) == Some(Ordering::Equal)) == *wanted
            }
        }
    }
}

impl Test {
    fn parse(criteria: &str, value: &Value, in_form: InForm) -> Result<Self, ApiError> {
        let compare = |is_wanted: fn(Ordering) -> bool| Ok(Self::Compare(is_wanted, Operand::of(value)?));
        match criteria {
            "=" | "equal" => compare(Ordering::is_eq),
            "!=" | "not_equal" => compare(Ordering::is_ne),
            ">" | "greater_than" => compare(Ordering::is_gt),
            "<" | "less_than" => compare(Ordering::is_lt),
            ">=" | "greater_equal" => compare(Ordering::is_ge),
            "<=" | "less_equal" => compare(Ordering::is_le),
            "is_null" => Ok(Self::Null { wanted: true }),
            "not_null" => Ok(Self::Null { wanted: false }),
            "in" => Ok(Self::In { values: list(value, in_form)?, wanted: true }),
            "not_in" => Ok(Self::In { values: list(value, in_form)?, wanted: false }),
            // An unknown criteria is no error in production ("equals" runs there); its effect is not known.
            other => {
                let pattern = Operand::of(value)?.text.chars().flat_map(char::to_lowercase).collect();
                Ok(Self::Like { pattern, wanted: other != "not_like" })
            }
        }
    }
}

impl Operand {
    fn of(value: &Value) -> Result<Self, ApiError> {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(flag) => i64::from(*flag).to_string(),
            Value::Null => String::new(),
            Value::Array(_) | Value::Object(_) => return Err(ApiError::BadParameters),
        };
        Self::of_text(&text)
    }

    fn of_text(text: &str) -> Result<Self, ApiError> {
        if text.chars().count() > VALUE_CHARS_MAX {
            return Err(ApiError::BadParameters);
        }
        let trimmed = text.trim();
        Ok(Self { text: text.to_owned(), number: trimmed.parse().ok(), time: time(trimmed) })
    }
}

/// A date is its midnight. A time with an offset is none: Bexio compares wall clocks.
fn time(text: &str) -> Option<DateTime> {
    text.parse::<DateTime>().ok()
}

fn list(value: &Value, in_form: InForm) -> Result<Vec<Operand>, ApiError> {
    match (value, in_form) {
        (Value::Array(_), InForm::Text) => Ok(Vec::new()),
        (Value::Array(values), _) => values.iter().map(Operand::of).collect(),
        (value, InForm::Array) => Ok(vec![Operand::of(value)?]),
        (value, _) => {
            let text = Operand::of(value)?.text;
            text.split(',').map(|part| Operand::of_text(part.trim())).collect()
        }
    }
}

/// SQL's LIKE: `%` is any text, `_` any one character. Both sides are in lower case.
fn is_like(text: &[char], pattern: &[char]) -> bool {
    let (mut at, mut wanted) = (0, 0);
    // Where to go on when the characters after the last `%` turn out not to fit.
    let mut retry: Option<(usize, usize)> = None;
    while at < text.len() {
        match pattern.get(wanted) {
            Some('%') => {
                retry = Some((at, wanted));
                wanted += 1;
            }
            Some(&c) if c == '_' || c == text[at] => {
                at += 1;
                wanted += 1;
            }
            _ => {
                let Some((from, percent)) = retry else { return false };
                retry = Some((from + 1, percent));
                at = from + 1;
                wanted = percent + 1;
            }
        }
    }
    pattern[wanted.min(pattern.len())..].iter().all(|c| *c == '%')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[derive(Debug)]
    struct Row {
        id: i64,
        name: Option<&'static str>,
        total: Decimal,
        updated_at: DateTime,
    }

    fn column(name: &str) -> Option<fn(&Row) -> Cell<'_>> {
        match name {
            "id" => Some(|row| Cell::Int(row.id)),
            "name" => Some(|row| Cell::text(row.name)),
            "total" => Some(|row| Cell::Amount(row.total)),
            "updated_at" => Some(|row| Cell::Time(row.updated_at)),
            _ => None,
        }
    }

    fn found(criteria: &Value) -> Vec<i64> {
        found_in_form(criteria, InForm::Both)
    }

    fn found_in_form(criteria: &Value, in_form: InForm) -> Vec<i64> {
        let row = |id, name, cents, updated_at: &str| Row {
            id,
            name,
            total: Decimal::new(cents, 2),
            updated_at: updated_at.parse().unwrap(),
        };
        let rows = [
            row(8, Some("Müller AG"), 10_000, "2026-03-01 00:00:00"),
            row(9, Some("muller"), 1_005, "2026-03-01 10:00:00"),
            row(16, None, 0, "2026-03-02 10:00:00"),
        ];
        let search = Search::parse(criteria, in_form, column).unwrap();
        rows.iter().filter(|row| search.finds(row)).map(|row| row.id).collect()
    }

    fn one(field: &str, criteria: &str, value: &Value) -> Vec<i64> {
        found(&json!([{ "field": field, "criteria": criteria, "value": value }]))
    }

    #[test]
    fn comparisons_know_the_columns_type() {
        assert_eq!(one("id", ">", &json!("8")), [9, 16]);
        assert_eq!(one("id", "less_equal", &json!(9)), [8, 9]);
        assert_eq!(one("total", "=", &json!("10.050")), [9]);
        assert_eq!(one("total", "not_equal", &json!("100")), [9, 16]);
        assert_eq!(one("updated_at", ">=", &json!("2026-03-01 10:00:00")), [9, 16]);
        assert_eq!(one("updated_at", "<", &json!("2026-03-01 10:00:00")), [8]);
        assert_eq!(one("updated_at", "=", &json!("2026-03-01")), [8]);
        assert_eq!(one("updated_at", ">", &json!("2026-03-01T09:00:00Z")), [] as [i64; 0]);
        assert_eq!(one("id", "=", &json!("nonsense")), [] as [i64; 0]);
    }

    #[test]
    fn like_is_the_default_and_wants_its_own_percent_signs() {
        assert_eq!(found(&json!([{ "field": "name", "value": "müller" }])), [] as [i64; 0]);
        assert_eq!(found(&json!([{ "field": "name", "value": "MÜLLER%" }])), [8]);
        assert_eq!(found(&json!([{ "field": "name", "value": "%ll%r%" }])), [8, 9]);
        assert_eq!(one("name", "not_like", &json!("%AG")), [9]);
    }

    #[test]
    fn null_matches_only_is_null() {
        assert_eq!(one("name", "is_null", &json!("")), [16]);
        assert_eq!(one("name", "not_null", &json!(null)), [8, 9]);
        assert_eq!(one("name", "!=", &json!("x")), [8, 9]);
    }

    #[test]
    fn in_takes_arrays_and_comma_text_unless_told_otherwise() {
        let with = |value: Value| json!([{ "field": "id", "criteria": "in", "value": value }]);
        assert_eq!(found(&with(json!(["8", 16]))), [8, 16]);
        assert_eq!(found(&with(json!("9, 16"))), [9, 16]);
        assert_eq!(one("id", "not_in", &json!("9,16")), [8]);
        assert_eq!(found_in_form(&with(json!("9,16")), InForm::Array), [] as [i64; 0]);
        assert_eq!(found_in_form(&with(json!(["9"])), InForm::Text), [] as [i64; 0]);
    }

    #[test]
    fn entries_are_anded_and_a_body_that_is_no_array_finds_nothing() {
        let both = json!([
            { "field": "id", "criteria": ">", "value": "7" },
            { "field": "id", "criteria": "<", "value": "10" },
        ]);
        assert_eq!(found(&both), [8, 9]);
        assert_eq!(found(&json!([])), [8, 9, 16]);
        assert_eq!(found(&json!({ "field": "id", "value": "8" })), [] as [i64; 0]);
    }

    #[test]
    fn unknown_fields_and_long_values_are_refused() {
        let parse = |body: Value| Search::parse(&body, InForm::Both, column);
        assert!(parse(json!([{ "field": "reference", "value": "x" }])).is_err());
        assert!(parse(json!([{ "field": "name", "value": "x".repeat(256) }])).is_err());
        assert!(parse(json!([{ "field": "name", "value": "x".repeat(255) }])).is_ok());
    }

    proptest! {
        #[test]
        fn like_agrees_with_a_plain_recursion(text in "[ab]{0,8}", pattern in "[ab%_]{0,8}") {
            fn plain(text: &[char], pattern: &[char]) -> bool {
                match pattern {
                    [] => text.is_empty(),
                    ['%', rest @ ..] => (0..=text.len()).any(|skip| plain(&text[skip..], rest)),
                    [c, rest @ ..] => text.first().is_some_and(|t| *c == '_' || c == t) && plain(&text[1..], rest),
                }
            }
            let (text, pattern): (Vec<char>, Vec<char>) = (text.chars().collect(), pattern.chars().collect());
            prop_assert_eq!(is_like(&text, &pattern), plain(&text, &pattern));
        }
    }
}
