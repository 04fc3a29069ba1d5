//! Reads the fields of one row and keeps what was not understood.

use std::fmt;

use serde_json::value::RawValue;

use super::{ValueError, text_of};

/// Reads the fields of one row and keeps what was not understood.
#[derive(Debug, Default)]
pub struct Reader {
    /// The row's id, once it is read.
    pub id: Option<i64>,
    /// The number that people know the row by, once it is read.
    pub number: Option<Box<str>>,
    /// Fields that were lost.
    pub faults: Vec<FieldFault>,
}

/// A field that was not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFault {
    /// Its name, with the path inside the row.
    pub field: Box<str>,
    /// What was expected and found.
    pub why: Box<str>,
}

impl FieldFault {
    /// A fault in words.
    pub fn new(field: &str, why: impl fmt::Display) -> Self {
        Self { field: field.into(), why: why.to_string().into() }
    }
}

impl Reader {
    /// A value, or `None` and a fault.
    pub fn read<'a, T>(
        &mut self,
        field: &str,
        raw: Option<&'a RawValue>,
        read: impl FnOnce(&'a RawValue) -> Result<T, ValueError>,
    ) -> Option<T> {
        match read(raw?) {
            Ok(value) => Some(value),
            Err(error) => {
                self.note(field, error);
                None
            }
        }
    }

    /// Text without its trailing blanks; `None` when that is nothing.
    pub fn text(&mut self, field: &str, raw: Option<&RawValue>) -> Option<Box<str>> {
        let text = self.read(field, raw, text_of)?;
        let text = text.trim_end();
        (!text.is_empty()).then(|| text.into())
    }

    /// Text without blanks at either end: for numbers, codes and addresses.
    pub fn word(&mut self, field: &str, raw: Option<&RawValue>) -> Option<Box<str>> {
        let text = self.read(field, raw, text_of)?;
        let text = text.trim();
        (!text.is_empty()).then(|| text.into())
    }

    /// A value without which the row means nothing.
    ///
    /// # Errors
    /// [`FieldFault`] when it is missing or not understood.
    pub fn required<'a, T>(
        field: &str,
        raw: Option<&'a RawValue>,
        read: impl FnOnce(&'a RawValue) -> Result<T, ValueError>,
    ) -> Result<T, FieldFault> {
        let raw = raw.ok_or_else(|| FieldFault::new(field, "it is missing"))?;
        read(raw).map_err(|error| FieldFault::new(field, error))
    }

    /// Keeps a fault.
    pub fn note(&mut self, field: &str, why: impl fmt::Display) {
        self.faults.push(FieldFault::new(field, why));
    }
}
