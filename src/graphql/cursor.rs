//! Places in the lists that are ordered by id alone. Opaque outside, like [`crate::book::Cursor`].

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::domain::BatchId;
use crate::domain::delivery::DeliveryId;
use crate::domain::payment::run::SyncRunId;

/// Longest text that is taken for a cursor, in bytes.
const CURSOR_BYTES_MAX: usize = 64;

/// A place in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cursor {
    /// In a list of deliveries.
    Delivery(DeliveryId),
    /// In a list of batches.
    Batch(BatchId),
    /// In a list of runs of the payment sync.
    SyncRun(SyncRunId),
    /// In the invoices of a batch: how many stand up to it.
    Item(usize),
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = match self {
            Self::Delivery(id) => format!("d{id}"),
            Self::Batch(id) => format!("b{id}"),
            Self::SyncRun(id) => format!("s{id}"),
            Self::Item(position) => format!("i{position}"),
        };
        f.write_str(&URL_SAFE_NO_PAD.encode(plain))
    }
}

impl Cursor {
    /// Reads a text that was given out for one of these lists.
    pub(super) fn read(text: &str) -> Option<Self> {
        if text.len() > CURSOR_BYTES_MAX {
            return None;
        }
        let plain = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let mut letters = plain.chars();
        let list = letters.next()?;
        let place = letters.as_str();
        match list {
            'd' => DeliveryId::new(place.parse().ok()?).map(Self::Delivery),
            'b' => BatchId::new(place.parse().ok()?).map(Self::Batch),
            's' => SyncRunId::new(place.parse().ok()?).map(Self::SyncRun),
            'i' => place.parse().ok().map(Self::Item),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_what_it_was() {
        for cursor in [
            Cursor::Delivery(DeliveryId::new(i64::MAX).unwrap()),
            Cursor::Batch(BatchId::new(1).unwrap()),
            Cursor::SyncRun(SyncRunId::new(7).unwrap()),
            Cursor::Item(0),
        ] {
            assert_eq!(Cursor::read(&cursor.to_string()), Some(cursor));
        }
        for text in ["", "%", "ZA", "ZDA", &"A".repeat(100), &URL_SAFE_NO_PAD.encode("x1")] {
            assert_eq!(Cursor::read(text), None, "{text:?}");
        }
    }
}
