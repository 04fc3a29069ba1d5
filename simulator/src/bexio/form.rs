//! Reading a form (a JSON object) and collecting what is wrong with it, in the service's own grammar.
//!
//! `field: text`; nested forms `positions: 0 [account_id [text]]`; unknown keys as a global error. Field texts are
//! German, as recorded for German users.

use std::collections::BTreeSet;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::error::ApiError;
use super::money::AMOUNT_MAX;

/// A value that is not accepted.
pub(crate) const INVALID: &str = "Diese Eingabe ist nicht korrekt.";
/// A value that is missing.
pub(crate) const REQUIRED: &str = "Pflichtfeld";

/// What a form says about one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sent<T> {
    /// The key is not there.
    Absent,
    /// The key is there and null.
    Null,
    /// The key has this value.
    Value(T),
}

impl<T> Sent<T> {
    /// The value, whether or not the key was there.
    pub(crate) fn value(self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// Replaces `target` when there is a value.
    pub(crate) fn set(self, target: &mut T) {
        if let Self::Value(value) = self {
            *target = value;
        }
    }

    /// Replaces `target` when the key was there; null empties it.
    pub(crate) fn set_optional(self, target: &mut Option<T>) {
        match self {
            Self::Absent => {}
            Self::Null => *target = None,
            Self::Value(value) => *target = Some(value),
        }
    }

    /// The value in another type.
    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U) -> Sent<U> {
        match self {
            Self::Absent => Sent::Absent,
            Self::Null => Sent::Null,
            Self::Value(value) => Sent::Value(change(value)),
        }
    }
}

/// A form being read. Every key that is read is known; the others are errors.
#[derive(Debug)]
pub(crate) struct Form<'a> {
    fields: &'a Map<String, Value>,
    known: BTreeSet<&'static str>,
    /// (field, text), in the order of reading.
    errors: Vec<(&'static str, String)>,
}

impl<'a> Form<'a> {
    /// Starts reading `fields`.
    pub(crate) fn new(fields: &'a Map<String, Value>) -> Self {
        Self { fields, known: BTreeSet::new(), errors: Vec::new() }
    }

    /// Notes that `field` is wrong.
    pub(crate) fn reject(&mut self, field: &'static str, text: impl Into<String>) {
        self.errors.push((field, text.into()));
    }

    /// The raw value of a key.
    pub(crate) fn raw(&mut self, field: &'static str) -> Sent<&'a Value> {
        self.known.insert(field);
        match self.fields.get(field) {
            None => Sent::Absent,
            Some(Value::Null) => Sent::Null,
            Some(value) => Sent::Value(value),
        }
    }

    /// A key read by `read`; `None` from it is an error.
    fn read<T>(&mut self, field: &'static str, read: impl FnOnce(&'a Value) -> Option<T>) -> Sent<T> {
        match self.raw(field).map(read) {
            Sent::Absent => Sent::Absent,
            Sent::Null => Sent::Null,
            Sent::Value(Some(value)) => Sent::Value(value),
            Sent::Value(None) => {
                self.reject(field, INVALID);
                Sent::Absent
            }
        }
    }

    /// A text.
    pub(crate) fn text(&mut self, field: &'static str) -> Sent<String> {
        self.read(field, |value| value.as_str().map(str::to_owned))
    }

    /// A text of at most `chars_max` characters.
    pub(crate) fn short_text(&mut self, field: &'static str, chars_max: usize) -> Sent<String> {
        self.read(field, |value| {
            value.as_str().filter(|text| text.chars().count() <= chars_max).map(str::to_owned)
        })
    }

    /// A whole number, also as text.
    pub(crate) fn int(&mut self, field: &'static str) -> Sent<i64> {
        self.read(field, int)
    }

    /// An id that `exists` must know.
    pub(crate) fn id(&mut self, field: &'static str, exists: impl FnOnce(i64) -> bool) -> Sent<i64> {
        self.read(field, |value| int(value).filter(|id| exists(*id)))
    }

    /// A flag.
    pub(crate) fn flag(&mut self, field: &'static str) -> Sent<bool> {
        self.read(field, |value| match value {
            Value::Bool(flag) => Some(*flag),
            Value::Number(_) | Value::String(_) => int(value).filter(|n| (0..=1).contains(n)).map(|n| n == 1),
            _ => None,
        })
    }

    /// A date; a full timestamp is cut to it, as recorded.
    pub(crate) fn date(&mut self, field: &'static str) -> Sent<Date> {
        self.read(field, |value| value.as_str()?.get(..10)?.parse().ok())
    }

    /// A decimal with at most 6 digits, as text or number, with the digits it was sent with.
    pub(crate) fn decimal(&mut self, field: &'static str) -> Sent<Decimal> {
        self.read(field, |value| {
            decimal(value).filter(|d| d.abs() < AMOUNT_MAX && d.normalize().scale() <= 6)
        })
    }

