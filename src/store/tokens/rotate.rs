//! Encrypting everything anew with the first key, so that the others can be taken away.

use sqlx::Row;

use super::TokenVault;
use crate::domain::connection::Upstream;
use crate::store::{StoreError, reseal};

/// What a rotation found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotated {
    /// Connections that were encrypted anew.
    pub changed: usize,
    /// Connections that were encrypted with the first key already.
    pub current: usize,
    /// Plans, invoices, options and rows of the mirror that were encrypted anew, or for the first time.
    pub records: usize,
}

impl TokenVault {
    /// Encrypts every connection's tokens, and what customers are written, with the first key: all or none. A service that runs
    /// meanwhile goes on.
    ///
    /// # Errors
    /// [`StoreError::NoKey`], [`StoreError::KeyMissing`].
    pub async fn rotate(&self) -> Result<Rotated, StoreError> {
        let current = self.keys.current()?;
        let mut rotated = Rotated { changed: 0, current: 0, records: 0 };
        let mut transaction = self.store.write().await?;
        for upstream in Upstream::ALL {
            let key_id = sqlx::query("SELECT key_id FROM connections WHERE upstream = $1")
                .bind(upstream.key())
                .fetch_optional(&mut *transaction)
                .await?
                .map(|row| row.try_get::<Option<String>, _>(0))
                .transpose()?
                .flatten();
            match key_id {
                None => continue,
                Some(id) if id == current => {
                    rotated.current += 1;
                    continue;
                }
                Some(_) => {}
            }
            let Some(stored) = self.read(&mut transaction, upstream).await? else { continue };
            let Some(tokens) = stored.tokens else { continue };
            let (access, refresh) = self.sealed(upstream, &tokens)?;
            // The version stays: to a service that runs, these are the same tokens. One that renewed
            // them in this moment has encrypted them itself.
            sqlx::query(
                "UPDATE connections SET key_id = $1, access_token = $2, refresh_token = $3
                 WHERE upstream = $4 AND version = $5",
            )
            .bind(current)
            .bind(access)
            .bind(refresh)
            .bind(upstream.key())
            .bind(stored.version)
            .execute(&mut *transaction)
            .await?;
            rotated.changed += 1;
        }
        // They last for minutes; whoever is in the middle of one begins again.
        sqlx::query("DELETE FROM connect_attempts WHERE key_id <> $1")
            .bind(current)
            .execute(&mut *transaction)
            .await?;
        rotated.records = reseal::everything(&mut transaction, &self.keys).await?;
        transaction.commit().await?;
        Ok(rotated)
    }
}
