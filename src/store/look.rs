//! Opening a database to look at it: nothing is created and nothing is written.

use sqlx::{AnyConnection, AnyPool, Connection as _};

use super::connect::{self, StoreOptions};
use super::{Backend, Keyring, Store, StoreError};

/// A database as it is found.
#[derive(Debug)]
pub enum Found {
    /// There is none yet: opening it properly makes one. SQLite only.
    Nothing,
    /// It is there; writing to this store fails.
    Database(Store),
}

const ONE: StoreOptions = StoreOptions { connections_max: 1, acquire_timeout: connect::LOOK_TIMEOUT };

/// For each SQLite connection.
const SETTINGS: &str = "PRAGMA busy_timeout = 5000; PRAGMA query_only = ON";

impl Store {
    /// Looks at a database without changing it.
    ///
    /// # Errors
    /// Why it could not be opened, as [`Store::open`] says it.
    pub async fn look(database_url: &str) -> Result<Found, StoreError> {
        if !database_url.starts_with("sqlite:") {
            return Ok(Found::Database(connect::open(database_url, ONE).await?));
        }
        sqlx::any::install_default_drivers();
        let path = connect::sqlite_path(database_url)?;
        match std::fs::OpenOptions::new().read(true).write(true).open(&path) {
            Ok(file) => drop(file),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Found::Nothing),
            Err(source) => return Err(StoreError::File { path, source }),
        }
        // With a log beside it a process may have it open; without, nobody has, and SQLite need not make one.
        let mode = if std::fs::exists(log_of(&path)).unwrap_or(true) { "ro" } else { "ro&immutable=1" };
        let url = connect::sqlite_url(&path, mode)?;
        let mut connection = AnyConnection::connect(&url).await?;
        let finding: String = sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(&mut connection).await?;
        connection.close().await?;
        if finding != "ok" {
            return Err(StoreError::Damaged { finding });
        }
        let pool: AnyPool = connect::sqlite_pool(&url, SETTINGS, ONE).await?;
        let store =
            Store { backend: Backend::Sqlite, readers: pool.clone(), writer: pool, keys: Keyring::default() };
        Ok(Found::Database(store))
    }
}

/// Where SQLite keeps a database's write-ahead log.
fn log_of(path: &std::path::Path) -> std::path::PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}
