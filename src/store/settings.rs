//! Settings that an administrator saved, with every version before.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::{Store, StoreError};
use crate::domain::plan::SendSettings;

/// All settings after one change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedSettings {
    /// Counts the changes, from 1.
    pub version: i64,
    /// When, to the millisecond.
    pub changed_at: Timestamp,
    /// Who.
    pub changed_by: Box<str>,
    /// The settings.
    pub settings: SendSettings,
}

/// Most versions that are read at once.
pub const SETTINGS_HISTORY_MAX: usize = 50;

impl Store {
    /// The settings that hold; `None` while nobody saved any.
    pub async fn settings(&self) -> Result<Option<SavedSettings>, StoreError> {
        Ok(self.settings_versions(1).await?.pop())
    }

    /// The newest versions, the newest first, at most `limit` and [`SETTINGS_HISTORY_MAX`].
    pub async fn settings_versions(&self, limit: usize) -> Result<Vec<SavedSettings>, StoreError> {
        let limit = i64::try_from(limit.min(SETTINGS_HISTORY_MAX)).unwrap_or(1);
        let rows = sqlx::query(
            "SELECT version, changed_at_ms, changed_by, settings FROM settings
             ORDER BY version DESC LIMIT $1",
        )
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(read).collect()
    }

    /// Saves the version after the one that `saved` says, unless somebody saved it before. Whether it was
    /// saved.
    pub async fn save_settings(&self, saved: &SavedSettings) -> Result<bool, StoreError> {
        let settings = serde_json::to_string(&saved.settings).map_err(|source| StoreError::Unwritable {
            record: format!("version {} of the settings", saved.version),
            source,
        })?;
        let mut transaction = self.write().await?;
        let inserted = sqlx::query(
            "INSERT INTO settings (version, changed_at_ms, changed_by, settings)
             SELECT $1, $2, $3, $4
             WHERE (SELECT COALESCE(MAX(version), 0) FROM settings) = $5
             ON CONFLICT (version) DO NOTHING",
        )
        .bind(saved.version)
        .bind(saved.changed_at.as_millisecond())
        .bind(&*saved.changed_by)
        .bind(settings)
        .bind(saved.version - 1)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        transaction.commit().await?;
        Ok(inserted == 1)
    }
}

fn read(row: &AnyRow) -> Result<SavedSettings, StoreError> {
    let (version, at): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
    let (changed_by, text): (&str, &str) = (row.try_get(2)?, row.try_get(3)?);
    let unreadable = |problem: String| StoreError::Unreadable {
        record: format!("version {version} of the settings"),
        problem,
    };
    Ok(SavedSettings {
        version,
        changed_at: Timestamp::from_millisecond(at).map_err(|error| unreadable(error.to_string()))?,
        changed_by: changed_by.into(),
        settings: serde_json::from_str(text).map_err(|error| unreadable(error.to_string()))?,
    })
}
