//! Bexio's answers as rows: an array or object of them, each read on its own, so that one that is
//! not understood costs itself and never the page.

use serde_json::value::RawValue;

use super::error::BexioError;
use crate::domain::Problems;
use crate::transport::json::{self, FieldFault, Fields, Reader};
use crate::transport::{Answer, BodyFault, TransportError};

/// The rows of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows<T> {
    /// Those that were understood, in Bexio's order.
    pub rows: Vec<T>,
    /// How many Bexio sent.
    pub received: usize,
    /// What was not understood.
    pub problems: Problems,
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), received: 0, problems: Problems::default() }
    }
}

impl<T> Rows<T> {
    pub(super) fn append(&mut self, other: Self) {
        self.rows.extend(other.rows);
        self.problems.merge(other.problems, self.received);
        self.received += other.received;
    }
}

/// One page of a list or search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// Its rows.
    pub rows: Rows<T>,
    /// Where the next page begins; `None` after the last one. Bexio names no total: a short page is
    /// the last.
    pub next_offset: Option<u32>,
}

/// Reads an array of objects.
pub(super) fn decode_rows<T>(
    answer: &Answer,
    mut decode: impl FnMut(&mut Fields<'_>, &mut Reader) -> Result<T, FieldFault>,
) -> Result<Rows<T>, BexioError> {
    let text = text_of(answer)?;
    let elements: Vec<&RawValue> =
        serde_json::from_str(text).map_err(|_| fault(answer, "a JSON array was expected"))?;
    let mut rows = Rows { received: elements.len(), ..Rows::default() };
    for (index, element) in elements.into_iter().enumerate() {
        let mut reader = Reader::default();
        let decoded = Fields::of(element)
            .map_err(|error| FieldFault::new("(row)", error))
            .and_then(|mut fields| decode(&mut fields, &mut reader));
        let lost = match decoded {
            Ok(row) => {
                rows.rows.push(row);
                None
            }
            Err(fault) => Some((fault.field, fault.why)),
        };
        let faults = reader.faults.into_iter().map(|fault| (fault.field, fault.why));
        rows.problems.add_row(index, reader.id, reader.number.as_deref(), faults, lost);
    }
    Ok(rows)
}

/// Reads one object; a field without which it means nothing is an error.
pub(super) fn decode_object<T>(
    answer: &Answer,
    decode: impl FnOnce(&mut Fields<'_>, &mut Reader) -> Result<T, FieldFault>,
) -> Result<T, BexioError> {
    let text = text_of(answer)?;
    let mut fields = Fields::parse(text).map_err(|_| fault(answer, "a JSON object was expected"))?;
    let mut reader = Reader::default();
    let object = decode(&mut fields, &mut reader)
        .map_err(|lost| fault(answer, &format!("{}: {}", lost.field, lost.why)))?;
    for FieldFault { field, why } in &reader.faults {
        tracing::warn!(route = answer.call.route, %field, %why, "field not understood");
    }
    Ok(object)
}

fn text_of(answer: &Answer) -> Result<&str, BexioError> {
    std::str::from_utf8(&answer.body).map_err(|_| fault(answer, "its text is not UTF-8"))
}

/// JSON of another shape, or no JSON.
pub(super) fn fault(answer: &Answer, why: &str) -> BexioError {
    let found = json::describe(&answer.body);
    let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(&answer.body).is_ok();
    let fault = if is_json {
        BodyFault::Shape { why: format!("{why}, found {found}") }
    } else {
        BodyFault::NotJson { found: found.to_owned() }
    };
    BexioError::Call(TransportError::Body { call: answer.call, fault })
}
