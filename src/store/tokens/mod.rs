//! Who is connected to PSOhub and Bexio, with the tokens, encrypted.
//!
//! One row an upstream. Each change of consent or tokens is made by whoever knew the one before (its
//! version), in one transaction that is on the disk before the call returns.

mod attempts;
mod configured;
mod renewal;
mod rotate;

use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;
use sqlx::any::AnyRow;
use sqlx::{Any, Row, Transaction};

pub use attempts::Attempt;
pub use renewal::RenewalClaim;
pub use rotate::Rotated;

use super::keyring::{Keyring, Place};
use super::{Store, StoreError};
use crate::domain::connection::{Account, Consent, ConsentEvent, Upstream};

/// The connections' rows behind the keys that open them. Cheap to clone.
#[derive(Debug, Clone)]
pub struct TokenVault {
    store: Store,
    keys: Keyring,
}

/// What is stored of one upstream.
#[derive(Debug, Clone)]
pub struct StoredConnection {
    /// Counts the changes.
    pub version: i64,
    /// Whether a person lets the gateway in.
    pub consent: Consent,
    /// Why a person is needed, in words.
    pub reason: Option<String>,
    /// The tokens; `None` when there are none.
    pub tokens: Option<Tokens>,
    /// What they are good for.
    pub scopes: Vec<String>,
    /// When a person agreed.
    pub granted_at: Timestamp,
    /// Who that was here.
    pub granted_by: String,
    /// Whom the connection acts as, as far as that is known.
    pub account: Account,
}

/// Tokens as they are stored. `Debug` shows none.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// For calls.
    pub access: SecretString,
    /// For the next renewal.
    pub refresh: Option<SecretString>,
    /// When the access token was given.
    pub given_at: Timestamp,
    /// How long it lives from then on, where that is known.
    pub lifetime: Option<Duration>,
}

/// What a person agreed to.
#[derive(Debug, Clone)]
pub struct NewConnection<'a> {
    /// The tokens.
    pub tokens: &'a Tokens,
    /// What they are good for.
    pub scopes: &'a [String],
    /// Whom they act as.
    pub account: &'a Account,
    /// Who agreed, here.
    pub by: &'a str,
}

const ACCESS: &str = "connections.access_token";
const REFRESH: &str = "connections.refresh_token";

impl TokenVault {
    /// A vault over `store` with these keys.
    pub const fn new(store: Store, keys: Keyring) -> Self {
        Self { store, keys }
    }

    /// Whether a secret can be stored.
    ///
    /// # Errors
    /// [`StoreError::NoKey`], which says what to do.
    pub fn require_key(&self) -> Result<(), StoreError> {
        self.keys.current().map(drop)
    }

    /// What is stored of `upstream`.
    ///
    /// # Errors
    /// [`StoreError::KeyMissing`] and [`StoreError::Sealed`] when its tokens cannot be opened.
    pub async fn connection(&self, upstream: Upstream) -> Result<Option<StoredConnection>, StoreError> {
        let mut transaction = self.store.read().await?;
        self.read(&mut transaction, upstream).await
    }

    /// Saves what a person agreed to, in place of whatever was there.
    pub async fn connect(&self, upstream: Upstream, new: &NewConnection<'_>) -> Result<(), StoreError> {
        let (access, refresh) = self.sealed(upstream, new.tokens)?;
        let mut transaction = self.store.write().await?;
        sqlx::query(
            "INSERT INTO connections (upstream, version, consent, key_id, access_token, refresh_token, scopes,
             granted_at_ms, granted_by, renewed_at_ms, lifetime_ms, company_id, company_name, user_name, user_email)
             VALUES ($1, 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
             ON CONFLICT (upstream) DO UPDATE SET version = connections.version + 1, consent = excluded.consent,
             reason = NULL, key_id = excluded.key_id, access_token = excluded.access_token,
             refresh_token = excluded.refresh_token, scopes = excluded.scopes, granted_at_ms = excluded.granted_at_ms,
             granted_by = excluded.granted_by, renewed_at_ms = excluded.renewed_at_ms,
             lifetime_ms = excluded.lifetime_ms, company_id = excluded.company_id,
             company_name = excluded.company_name, user_name = excluded.user_name, user_email = excluded.user_email,
             renewing_since_ms = NULL, renewing_by = NULL, renewing_until_ms = NULL",
        )
        .bind(upstream.key())
        .bind(Consent::None.after(ConsentEvent::Granted).word())
        .bind(self.keys.current()?)
        .bind(access)
        .bind(refresh)
        .bind(new.scopes.join(" "))
        .bind(new.tokens.given_at.as_millisecond())
        .bind(new.by)
        .bind(new.tokens.given_at.as_millisecond())
        .bind(lifetime_ms(new.tokens))
        .bind(new.account.company_id.as_deref())
        .bind(new.account.company_name.as_deref())
        .bind(new.account.user_name.as_deref())
        .bind(new.account.user_email.as_deref())
        .execute(&mut *transaction)
        .await?;
        Ok(transaction.commit().await?)
    }

