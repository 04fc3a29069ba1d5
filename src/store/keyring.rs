//! Encryption of what must not be read in the database: XChaCha20-Poly1305 under a key from the
//! configuration, with a random nonce in front of the cipher text.
//!
//! Each value is bound to its place (table, column, row): a value copied elsewhere does not open.
//!
//! Tokens are stored encrypted or not at all. What customers are written (plans, frozen invoices,
//! options of batches, the mirror) is encrypted where there is a key, and in clear where there is none.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};

use super::StoreError;
use crate::domain::secret_key::{KEY_BYTES, KEY_ID_BYTES, SecretKey, SecretKeys};

const NONCE_BYTES: usize = 24;
/// In front of an encrypted text; the key's id, a colon and base64 follow.
const SEALED: &str = "sealed:";

/// Where a value belongs, such as `connections.access_token` of `bexio`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) column: &'static str,
    pub(super) row: &'a str,
}

impl Place<'_> {
    fn bytes(self) -> Vec<u8> {
        format!("invoice-gateway 1\0{}\0{}", self.column, self.row).into_bytes()
    }
}

/// The keys that the store encrypts with; without any it neither writes nor reads a secret.
#[derive(Debug, Clone, Default)]
pub struct Keyring(Vec<SecretKey>);

impl Keyring {
    /// The keys of the configuration.
    pub fn new(keys: &SecretKeys) -> Self {
        Self(keys.iter().cloned().collect())
    }

    /// A new key in base64, from the system's random numbers.
    pub fn generate() -> SecretString {
        let bytes = Zeroizing::new(rand::random::<[u8; KEY_BYTES]>());
        base64::engine::general_purpose::STANDARD.encode(*bytes).into()
    }

    /// The id of the key that encrypts.
    ///
    /// # Errors
    /// [`StoreError::NoKey`].
    pub fn current(&self) -> Result<&str, StoreError> {
        Ok(self.first()?.id())
    }

    fn first(&self) -> Result<&SecretKey, StoreError> {
        self.0.first().ok_or(StoreError::NoKey)
    }

    /// Whether there is a key.
    pub(super) const fn seals(&self) -> bool {
        !self.0.is_empty()
    }

    /// Encrypts a secret with the first key.
    pub(super) fn seal(&self, place: Place<'_>, secret: &SecretString) -> Result<Vec<u8>, StoreError> {
        encrypt(self.first()?, place, secret.expose_secret().as_bytes())
    }

    /// Decrypts what the key of this id encrypted for this place.
    pub(super) fn open(
        &self,
        place: Place<'_>,
        key_id: &str,
        sealed: &[u8],
    ) -> Result<SecretString, StoreError> {
        let opened = self.decrypt(place, key_id, sealed)?;
        String::from_utf8(opened)
            .map(SecretString::from)
            .map_err(|_| StoreError::Sealed { what: place.column })
    }

    /// A JSON text as it is stored: encrypted where there is a key, else as it is.
    pub(super) fn seal_text(&self, place: Place<'_>, text: String) -> Result<String, StoreError> {
        let Some(key) = self.0.first() else { return Ok(text) };
        let sealed = URL_SAFE_NO_PAD.encode(encrypt(key, place, text.as_bytes())?);
        Ok(format!("{SEALED}{}:{sealed}", key.id()))
    }