    /// Makes a key mandatory: absent, null and "" are errors.
    pub(crate) fn require(&mut self, field: &'static str) {
        self.known.insert(field);
        match self.fields.get(field) {
            None | Some(Value::Null) => self.reject(field, REQUIRED),
            Some(Value::String(text)) if text.is_empty() => self.reject(field, REQUIRED),
            Some(_) => {}
        }
    }

    /// Keys that nobody read, in the order of the alphabet.
    pub(crate) fn unknown(&self) -> Vec<&'a str> {
        self.fields.keys().map(String::as_str).filter(|key| !self.known.contains(key)).collect()
    }

    /// Fails when anything was wrong. Unknown keys are global errors, as on create.
    pub(crate) fn finish(self) -> Result<(), ApiError> {
        let extra = self
            .unknown()
            .into_iter()
            .map(|key| format!("global: Unexpected extra form field named \"{key}\"."))
            .collect::<Vec<_>>();
        let mut errors: Vec<String> =
            self.errors.into_iter().map(|(field, text)| format!("{field}: {text}")).collect();
        errors.extend(extra);
        if errors.is_empty() { Ok(()) } else { Err(ApiError::Form(errors)) }
    }

    /// Like [`Form::finish`] for a nested form: `field [text] field [text]`.
    pub(crate) fn finish_nested(self) -> Result<(), String> {
        let extra = self
            .unknown()
            .into_iter()
            .map(|key| format!("Unexpected extra form field named \"{key}\"."))
            .collect::<Vec<_>>();
        let mut errors: Vec<String> =
            self.errors.into_iter().map(|(field, text)| format!("{field} [{text}]")).collect();
        errors.extend(extra);
        if errors.is_empty() { Ok(()) } else { Err(errors.join(" ")) }
    }

    /// Fails as an edit does: unknown keys first and alone, in the words of the widget schema.
    pub(crate) fn finish_edit(self) -> Result<(), ApiError> {
        let unknown = self.unknown();
        if unknown.is_empty() {
            return self.finish();
        }
        let text = format!("Widget schema does not include the following field(s): {}", unknown.join(", "));
        Err(ApiError::Form(vec![text]))
    }
}

/// The object of a body. No body is an empty form.
pub(crate) fn object(body: Value) -> Result<Map<String, Value>, ApiError> {
    match body {
        Value::Object(fields) => Ok(fields),
        Value::Null => Ok(Map::new()),
        _ => Err(ApiError::Unparseable),
    }
}

fn int(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

fn decimal(value: &Value) -> Option<Decimal> {
    match value {
        Value::Number(number) => {
            let text = number.to_string();
            text.parse().or_else(|_| Decimal::from_scientific(&text)).ok()
        }
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn errors_read_as_the_service_writes_them() {
        let body = json!({ "user_id": "x", "non_existent_field": 1 });
        let fields = object(body).unwrap();
        let mut form = Form::new(&fields);
        form.int("user_id");
        form.require("name");
        let Err(ApiError::Form(errors)) = form.finish() else { panic!("accepted") };
        assert_eq!(
            errors,
            [
                "user_id: Diese Eingabe ist nicht korrekt.",
                "name: Pflichtfeld",
                "global: Unexpected extra form field named \"non_existent_field\".",
            ]
        );
    }

    #[test]
    fn an_edit_names_all_unknown_keys_at_once() {
        let fields = object(json!({ "qr_invoice_id": 1, "esr_id": 1, "title": 3 })).unwrap();
        let mut form = Form::new(&fields);
        form.text("title");
        let Err(ApiError::Form(errors)) = form.finish_edit() else { panic!("accepted") };
        assert_eq!(errors, ["Widget schema does not include the following field(s): esr_id, qr_invoice_id"]);
    }

    #[test]
    fn decimals_keep_the_digits_they_were_sent_with_and_no_more_than_six() {
        let fields =
            object(json!({ "a": "1000.00", "b": 1, "c": "0.1234567", "d": "1,5", "e": 1e20 })).unwrap();
        let mut form = Form::new(&fields);
        assert_eq!(form.decimal("a").value().unwrap().to_string(), "1000.00");
        assert_eq!(form.decimal("b").value().unwrap().to_string(), "1");
        for field in ["c", "d", "e"] {
            assert_eq!(form.decimal(field), Sent::Absent, "{field}");
        }
    }

    #[test]
    fn a_timestamp_is_cut_to_its_date() {
        let fields =
            object(json!({ "a": "2026-03-02T23:00:00+01:00", "b": "2.3.2026", "c": "2026-02-30" })).unwrap();
        let mut form = Form::new(&fields);
        assert_eq!(form.date("a").value(), Some(jiff::civil::date(2026, 3, 2)));
        assert_eq!(form.date("b"), Sent::Absent);
        assert_eq!(form.date("c"), Sent::Absent);
    }
}
