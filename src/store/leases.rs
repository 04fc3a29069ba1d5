//! Leases: of several processes on one database, one does what only one may do.
//!
//! Times are the database's, so the clocks of the processes do not matter. A process that dies stops
//! renewing, and its lease is taken when it is over.

use std::time::Duration;

use jiff::Timestamp;
use sqlx::Row;

use super::{Backend, Store, StoreError};

/// A lease that is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// What it is for.
    pub name: String,
    /// Who has it.
    pub holder: String,
    /// Until when, by the database's clock. A holder that cannot renew counts the period from before
    /// it asked, on its own clock, and stops when that is over.
    pub expires_at: Timestamp,
}

/// Takes or renews in one statement. `$now`: milliseconds since 1970 by the database's clock.
macro_rules! take {
    ($now:literal) => {
        concat!(
            "INSERT INTO leases (name, holder, expires_at_ms) VALUES ($1, $2, ",
            $now,
            " + $3) ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, \
             expires_at_ms = excluded.expires_at_ms \
             WHERE leases.holder = excluded.holder OR leases.expires_at_ms <= ",
            $now,
            " RETURNING expires_at_ms"
        )
    };
}

const TAKE_SQLITE: &str = take!("CAST(ROUND(unixepoch('subsec') * 1000) AS INTEGER)");
const TAKE_POSTGRES: &str = take!("CAST(FLOOR(EXTRACT(EPOCH FROM clock_timestamp()) * 1000) AS BIGINT)");

impl Store {
    /// Takes the lease `name` for `holder`, or renews it if `holder` has it: it then ends `period` from
    /// now. `None` while somebody else has it.
    pub async fn take_lease(
        &self,
        name: &str,
        holder: &str,
        period: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        let sql = match self.backend {
            Backend::Sqlite => TAKE_SQLITE,
            Backend::Postgres => TAKE_POSTGRES,
        };
        let mut transaction = self.write().await?;
        let row = sqlx::query(sql)
            .bind(name)
            .bind(holder)
            .bind(i64::try_from(period.as_millis()).unwrap_or(i64::MAX / 2))
            .fetch_optional(&mut *transaction)
            .await?;
        transaction.commit().await?;
        let Some(row) = row else { return Ok(None) };
        let expires_at = Timestamp::from_millisecond(row.try_get(0)?).unwrap_or(Timestamp::MAX);
        Ok(Some(Lease { name: name.to_owned(), holder: holder.to_owned(), expires_at }))
    }

    /// Gives the lease back, so that the next holder need not wait. Returns whether `holder` had it.
    pub async fn release_lease(&self, name: &str, holder: &str) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        let released = sqlx::query("DELETE FROM leases WHERE name = $1 AND holder = $2")
            .bind(name)
            .bind(holder)
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        transaction.commit().await?;
        Ok(released > 0)
    }
}
