//! How a record, a text and an instant stand in a column.

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::keyring::Place;
use super::{Keyring, StoreError};

/// A body, as it is stored.
pub(super) fn json<T: Serialize>(value: &T, record: impl FnOnce() -> String) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|source| StoreError::Unwritable { record: record(), source })
}

/// A body that may hold an e-mail, as it is stored in `column` of the row `id`.
pub(super) fn sealed_json<T: Serialize>(
    keys: &Keyring,
    column: &'static str,
    id: i64,
    value: &T,
    record: impl FnOnce() -> String,
) -> Result<String, StoreError> {
    keys.seal_text(Place { column, row: &id.to_string() }, json(value, record)?)
}

/// The body that [`sealed_json`] stored, or what is wrong with it.
pub(super) fn opened_json<T: DeserializeOwned>(
    keys: &Keyring,
    column: &'static str,
    id: i64,
    stored: &str,
) -> Result<T, String> {
    let json =
        keys.open_text(Place { column, row: &id.to_string() }, stored).map_err(|error| error.to_string())?;
    serde_json::from_str(&json).map_err(|error| format!("{column}: {error}"))
}

/// A text for a column of its own. PostgreSQL has no NUL in texts; JSON bodies escape it.
pub(super) fn column(text: &str) -> String {
    text.replace('\0', "\u{FFFD}")
}

/// An instant of a column, which holds milliseconds.
pub(super) fn instant(ms: i64) -> Result<Timestamp, String> {
    Timestamp::from_millisecond(ms).map_err(|error| error.to_string())
}
