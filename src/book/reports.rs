//! What the last look at each source could not understand, for people.

use std::sync::{Mutex, PoisonError};

use super::Source;
use crate::domain::{Problems, RowProblem};

/// Problems that are kept in words; all are counted.
const WORDS_MAX: usize = 20;

/// What of a source's last look was not understood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LookReport {
    /// Optional fields that were left out.
    pub fields_lost: usize,
    /// Invoices that were left out.
    pub rows_lost: usize,
    /// The first few, each with the invoice, the field and why.
    pub words: Vec<String>,
}

/// The reports of all sources.
#[derive(Debug, Default)]
pub(super) struct Reports([Mutex<LookReport>; Source::ALL.len()]);

impl Reports {
    /// Replaces the report of `source` by that of a new look.
    pub(super) fn set(&self, source: Source, report: LookReport) {
        *self.0[source as usize].lock().unwrap_or_else(PoisonError::into_inner) = report;
    }

    /// The report of the last look at `source`.
    pub(super) fn of(&self, source: Source) -> LookReport {
        self.0[source as usize].lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl LookReport {
    /// Adds what one answer could not give.
    pub(super) fn add(&mut self, problems: &Problems) {
        self.fields_lost += problems.fields_lost;
        self.rows_lost += problems.rows_lost;
        let room = WORDS_MAX.saturating_sub(self.words.len());
        self.words.extend(problems.kept.iter().take(room).map(in_words));
    }
}

fn in_words(problem: &RowProblem) -> String {
    let RowProblem { number, row, field, why, .. } = problem;
    match number {
        Some(number) => format!("{number}: {field}: {why}"),
        None => format!("row {row}: {field}: {why}"),
    }
}
