//! Entity tags (RFC 9110, section 8.8.3): a strong tag is the hash of the bytes.

use std::fmt::Write;

use http::header::{GetAll, HeaderValue};
use sha2::{Digest, Sha256};

/// A strong entity tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ETag(String);

impl ETag {
    /// The tag of these bytes.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let mut text = String::with_capacity(34);
        text.push('"');
        for byte in &Sha256::digest(bytes)[..16] {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        text.push('"');
        Self(text)
    }

    /// As a header's value.
    pub(super) fn header_value(&self) -> HeaderValue {
        HeaderValue::try_from(&self.0).unwrap_or(HeaderValue::from_static("\"\""))
    }

    /// Whether `If-Range` names this very representation: weak tags and dates never do.
    pub(super) fn is(&self, value: &HeaderValue) -> bool {
        value.as_bytes() == self.0.as_bytes()
    }
}

/// Whether `If-None-Match` names the tag. Weak comparison, as that header has it.
pub(super) fn matches_any(values: &GetAll<'_, HeaderValue>, tag: &ETag) -> bool {
    values.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).any(
        |candidate| {
            let candidate = candidate.trim();
            candidate == "*" || candidate.strip_prefix("W/").unwrap_or(candidate) == tag.0
        },
    )
}
