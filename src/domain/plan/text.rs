//! Texts as Bexio shows them: HTML, made from what people typed.

use std::fmt::Write as _;

use jiff::civil::Date;

use super::DetailLines;
use crate::domain::money::decimal_text;
use crate::domain::{CurrencyCode, InvoiceLine, LineDetail};

/// A text that says something, without the blanks at its ends.
pub(super) fn filled(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

/// Plain text as HTML between tags: markup is shown as it was typed, lines stay lines, and no control
/// character gets through. Quotes and apostrophes mean nothing there and stay: French and Italian are
/// full of them, and a reader that does not know `&#39;` would show each as that.
pub fn html(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + text.len() / 8);
    let mut letters = text.trim().chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '\r' if letters.peek() == Some(&'\n') => {}
            '\n' | '\r' | '\u{2028}' | '\u{2029}' | '\u{0b}' | '\u{0c}' => html.push_str("<br />"),
            '\t' => html.push(' '),
            control if control.is_control() => {}
            other => html.push(other),
        }
    }
    html
}

/// The text of a line: its name, its description, and its hours and expenses where they are wanted.
pub(super) fn line_text(line: &InvoiceLine, details: DetailLines, currency: CurrencyCode) -> String {
    let mut paragraphs: Vec<String> = [&line.name, &line.description]
        .into_iter()
        .flatten()
        .map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty())
        .collect();
    // PSOhub repeats the name as the description of plain lines.
    paragraphs.dedup();
    if paragraphs.is_empty() {
        paragraphs.push(line.number.trim().to_owned());
    }
    if details == DetailLines::InText {
        paragraphs.extend(line.details.iter().filter_map(|detail| detail_text(detail, currency)));
    }
    html(&paragraphs.join("\n"))
}

/// One line for hours or an expense: "- 28.10.2024, Anna Muster (Consultant), 3.5 h × 150.00 = 525.00: Workshop".
fn detail_text(detail: &LineDetail, currency: CurrencyCode) -> Option<String> {
    let digits = currency.minor_digits();
    let mut parts: Vec<String> = Vec::new();
    parts.extend(detail.date.map(day));
    parts.extend(person(detail));
    let mut sum = String::new();
    if let Some(hours) = detail.hours {
        let _ = write!(sum, "{} h", decimal_text(hours, 0));
        if let Some(rate) = detail.hourly_rate {
            let _ = write!(sum, " × {}", decimal_text(rate, digits));
        }
    }
    if let Some(amount) = detail.amount_ex_vat {
        let equals = if sum.is_empty() { "" } else { " = " };
        let _ = write!(sum, "{equals}{}", decimal_text(amount, digits));
    }
    parts.extend(Some(sum).filter(|sum| !sum.is_empty()));
    let head = parts.join(", ");
    let what = filled(detail.description.as_deref());
    match (head.is_empty(), what) {
        (true, None) => None,
        (true, Some(what)) => Some(format!("- {what}")),
        (false, None) => Some(format!("- {head}")),
        (false, Some(what)) => Some(format!("- {head}: {what}")),
    }
}

fn person(detail: &LineDetail) -> Option<String> {
    match (filled(detail.person.as_deref()), filled(detail.role.as_deref())) {
        (Some(name), Some(role)) => Some(format!("{name} ({role})")),
        (Some(one), None) | (None, Some(one)) => Some(one.to_owned()),
        (None, None) => None,
    }
}

/// A date as it is written in Switzerland, whatever the language.
pub(super) fn day(date: Date) -> String {
    format!("{:02}.{:02}.{:04}", date.day(), date.month(), date.year())
}
