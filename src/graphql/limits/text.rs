//! The text of a request, looked at byte by byte before a parser sees it.
//!
//! Strings and comments are told apart exactly as the parser's grammar does (async-graphql-parser
//! 7.2.1, `graphql.pest`), since a bracket that this scan takes for text and the parser takes for a
//! bracket would go uncounted. Where a text breaks the grammar the parser stops, so what follows
//! need not be understood.

use super::Limits;
use crate::graphql::errors::{ErrorCode, Fault};

/// Checks length, number of tokens and nesting of `text`.
pub(in crate::graphql) fn check_text(text: &str, limits: &Limits) -> Result<(), Fault> {
    if text.len() > limits.text_bytes_max {
        return Err(Fault::new(
            ErrorCode::QueryTooLarge,
            format!(
                "The query has {} bytes, at most {} are taken: split it, or use variables for long values.",
                text.len(),
                limits.text_bytes_max
            ),
        ));
    }
    let Shape { depth_max, tokens } = shape(text.as_bytes());
    if depth_max > limits.brackets_depth_max {
        return Err(Fault::new(
            ErrorCode::QueryTooDeep,
            format!(
                "Brackets nest {depth_max} deep in the query, at most {} are taken: flatten it.",
                limits.brackets_depth_max
            ),
        ));
    }
    if tokens > limits.tokens_max {
        return Err(Fault::new(
            ErrorCode::QueryTooLarge,
            format!(
                "The query has {tokens} words and signs, at most {} are taken: split it.",
                limits.tokens_max
            ),
        ));
    }
    Ok(())
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Shape {
    depth_max: usize,
    tokens: usize,
}

fn shape(text: &[u8]) -> Shape {
    let mut shape = Shape::default();
    let mut depth = 0_usize;
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = match byte {
            b'"' => {
                shape.tokens += 1;
                after_string(rest)
            }
            b'#' => skip_while(tail, |byte| !is_line_end(byte)),
            b'{' | b'[' | b'(' => {
                depth += 1;
                shape.depth_max = shape.depth_max.max(depth);
                shape.tokens += 1;
                tail
            }
            b'}' | b']' | b')' => {
                depth = depth.saturating_sub(1);
                shape.tokens += 1;
                tail
            }
            byte if is_word(byte) => {
                shape.tokens += 1;
                skip_while(tail, is_word)
            }
            byte if byte.is_ascii_whitespace() || byte == b',' => tail,
            _ => {
                shape.tokens += 1;
                tail
            }
        };
    }
    shape
}

/// What follows the string that `text` starts with.
fn after_string(text: &[u8]) -> &[u8] {
    if let Some(block) = text.strip_prefix(b"\"\"\"") {
        // An unclosed block string is an empty string followed by a quote: so the grammar reads it.
        return after_block(block).unwrap_or(&text[2..]);
    }
    let mut rest = &text[1..];
    while let Some((&byte, tail)) = rest.split_first() {
        rest = match byte {
            b'"' => return tail,
            b'\\' => match tail.split_first() {
                Some((&escaped, tail)) if !is_line_end(escaped) => tail,
                _ => return tail,
            },
            byte if is_line_end(byte) => return tail,
            _ => tail,
        };
    }
    rest
}

fn after_block(text: &[u8]) -> Option<&[u8]> {
    let mut rest = text;
    loop {
        if let Some(tail) = rest.strip_prefix(b"\"\"\"") {
            return Some(tail);
        }
        rest = match rest.strip_prefix(b"\\\"\"\"") {
            Some(tail) => tail,
            None => rest.split_first()?.1,
        };
    }
}

fn skip_while(text: &[u8], holds: impl Fn(u8) -> bool) -> &[u8] {
    let end = text.iter().position(|&byte| !holds(byte)).unwrap_or(text.len());
    &text[end..]
}

const fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn depth(text: &str) -> usize {
        shape(text.as_bytes()).depth_max
    }

    #[test]
    fn brackets_of_every_kind_count_and_those_in_text_do_not() {
        assert_eq!(depth("{ a(b: [{c: 1}]) { d } }"), 4);
        assert_eq!(depth(r#"{ a(b: "{{{{[[[(((") }"#), 2);
        assert_eq!(depth(r#"{ a(b: "\"{{{{") }"#), 2);
        assert_eq!(depth(r#"{ a(b: "\\") { c { d } } }"#), 3);
        assert_eq!(depth("{ a # {{{{{ \" \n { b } }"), 2);
        assert_eq!(depth("{ a(b: \"\"\" {{{ \" {{ \\\"\"\" {{ \n \"\"\") }"), 2);
        assert_eq!(depth(r#"{ a(b: "") { c { d } } }"#), 3);
    }

    #[test]
    fn what_the_parser_does_not_take_for_text_is_not_hidden() {
        let nested = "[".repeat(500);
        for prefix in [
            // An unclosed block string is two strings to the parser.
            "{ a(b: [\"\"\" \" ",
            // A string ends with its line.
            "{ a(b: \"x\n",
            "{ a(b: \"x\\\n",
            "{ a # \"\r",
            "{ a(b: \"\"\"\"\"\" ",
            "{ a(b: \"\"\" \\\"\"\" \"\"\" ",
        ] {
            assert!(depth(&format!("{prefix}{nested}")) >= 500, "{prefix:?}");
        }
    }

    #[test]
    fn words_and_signs_are_counted_once_each() {
        assert_eq!(shape(b"query A { b(c: \"d e\", f: -1.5) }").tokens, 13);
    }

    #[test]
    fn each_limit_is_met_with_its_code() {
        let limits = Limits::default();
        let code = |text: &str| check_text(text, &limits).map_err(|fault| fault.code);
        assert_eq!(code(&" ".repeat(16 * 1024)), Ok(()));
        assert_eq!(code(&" ".repeat(16 * 1024 + 1)), Err(ErrorCode::QueryTooLarge));
        assert_eq!(code(&"a ".repeat(4_001)), Err(ErrorCode::QueryTooLarge));
        assert_eq!(code(&"(".repeat(64)), Ok(()));
        assert_eq!(code(&"(".repeat(65)), Err(ErrorCode::QueryTooDeep));
    }
}
