//! SHA-256 of a document's text: what Apollo's protocol and `sha256:` ids name it by.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::domain::hex::{Hex, bytes_of};

/// The hash of one document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DocumentHash([u8; 32]);

impl DocumentHash {
    /// The hash of `text`.
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    /// 64 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        bytes_of(text).map(Self)
    }
}

impl fmt::Display for DocumentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hex(&self.0).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_written_as_it_is_read() {
        let hash = DocumentHash::of("{ __typename }");
        assert_eq!(hash.to_string(), "7f56e67dd21ab3f30d1ff8b7bed08893f0a0db86449836189b361dd1e56ddb4b");
        assert_eq!(DocumentHash::parse(&hash.to_string()), Some(hash));
        assert_eq!(DocumentHash::parse(&hash.to_string().to_uppercase()), Some(hash));
        for text in ["", "7f", &"g".repeat(64), &"+1".repeat(32), &"ü".repeat(32), &"0".repeat(65)] {
            assert_eq!(DocumentHash::parse(text), None, "{text}");
        }
    }
}
