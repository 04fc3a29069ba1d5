//! Variables that look like settings and are none: a typing error that would otherwise be silent.

use std::fmt;

use super::SETTINGS;
use super::layers::is_pointer;

/// Only these can be told from other programs' variables.
const PREFIXES: [&str; 2] = ["PSOHUB_", "BEXIO_"];

/// A variable with one of our prefixes that nothing reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownVariable {
    /// Its name as given.
    pub name: String,
    /// The setting whose name is most like it.
    pub nearest: Option<&'static str>,
}

impl fmt::Display for UnknownVariable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is no setting and has no effect", self.name)?;
        match self.nearest {
            Some(nearest) => write!(f, "; did you mean {nearest}?"),
            None => Ok(()),
        }
    }
}

/// Which of these names are meant as settings and are none. For a warning: an older version of
/// the service must still start with a newer one's environment.
pub fn unknown_variables(names: impl IntoIterator<Item = String>) -> Vec<UnknownVariable> {
    names
        .into_iter()
        .filter(|name| PREFIXES.iter().any(|prefix| name.to_ascii_uppercase().starts_with(prefix)))
        .filter(|name| SETTINGS.iter().all(|setting| setting.name != name.as_str()) && !is_pointer(name))
        .map(|name| UnknownVariable { nearest: nearest(&name), name })
        .collect()
}

/// The setting whose name is most like this one.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_uppercase();
    SETTINGS
        .iter()
        .map(|setting| (edits(&name, setting.name), setting.name))
        .min()
        .filter(|(edits, _)| *edits <= name.len() / 3)
        .map(|(_, setting)| setting)
}

/// Levenshtein's distance: letters to insert, delete or change.
fn edits(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, letter) in left.chars().enumerate() {
        let mut diagonal = line;
        let mut before = line + 1;
        for (cell, other) in row.iter_mut().skip(1).zip(&right) {
            let changed = diagonal + usize::from(letter != *other);
            diagonal = *cell;
            before = changed.min(*cell + 1).min(before + 1);
            *cell = before;
        }
        if let Some(first) = row.first_mut() {
            *first = line + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_error_is_named_with_what_was_meant() {
        let names = [
            "BEXIO_ACCES_TOKEN",
            "bexio_base_url",
            "PSOHUB_BASE_URL",
            "BEXIO_CLIENT_SECRET_FILE",
            "PATH",
            "PSOHUB_QQQQQQQQQQQQ",
        ]
        .map(str::to_owned);
        let unknown: Vec<_> =
            unknown_variables(names).into_iter().map(|unknown| (unknown.name, unknown.nearest)).collect();
        assert_eq!(
            unknown,
            [
                ("BEXIO_ACCES_TOKEN".to_owned(), Some("BEXIO_ACCESS_TOKEN")),
                ("bexio_base_url".to_owned(), Some("BEXIO_BASE_URL")),
                ("PSOHUB_QQQQQQQQQQQQ".to_owned(), None),
            ]
        );
    }

    #[test]
    fn edits_are_counted() {
        for (left, right, count) in
            [("", "", 0), ("a", "", 1), ("", "ab", 2), ("kitten", "sitting", 3), ("LOG", "LOG", 0)]
        {
            assert_eq!(edits(left, right), count, "{left} {right}");
        }
    }
}
