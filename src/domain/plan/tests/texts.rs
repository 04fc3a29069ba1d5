//! Texts as Bexio shows them.

use jiff::civil::date;
use proptest::prelude::*;

use super::{Case, decimal, line};
use crate::domain::plan::{DetailLines, html};
use crate::domain::{DetailKind, InvoiceLine, LineDetail};

fn text_of(case: &Case) -> String {
    case.plan().positions[0].text.to_string()
}

fn detail() -> LineDetail {
    LineDetail {
        kind: DetailKind::Time,
        date: Some(date(2024, 10, 28)),
        person: Some("Anna Muster".into()),
        role: Some("Consultant".into()),
        description: Some("Workshop <A>".into()),
        hours: Some(decimal("3.50")),
        hourly_rate: Some(decimal("150")),
        amount_ex_vat: Some(decimal("525")),
        amount_inc_vat: None,
    }
}

fn bare() -> LineDetail {
    LineDetail {
        kind: DetailKind::Expense,
        date: None,
        person: None,
        role: None,
        description: None,
        hours: None,
        hourly_rate: None,
        amount_ex_vat: None,
        amount_inc_vat: None,
    }
}

#[test]
fn markup_is_shown_as_typed_and_lines_stay_lines() {
    assert_eq!(html("<b>R&D</b> \"x\" 'y'"), "&lt;b&gt;R&amp;D&lt;/b&gt; \"x\" 'y'");
    assert_eq!(html("one\r\ntwo\nthree\rfour"), "one<br />two<br />three<br />four");
    assert_eq!(html("a\u{0}b\u{7}c\td"), "abc d");
    assert_eq!(html("  Zürich 🇨🇭 \n"), "Zürich 🇨🇭");
}

#[test]
fn a_line_shows_name_description_and_its_hours_and_expenses() {
    let expense =
        LineDetail { description: Some("Train".into()), amount_ex_vat: Some(decimal("42.4")), ..bare() };
    let mut case = Case::with_line(|line| {
        line.description = Some("February\n& March".into());
        line.details = [detail(), expense, bare()].into();
    });
    assert_eq!(
        text_of(&case),
        "Consulting<br />February<br />&amp; March<br />\
         - 28.10.2024, Anna Muster (Consultant), 3.5 h × 150.00 = 525.00: Workshop &lt;A&gt;<br />\
         - 42.40: Train"
    );
    case.settings.detail_lines = DetailLines::Omit;
    assert_eq!(text_of(&case), "Consulting<br />February<br />&amp; March");
}

#[test]
fn a_line_without_words_shows_its_number_and_one_word_is_not_said_twice() {
    let case = Case::with_line(|line| (line.name, line.description) = (None, Some(" ".into())));
    assert_eq!(text_of(&case), "10.001");
    let case = Case::with_line(|line| line.description = Some(" Consulting ".into()));
    assert_eq!(text_of(&case), "Consulting");
}

proptest! {
    #[test]
    fn no_text_brings_markup_of_its_own(text in any::<String>()) {
        let shown = html(&text).replace("<br />", "");
        prop_assert!(!shown.contains(['<', '>', '\n', '\r']));
        prop_assert!(!shown.chars().any(char::is_control));
    }

    #[test]
    fn no_text_of_a_line_stops_the_planner(name in any::<String>(), note in any::<String>(), number in any::<String>()) {
        let mut case = Case::default();
        case.invoice.lines = [InvoiceLine { name: Some(name.into()), ..line("100") }].into();
        case.invoice.note = Some(note.clone().into());
        case.invoice.name = Some(note.clone().into());
        case.invoice.number = number.into();
        case.options.subject = Some(note.clone().into());
        case.options.message = Some(note.clone().into());
        case.options.recipient = Some(note.into());
        let plan = case.plan();
        prop_assert!(plan.header.title.chars().count() <= 80);
        prop_assert!(!plan.header.title.chars().any(char::is_control));
        let email = plan.email.unwrap();
        prop_assert!(email.message.contains("[Network Link]"));
        prop_assert!(!email.subject.chars().any(char::is_control));
    }
}
