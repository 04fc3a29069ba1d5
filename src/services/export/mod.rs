//! Lists as CSV, for spreadsheets: one table a list, made piece by piece, so that memory follows what is
//! being sent and not the length of the list. docs/export.md explains every column.
//!
//! RFC 4180 with CRLF, UTF-8 behind a byte order mark, without which Excel takes it for another encoding.

mod cell;
mod invoices;
mod reconciliation;
#[cfg(test)]
mod tests;
mod words;

use std::sync::Arc;

use cell::Cell;
use csv::{Terminator, WriterBuilder};

use crate::book::{CombinedInvoice, ReconciledRow, Snapshot};

/// How many rows are made at a time.
const ROWS_AT_ONCE: usize = 256;

/// What tells Excel that a file is UTF-8.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// What stands between two cells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Separator {
    /// As RFC 4180 has it.
    #[default]
    Comma,
    /// What Excel expects where Windows is set to a German-speaking region.
    Semicolon,
}

impl Separator {
    const fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
        }
    }
}

/// A table whose pieces are made when they are asked for.
pub struct CsvTable {
    /// What it should be saved as, such as `invoices-2026-03-02.csv`.
    pub file_name: String,
    pieces: Pieces,
}

impl CsvTable {
    /// The table of these invoices, in this order.
    pub fn invoices(snapshot: Snapshot, rows: Vec<Arc<CombinedInvoice>>, separator: Separator) -> Self {
        let file_name = format!("invoices-{}.csv", snapshot.today);
        let write = move |row: &Arc<CombinedInvoice>, sheet: &mut Sheet| {
            sheet.row(invoices::cells(row, &snapshot));
        };
        Self { file_name, pieces: pieces(&invoices::COLUMNS, rows, separator, write) }
    }

    /// The table of these comparisons, in this order: a line for each reason, and one for an invoice
    /// without any.
    pub fn reconciliation(snapshot: Snapshot, rows: Vec<ReconciledRow>, separator: Separator) -> Self {
        let file_name = format!("reconciliation-{}.csv", snapshot.today);
        let write = move |row: &ReconciledRow, sheet: &mut Sheet| {
            let found = snapshot.reconciliation_of(&row.subject);
            let mut reasons = found.reasons.iter().map(Some).collect::<Vec<_>>();
            if reasons.is_empty() {
                reasons.push(None);
            }
            for reason in reasons {
                sheet.row(reconciliation::cells(&row.subject, found.verdict, reason));
            }
        };
        Self { file_name, pieces: pieces(&reconciliation::COLUMNS, rows, separator, write) }
    }
}

/// The table's bytes, a piece of some hundred rows at a time.
impl Iterator for CsvTable {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        self.pieces.next()
    }
}

type Pieces = Box<dyn Iterator<Item = Vec<u8>> + Send>;

/// The header, then `rows` as `write` writes them.
fn pieces<R: Send + 'static>(
    columns: &'static [&'static str],
    rows: Vec<R>,
    separator: Separator,
    write: impl Fn(&R, &mut Sheet) + Send + 'static,
) -> Pieces {
    let header = std::iter::once_with(move || {
        let mut sheet = Sheet::new(separator);
        sheet.row(columns.iter().map(|name| Cell::Text((*name).into())));
        let mut piece = BYTE_ORDER_MARK.as_bytes().to_vec();
        piece.extend(sheet.into_bytes());
        piece
    });
    let count = rows.len();
    let body = (0..count).step_by(ROWS_AT_ONCE).map(move |start| {
        let mut sheet = Sheet::new(separator);
        for row in rows.iter().skip(start).take(ROWS_AT_ONCE) {
            write(row, &mut sheet);
        }
        sheet.into_bytes()
    });
    Box::new(header.chain(body))
}

/// Some rows of a table.
struct Sheet(csv::Writer<Vec<u8>>);

impl Sheet {
    fn new(separator: Separator) -> Self {
        let mut builder = WriterBuilder::new();
        builder.delimiter(separator.byte()).terminator(Terminator::CRLF);
        Self(builder.from_writer(Vec::new()))
    }

    fn row<'a>(&mut self, cells: impl IntoIterator<Item = Cell<'a>>) {
        let written =
            self.0.write_record(cells.into_iter().map(|cell| cell.shown().into_owned().into_bytes()));
        // Into memory; and every row of a table has as many cells as its header.
        if let Err(error) = written {
            tracing::error!(%error, "a row could not be written as CSV; it was left out");
        }
    }

    fn into_bytes(self) -> Vec<u8> {
        self.0.into_inner().unwrap_or_default()
    }
}
