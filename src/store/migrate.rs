//! The schema's versions, built into the binary. Forward only: a released one is never edited.
//!
//! Two processes that start together queue on a lock, and all pending versions are one
//! transaction: a crash leaves the schema as it was.

use std::borrow::Cow;

use sqlx::SqlSafeStr;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};

use super::{Backend, Store, StoreError};

/// Number, name and text of each version; a test holds this against the `migrations` folder.
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "mirror_and_links", include_str!("../../migrations/0001_mirror_and_links.sql")),
    (2, "deliveries", include_str!("../../migrations/0002_deliveries.sql")),
    (3, "invoice_actions", include_str!("../../migrations/0003_invoice_actions.sql")),
    (4, "sync_runs", include_str!("../../migrations/0004_sync_runs.sql")),
    (5, "connections", include_str!("../../migrations/0005_connections.sql")),
    (6, "connection_tests", include_str!("../../migrations/0006_connection_tests.sql")),
    (7, "settings", include_str!("../../migrations/0007_settings.sql")),
    (8, "access_keys", include_str!("../../migrations/0008_access_keys.sql")),
];

/// Any number that nothing else uses as an advisory lock in this database.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7091836250344112)";

pub(super) async fn run(store: &Store) -> Result<(), StoreError> {
    let mut transaction = store.write().await?;
    // SQLite: the write lock is already ours. sqlx's own lock would outlive a failed migration on
    // PostgreSQL, since it belongs to the pooled connection and not to the transaction.
    if store.backend == Backend::Postgres {
        sqlx::raw_sql(LOCK).execute(&mut *transaction).await?;
    }
    let mut migrator = Migrator::with_migrations(migrations());
    migrator.set_locking(false);
    // Not `run`: its future is not `Send`, for which sqlx made this one.
    migrator.run_direct(None, &mut *transaction, false).await.map_err(refused)?;
    transaction.commit().await?;
    Ok(())
}

/// How a database's schema stands to this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schema {
    /// It has every version that this program knows.
    Current,
    /// It lacks some.
    Outdated {
        /// How many.
        pending: usize,
    },
}

/// Whether sqlx has ever been here.
const HAS_TABLE_SQLITE: &str = "SELECT COUNT(*) FROM sqlite_master WHERE name = '_sqlx_migrations'";
const HAS_TABLE_POSTGRES: &str =
    "SELECT COUNT(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = '_sqlx_migrations'";

pub(super) async fn schema(store: &Store) -> Result<Schema, StoreError> {
    let has_table = match store.backend {
        Backend::Sqlite => HAS_TABLE_SQLITE,
        Backend::Postgres => HAS_TABLE_POSTGRES,
    };
    let tables: i64 = sqlx::query_scalar(has_table).fetch_one(&store.readers).await?;
    let applied: Vec<i64> = if tables == 0 {
        Vec::new()
    } else {
        sqlx::query_scalar("SELECT version FROM _sqlx_migrations").fetch_all(&store.readers).await?
    };
    let program = MIGRATIONS.last().map_or(0, |(version, ..)| *version);
    if let Some(&database) = applied.iter().max().filter(|version| **version > program) {
        return Err(StoreError::Newer { database, program });
    }
    let pending = MIGRATIONS.iter().filter(|(version, ..)| !applied.contains(version)).count();
    Ok(if pending == 0 { Schema::Current } else { Schema::Outdated { pending } })
}

fn migrations() -> Vec<Migration> {
    MIGRATIONS
        .iter()
        .map(|&(version, name, sql)| {
            Migration::new(version, Cow::Borrowed(name), MigrationType::Simple, sql.into_sql_str(), false)
        })
        .collect()
}

fn refused(error: MigrateError) -> StoreError {
    let program = MIGRATIONS.last().map_or(0, |(version, ..)| *version);
    match error {
        MigrateError::VersionMissing(database) if database > program => {
            StoreError::Newer { database, program }
        }
        MigrateError::Execute(error) => error.into(),
        other => StoreError::Schema(Box::new(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_built_in_and_in_order() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        let built_in: Vec<String> =
            MIGRATIONS.iter().map(|(version, name, _)| format!("{version:04}_{name}.sql")).collect();
        assert_eq!(files, built_in);
        assert!(MIGRATIONS.is_sorted_by(|(one, ..), (next, ..)| one < next));
    }
}
