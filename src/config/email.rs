//! Templates of the e-mails that Bexio sends with invoices. What is wrong with one is told at the start,
//! and not to a customer.

use crate::domain::plan::{MESSAGE_CHARS_MAX, PLACEHOLDERS, SUBJECT_CHARS_MAX, unknown_placeholders};

/// An ISO 639-1 code, in small letters.
pub(super) fn language(value: &str) -> Result<String, String> {
    let is_code = value.len() == 2 && value.bytes().all(|letter| letter.is_ascii_alphabetic());
    is_code
        .then(|| value.to_ascii_lowercase())
        .ok_or_else(|| "two letters, such as de, fr, it or en".to_owned())
}

/// One line.
pub(super) fn subject(value: &str) -> Result<String, String> {
    if value.contains(char::is_control) {
        return Err("one line".to_owned());
    }
    checked(value.to_owned(), SUBJECT_CHARS_MAX)
}

/// As written; `\n` is a line break, since many files of variables know no other.
pub(super) fn message(value: &str) -> Result<String, String> {
    checked(value.replace("\\n", "\n"), MESSAGE_CHARS_MAX)
}

fn checked(template: String, chars_max: usize) -> Result<String, String> {
    if let Some(unknown) = unknown_placeholders(&template).first() {
        let known = PLACEHOLDERS.join(", ");
        return Err(format!("a text with no other placeholders than {known}; '{unknown}' is none"));
    }
    if template.chars().count() > chars_max {
        return Err(format!("at most {chars_max} characters"));
    }
    Ok(template)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_has_known_placeholders_alone() {
        for known in PLACEHOLDERS {
            assert_eq!(subject(known).as_deref(), Ok(known));
        }
        assert_eq!(
            subject("Rechnung {documentNumber} von {total}").as_deref(),
            Ok("Rechnung {documentNumber} von {total}")
        );
        assert_eq!(subject("a { b").as_deref(), Ok("a { b"));
        for (template, unknown) in [("{Number}", "{Number}"), ("{number} {iban}", "{iban}"), ("{}", "{}")] {
            let refused = subject(template).unwrap_err();
            assert!(refused.contains(&format!("'{unknown}' is none")), "{refused}");
            assert!(refused.contains("{documentNumber}, {number}"), "{refused}");
        }
    }

    #[test]
    fn a_message_has_lines_and_a_subject_has_one() {
        assert_eq!(message("Guten Tag\\n\\nAnbei {number}.").as_deref(), Ok("Guten Tag\n\nAnbei {number}."));
        assert_eq!(message("a\nb").as_deref(), Ok("a\nb"));
        assert!(subject("a\nb").is_err());
        assert!(subject(&"ü".repeat(201)).is_err());
        assert!(subject(&"ü".repeat(200)).is_ok());
        assert!(message(&"x".repeat(10_001)).is_err());
    }

    #[test]
    fn a_language_is_two_letters() {
        assert_eq!(language("DE").as_deref(), Ok("de"));
        for other in ["d", "deu", "de_CH", "1x", "ü"] {
            assert!(language(other).is_err(), "{other}");
        }
    }
}
