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

/// The problems of one answer: the first ones in full, all of them counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems {
    /// The first [`Self::KEPT_MAX`].
    pub kept: Vec<RowProblem>,
    /// Fields that were lost, in all rows.
    pub fields_lost: usize,
    /// Rows that were lost.
    pub rows_lost: usize,
}

impl Problems {
    /// Most problems that are kept in full: an answer may hold one per row.
    pub const KEPT_MAX: usize = 200;

    /// Counts a problem, and keeps it if there is room.
    pub fn add(&mut self, problem: RowProblem) {
        match problem.cost {
            Cost::Field => self.fields_lost += 1,
            Cost::Row => self.rows_lost += 1,
        }
        if self.kept.len() < Self::KEPT_MAX {
            self.kept.push(problem);
        }
    }
}

impl Problems {
    /// Adds the problems of a further page, whose first row is the list's `rows_before`-th.
    pub fn merge(&mut self, other: Self, rows_before: usize) {
        self.fields_lost += other.fields_lost;
        self.rows_lost += other.rows_lost;
        let room = Self::KEPT_MAX.saturating_sub(self.kept.len());
        let kept = other.kept.into_iter().take(room);
        self.kept.extend(kept.map(|problem| RowProblem { row: problem.row + rows_before, ..problem }));
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
