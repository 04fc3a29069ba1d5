//! Renewing tokens, one process at a time: who renews says so first and keeps the others off until
//! a time by the database's own clock. That it was begun stays visible when its process dies.

use std::time::Duration;

use jiff::Timestamp;
use sqlx::{Any, Row, Transaction};

use super::{StoredConnection, TokenVault, Tokens, instant, lifetime_ms};
use crate::domain::connection::{Consent, ConsentEvent, Upstream};
use crate::store::{Backend, Store, StoreError};

/// Whether this process may renew.
#[derive(Debug)]
pub enum RenewalClaim {
    /// It may, until the period that it named is over.
    Yours {
        /// A renewal that was begun at this time and never ended: its process died, perhaps with the
        /// new tokens in its hands.
        broken_off: Option<Timestamp>,
    },
    /// Another process is at it.
    Busy,
    /// The connection is another than the one that was to be renewed.
    Changed(Option<Box<StoredConnection>>),
}

impl TokenVault {
    /// Claims the renewal of `version` for `by`, for at most `period`.
    pub async fn claim_renewal(
        &self,
        upstream: Upstream,
        version: i64,
        by: &str,
        period: Duration,
    ) -> Result<RenewalClaim, StoreError> {
        let mut transaction = self.store.write().await?;
        let now = now_ms(&self.store, &mut transaction).await?;
        let broken_off = match begun(&mut transaction, upstream, version).await? {
            None => {
                return Ok(RenewalClaim::Changed(self.read(&mut transaction, upstream).await?.map(Box::new)));
            }
            Some(Begun { until, .. }) if until.is_some_and(|until| until > now) => {
                return Ok(RenewalClaim::Busy);
            }
            Some(Begun { since, .. }) => since.map(instant),
        };
        let until = now.saturating_add(i64::try_from(period.as_millis()).unwrap_or(i64::MAX));
        let claimed = sqlx::query(
            "UPDATE connections SET renewing_since_ms = $1, renewing_by = $2, renewing_until_ms = $3
             WHERE upstream = $4 AND version = $5 AND (renewing_until_ms IS NULL OR renewing_until_ms <= $1)",
        )
        .bind(now)
        .bind(by)
        .bind(until)
        .bind(upstream.key())
        .bind(version)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        transaction.commit().await?;
        // Between the look and the claim another process may have come first (PostgreSQL).
        Ok(if claimed == 1 { RenewalClaim::Yours { broken_off } } else { RenewalClaim::Busy })
    }

    /// Saves what renewing `version` brought and ends the claim. Whether that version still stood, or
    /// was only found refused meanwhile ([`Self::need_consent`] of the same version, by a process that
    /// came with the refresh token which this renewal had used up). If neither, somebody has connected
    /// or disconnected the account: the tokens are of no use and are not saved.
    pub async fn finish_renewal(
        &self,
        upstream: Upstream,
        version: i64,
        tokens: &Tokens,
        scopes: &[String],
    ) -> Result<bool, StoreError> {
        let (access, refresh) = self.sealed(upstream, tokens)?;
        let mut transaction = self.store.write().await?;
        let saved = sqlx::query(
            "UPDATE connections SET version = version + 1, key_id = $1, access_token = $2, refresh_token = $3,
             scopes = $4, renewed_at_ms = $5, lifetime_ms = $6, consent = $9, reason = NULL,
             renewing_since_ms = NULL, renewing_by = NULL, renewing_until_ms = NULL
             WHERE upstream = $7
             AND ((version = $8 AND consent = $9) OR (version = $8 + 1 AND consent = $10))",
        )
        .bind(self.keys.current()?)
        .bind(access)
        .bind(refresh)
        .bind(scopes.join(" "))
        .bind(tokens.given_at.as_millisecond())
        .bind(lifetime_ms(tokens))
        .bind(upstream.key())
        .bind(version)
        .bind(Consent::Given.after(ConsentEvent::Renewed).word())
        .bind(Consent::Given.after(ConsentEvent::RenewalRefused).word())
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        transaction.commit().await?;
        Ok(saved == 1)
    }

    /// Notes that the upstream refused to renew `version` for good. Whether that version still stood.
    pub async fn need_consent(
        &self,
        upstream: Upstream,
        version: i64,
        reason: &str,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.store.write().await?;
        let changed = sqlx::query(
            "UPDATE connections SET version = version + 1, consent = $1, reason = $2, renewing_since_ms = NULL,
             renewing_by = NULL, renewing_until_ms = NULL WHERE upstream = $3 AND version = $4",
        )
        .bind(Consent::Given.after(ConsentEvent::RenewalRefused).word())
        .bind(reason)
        .bind(upstream.key())
        .bind(version)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        transaction.commit().await?;
        Ok(changed == 1)
    }

    /// Ends `by`'s claim without a result, so that the next attempt need not wait. With `unclear`
    /// the upstream may have given tokens that never arrived: that stays visible.
    pub async fn give_up_renewal(
        &self,
        upstream: Upstream,
        by: &str,
        unclear: bool,
    ) -> Result<(), StoreError> {
        let mut transaction = self.store.write().await?;
        sqlx::query(
            "UPDATE connections SET renewing_by = NULL, renewing_until_ms = NULL,
             renewing_since_ms = CASE WHEN $1 = 1 THEN renewing_since_ms ELSE NULL END
             WHERE upstream = $2 AND renewing_by = $3",
        )
        .bind(i64::from(unclear))
        .bind(upstream.key())
        .bind(by)
        .execute(&mut *transaction)
        .await?;
        Ok(transaction.commit().await?)
    }
}

/// A renewal as the row has it.
struct Begun {
    since: Option<i64>,
    until: Option<i64>,
}

/// The renewal of `version`; `None` when the connection is another by now.
async fn begun(
    transaction: &mut Transaction<'static, Any>,
    upstream: Upstream,
    version: i64,
) -> Result<Option<Begun>, StoreError> {
    let row = sqlx::query(
        "SELECT renewing_since_ms, renewing_until_ms FROM connections
         WHERE upstream = $1 AND version = $2 AND consent = $3",
    )
    .bind(upstream.key())
    .bind(version)
    .bind(Consent::Given.word())
    .fetch_optional(&mut **transaction)
    .await?;
    row.map(|row| Ok(Begun { since: row.try_get(0)?, until: row.try_get(1)? })).transpose()
}

/// The database's own clock: replicas need not agree on the time.
async fn now_ms(store: &Store, transaction: &mut Transaction<'static, Any>) -> Result<i64, StoreError> {
    let statement = match store.backend {
        Backend::Sqlite => "SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER)",
        Backend::Postgres => "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
    };
    Ok(sqlx::query_scalar(statement).fetch_one(&mut **transaction).await?)
}
