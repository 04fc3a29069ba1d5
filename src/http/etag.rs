//! Entity tags (RFC 9110, section 8.8.3): a tag is the hash of bytes.

use http::header::{GetAll, HeaderValue};
use sha2::{Digest, Sha256};

use crate::domain::hex::Hex;

/// An entity tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ETag(String);

impl ETag {
    /// The strong tag of these bytes.
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self::tag("", bytes)
    }

    /// The weak tag of what means the same as long as these bytes are the same.
    pub(super) fn weak_of(bytes: &[u8]) -> Self {
        Self::tag("W/", bytes)
    }

    fn tag(strength: &str, bytes: &[u8]) -> Self {
        let digest = Sha256::digest(bytes);
        Self(format!("{strength}\"{}\"", Hex(&digest[..16])))
    }

    /// As a header's value.
    pub(super) fn header_value(&self) -> HeaderValue {
        HeaderValue::try_from(&self.0).unwrap_or(HeaderValue::from_static("\"\""))
    }

    /// Whether `If-Range` names this very representation: weak tags and dates never do.
    pub(super) fn is(&self, value: &HeaderValue) -> bool {
        self.0.starts_with('"') && value.as_bytes() == self.0.as_bytes()
    }
}

/// Whether `If-None-Match` names the tag. Weak comparison, as that header has it.
pub(super) fn matches_any(values: &GetAll<'_, HeaderValue>, tag: &ETag) -> bool {
    values.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).any(
        |candidate| {
            let candidate = candidate.trim();
            candidate == "*" || opaque(candidate) == opaque(&tag.0)
        },
    )
}

/// A tag without its mark of weakness.
fn opaque(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}
