//! The e-mail.

use proptest::prelude::*;

use super::{Case, problem, refusals, warnings};
use crate::domain::plan::{Email, Field, Place, ProblemCode, is_address};

fn email(case: &Case) -> Email {
    case.plan().email.unwrap()
}

#[test]
fn without_e_mail_nothing_of_it_is_planned_or_asked() {
    let mut case = Case::default();
    case.options.email = false;
    case.invoice.contact = None;
    assert_eq!((case.plan().email, refusals(&case)), (None, vec![]));
}

#[test]
fn the_recipient_is_the_asked_for_else_the_invoices_contact() {
    let mut case = Case::default();
    case.options.recipient = Some(" cfo@muster.example ".into());
    assert_eq!(&*email(&case).recipient, "cfo@muster.example");
    case.options.recipient = Some("a@muster.example, b@muster.example".into());
    assert_eq!(refusals(&case), [ProblemCode::RecipientInvalid]);
    assert_eq!(problem(&case, ProblemCode::RecipientInvalid).place, Place::Option(Field::Recipient));
    case.options.recipient = None;
    case.invoice.contact = None;
    assert_eq!(refusals(&case), [ProblemCode::RecipientMissing]);
}

#[test]
fn the_message_is_the_asked_for_else_the_note_else_the_configured_else_a_plain_one() {
    let mut case = Case::default();
    case.settings.message = Some("Hello {contact}".into());
    assert!(email(&case).message.starts_with("Dear Anna<br />Thank you."));
    case.options.message = Some("For {customer}: {total}, due {dueDate}".into());
    assert!(email(&case).message.starts_with("For Muster Bau AG: CHF 108.10, due 01.04.2026<br />"));
    case.options.message = None;
    case.invoice.note = Some(" ".into());
    assert!(email(&case).message.starts_with("Hello Anna Maria Muster<br />"));
    case.settings.message = None;
    assert!(email(&case).message.starts_with("Guten Tag<br /><br />Anbei"));
}

#[test]
fn a_plain_message_promises_no_attachment_that_is_not_there() {
    let mut case = Case::default();
    case.invoice.note = None;
    case.settings.attach_pdf = false;
    for (language, start) in [
        ("de", "Guten Tag<br /><br />Unter dem folgenden Link"),
        ("fr", "Bonjour,<br /><br />Vous trouverez notre facture sous le lien"),
        ("it", "Buongiorno,<br /><br />trova la nostra fattura al link"),
        ("en", "Hello,<br /><br />Please find our invoice under the following link"),
    ] {
        case.options.language = Some(language.into());
        let message = email(&case).message;
        assert!(message.starts_with(start) && message.ends_with(".<br /><br />[Network Link]"), "{message}");
    }
    case.settings.attach_pdf = true;
    assert!(email(&case).message.starts_with("Hello,<br /><br />Please find our invoice attached."));
}

#[test]
fn the_portal_link_is_added_only_where_it_is_missing() {
    let mut case = Case::default();
    case.invoice.note = Some("Look here: [Network Link]\nThanks".into());
    assert_eq!(&*email(&case).message, "Look here: [Network Link]<br />Thanks");
}

#[test]
fn a_note_is_no_template() {
    let mut case = Case::default();
    case.invoice.note = Some("Costs of {total}".into());
    assert!(email(&case).message.starts_with("Costs of {total}<br />"));
    assert_eq!(warnings(&case), []);
    case.invoice.note = Some("Write {documentNumber}".into());
    let message = email(&case).for_document("RE-1").message;
    assert!(message.starts_with("Write &#123;documentNumber&#125;<br />"), "{message}");
}

#[test]
fn the_subject_is_the_asked_for_else_the_configured_else_a_plain_one() {
    let mut case = Case::default();
    case.settings.subject = Some("Our invoice {number}".into());
    for (asked, subject) in
        [(None, "Our invoice INV-2026-33"), (Some(" "), "Our invoice INV-2026-33"), (Some("Pay"), "Pay")]
    {
        case.options.subject = asked.map(Box::from);
        assert_eq!(&*email(&case).subject, subject);
    }
    (case.options.subject, case.settings.subject) = (None, Some("".into()));
    assert_eq!(&*email(&case).subject, "Rechnung {documentNumber}");
}

#[test]
fn placeholders_are_filled_and_unknown_ones_are_told() {
    let mut case = Case::default();
    case.options.subject = Some("{number}\n{name} {documentNumber} {oops} { {date} {".into());
    let planned = email(&case);
    assert_eq!(&*planned.subject, "INV-2026-33 Website relaunch {documentNumber} {oops} { {date} {");
    assert_eq!(warnings(&case), [ProblemCode::PlaceholderUnknown, ProblemCode::PlaceholderUnknown]);
    case.options.subject = Some("{documentNumber} of {date}".into());
    case.options.message = Some("<{documentNumber}>".into());
    let filled = email(&case).for_document("RE-1&2");
    assert_eq!(&*filled.subject, "RE-1&2 of 02.03.2026");
    assert!(filled.message.starts_with("&lt;RE-1&amp;2&gt;<br />"));
}

#[test]
fn what_a_placeholder_brings_is_no_template_and_no_markup() {
    let mut case = Case::default();
    case.invoice.name = Some("<b>{number}</b>".into());
    case.options.message = Some("{name}".into());
    assert!(email(&case).message.starts_with("&lt;b&gt;{number}&lt;/b&gt;<br />"));
}

#[test]
fn subject_and_message_have_limits() {
    let mut case = Case::default();
    case.options.subject = Some("x".repeat(201).into());
    assert_eq!(refusals(&case), [ProblemCode::SubjectTooLong]);
    case.options.subject = Some("x".repeat(200).into());
    case.options.message = Some("x".repeat(10_001).into());
    assert_eq!(refusals(&case), [ProblemCode::MessageTooLong]);
    case.options.message = Some("x".repeat(10_000).into());
    assert_eq!(refusals(&case), []);
}

#[test]
fn addresses_are_told_from_other_texts() {
    for good in
        ["ap@muster.example", "a.b+c@sub.muster.example", "o'neil@muster.example", "info@zürich.example"]
    {
        assert!(is_address(good), "{good}");
    }
    for bad in [
        "",
        "muster.example",
        "@muster.example",
        "ap@",
        "ap@muster",
        "ap @muster.example",
        "a@b@muster.example",
        ".ap@muster.example",
        "a..p@muster.example",
        "ap@-muster.example",
        "ap@muster..example",
        "ap@muster.example.",
        "ap@127.0.0.1",
        "Anna <ap@muster.example>",
        "ap@muster.example\nBcc: x@muster.example",
        "ap@muster.example;x@muster.example",
    ] {
        assert!(!is_address(bad), "{bad}");
    }
    assert!(!is_address(&format!("{}@muster.example", "a".repeat(65))));
}

proptest! {
    #[test]
    fn an_address_is_one_word(text in any::<String>()) {
        if is_address(&text) {
            prop_assert!(!text.contains(char::is_whitespace) && text.matches('@').count() == 1);
        }
    }
}
