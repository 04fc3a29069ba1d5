//! API keys of the service's callers. Secrets are not here, only their digests.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::{Store, StoreError};
use crate::domain::access::AccessKey;

/// A key with what its secret is checked against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAccessKey {
    /// The key.
    pub key: AccessKey,
    /// SHA-256 of its secret.
    pub secret_sha256: [u8; 32],
}

const COLUMNS: &str =
    "id, name, role, secret_sha256, created_at_ms, expires_at_ms, revoked_at_ms, last_used_at_ms";

/// Times at which a key was used are kept this far apart, in milliseconds.
pub const KEY_USE_NOTED_EVERY_MS: i64 = 60_000;

impl Store {
    /// Keeps a new key, unless one that is not revoked has its name, or any has its id. Whether it was kept.
    pub async fn add_access_key(&self, stored: &StoredAccessKey) -> Result<bool, StoreError> {
        let StoredAccessKey { key, secret_sha256 } = stored;
        let mut transaction = self.write().await?;
        let inserted = sqlx::query(
            "INSERT INTO access_keys (id, name, role, secret_sha256, created_at_ms, expires_at_ms)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
        )
        .bind(&*key.id)
        .bind(&*key.name)
        .bind(key.role.as_str())
        .bind(secret_sha256.to_vec())
        .bind(key.created_at.as_millisecond())
        .bind(key.expires_at.map(Timestamp::as_millisecond))
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        transaction.commit().await?;
        Ok(inserted == 1)
    }

    /// Every key that ever was, the oldest first.
    pub async fn access_keys(&self) -> Result<Vec<StoredAccessKey>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM access_keys ORDER BY created_at_ms, id");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&self.readers).await?;
        rows.iter().map(read).collect()
    }

    /// Revokes the key in use with this name or id, and gives it; `None` where there is none.
    pub async fn revoke_access_key(
        &self,
        name_or_id: &str,
        now: Timestamp,
    ) -> Result<Option<AccessKey>, StoreError> {
        let sql = format!(
            "UPDATE access_keys SET revoked_at_ms = $1
             WHERE (id = $2 OR name = $3) AND revoked_at_ms IS NULL RETURNING {COLUMNS}"
        );
        let mut transaction = self.write().await?;
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(now.as_millisecond())
            .bind(name_or_id)
            .bind(name_or_id)
            .fetch_optional(&mut *transaction)
            .await?;
        transaction.commit().await?;
        row.as_ref().map(read).transpose().map(|stored| stored.map(|stored| stored.key))
    }

    /// Notes when a key was used; at most once a minute, whichever process says so.
    pub async fn note_access_key_use(&self, id: &str, at: Timestamp) -> Result<(), StoreError> {
        let at = at.as_millisecond();
        let mut transaction = self.write().await?;
        sqlx::query(
            "UPDATE access_keys SET last_used_at_ms = $1
             WHERE id = $2 AND (last_used_at_ms IS NULL OR last_used_at_ms <= $3)",
        )
        .bind(at)
        .bind(id)
        .bind(at - KEY_USE_NOTED_EVERY_MS)
        .execute(&mut *transaction)
        .await?;
        Ok(transaction.commit().await?)
    }
}

fn read(row: &AnyRow) -> Result<StoredAccessKey, StoreError> {
    let (id, name, role): (&str, &str, &str) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    let unreadable =
        |problem: String| StoreError::Unreadable { record: format!("the access key {id}"), problem };
    let at = |ms: i64| Timestamp::from_millisecond(ms).map_err(|error| unreadable(error.to_string()));
    let optional = |column: usize| -> Result<Option<Timestamp>, StoreError> {
        row.try_get::<Option<i64>, _>(column)?.map(at).transpose()
    };
    let digest: Vec<u8> = row.try_get(3)?;
    let secret_sha256 =
        digest.try_into().map_err(|_| unreadable("its digest has a wrong length".to_owned()))?;
    let key = AccessKey {
        id: id.into(),
        name: name.into(),
        role: role.parse().map_err(|error| unreadable(format!("role '{role}': {error}")))?,
        created_at: at(row.try_get(4)?)?,
        expires_at: optional(5)?,
        revoked_at: optional(6)?,
        last_used_at: optional(7)?,
    };
    Ok(StoredAccessKey { key, secret_sha256 })
}
