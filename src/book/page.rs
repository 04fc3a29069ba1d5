//! One page of a list, forward or backward, as the Relay specification cuts it.

use std::sync::Arc;

use super::{CombinedInvoice, Cursor};

/// Which part of a list is wanted. Both ends may be bounded by cursors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// Rows after this place only.
    pub after: Option<Cursor>,
    /// Rows before this place only.
    pub before: Option<Cursor>,
    /// Number of rows wanted.
    pub size: usize,
    /// Whether the rows are taken from the end (`last`) and not from the start (`first`).
    pub from_end: bool,
}

/// The rows of one page, in the list's order.
#[derive(Debug, Clone)]
pub struct Page {
    /// The rows.
    pub rows: Vec<Arc<CombinedInvoice>>,
    /// Whether rows follow behind the last one.
    pub has_next: bool,
    /// Whether rows stand before the first one.
    pub has_previous: bool,
    /// How many rows the filter matches, on all pages together.
    pub total_count: usize,
}
