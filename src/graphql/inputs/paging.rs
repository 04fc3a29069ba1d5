//! Which page of a list is wanted, by the Relay specification, within limits.

use std::ops::Range;

use async_graphql::Value;

use crate::book::{self, DeliveryPageRequest, InvoiceOrder, PageRequest, ReconciliationCursor};
use crate::domain::BatchId;
use crate::domain::delivery::DeliveryId;
use crate::domain::payment::run::SyncRunId;
use crate::graphql::cursor::Cursor;
use crate::graphql::errors::Fault;
use crate::graphql::output::{Argument, Arguments, FieldWriter, Shape};

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
    /// The page of invoices in the book's terms.
    pub(in crate::graphql) fn checked(self, order: InvoiceOrder) -> Result<PageRequest, Fault> {
        let (size, from_end) = self.extent()?;
        let cursor = |argument: &str, given: Option<String>| {
            given
                .map(|text| book::Cursor::decode(&text, order))
                .transpose()
                .map_err(|error| Fault::bad_input(format!("'{argument}': {error}")))
        };
        Ok(PageRequest {
            after: cursor("after", self.after)?,
            before: cursor("before", self.before)?,
            size,
            from_end,
        })
    }

    /// The page of deliveries in the book's terms.
    pub(in crate::graphql) fn of_deliveries(self) -> Result<DeliveryPageRequest, Fault> {
        let (size, from_end) = self.extent()?;
        Ok(DeliveryPageRequest {
            after: place("after", self.after.as_deref(), delivery)?,
            before: place("before", self.before.as_deref(), delivery)?,
            size,
            from_end,
        })
    }

    /// The arguments of a field that takes [`PAGE`].
    pub(in crate::graphql) fn of_field(field: &FieldWriter<'_, '_>) -> Self {
        let number = |name: &str| match field.argument(name) {
            // What does not fit is no size of a page either way.
            Some(Value::Number(number)) => {
                Some(number.as_i64().and_then(|number| i32::try_from(number).ok()).unwrap_or(i32::MAX))
            }
            _ => None,
        };
        let text = |name: &str| match field.argument(name) {
            Some(Value::String(text)) => Some(text.clone()),
            _ => None,
        };
        Self { first: number("first"), after: text("after"), last: number("last"), before: text("before") }
    }

    /// The page of a reconciliation report in the book's terms.
    pub(in crate::graphql) fn of_reconciliation(self) -> Result<PageRequest<ReconciliationCursor>, Fault> {
        let (size, from_end) = self.extent()?;
        let cursor = |argument: &str, given: Option<String>| {
            given
                .map(|text| ReconciliationCursor::decode(&text))
                .transpose()
                .map_err(|error| Fault::bad_input(format!("'{argument}': {error}")))
        };
        Ok(PageRequest {
            after: cursor("after", self.after)?,
            before: cursor("before", self.before)?,
            size,
            from_end,
        })
    }

    /// How many rows are wanted, and whether from the end.
    fn extent(&self) -> Result<(usize, bool), Fault> {
        if self.first.is_some() && self.last.is_some() {
            return Err(Fault::bad_input(
                "'first' and 'last' were both given: use 'first' with 'after' to read forward, or 'last' with \
                 'before' to read backward",
            ));
        }
        let first = size("first", self.first.map(i64::from))?;
        let last = size("last", self.last.map(i64::from))?;
        // `before` alone means the page that ends there.
        let from_end = last.is_some() || (first.is_none() && self.before.is_some() && self.after.is_none());
        Ok((first.or(last).unwrap_or(PAGE_SIZE_DEFAULT), from_end))
    }
}

/// The page of batches: how many, and behind which.
pub(in crate::graphql) fn page_of_batches(
    first: Option<i32>,
    after: Option<&str>,
) -> Result<(usize, Option<BatchId>), Fault> {
    let size = size("first", first.map(i64::from))?.unwrap_or(PAGE_SIZE_DEFAULT);
    Ok((size, place("after", after, batch)?))
}

