//! Connection tests that may have left something in Bexio: noted before anything is created there, so that
//! it is found and deleted also when the process ends in between.

use jiff::Timestamp;
use sqlx::Row;

use super::{Store, StoreError};
use crate::domain::connection_test::TestMarker;

/// A test whose objects may be in Bexio.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenTest {
    /// What its objects bear.
    pub marker: TestMarker,
    /// Who asked for it.
    pub begun_by: Box<str>,
    /// When its last create was announced, to the millisecond.
    pub last_create_at: Timestamp,
}

impl Store {
    /// Announces a create of a test, the first or a further one. It is on disk when this returns.
    pub async fn announce_test_create(&self, test: &OpenTest) -> Result<(), StoreError> {
        let at = test.last_create_at.as_millisecond();
        let mut transaction = self.write().await?;
        sqlx::query(
            "INSERT INTO connection_tests (marker, begun_at_ms, begun_by, last_create_at_ms)
             VALUES ($1, $2, $3, $4)
             ON CONFLICT (marker) DO UPDATE SET last_create_at_ms = excluded.last_create_at_ms",
        )
        .bind(test.marker.to_string())
        .bind(at)
        .bind(&*test.begun_by)
        .bind(at)
        .execute(&mut *transaction)
        .await?;
        Ok(transaction.commit().await?)
    }

    /// Notes that nothing of a test is left in Bexio.
    pub async fn close_test(&self, marker: TestMarker) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        sqlx::query("DELETE FROM connection_tests WHERE marker = $1")
            .bind(marker.to_string())
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }

    /// The tests of which something may be left, the oldest first.
    pub async fn open_tests(&self) -> Result<Vec<OpenTest>, StoreError> {
        let rows = sqlx::query(
            "SELECT marker, begun_by, last_create_at_ms FROM connection_tests ORDER BY begun_at_ms, marker",
        )
        .fetch_all(&self.readers)
        .await?;
        let mut tests = Vec::with_capacity(rows.len());
        for row in rows {
            let (marker, begun_by): (&str, &str) = (row.try_get(0)?, row.try_get(1)?);
            let at = Timestamp::from_millisecond(row.try_get(2)?).ok();
            let Some((marker, last_create_at)) = marker.parse().ok().zip(at) else {
                // Only a hand in the database can write this.
                tracing::error!(marker, "an open connection test has an impossible marker or time: ignored");
                continue;
            };
            tests.push(OpenTest { marker, begun_by: begun_by.into(), last_create_at });
        }
        Ok(tests)
    }
}
