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
    fn every_file_of_the_folder_is_built_in_and_numbered_in_order() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        let built_in: Vec<String> =
            MIGRATIONS.iter().map(|(version, name, _)| format!("{version:04}_{name}.sql")).collect();
        assert_eq!(files, built_in);
        assert!(MIGRATIONS.iter().zip(1..).all(|((version, ..), number)| *version == number));
    }
}
