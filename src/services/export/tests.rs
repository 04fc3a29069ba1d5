//! Tables are made piece by piece, and are what they hold when a reader of CSV opens them.

use std::sync::Arc;

use super::*;
use crate::book::{InvoiceBook, InvoiceFilter, InvoiceOrder, fixtures};
use crate::domain::InvoiceCustomer;

fn snapshot(invoices: i64) -> Snapshot {
    let rows = (1..=invoices).map(|id| fixtures::row(fixtures::invoice(id))).collect();
    fixtures::snapshot(InvoiceBook::new(1, rows, Vec::new()))
}

fn table(snapshot: &Snapshot, separator: Separator) -> CsvTable {
    let rows = snapshot.list(&InvoiceFilter::default(), InvoiceOrder::default());
    CsvTable::invoices(snapshot.clone(), rows, separator)
}

#[test]
fn a_hundred_thousand_invoices_are_never_held_as_text() {
    let snapshot = snapshot(100_000);
    let (mut pieces, mut lines, mut bytes, mut longest) = (0, 0, 0, 0);
    for piece in table(&snapshot, Separator::Comma) {
        pieces += 1;
        lines += piece.split(|byte| *byte == b'\n').count() - 1;
        bytes += piece.len();
        longest = longest.max(piece.len());
    }
    assert_eq!((pieces, lines), (1 + 100_000_usize.div_ceil(ROWS_AT_ONCE), 100_001));
    assert!(bytes > 10_000_000 && longest < 100 * 1024, "{bytes} bytes, at most {longest} at once");
}

#[test]
fn nothing_is_made_before_it_is_asked_for() {
    let made = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = Arc::clone(&made);
    let write = move |_: &i32, _: &mut Sheet| {
        count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    };
    let mut pieces = pieces(&["a"], (0..100_000).collect(), Separator::Comma, write);
    let made = || made.load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!((pieces.next().is_some(), made()), (true, 0));
    assert_eq!((pieces.next().is_some(), made()), (true, ROWS_AT_ONCE));
}

#[test]
fn a_table_is_what_it_holds_when_it_is_opened() {
    let mut invoice = fixtures::invoice(41_939_771_881_672_249);
    let name = "=HYPERLINK(\"http://evil.example\";\"Müller, & Söhne\")\nZürich";
    invoice.customer = Some(InvoiceCustomer { id: None, name: name.into() });
    invoice.total_inc_vat = rust_decimal::Decimal::new(-150, 2);
    let rows = vec![fixtures::row(invoice)];
    let snapshot = fixtures::snapshot(InvoiceBook::new(1, rows, Vec::new()));
    for separator in [Separator::Comma, Separator::Semicolon] {
        let bytes: Vec<u8> = table(&snapshot, separator).flatten().collect();
        assert!(bytes.starts_with(b"\xef\xbb\xbfnumber") && bytes.ends_with(b"\r\n"));
        let mut reader = csv::ReaderBuilder::new().delimiter(separator.byte()).from_reader(&bytes[..]);
        let header = reader.headers().unwrap().clone();
        assert_eq!(header, invoices::COLUMNS.to_vec());
        let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
        let cell =
            |name: &str| rows[0].get(header.iter().position(|column| column == name).unwrap()).unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!(cell("customer"), format!("'{name}"));
        assert_eq!(cell("total_inc_vat"), "-1.50");
        assert_eq!(cell("psohub_reference"), "psohub:41939771881672249");
    }
}
