//! `limit`, `offset` and `order_by`, the same on every list. Unknown parameters are ignored, as recorded.

use std::cmp::Ordering;

use super::call::Call;
use super::error::ApiError;
use super::options::Quirk;
use super::search::Cell;
use super::state::Bexio;

const LIMIT_DEFAULT: usize = 500;
const LIMIT_MAX: usize = 2000;

/// A slice of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// At most this many rows.
    pub(crate) limit: usize,
    /// After this many rows.
    pub(crate) offset: usize,
}

impl Bexio {
    /// The page that a call asks for.
    pub(super) fn page(&self, call: &Call<'_>) -> Result<Page, ApiError> {
        let number = |name, default| match call.query(name) {
            None => Ok(default),
            Some(text) => text.parse::<usize>().map_err(|_| ApiError::BadParameters),
        };
        let limit = number("limit", LIMIT_DEFAULT)?;
        let offset = number("offset", 0)?;
        match limit {
            0 => Err(ApiError::BadParameters),
            1..=LIMIT_MAX => Ok(Page { limit, offset }),
            _ if self.has(Quirk::LimitClamped) => Ok(Page { limit: LIMIT_MAX, offset }),
            _ => Err(ApiError::Unprocessable("The limit must not be greater than 2000")),
        }
    }
}

impl Page {
    /// Cuts the page out of `rows`, which come in the order of their ids, after sorting by `order_by`.
    pub(crate) fn cut<'r, R>(
        self,
        call: &Call<'_>,
        mut rows: Vec<&'r R>,
        column: impl Fn(&str) -> Option<fn(&R) -> Cell<'_>>,
    ) -> Result<Vec<&'r R>, ApiError> {
        let keys = order_keys(call.query("order_by").unwrap_or("id"), column)?;
        if keys.iter().any(|(name, _, descending)| *name != "id" || *descending) {
            rows.sort_by(|a, b| compare(&keys, a, b));
        }
        Ok(rows.into_iter().skip(self.offset).take(self.limit).collect())
    }
}

type Key<'k, R> = (&'k str, fn(&R) -> Cell<'_>, bool);

fn order_keys<R>(
    order_by: &str,
    column: impl Fn(&str) -> Option<fn(&R) -> Cell<'_>>,
) -> Result<Vec<Key<'_, R>>, ApiError> {
    order_by
        .split(',')
        .map(|part| {
            let (name, descending) = match part.trim() {
                part if part.ends_with("_desc") => (part.trim_end_matches("_desc"), true),
                part => (part.strip_suffix("_asc").unwrap_or(part), false),
            };
            let read = column(name).ok_or(ApiError::BadParameters)?;
            Ok((name, read, descending))
        })
        .collect()
}

fn compare<R>(keys: &[Key<'_, R>], a: &R, b: &R) -> Ordering {
    keys.iter().fold(Ordering::Equal, |order, (_, read, descending)| {
        order.then_with(|| {
            let order = read(a).order(&read(b));
            if *descending { order.reverse() } else { order }
        })
    })
}
