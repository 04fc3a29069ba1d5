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
        let url = connect::sqlite_url(&path, "ro")?;
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
