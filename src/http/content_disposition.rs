//! `Content-Disposition` (RFC 6266, RFC 8187): a file name that survives umlauts and quotes.

use http::header::HeaderValue;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything that is not an `attr-char` of RFC 8187.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// Shown in the browser, and saved as `file_name`.
pub(super) fn inline(file_name: &str) -> HeaderValue {
    disposed("inline", file_name)
}

/// Saved as `file_name` at once.
pub(super) fn attachment(file_name: &str) -> HeaderValue {
    disposed("attachment", file_name)
}

fn disposed(how: &'static str, file_name: &str) -> HeaderValue {
    let name: String = file_name.chars().filter(|c| !c.is_control()).map(safe).take(150).collect();
    let plain: String =
        name.chars().map(|c| if c.is_ascii() && !matches!(c, '"' | '%') { c } else { '_' }).collect();
    let full = utf8_percent_encode(&name, ENCODED);
    let text = format!("{how}; filename=\"{plain}\"; filename*=UTF-8''{full}");
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(how))
}

/// A name is a name and no path.
fn safe(c: char) -> char {
    if matches!(c, '/' | '\\' | ':') { '-' } else { c }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_makes_a_header_that_cannot_be_broken_out_of() {
        for (name, expected) in [
            ("INV-2024-33.pdf", r#"inline; filename="INV-2024-33.pdf"; filename*=UTF-8''INV-2024-33.pdf"#),
            (
                "Müller & Söhne.pdf",
                r#"inline; filename="M_ller & S_hne.pdf"; filename*=UTF-8''M%C3%BCller%20&%20S%C3%B6hne.pdf"#,
            ),
            ("a\"b\r\nx: y.pdf", r#"inline; filename="a_bx- y.pdf"; filename*=UTF-8''a%22bx-%20y.pdf"#),
            ("../../etc/passwd", r#"inline; filename="..-..-etc-passwd"; filename*=UTF-8''..-..-etc-passwd"#),
        ] {
            assert_eq!(inline(name).to_str().unwrap(), expected);
        }
    }
}
