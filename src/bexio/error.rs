//! Failures of Bexio's calls, with its refusals in their own words.
//!
//! The 422 answers of the 2.0 endpoints carry an undocumented `errors` list; its grammar was read
//! from recorded answers (docs/quirks.md). Anything that does not follow it is kept as a message.

use std::fmt::Write as _;

use serde_json::value::RawValue;

use crate::transport::json::{Fields, elements_of, text_of};
use crate::transport::{BaseUrlError, Call, TransportError};

/// Why a call to Bexio failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum BexioError {
    /// Bexio refused the request; the same one will be refused again until its cause is mended.
    #[error("{call} answered {status}{}", words(message.as_deref(), fields))]
    Refused {
        /// Which call.
        call: Call,
        /// The HTTP status: 400 to 499 but for 408 and 429.
        status: u16,
        /// Bexio's `message`, or `title` and `detail` on 4.0 endpoints.
        message: Option<String>,
        /// What is wrong with which field.
        fields: Vec<FieldError>,
    },
    /// The call itself failed; the transport says what may be concluded.
    #[error("{0}")]
    Call(TransportError),
    /// Bexio answered, without what every company has.
    #[error("Bexio's answer to {route} is empty")]
    Missing {
        /// Which call.
        route: &'static str,
    },
    /// A list did not end.
    #[error("Bexio's answers to {route} do not end; it may not honour its paging")]
    Endless {
        /// Which call.
        route: &'static str,
    },
    /// The address configured for Bexio cannot be used.
    #[error("Bexio's address is {0}")]
    BadAddress(#[from] BaseUrlError),
}

/// One complaint of a 422.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The field, such as `user_id` or `positions[0].account_id`; `None` for the whole request.
    pub field: Option<String>,
    /// Bexio's text, in the language of the token's user.
    pub message: String,
    /// Whether Bexio does not know the field at all (or not for writing).
    pub unknown_field: bool,
}

/// Bexio's words behind a status: its message, then each complaint.
pub fn words(message: Option<&str>, fields: &[FieldError]) -> String {
    let mut text = message.map(|message| format!(": {message}")).unwrap_or_default();
    for error in fields {
        let field = error.field.as_deref().map(|field| format!("{field}: ")).unwrap_or_default();
        let _ = write!(text, " [{field}{}]", error.message);
    }
    text
}

impl From<TransportError> for BexioError {
    fn from(error: TransportError) -> Self {
        match error {
            TransportError::Status { call, status, body, .. }
                if (400..500).contains(&status) && !matches!(status, 408 | 429) =>
            {
                let (message, fields) = read_refusal(body.as_str());
                Self::Refused { call, status, message, fields }
            }
            other => Self::Call(other),
        }
    }
}

/// Longest words of Bexio's that are kept of one message.
const MESSAGE_CHARS_MAX: usize = 500;
const ERRORS_MAX: usize = 50;

/// `message` and `errors` of a refusal's body; nothing where it is no JSON object.
pub(super) fn read_refusal(body: &str) -> (Option<String>, Vec<FieldError>) {
    let Ok(mut fields) = Fields::parse(body) else { return (None, Vec::new()) };
    let mut word =
        |name: &str| fields.value(&[name]).and_then(|raw| text_of(raw).ok()).map(|text| cut(&text));
    let message = word("message").or_else(|| match (word("title"), word("detail")) {
        (Some(title), Some(detail)) => Some(format!("{title}: {detail}")),
        (title, detail) => title.or(detail),
    });
    let mut errors = fields.value(&["errors"]).map(read_errors).unwrap_or_default();
    errors.truncate(ERRORS_MAX);
    (message, errors)
}

