//! Encryption of what must not be read in the database: XChaCha20-Poly1305 under a key from the
//! configuration, with a random nonce in front of the cipher text.
//!
//! Each value is bound to its place (table, column, row): a value copied elsewhere does not open.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};

use super::StoreError;
use crate::domain::secret_key::{KEY_BYTES, SecretKey, SecretKeys};

const NONCE_BYTES: usize = 24;

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
        use base64::Engine;
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

    /// Encrypts with the first key.
    pub(super) fn seal(&self, place: Place<'_>, secret: &SecretString) -> Result<Vec<u8>, StoreError> {
        let nonce = rand::random::<[u8; NONCE_BYTES]>();
        let payload = Payload { msg: secret.expose_secret().as_bytes(), aad: &place.bytes() };
        let sealed = cipher(self.first()?).encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| StoreError::Sealed { what: place.column })?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Decrypts what the key of this id encrypted for this place.
    pub(super) fn open(
        &self,
        place: Place<'_>,
        key_id: &str,
        sealed: &[u8],
    ) -> Result<SecretString, StoreError> {
        let key = self.0.iter().find(|key| key.id() == key_id);
        let key = key.ok_or_else(|| StoreError::KeyMissing { key_id: key_id.to_owned() })?;
        let damaged = || StoreError::Sealed { what: place.column };
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or_else(damaged)?;
        let payload = Payload { msg: sealed, aad: &place.bytes() };
        let opened = cipher(key).decrypt(&XNonce::from(*nonce), payload).map_err(|_| damaged())?;
        String::from_utf8(opened).map(SecretString::from).map_err(|_| damaged())
    }
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
