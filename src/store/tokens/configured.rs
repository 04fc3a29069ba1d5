//! Since when a token from the configuration is in use: such a token does not say when it ends, so
//! its age is all there is to warn by.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use sqlx::Row;

use super::{TokenVault, instant};
use crate::domain::connection::Upstream;
use crate::store::StoreError;

impl TokenVault {
    /// Notes that `token` is in use for `upstream`; since when it is.
    pub async fn note_configured(
        &self,
        upstream: Upstream,
        token: &SecretString,
        now: Timestamp,
    ) -> Result<Timestamp, StoreError> {
        let mut transaction = self.store.write().await?;
        let row = sqlx::query(
            "INSERT INTO configured_tokens (upstream, fingerprint, first_used_at_ms) VALUES ($1, $2, $3)
             ON CONFLICT (upstream) DO UPDATE SET
             first_used_at_ms = CASE WHEN configured_tokens.fingerprint = excluded.fingerprint
             THEN configured_tokens.first_used_at_ms ELSE excluded.first_used_at_ms END,
             fingerprint = excluded.fingerprint RETURNING first_used_at_ms",
        )
        .bind(upstream.key())
        .bind(fingerprint(token))
        .bind(now.as_millisecond())
        .fetch_one(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(instant(row.try_get(0)?))
    }
}

/// Tells tokens apart. A token is long and random: a digest of it betrays nothing.
fn fingerprint(token: &SecretString) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(token.expose_secret()))
}