    /// Forgets the tokens, and keeps who wanted that as the reason. Which company it was stays: what is mirrored
    /// is that company's. Whether there was a connection.
    pub async fn disconnect(&self, upstream: Upstream, by: &str) -> Result<bool, StoreError> {
        let none = Consent::Given.after(ConsentEvent::Disconnected).word();
        let mut transaction = self.store.write().await?;
        let changed = sqlx::query(
            "UPDATE connections SET version = version + 1, consent = $1, reason = $2, key_id = NULL,
             access_token = NULL, refresh_token = NULL, scopes = '', user_name = NULL, user_email = NULL,
             renewing_since_ms = NULL, renewing_by = NULL, renewing_until_ms = NULL
             WHERE upstream = $3 AND consent <> $4",
        )
        .bind(none)
        .bind(format!("'{by}' disconnected the account"))
        .bind(upstream.key())
        .bind(none)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        transaction.commit().await?;
        Ok(changed > 0)
    }

    /// The company that `upstream` was last connected to, also when it no longer is.
    pub async fn company(&self, upstream: Upstream) -> Result<Option<(String, Option<String>)>, StoreError> {
        let row = sqlx::query("SELECT company_id, company_name FROM connections WHERE upstream = $1")
            .bind(upstream.key())
            .fetch_optional(&self.store.readers)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let (id, name): (Option<String>, Option<String>) = (row.try_get(0)?, row.try_get(1)?);
        Ok(id.map(|id| (id, name)))
    }

    async fn read(
        &self,
        transaction: &mut Transaction<'static, Any>,
        upstream: Upstream,
    ) -> Result<Option<StoredConnection>, StoreError> {
        let row = sqlx::query(
            "SELECT version, consent, reason, key_id, access_token, refresh_token, scopes, granted_at_ms, granted_by,
             renewed_at_ms, lifetime_ms, company_id, company_name, user_name, user_email
             FROM connections WHERE upstream = $1",
        )
        .bind(upstream.key())
        .fetch_optional(&mut **transaction)
        .await?;
        row.map(|row| self.opened(upstream, &row)).transpose()
    }

    fn opened(&self, upstream: Upstream, row: &AnyRow) -> Result<StoredConnection, StoreError> {
        let consent: String = row.try_get(1)?;
        let scopes: String = row.try_get(6)?;
        Ok(StoredConnection {
            version: row.try_get(0)?,
            consent: Consent::from_word(&consent),
            reason: row.try_get(2)?,
            tokens: self.opened_tokens(upstream, row)?,
            scopes: scopes.split_whitespace().map(str::to_owned).collect(),
            granted_at: instant(row.try_get(7)?),
            granted_by: row.try_get(8)?,
            account: Account {
                company_id: row.try_get(11)?,
                company_name: row.try_get(12)?,
                user_name: row.try_get(13)?,
                user_email: row.try_get(14)?,
            },
        })
    }

    fn opened_tokens(&self, upstream: Upstream, row: &AnyRow) -> Result<Option<Tokens>, StoreError> {
        let (key_id, access): (Option<String>, Option<Vec<u8>>) = (row.try_get(3)?, row.try_get(4)?);
        let Some((key_id, access)) = key_id.zip(access) else { return Ok(None) };
        let refresh: Option<Vec<u8>> = row.try_get(5)?;
        let open = |column, sealed: &[u8]| self.keys.open(place(column, upstream), &key_id, sealed);
        let lifetime: Option<i64> = row.try_get(10)?;
        Ok(Some(Tokens {
            access: open(ACCESS, &access)?,
            refresh: refresh.map(|sealed| open(REFRESH, &sealed)).transpose()?,
            given_at: instant(row.try_get(9)?),
            lifetime: lifetime.and_then(|ms| u64::try_from(ms).ok()).map(Duration::from_millis),
        }))
    }

    fn sealed(&self, upstream: Upstream, tokens: &Tokens) -> Result<(Vec<u8>, Option<Vec<u8>>), StoreError> {
        let seal = |column, secret| self.keys.seal(place(column, upstream), secret);
        let refresh = tokens.refresh.as_ref().map(|token| seal(REFRESH, token)).transpose()?;
        Ok((seal(ACCESS, &tokens.access)?, refresh))
    }
}

const fn place(column: &'static str, upstream: Upstream) -> Place<'static> {
    Place { column, row: upstream.key() }
}

fn lifetime_ms(tokens: &Tokens) -> Option<i64> {
    tokens.lifetime.map(|lifetime| i64::try_from(lifetime.as_millis()).unwrap_or(i64::MAX))
}

/// Only a hand in the database can write an impossible time; it then lies in the past.
fn instant(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH)
}
