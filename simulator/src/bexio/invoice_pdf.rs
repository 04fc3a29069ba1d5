//! The PDF that Bexio makes of an invoice.

use serde::Serialize;

use super::company::Company;
use super::invoice::Invoice;
use super::money::fixed;
use super::position::Position;
use crate::pdf::{Pdf, PdfText};

/// Real ones are about this large: a logo and a font subset.
const SIZE_BYTES_MIN: usize = 40_000;

/// `{"name","size","mime","content"}`, the content in base64.
#[derive(Debug, Serialize)]
pub(crate) struct Wrapped<'a> {
    name: &'a str,
    size: usize,
    mime: &'static str,
    content: String,
}

/// The file as the API wraps it.
pub(crate) fn wrapped<'a>(name: &'a str, file: &Pdf) -> Wrapped<'a> {
    let mut content = String::with_capacity(file.size_bytes() / 3 * 4 + 8);
    for piece in file.base64() {
        content.push_str(&String::from_utf8_lossy(&piece));
    }
    Wrapped { name, size: file.size_bytes(), mime: "application/pdf", content }
}

/// Lays an invoice out.
pub(crate) fn render(invoice: &Invoice, company: &Company) -> Pdf {
    let currency = company.currencies.iter().find(|c| c.id == invoice.currency_id).map_or("", |c| c.name);
    let mut lines: Vec<String> = invoice.contact_address.lines().map(str::to_owned).collect();
    lines.push(format!("Datum {}, zahlbar bis {}", invoice.is_valid_from, invoice.is_valid_to));
    lines.extend(invoice.positions.iter().map(|placed| line(&placed.position)));
    for tax in &invoice.totals.taxes {
        lines.push(format!("MWST {} %: {}", fixed(tax.percentage, 2), fixed(tax.value, 2)));
    }
    lines.push(format!("Total {currency} {}", fixed(invoice.totals.total, 2)));
    Pdf::render(&PdfText {
        title: &format!("Rechnung {}", invoice.document_nr),
        lines: &lines,
        size_bytes_min: SIZE_BYTES_MIN,
        seed: invoice.id.unsigned_abs(),
    })
}

fn line(position: &Position) -> String {
    match position {
        Position::Custom(line) | Position::Article { line, .. } => {
            format!(
                "{} × {}  {}  {}",
                line.amount,
                fixed(line.unit_price, 2),
                fixed(line.total(), 2),
                line.text
            )
        }
        Position::Text { text, .. } | Position::Subtotal { text } | Position::Discount { text, .. } => {
            text.to_string()
        }
        Position::Pagebreak => String::new(),
    }
}
