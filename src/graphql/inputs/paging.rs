//! Which page of a list is wanted, by the Relay specification, within limits.

use crate::book::{Cursor, InvoiceOrder, PageRequest};
use crate::graphql::errors::Fault;

/// Rows of a page where none is asked for.
pub(in crate::graphql) const PAGE_SIZE_DEFAULT: usize = 50;

/// Most rows of a page.
pub(in crate::graphql) const PAGE_SIZE_MAX: usize = 500;

/// The four arguments of a connection as they were given.
#[derive(Debug, Default)]
pub(in crate::graphql) struct Paging {
    pub(in crate::graphql) first: Option<i32>,
    pub(in crate::graphql) after: Option<String>,
    pub(in crate::graphql) last: Option<i32>,
    pub(in crate::graphql) before: Option<String>,
}

impl Paging {
    /// The page in the book's terms.
    pub(in crate::graphql) fn checked(self, order: InvoiceOrder) -> Result<PageRequest, Fault> {
        if self.first.is_some() && self.last.is_some() {
            return Err(Fault::bad_input(
                "'first' and 'last' were both given: use 'first' with 'after' to read forward, or 'last' with \
                 'before' to read backward",
            ));
        }
        let first = size("first", self.first)?;
        let last = size("last", self.last)?;
        // `before` alone means the page that ends there.
        let from_end = last.is_some() || (first.is_none() && self.before.is_some() && self.after.is_none());
        Ok(PageRequest {
            after: cursor("after", self.after, order)?,
            before: cursor("before", self.before, order)?,
            size: first.or(last).unwrap_or(PAGE_SIZE_DEFAULT),
            from_end,
        })
    }
}

fn size(argument: &str, given: Option<i32>) -> Result<Option<usize>, Fault> {
    given
        .map(|given| match usize::try_from(given) {
            Ok(size) if size <= PAGE_SIZE_MAX => Ok(size),
            _ => Err(Fault::bad_input(format!(
                "'{argument}' is {given}: give a number from 0 to {PAGE_SIZE_MAX} and page on with cursors"
            ))),
        })
        .transpose()
}

fn cursor(argument: &str, given: Option<String>, order: InvoiceOrder) -> Result<Option<Cursor>, Fault> {
    given
        .map(|text| Cursor::decode(&text, order))
        .transpose()
        .map_err(|error| Fault::bad_input(format!("'{argument}': {error}")))
}

/// Checks `maxAgeSeconds`, which was acted on before the operation started.
pub(in crate::graphql) fn check_max_age(given: Option<i32>) -> Result<(), Fault> {
    match given {
        Some(seconds) if seconds < 0 => Err(Fault::bad_input(format!(
            "'maxAgeSeconds' is {seconds}: give 0 for the youngest data, a number of seconds, or leave it out"
        ))),
        _ => Ok(()),
    }
}