    /// The JSON text of what [`Self::seal_text`] stored, with this key, a former one or none.
    pub(super) fn open_text<'t>(
        &self,
        place: Place<'_>,
        stored: &'t str,
    ) -> Result<Cow<'t, str>, StoreError> {
        // JSON does not begin so.
        let Some(sealed) = stored.strip_prefix(SEALED) else { return Ok(Cow::Borrowed(stored)) };
        let damaged = || StoreError::Sealed { what: place.column };
        let (key_id, sealed) = sealed.split_once(':').ok_or_else(damaged)?;
        let sealed = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| damaged())?;
        let opened = self.decrypt(place, key_id, &sealed)?;
        String::from_utf8(opened).map(Cow::Owned).map_err(|_| damaged())
    }

    /// Whether a stored text is what [`Self::seal_text`] would store with the first key.
    pub(super) fn is_current_text(&self, stored: &str) -> bool {
        match self.0.first() {
            Some(key) => {
                let sealed = stored.strip_prefix(SEALED).and_then(|rest| rest.strip_prefix(key.id()));
                sealed.is_some_and(|rest| rest.starts_with(':'))
            }
            None => !stored.starts_with(SEALED),
        }
    }

    /// Bytes as they are stored: the key's id and what it encrypted where there is a key, else as they
    /// are. What tells the two apart stands elsewhere ([`Self::seals`] when they were written).
    pub(super) fn seal_bytes(&self, place: Place<'_>, bytes: Vec<u8>) -> Result<Vec<u8>, StoreError> {
        let Some(key) = self.0.first() else { return Ok(bytes) };
        Ok([key.id().as_bytes(), &encrypt(key, place, &bytes)?].concat())
    }

    /// The bytes of what [`Self::seal_bytes`] stored, with a key or without as now.
    pub(super) fn open_bytes<'t>(
        &self,
        place: Place<'_>,
        stored: &'t [u8],
    ) -> Result<Cow<'t, [u8]>, StoreError> {
        if !self.seals() {
            return Ok(Cow::Borrowed(stored));
        }
        let (key_id, sealed) = split(place, stored)?;
        self.decrypt(place, key_id, sealed).map(Cow::Owned)
    }

    /// Whether stored bytes are encrypted with the first key.
    pub(super) fn is_current_bytes(&self, stored: &[u8]) -> bool {
        self.0.first().is_none_or(|key| stored.starts_with(key.id().as_bytes()))
    }

    fn decrypt(&self, place: Place<'_>, key_id: &str, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        let key = self.0.iter().find(|key| key.id() == key_id);
        let key = key.ok_or_else(|| StoreError::KeyMissing { key_id: key_id.to_owned() })?;
        let damaged = || StoreError::Sealed { what: place.column };
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or_else(damaged)?;
        let payload = Payload { msg: sealed, aad: &place.bytes() };
        cipher(key).decrypt(&XNonce::from(*nonce), payload).map_err(|_| damaged())
    }
}

/// The key's id, and what it encrypted.
fn split<'t>(place: Place<'_>, stored: &'t [u8]) -> Result<(&'t str, &'t [u8]), StoreError> {
    let damaged = || StoreError::Sealed { what: place.column };
    let (key_id, sealed) = stored.split_first_chunk::<KEY_ID_BYTES>().ok_or_else(damaged)?;
    Ok((std::str::from_utf8(key_id).map_err(|_| damaged())?, sealed))
}

fn encrypt(key: &SecretKey, place: Place<'_>, bytes: &[u8]) -> Result<Vec<u8>, StoreError> {
    let nonce = rand::random::<[u8; NONCE_BYTES]>();
    let payload = Payload { msg: bytes, aad: &place.bytes() };
    let sealed = cipher(key).encrypt(&XNonce::from(nonce), payload);
    let sealed = sealed.map_err(|_| StoreError::Sealed { what: place.column })?;
    Ok([nonce.as_slice(), &sealed].concat())
}

