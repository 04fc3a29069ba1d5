//! Statements with as many placeholders as there are values: `Any` binds no arrays.

use std::fmt::Write as _;

use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, AssertSqlSafe};

/// Rows a statement: most of what a statement costs is paid once for all of them.
pub(super) const PER_STATEMENT: usize = 500;

/// A statement made of constants and placeholders for so many rows. Only full ones are worth keeping
/// prepared: the rest come in any length.
pub(super) fn query<'q>(sql: String, rows: usize) -> Query<'q, Any, AnyArguments> {
    sqlx::query(AssertSqlSafe(sql)).persistent(rows == PER_STATEMENT)
}

/// `($1,$2,…)`, for what follows IN.
pub(super) fn list(values: usize) -> String {
    row(1, values)
}

/// `($1,$2),($3,$4),…`, for what follows VALUES.
pub(super) fn rows(rows: usize, columns: usize) -> String {
    let rows: Vec<String> = (0..rows).map(|index| row(index * columns + 1, columns)).collect();
    rows.join(",")
}

fn row(first: usize, columns: usize) -> String {
    let mut text = "(".to_owned();
    for number in first..first + columns {
        let comma = if number == first { "" } else { "," };
        let _ = write!(text, "{comma}${number}");
    }
    text.push(')');
    text
}
