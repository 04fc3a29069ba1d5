//! The keys that secrets are encrypted with: 32 bytes each, from the configuration, never stored
//! beside what they protect.

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretBox};
use sha2::{Digest, Sha256};

/// Bytes of a key.
pub const KEY_BYTES: usize = 32;

/// Bytes of a key's id, which is ASCII.
pub const KEY_ID_BYTES: usize = 8;

/// One key. `Debug` shows its id only.
#[derive(Clone)]
pub struct SecretKey {
    id: Box<str>,
    bytes: Arc<SecretBox<[u8; KEY_BYTES]>>,
}

impl SecretKey {
    /// Reads 32 bytes in base64.
    ///
    /// # Errors
    /// [`SecretKeyFault`]; the text is not repeated.
    pub fn parse(text: &str) -> Result<Self, SecretKeyFault> {
        let bytes = Zeroizing::new(STANDARD.decode(text.trim()).map_err(|_| SecretKeyFault::NotBase64)?);
        let found = bytes.len();
        let bytes: [u8; KEY_BYTES] =
            bytes.as_slice().try_into().map_err(|_| SecretKeyFault::WrongLength { found })?;
        Ok(Self::new(bytes))
    }

    /// A key of these bytes.
    pub fn new(bytes: [u8; KEY_BYTES]) -> Self {
        let mut digest = Sha256::new();
        digest.update(b"invoice-gateway secrets key id\0");
        digest.update(bytes);
        let mut id = URL_SAFE_NO_PAD.encode(digest.finalize());
        id.truncate(KEY_ID_BYTES);
        Self { id: id.into(), bytes: Arc::new(SecretBox::new(Box::new(bytes))) }
    }

    /// A short name that follows from the key and does not betray it; it stands beside what the key
    /// encrypted.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The bytes, for the cipher alone.
    pub fn bytes(&self) -> &[u8; KEY_BYTES] {
        self.bytes.expose_secret()
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey({})", self.id)
    }
}

/// The keys of the configuration: the first encrypts, each of them decrypts.
#[derive(Debug, Clone)]
pub struct SecretKeys(Vec<SecretKey>);

impl SecretKeys {
    /// Reads keys separated by commas, at least one.
    ///
    /// # Errors
    /// [`SecretKeyFault`]; the text is not repeated.
    pub fn parse(text: &str) -> Result<Self, SecretKeyFault> {
        text.split(',').map(SecretKey::parse).collect::<Result<_, _>>().map(Self)
    }

    /// Every key, the one that encrypts first.
    pub fn iter(&self) -> impl Iterator<Item = &SecretKey> {
        self.0.iter()
    }
}

/// Why a text is not a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretKeyFault {
    /// It is not base64.
    #[error("not base64")]
    NotBase64,
    /// It has another length.
    #[error("{found} bytes instead of {KEY_BYTES}")]
    WrongLength {
        /// How many bytes it has.
        found: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    #[test]
    fn a_list_of_keys_is_read_in_its_order() {
        let other = STANDARD.encode([7; KEY_BYTES]);
        let keys = SecretKeys::parse(&format!("{KEY}, {other}")).unwrap();
        let ids: Vec<_> = keys.iter().map(SecretKey::id).collect();
        assert_eq!(ids.len(), 2);
        assert_ne!(ids[0], ids[1]);
        assert_eq!(keys.iter().next().unwrap().bytes()[31], 31);
        assert_eq!(ids[0], SecretKey::parse(KEY).unwrap().id(), "an id follows from the key");
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for (text, fault) in [
            ("", SecretKeyFault::WrongLength { found: 0 }),
            ("geheim!", SecretKeyFault::NotBase64),
            ("AAEC", SecretKeyFault::WrongLength { found: 3 }),
        ] {
            assert_eq!(SecretKeys::parse(text).unwrap_err(), fault, "{text}");
        }
        assert_eq!(
            SecretKeys::parse(&format!("{KEY},")).unwrap_err(),
            SecretKeyFault::WrongLength { found: 0 }
        );
    }

    #[test]
    fn debug_shows_no_byte_of_a_key() {
        let shown = format!("{:?}", SecretKeys::parse(KEY).unwrap());
        assert!(shown.starts_with("SecretKeys([SecretKey(") && shown.len() < 40, "{shown}");
    }
}