/// Bexio's words in the body of any answer other than 2xx: its message, then each complaint.
pub fn message_in(body: &str) -> Option<String> {
    let (message, fields) = read_refusal(body);
    let text = words(message.as_deref(), &fields);
    let text = text.trim_start_matches(':').trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn cut(text: &str) -> String {
    text.trim().chars().take(MESSAGE_CHARS_MAX).collect()
}

/// A list of texts (seen), of objects `{field, message}`, or a map from fields to messages.
fn read_errors(raw: &RawValue) -> Vec<FieldError> {
    if let Ok(elements) = elements_of(raw) {
        return elements.into_iter().flat_map(read_element).collect();
    }
    if let Ok(fields) = Fields::of(raw) {
        return fields.iter().flat_map(|(name, value)| read_named(name, value)).collect();
    }
    text_of(raw).map(|text| read_text(&text)).unwrap_or_default()
}

fn read_element(raw: &RawValue) -> Vec<FieldError> {
    if let Ok(text) = text_of(raw) {
        return read_text(&text);
    }
    let Ok(mut fields) = Fields::of(raw) else { return Vec::new() };
    let mut word =
        |name: &str| fields.value(&[name]).and_then(|raw| text_of(raw).ok()).map(|text| cut(&text));
    let (field, message) = (word("field"), word("message"));
    message.map(|message| FieldError { field, message, unknown_field: false }).into_iter().collect()
}

fn read_named(name: &str, value: &RawValue) -> Vec<FieldError> {
    let messages = match elements_of(value) {
        Ok(elements) => elements,
        Err(_) => vec![value],
    };
    let error = |message: String| FieldError { field: Some(cut(name)), message, unknown_field: false };
    messages.into_iter().filter_map(|raw| text_of(raw).ok()).map(|text| error(cut(&text))).collect()
}

/// One text: unknown fields in either wording, `field: text`, or nested forms in brackets.
fn read_text(text: &str) -> Vec<FieldError> {
    const WIDGET: &str = "Widget schema does not include the following field(s):";
    let text = text.trim();
    let unknown = |name: &str| FieldError {
        field: Some(cut(name)),
        message: "Bexio does not take this field".to_owned(),
        unknown_field: true,
    };
    if let Some(names) = text.strip_prefix(WIDGET) {
        return names.split(',').map(str::trim).filter(|name| !name.is_empty()).map(unknown).collect();
    }
    let extra = text.strip_prefix("global: ").unwrap_or(text);
    if let Some(rest) = extra.strip_prefix("Unexpected extra form field named \"") {
        return vec![unknown(rest.split('"').next().unwrap_or(rest))];
    }
    let plain = |field: Option<&str>, message: &str| {
        vec![FieldError { field: field.map(cut), message: cut(message), unknown_field: false }]
    };
    match text.split_once(':') {
        Some(("global", message)) => plain(None, message),
        Some((field, rest)) if is_field_name(field) => {
            let mut nested = Vec::new();
            match read_nested(rest.trim(), field, 0, &mut nested) {
                Some("") if !nested.is_empty() => nested,
                _ => plain(Some(field), rest),
            }
        }
        _ => plain(None, text),
    }
}

fn is_field_name(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}

/// `name [inner] name [inner]…`, where inner is again that, or a text. Returns what is left, `None`
/// when the text does not follow this.
fn read_nested<'a>(text: &'a str, path: &str, depth: u8, found: &mut Vec<FieldError>) -> Option<&'a str> {
    let mut rest = text;
    while !rest.is_empty() && !rest.starts_with(']') {
        let (name, after) = rest.split_once('[')?;
        let name = name.trim();
        if depth > 8 || found.len() > ERRORS_MAX || !is_field_name(name) {
            return None;
        }
        let is_index = name.bytes().all(|byte| byte.is_ascii_digit());
        let path = if is_index { format!("{path}[{name}]") } else { format!("{path}.{name}") };
        let before = found.len();
        let after = match read_nested(after, &path, depth + 1, found) {
            Some(after) if found.len() > before => after,
            _ => {
                found.truncate(before);
                let (message, after) = split_text(after)?;
                found.push(FieldError { field: Some(path), message: cut(message), unknown_field: false });
                after
            }
        };
        rest = after.strip_prefix(']')?.trim_start_matches([' ', ',']);
    }
    Some(rest)
}

/// A text up to the bracket that closes it; brackets inside come in pairs (`[Network Link]`).
fn split_text(text: &str) -> Option<(&str, &str)> {
    let mut open = 0_u32;
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            b'[' => open += 1,
            b']' if open == 0 => return Some(text.split_at(index)),
            b']' => open -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests;
