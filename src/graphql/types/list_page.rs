//! Pages of lists that have an order of their own, read forward: of one that is there whole, and of rows that
//! are read from the newest on.

use std::ops::Range;

use super::page_info::PageEnds;
use crate::graphql::cursor::Cursor;

/// A page of a list that is there whole. A row's cursor is its place, from 1.
#[derive(Debug, Clone)]
pub(in crate::graphql) struct ListPage<'a, T> {
    all: &'a [T],
    page: Range<usize>,
}

impl<'a, T> ListPage<'a, T> {
    /// The rows at `page` of `all`.
    pub(super) const fn new(all: &'a [T], page: Range<usize>) -> Self {
        Self { all, page }
    }

    /// The rows with their places.
    pub(super) fn rows(&self) -> impl Iterator<Item = (&'a T, usize)> + use<'a, T> {
        let rows = self.all.get(self.page.clone()).unwrap_or_default();
        rows.iter().zip(self.page.start + 1..)
    }

    /// How many rows the list has.
    pub(super) const fn total_count(&self) -> usize {
        self.all.len()
    }
}

impl<T> PageEnds for ListPage<'_, T> {
    fn has_next(&self) -> bool {
        self.page.end < self.all.len()
    }

    fn has_previous(&self) -> bool {
        self.page.start > 0
    }

    fn start_cursor(&self) -> Option<String> {
        (!self.page.is_empty()).then(|| Cursor::Item(self.page.start + 1).to_string())
    }

    fn end_cursor(&self) -> Option<String> {
        (!self.page.is_empty()).then(|| Cursor::Item(self.page.end).to_string())
    }
}

/// What has a place in a list of its kind.
pub(in crate::graphql) trait Placed {
    /// Its place.
    fn cursor(&self) -> Cursor;
}

/// A page of rows that are read from the newest on.
#[derive(Debug)]
pub(in crate::graphql) struct NewestFirst<T> {
    pub(super) rows: Vec<T>,
    has_next: bool,
    has_previous: bool,
}

/// How many rows to read for a page of `size`: one more tells whether others follow.
pub(in crate::graphql) const fn rows_to_read(size: usize) -> usize {
    size.saturating_add(1)
}

impl<T> NewestFirst<T> {
    /// The page of `size` of the [`rows_to_read`]; `has_previous` where they began behind a cursor.
    pub(in crate::graphql) fn of(mut rows: Vec<T>, size: usize, has_previous: bool) -> Self {
        let has_next = rows.len() > size;
        rows.truncate(size);
        Self { rows, has_next, has_previous }
    }
}

impl<T: Placed> PageEnds for NewestFirst<T> {
    fn has_next(&self) -> bool {
        self.has_next
    }

    fn has_previous(&self) -> bool {
        self.has_previous
    }

    fn start_cursor(&self) -> Option<String> {
        self.rows.first().map(|row| row.cursor().to_string())
    }

    fn end_cursor(&self) -> Option<String> {
        self.rows.last().map(|row| row.cursor().to_string())
    }
}
