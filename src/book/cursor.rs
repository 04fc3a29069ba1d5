//! Opaque, stable places in a list: the order, the row's key and its id.
//!
//! A cursor keeps its meaning when rows come, go or change, since it names a place and not a
//! position: the row it was taken from need not exist any more.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::order::OrderKey;
use super::{CombinedInvoice, InvoiceOrder};

/// Longest text that is taken for a cursor, in bytes.
const CURSOR_BYTES_MAX: usize = 2048;

/// Why a text is not a cursor that can be used here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CursorError {
    /// Not a cursor that this service has given out.
    #[error("this is not a cursor of this list: pass on pageInfo.endCursor or an edge's cursor unchanged")]
    Malformed,
    /// Given out for another order.
    #[error(
        "this cursor belongs to a list in another order: keep orderBy the same while paging, or start again"
    )]
    OtherOrder,
}

/// A place in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    order: InvoiceOrder,
    pub(super) key: OrderKey,
    pub(super) id: i64,
}

impl Cursor {
    /// The place of `row` in `order`.
    pub fn of(row: &CombinedInvoice, order: InvoiceOrder) -> Self {
        Self { order, key: OrderKey::of(row, order.field), id: row.psohub.id.get() }
    }

    /// The text to hand out.
    pub fn encode(&self) -> String {
        to_text(self)
    }

    /// Reads a text that was handed out for `order`.
    pub fn decode(text: &str, order: InvoiceOrder) -> Result<Self, CursorError> {
        let cursor: Self = from_text(text)?;
        if cursor.order == order { Ok(cursor) } else { Err(CursorError::OtherOrder) }
    }
}

/// A place as a text to hand out.
pub(super) fn to_text(place: &impl Serialize) -> String {
    postcard::to_stdvec(place).map(|bytes| URL_SAFE_NO_PAD.encode(bytes)).unwrap_or_default()
}

/// The place that a text names, if it is one of this kind.
pub(super) fn from_text<T: DeserializeOwned>(text: &str) -> Result<T, CursorError> {
    if text.len() > CURSOR_BYTES_MAX {
        return Err(CursorError::Malformed);
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| CursorError::Malformed)?;
    match postcard::take_from_bytes(&bytes) {
        Ok((place, [])) => Ok(place),
        _ => Err(CursorError::Malformed),
    }
}
