//! API keys: what they look like and how a secret is checked.
//!
//! A key is `igw_<id>_<secret>`: a prefix that scanners for leaked secrets can look for, an id that names the
//! key's row, and 256 random bits. Kept is SHA-256 of the secret. A fast hash is right here: slow ones
//! (Argon2, bcrypt) make guessing a person's password dear, and nobody guesses 256 random bits, at any speed.
//! They would make each request dear instead.

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::domain::AccessKey;
use crate::domain::hex::Hex;

/// What every key begins with.
pub(super) const PREFIX: &str = "igw_";

const SECRET_DIGITS: usize = 64;

/// A key that was just made.
#[derive(Debug)]
pub struct FreshKey {
    /// Its id.
    pub id: Box<str>,
    /// SHA-256 of its secret.
    pub secret_sha256: [u8; 32],
    /// The whole key, to be shown once.
    pub text: SecretString,
}

impl FreshKey {
    /// A key of 256 random bits.
    pub fn generate() -> Self {
        let id = Hex(&rand::random::<[u8; AccessKey::ID_DIGITS / 2]>()).to_string();
        let secret = SecretString::from(Hex(&rand::random::<[u8; SECRET_DIGITS / 2]>()).to_string());
        let text = format!("{PREFIX}{id}_{}", secret.expose_secret());
        Self { secret_sha256: digest(secret.expose_secret()), id: id.into(), text: text.into() }
    }
}

/// A key as somebody presents it.
#[derive(Clone, Copy)]
pub(super) struct Presented<'t> {
    /// The id, not known to be one.
    pub(super) id: &'t str,
    secret: &'t str,
}

impl<'t> Presented<'t> {
    /// Reads a key; `None` for a text that is none.
    pub(super) fn parse(text: &'t str) -> Option<Self> {
        let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
        let is_key = is_hexadecimal(id, AccessKey::ID_DIGITS) && is_hexadecimal(secret, SECRET_DIGITS);
        is_key.then_some(Self { id, secret })
    }

    /// Whether its secret is the one with this digest; takes as long whatever differs.
    pub(super) fn is_of(&self, secret_sha256: &[u8; 32]) -> bool {
        digest(self.secret).ct_eq(secret_sha256).into()
    }
}

fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}

fn is_hexadecimal(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_by_its_secret_alone() {
        let (one, other) = (FreshKey::generate(), FreshKey::generate());
        let text = one.text.expose_secret();
        let presented = Presented::parse(text).unwrap();
        assert_eq!(presented.id, &*one.id);
        assert!(presented.is_of(&one.secret_sha256) && !presented.is_of(&other.secret_sha256));
        assert_ne!(one.id, other.id);
        assert!(!format!("{one:?}").contains(presented.secret), "{one:?}");
    }

    proptest::proptest! {
        #[test]
        fn no_other_text_is_a_key_and_none_panics(text in "\\PC{0,100}") {
            proptest::prop_assert!(Presented::parse(&text).is_none());
        }

        #[test]
        fn a_key_with_a_letter_changed_is_another_or_none(at in 0usize..85, letter in "[0-9a-g_]") {
            let key = FreshKey::generate();
            let mut text = key.text.expose_secret().to_owned();
            proptest::prop_assume!(text.get(at..=at) != Some(letter.as_str()));
            text.replace_range(at..=at, &letter);
            let is_taken = Presented::parse(&text)
                .is_some_and(|presented| presented.id == &*key.id && presented.is_of(&key.secret_sha256));
            proptest::prop_assert!(!is_taken);
        }
    }
}
