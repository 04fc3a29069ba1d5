//! A JSON object as borrowed fields: nothing is copied, nothing but the names is looked at.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{ValueError, text_of};

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
pub(super) struct Name<'a>(pub(super) Cow<'a, str>);

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

    /// All names and values, in the order written.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.0.iter().map(|field| (&*field.name, field.value))
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