/// The page of runs of the payment sync: how many, and behind which.
pub(in crate::graphql) fn page_of_sync_runs(
    first: Option<i32>,
    after: Option<&str>,
) -> Result<(usize, Option<SyncRunId>), Fault> {
    let size = size("first", first.map(i64::from))?.unwrap_or(PAGE_SIZE_DEFAULT);
    Ok((size, place("after", after, sync_run)?))
}

/// The arguments of a list below a root field, which is read forward only.
pub(in crate::graphql) const FORWARD_PAGE: Arguments = &[
    Argument {
        name: "first",
        doc: "How many from the start: 0 to 500; 50 when left out.",
        type_ref: <Option<i32> as Shape>::type_ref,
    },
    Argument {
        name: "after",
        doc: "Only rows behind this cursor.",
        type_ref: <Option<String> as Shape>::type_ref,
    },
];

/// The arguments of a list below a root field, which is read both ways.
pub(in crate::graphql) const PAGE: Arguments = &[
    Argument {
        name: "first",
        doc: "How many from the start: 0 to 500; 50 when neither first nor last is given.",
        type_ref: <Option<i32> as Shape>::type_ref,
    },
    Argument {
        name: "after",
        doc: "Only rows behind this cursor.",
        type_ref: <Option<String> as Shape>::type_ref,
    },
    Argument {
        name: "last",
        doc: "How many from the end: 0 to 500.",
        type_ref: <Option<i32> as Shape>::type_ref,
    },
    Argument {
        name: "before",
        doc: "Only rows before this cursor. Alone, it reads the 50 before it.",
        type_ref: <Option<String> as Shape>::type_ref,
    },
];

/// The page that [`FORWARD_PAGE`] asks for, of a list of `length` rows whose cursors count from 1.
pub(in crate::graphql) fn forward_page(
    field: &FieldWriter<'_, '_>,
    length: usize,
) -> Result<Range<usize>, Fault> {
    let first = match field.argument("first") {
        Some(Value::Number(number)) => Some(number.as_i64().unwrap_or(i64::MAX)),
        _ => None,
    };
    let after = match field.argument("after") {
        Some(Value::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let size = size("first", first)?.unwrap_or(PAGE_SIZE_DEFAULT);
    let start = place("after", after, item)?.unwrap_or(0).min(length);
    Ok(start..start.saturating_add(size).min(length))
}

const fn delivery(cursor: Cursor) -> Option<DeliveryId> {
    if let Cursor::Delivery(id) = cursor { Some(id) } else { None }
}

const fn batch(cursor: Cursor) -> Option<BatchId> {
    if let Cursor::Batch(id) = cursor { Some(id) } else { None }
}

const fn sync_run(cursor: Cursor) -> Option<SyncRunId> {
    if let Cursor::SyncRun(id) = cursor { Some(id) } else { None }
}

const fn item(cursor: Cursor) -> Option<usize> {
    if let Cursor::Item(position) = cursor { Some(position) } else { None }
}

/// The place that a cursor names in a list whose cursors `of_list` knows.
fn place<T>(
    argument: &str,
    given: Option<&str>,
    of_list: impl Fn(Cursor) -> Option<T>,
) -> Result<Option<T>, Fault> {
    let Some(text) = given else { return Ok(None) };
    let place = Cursor::read(text).and_then(of_list);
    place.map(Some).ok_or_else(|| {
        Fault::bad_input(format!(
            "'{argument}': this is not a cursor of this list: pass on pageInfo.endCursor or an edge's cursor unchanged"
        ))
    })
}

fn size(argument: &str, given: Option<i64>) -> Result<Option<usize>, Fault> {
    given
        .map(|given| match usize::try_from(given) {
            Ok(size) if size <= PAGE_SIZE_MAX => Ok(size),
            _ => Err(Fault::bad_input(format!(
                "'{argument}' is {given}: give a number from 0 to {PAGE_SIZE_MAX} and page on with cursors"
            ))),
        })
        .transpose()
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
