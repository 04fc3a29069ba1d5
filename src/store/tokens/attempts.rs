//! Browsers that were sent to an upstream to agree: what they must bring back, once.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use sqlx::Row;

use super::TokenVault;
use crate::domain::connection::Upstream;
use crate::store::StoreError;
use crate::store::keyring::Place;

const SECRETS: &str = "connect_attempts.secrets";

/// One attempt to connect an account. `Debug` shows no secret.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// What the upstream hands back with the browser.
    pub state: SecretString,
    /// What only this browser has.
    pub session: SecretString,
    /// PKCE's verifier, where the upstream knows PKCE.
    pub verifier: SecretString,
    /// What an ID token must repeat.
    pub nonce: SecretString,
    /// Who began it.
    pub by: Box<str>,
}

impl TokenVault {
    /// Keeps an attempt until it comes back or ends. Those that ended are removed.
    ///
    /// # Errors
    /// [`StoreError::NoKey`] when nothing can be encrypted.
    pub async fn begin_attempt(
        &self,
        upstream: Upstream,
        attempt: &Attempt,
        now: Timestamp,
        ends_at: Timestamp,
    ) -> Result<(), StoreError> {
        let hash = hash_of(&attempt.state);
        // None of the first three has a blank in it; a name may have.
        let [session, verifier, nonce] =
            [&attempt.session, &attempt.verifier, &attempt.nonce].map(ExposeSecret::expose_secret);
        let secrets = SecretString::from([session, verifier, nonce, &attempt.by].join(" "));
        let sealed = self.keys.seal(Place { column: SECRETS, row: &hash }, &secrets)?;
        let mut transaction = self.store.write().await?;
        sqlx::query("DELETE FROM connect_attempts WHERE expires_at_ms <= $1")
            .bind(now.as_millisecond())
            .execute(&mut *transaction)
            .await?;
        sqlx::query(
            "INSERT INTO connect_attempts (state_hash, upstream, key_id, secrets, expires_at_ms)
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(hash.as_str())
        .bind(upstream.key())
        .bind(self.keys.current()?)
        .bind(sealed)
        .bind(ends_at.as_millisecond())
        .execute(&mut *transaction)
        .await?;
        Ok(transaction.commit().await?)
    }

    /// Takes the attempt of this state: the first asker gets it, whatever comes of it. `None` for one
    /// that is unknown, was taken before, is another upstream's, or has ended.
    pub async fn take_attempt(
        &self,
        upstream: Upstream,
        state: &SecretString,
        now: Timestamp,
    ) -> Result<Option<Attempt>, StoreError> {
        let hash = hash_of(state);
        let mut transaction = self.store.write().await?;
        let row = sqlx::query(
            "DELETE FROM connect_attempts WHERE state_hash = $1 AND upstream = $2
             RETURNING key_id, secrets, expires_at_ms",
        )
        .bind(hash.as_str())
        .bind(upstream.key())
        .fetch_optional(&mut *transaction)
        .await?;
        transaction.commit().await?;
        let Some(row) = row else { return Ok(None) };
        let (key_id, sealed, ends_at): (String, Vec<u8>, i64) =
            (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        if ends_at <= now.as_millisecond() {
            return Ok(None);
        }
        let secrets = self.keys.open(Place { column: SECRETS, row: &hash }, &key_id, &sealed)?;
        let parts: Vec<&str> = secrets.expose_secret().splitn(4, ' ').collect();
        // An older version of the service began it and did not say who: it is to be begun again.
        let [session, verifier, nonce, by] = parts[..] else { return Ok(None) };
        Ok(Some(Attempt {
            state: state.clone(),
            session: session.into(),
            verifier: verifier.into(),
            nonce: nonce.into(),
            by: by.into(),
        }))
    }
}

/// A look into the database must not give a state that is still good.
fn hash_of(state: &SecretString) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(state.expose_secret()))
}