fn cipher(key: &SecretKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&Key::from(*key.bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'static> = Place { column: "connections.access_token", row: "bexio" };

    fn ring(keys: &[&SecretString]) -> Keyring {
        let text = keys.iter().map(|key| key.expose_secret()).collect::<Vec<_>>().join(",");
        Keyring::new(&SecretKeys::parse(&text).unwrap())
    }

    #[test]
    fn what_is_sealed_opens_at_its_own_place_only() {
        let ring = ring(&[&Keyring::generate()]);
        let id = ring.current().unwrap();
        let sealed = ring.seal(PLACE, &"token-4711".into()).unwrap();
        assert_eq!(ring.open(PLACE, id, &sealed).unwrap().expose_secret(), "token-4711");
        for place in
            [Place { row: "psohub", ..PLACE }, Place { column: "connections.refresh_token", ..PLACE }]
        {
            assert!(matches!(ring.open(place, id, &sealed), Err(StoreError::Sealed { .. })));
        }
        for at in [0, NONCE_BYTES, sealed.len() - 1] {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(matches!(ring.open(PLACE, id, &changed), Err(StoreError::Sealed { .. })), "byte {at}");
        }
        assert!(matches!(ring.open(PLACE, id, &sealed[..10]), Err(StoreError::Sealed { .. })));
    }

    #[test]
    fn the_same_secret_is_never_sealed_alike() {
        let ring = ring(&[&Keyring::generate()]);
        let secret = "token-4711".into();
        assert_ne!(ring.seal(PLACE, &secret).unwrap(), ring.seal(PLACE, &secret).unwrap());
    }

    #[test]
    fn a_text_is_stored_encrypted_where_there_is_a_key() {
        let (old, new) = (Keyring::generate(), Keyring::generate());
        let (none, former, both) = (Keyring::default(), ring(&[&old]), ring(&[&new, &old]));
        let json = r#"{"message":"Sehr geehrte Frau Muster"}"#;
        assert_eq!(none.seal_text(PLACE, json.to_owned()).unwrap(), json);
        let sealed = former.seal_text(PLACE, json.to_owned()).unwrap();
        assert!(!sealed.contains("Muster"), "{sealed}");
        assert_eq!([&former, &both, &none].map(|ring| ring.is_current_text(&sealed)), [true, false, false]);
        for stored in [json, &sealed] {
            assert_eq!(both.open_text(PLACE, stored).unwrap(), json);
        }
        assert!(matches!(none.open_text(PLACE, &sealed), Err(StoreError::KeyMissing { .. })));
        let elsewhere = Place { row: "psohub", ..PLACE };
        assert!(matches!(former.open_text(elsewhere, &sealed), Err(StoreError::Sealed { .. })));
        for damaged in ["sealed:", "sealed:x", &format!("{sealed}!")] {
            assert!(former.open_text(PLACE, damaged).is_err(), "{damaged}");
        }
    }

    #[test]
    fn bytes_name_their_key() {
        let (old, new) = (Keyring::generate(), Keyring::generate());
        let (none, former, both) = (Keyring::default(), ring(&[&old]), ring(&[&new, &old]));
        assert_eq!(none.open_bytes(PLACE, &none.seal_bytes(PLACE, vec![1, 2]).unwrap()).unwrap()[..], [1, 2]);
        let sealed = former.seal_bytes(PLACE, vec![1, 2]).unwrap();
        assert_eq!(both.open_bytes(PLACE, &sealed).unwrap()[..], [1, 2]);
        assert_eq!([&former, &both].map(|ring| ring.is_current_bytes(&sealed)), [true, false]);
        assert!(matches!(ring(&[&new]).open_bytes(PLACE, &sealed), Err(StoreError::KeyMissing { .. })));
        assert!(former.open_bytes(PLACE, &[1, 2]).is_err());
    }

    #[test]
    fn a_former_key_still_opens_and_a_missing_one_is_named() {
        let (old, new) = (Keyring::generate(), Keyring::generate());
        let former = ring(&[&old]);
        let sealed = former.seal(PLACE, &"token-4711".into()).unwrap();
        let id = former.current().unwrap();
        assert_eq!(ring(&[&new, &old]).open(PLACE, id, &sealed).unwrap().expose_secret(), "token-4711");
        let error = ring(&[&new]).open(PLACE, id, &sealed).unwrap_err();
        assert!(matches!(&error, StoreError::KeyMissing { key_id } if key_id == id), "{error}");
        assert!(matches!(Keyring::default().seal(PLACE, &"x".into()), Err(StoreError::NoKey)));
    }
}
