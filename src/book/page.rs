//! One page of a list, forward or backward, as the Relay specification cuts it.

use std::ops::Range;
use std::sync::Arc;

use super::{CombinedInvoice, Cursor};

/// Which part of a list is wanted. Both ends may be bounded by cursors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest<C = Cursor> {
    /// Rows after this place only.
    pub after: Option<C>,
    /// Rows before this place only.
    pub before: Option<C>,
    /// Number of rows wanted.
    pub size: usize,
    /// Whether the rows are taken from the end (`last`) and not from the start (`first`).
    pub from_end: bool,
}

/// The rows of one page, in the list's order.
#[derive(Debug, Clone)]
pub struct Page<R = Arc<CombinedInvoice>> {
    /// The rows.
    pub rows: Vec<R>,
    /// Whether rows follow behind the last one.
    pub has_next: bool,
    /// Whether rows stand before the first one.
    pub has_previous: bool,
    /// How many rows the filter matches, on all pages together.
    pub total_count: usize,
}

/// `size` positions of a list from the one end or the other of the part from `start` to `end`.
pub(super) fn window(start: usize, end: usize, size: usize, from_end: bool) -> Range<usize> {
    let end = end.max(start);
    let size = size.min(end - start);
    if from_end { end - size..end } else { start..start + size }
}
