//! What of an upstream's answer was not understood, and what that cost.

use std::collections::BTreeMap;

/// What a value that was not understood cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cost {
    /// The field is empty; its row (an invoice, a payment, an account, …) is there.
    Field,
    /// The row is not there.
    Row,
}

/// A value of a row that was not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowProblem {
    /// The row's place in the answer, from 0.
    pub row: usize,
    /// The upstream's id of it, where it could be read.
    pub id: Option<i64>,
    /// The number that people know it by (`InvoiceNumber`, `document_nr`), where it could be read.
    pub number: Option<Box<str>>,
    /// The field, such as `InvoiceLines[2].TotalAmountExVAT`.
    pub field: Box<str>,
    /// What was expected and found.
    pub why: Box<str>,
    /// What it cost.
    pub cost: Cost,
}

/// The problems of one answer: the first ones of each cost in full, all of them counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems {
    /// The first [`Self::FIELDS_KEPT_MAX`] that cost a field and [`Self::ROWS_KEPT_MAX`] that cost a
    /// row, in the answer's order.
    pub kept: Vec<RowProblem>,
    /// Fields that were lost, in all rows.
    pub fields_lost: usize,
    /// Rows that were lost.
    pub rows_lost: usize,
}

impl Problems {
    /// Most lost fields that are kept in full: an answer may hold some per row.
    pub const FIELDS_KEPT_MAX: usize = 200;
    /// Most lost rows that are kept in full. Their ids tell "not understood" from "not there".
    pub const ROWS_KEPT_MAX: usize = 2000;

    /// Counts a problem, and keeps it if there is room.
    pub fn add(&mut self, problem: RowProblem) {
        let (count, kept_max) = match problem.cost {
            Cost::Field => (&mut self.fields_lost, Self::FIELDS_KEPT_MAX),
            Cost::Row => (&mut self.rows_lost, Self::ROWS_KEPT_MAX),
        };
        *count += 1;
        if *count <= kept_max {
            self.kept.push(problem);
        }
    }

    /// Adds the problems of a further page, whose first row is the list's `rows_before`-th.
    pub fn merge(&mut self, other: Self, rows_before: usize) {
        let counted = |cost| other.kept.iter().filter(|problem| problem.cost == cost).count();
        let (fields_kept, rows_kept) = (counted(Cost::Field), counted(Cost::Row));
        for problem in other.kept {
            self.add(RowProblem { row: problem.row + rows_before, ..problem });
        }
        self.fields_lost += other.fields_lost - fields_kept;
        self.rows_lost += other.rows_lost - rows_kept;
    }

    /// Counts what one row cost: fields by name and reason, and the field the row was lost for.
    pub fn add_row(
        &mut self,
        row: usize,
        id: Option<i64>,
        number: Option<&str>,
        fields: impl IntoIterator<Item = (Box<str>, Box<str>)>,
        lost: Option<(Box<str>, Box<str>)>,
    ) {
        let fields = fields.into_iter().map(|fault| (fault, Cost::Field));
        for ((field, why), cost) in fields.chain(lost.map(|fault| (fault, Cost::Row))) {
            self.add(RowProblem { row, id, number: number.map(Into::into), field, why, cost });
        }
    }
}

/// Fields that the documentation does not name, with how often they came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnknownFields(BTreeMap<Box<str>, u64>);

impl UnknownFields {
    const NAMES_MAX: usize = 64;
    const NAME_CHARS_MAX: usize = 64;

    /// Counts one occurrence of `name` inside `place` (empty for the row itself).
    pub fn count(&mut self, place: &str, name: &str) {
        let name: String = name.chars().take(Self::NAME_CHARS_MAX).collect();
        let name = if place.is_empty() { name } else { format!("{place}.{name}") };
        if let Some(count) = self.0.get_mut(name.as_str()) {
            *count += 1;
        } else if self.0.len() < Self::NAMES_MAX {
            self.0.insert(name.into(), 1);
        }
    }

    /// Adds another answer's counts.
    pub fn merge(&mut self, other: &Self) {
        for (name, count) in &other.0 {
            if let Some(known) = self.0.get_mut(name) {
                *known += count;
            } else if self.0.len() < Self::NAMES_MAX {
                self.0.insert(name.clone(), *count);
            }
        }
    }

    /// Name and count, by name. Fields inside lines are written `InvoiceLines.Name`.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(name, count)| (&**name, *count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(row: usize, cost: Cost) -> RowProblem {
        RowProblem { row, id: None, number: None, field: "a".into(), why: "b".into(), cost }
    }

    #[test]
    fn many_lost_fields_do_not_push_out_a_lost_row() {
        let mut page = Problems::default();
        (0..10_000).for_each(|row| page.add(problem(row, Cost::Field)));
        page.add(problem(10_000, Cost::Row));
        let mut all = Problems::default();
        all.add(problem(0, Cost::Row));
        all.merge(page, 500);
        assert_eq!((all.fields_lost, all.rows_lost), (10_000, 2));
        assert_eq!(all.kept.len(), Problems::FIELDS_KEPT_MAX + 2);
        assert_eq!(all.kept.last().map(|problem| problem.row), Some(10_500));
    }

    #[test]
    fn unknown_names_are_counted_within_bounds() {
        let mut unknown = UnknownFields::default();
        (0..1000).for_each(|n| unknown.count("Lines", &format!("{n}{}", "x".repeat(500))));
        unknown.count("Lines", &format!("0{}", "x".repeat(500)));
        let counts: Vec<_> = unknown.iter().collect();
        assert_eq!((counts.len(), counts[0].1), (64, 2));
        assert!(counts[0].0.len() < 80);
    }
}
