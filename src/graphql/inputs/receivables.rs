//! What receivables are grouped by.

use crate::domain::receivables::Dimension;
use crate::graphql::errors::Fault;
use crate::graphql::types::ReceivablesDimension;

/// Most groups that one answer holds.
pub(in crate::graphql) const GROUPS_MAX: usize = 2_000;

/// The dimensions in the domain's terms.
pub(in crate::graphql) fn dimensions(given: Vec<ReceivablesDimension>) -> Result<Vec<Dimension>, Fault> {
    let mut dimensions: Vec<Dimension> = Vec::new();
    for dimension in given.into_iter().map(Dimension::from) {
        if dimensions.contains(&dimension) {
            return Err(Fault::bad_input("'groupBy' names a dimension twice: name each once"));
        }
        dimensions.push(dimension);
    }
    Ok(dimensions)
}

/// Refuses more groups than an answer holds: a part of the sums would be taken for all of them.
pub(in crate::graphql) fn check_groups(count: usize) -> Result<(), Fault> {
    if count <= GROUPS_MAX {
        return Ok(());
    }
    Err(Fault::bad_input(format!(
        "'groupBy' makes {count} groups, at most {GROUPS_MAX} are answered: group by less, or narrow 'filter' (by date, \
         customerIds or currency)"
    )))
}
