//! Bexio invoices that carry PSOhub's number somewhere: another connector, or a person, may have sent
//! the invoice already.

use crate::book::InvoiceBook;
use crate::domain::AccountingInvoice;
use crate::domain::delivery::Hit;

/// Those that the book knows.
pub(super) fn in_book(book: &InvoiceBook, number: &str) -> Vec<Hit> {
    let linked = book.rows().iter().filter_map(|row| row.bexio.as_deref());
    let unlinked = book.unlinked().iter().map(AsRef::as_ref);
    linked.chain(unlinked).filter(|invoice| is_one(invoice, number)).map(Hit::from).collect()
}

/// Whether this one does. What names a PSOhub invoice by reference stands for that one: our own is
/// found by its reference, and another's is another's.
pub(super) fn is_one(invoice: &AccountingInvoice, number: &str) -> bool {
    if invoice.psohub_id().is_some() {
        return false;
    }
    let texts = [&invoice.title, &invoice.reference, &invoice.api_reference].into_iter().flatten();
    texts.map(AsRef::as_ref).chain([&*invoice.document_number]).any(|text| names(text, number))
}

/// Whether `text` holds `number` as a whole: INV-2024-3 stands neither in INV-2024-33 nor in
/// INV-2024-3-1. Letters count alike in any case.
fn names(text: &str, number: &str) -> bool {
    let (text, number) = (text.to_lowercase(), number.to_lowercase());
    text.match_indices(&number).any(|(at, found)| {
        let before = text.get(..at).unwrap_or_default().chars().rev();
        let after = text.get(at + found.len()..).unwrap_or_default().chars();
        !goes_on(before) && !goes_on(after)
    })
}

/// Whether a number goes on into these letters: at once, or with a digit behind a separator.
fn goes_on(mut letters: impl Iterator<Item = char>) -> bool {
    match letters.next() {
        Some('-' | '_' | '.' | '/') => letters.next().is_some_and(char::is_numeric),
        Some(letter) => letter.is_alphanumeric(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_as_a_whole() {
        for text in [
            "INV-2024-3",
            "inv-2024-3",
            "Projekt X (INV-2024-3)",
            "INV-2024-3: Workshop",
            "INV-2024-3 - Workshop",
            "INV-2024-3-Workshop",
            "RE/INV-2024-3.",
            "INV-2024-33 und INV-2024-3",
        ] {
            assert!(names(text, "INV-2024-3"), "{text}");
        }
        for text in ["INV-2024-33", "INV-2024-3-1", "1-INV-2024-3", "XINV-2024-3", "INV-2024-3a", ""] {
            assert!(!names(text, "INV-2024-3"), "{text}");
        }
    }
}
