//! Opening: from `DATABASE_URL` to pools whose every connection has the same settings.
//!
//! SQLite runs with WAL and `synchronous=FULL`: a returned commit survives a power loss. (With
//! NORMAL it would survive a crash of the process only: <https://sqlite.org/pragma.html#pragma_synchronous>.)

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::any::{AnyPoolOptions, install_default_drivers};
use sqlx::{AnyConnection, AnyPool, Connection, Executor};

use super::{Backend, Keyring, Store, StoreError};

/// How many connections, and how long to wait.
#[derive(Debug, Clone, Copy)]
pub struct StoreOptions {
    /// SQLite: readers beside the one writer. PostgreSQL: connections in all.
    pub connections_max: u32,
    /// How long a statement waits for a connection before it is [`StoreError::Unavailable`].
    pub acquire_timeout: Duration,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self { connections_max: 4, acquire_timeout: Duration::from_secs(10) }
    }
}

/// How long somebody who only looks waits for a connection.
pub(super) const LOOK_TIMEOUT: Duration = Duration::from_secs(5);

/// For each SQLite connection. Another process (a backup, the `sqlite3` shell) may hold the write
/// lock for a moment: wait. The log is cut back after a large write.
const SQLITE_SETTINGS: &str = "PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON; \
     PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 16777216";

/// For each PostgreSQL connection. A server that was told to answer before it has written would break
/// what the store promises; stricter settings than `on` are left alone. A process whose machine
/// vanished in the middle of a transaction would hold its locks for hours: the server ends it.
const POSTGRES_SETTINGS: &str = "SELECT set_config('synchronous_commit', 'on', false) \
     WHERE current_setting('synchronous_commit') = 'off'; \
     SET idle_in_transaction_session_timeout = '30s'";

pub(super) async fn open(database_url: &str, options: StoreOptions) -> Result<Store, StoreError> {
    install_default_drivers();
    match database_url.split_once(':').map(|(scheme, _)| scheme) {
        Some("sqlite") => open_sqlite(database_url, options).await,
        Some("postgres" | "postgresql") => open_postgres(database_url, options).await,
        _ => Err(StoreError::Address { problem: "names no database that is known here".to_owned() }),
    }
}

async fn open_postgres(database_url: &str, options: StoreOptions) -> Result<Store, StoreError> {
    // A pool would try again until its time-out and then say no more than that.
    AnyConnection::connect(database_url).await?.close().await?;
    let pool = AnyPoolOptions::new()
        .max_connections(options.connections_max.max(1))
        .acquire_timeout(options.acquire_timeout)
        .after_connect(|connection, _| Box::pin(apply(connection, POSTGRES_SETTINGS)))
        .connect(database_url)
        .await?;
    Ok(Store { backend: Backend::Postgres, readers: pool.clone(), writer: pool, keys: Keyring::default() })
}

async fn open_sqlite(database_url: &str, options: StoreOptions) -> Result<Store, StoreError> {
    let path = sqlite_path(database_url)?;
    prepare_file(&path)?;
    let url = sqlite_url(&path, "rw")?;
    check_intact(&url).await?;
    let writer = sqlite_pool(&url, SQLITE_SETTINGS, StoreOptions { connections_max: 1, ..options }).await?;
    let readers = sqlite_pool(&url, SQLITE_SETTINGS, options).await?;
    Ok(Store { backend: Backend::Sqlite, readers, writer, keys: Keyring::default() })
}

pub(super) async fn sqlite_pool(
    url: &str,
    settings: &'static str,
    options: StoreOptions,
) -> Result<AnyPool, StoreError> {
    // Connections to a file cost nothing while idle: keep them, with their prepared statements.
    let pool = AnyPoolOptions::new()
        .max_connections(options.connections_max.max(1))
        .acquire_timeout(options.acquire_timeout)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .after_connect(move |connection, _| Box::pin(apply(connection, settings)))
        .connect(url)
        .await?;
    Ok(pool)
}

async fn apply(connection: &mut AnyConnection, settings: &'static str) -> Result<(), sqlx::Error> {
    connection.execute(sqlx::raw_sql(settings)).await.map(drop)
}

/// Structure of the whole file, without comparing indexes with their tables: reads each page once.
/// Not on a pool, which would hide a damaged file behind a time-out.
async fn check_intact(url: &str) -> Result<(), StoreError> {
    let mut connection = AnyConnection::connect(url).await?;
    apply(&mut connection, SQLITE_SETTINGS).await?;
    let finding: String = sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(&mut connection).await?;
    if finding != "ok" {
        return Err(StoreError::Damaged { finding });
    }
    // Stays with the file, so it is not set for each connection: that needs the file for itself.
    connection.execute(sqlx::raw_sql("PRAGMA journal_mode = WAL")).await?;
    Ok(connection.close().await?)
}

/// The file that a `sqlite:` address names.
pub(super) fn sqlite_path(database_url: &str) -> Result<PathBuf, StoreError> {
    let problem = |problem: &str| StoreError::Address { problem: problem.to_owned() };
    let rest = database_url.strip_prefix("sqlite:").unwrap_or(database_url);
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let (path, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    if path == ":memory:" || parameters.contains("mode=memory") {
        return Err(problem("asks for a database in memory, which a restart would lose"));
    }
    // `mode=rwc` is what many tools write; the store always reads, writes and creates.
    if !matches!(parameters, "" | "mode=rwc" | "mode=rw") {
        return Err(problem("has parameters, which are not supported for SQLite"));
    }
    if path.is_empty() {
        return Err(problem("names no file"));
    }
    let decoded = percent_decode(path).ok_or_else(|| problem("has a broken percent escape"))?;
    std::path::absolute(&decoded).map_err(|source| StoreError::File { path: decoded.into(), source })
}

/// The address as sqlx takes it: everything escaped that has a meaning in an address. `mode` is `rw` or `ro`.
pub(super) fn sqlite_url(path: &Path, mode: &str) -> Result<String, StoreError> {
    let Some(path) = path.to_str() else {
        return Err(StoreError::Address { problem: "names a file whose path is not Unicode".to_owned() });
    };
    let mut url = String::from("sqlite:");
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => {
                url.push(char::from(byte));
            }
            _ => {
                let _ = write!(url, "%{byte:02X}");
            }
        }
    }
    let _ = write!(url, "?mode={mode}");
    Ok(url)
}

fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first == b'%' {
            let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = tail.get(2..)?;
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}

/// Creates the folder and the empty file, readable by its owner alone. SQLite gives the same
/// permissions to the log and the shared memory beside it.
fn prepare_file(path: &Path) -> Result<(), StoreError> {
    let failed = |source| StoreError::File { path: path.to_owned(), source };
    let mut folder = std::fs::DirBuilder::new();
    folder.recursive(true);
    let mut file = std::fs::OpenOptions::new();
    file.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
        folder.mode(0o700);
        file.mode(0o600);
    }
    if let Some(parent) = path.parent() {
        folder.create(parent).map_err(failed)?;
    }
    let file = file.open(path).map_err(failed)?;
    restrict(&file).map_err(failed)
}

/// For a file that was there before, with wider permissions.
#[cfg(unix)]
fn restrict(file: &std::fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let permissions = file.metadata()?.permissions().mode() & 0o777;
    if permissions | 0o700 == 0o700 {
        return Ok(());
    }
    file.set_permissions(std::fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
fn restrict(_file: &std::fs::File) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_survives_the_address_whatever_is_in_it() {
        for path in ["/srv/a.db", "/srv/a b/ü?#%41.db", "/srv/50%/x.db"] {
            let url = sqlite_url(Path::new(path), "rw").unwrap();
            assert_eq!(sqlite_path(&url).unwrap(), Path::new(path), "{url}");
        }
    }

    #[test]
    fn both_spellings_name_a_file_and_the_rest_is_refused() {
        let expected = std::path::absolute("data/x.db").unwrap();
        for url in ["sqlite:data/x.db", "sqlite://data/x.db", "sqlite:data/x.db?mode=rwc"] {
            assert_eq!(sqlite_path(url).unwrap(), expected, "{url}");
        }
        for url in ["sqlite:", "sqlite::memory:", "sqlite://?mode=memory", "sqlite:a.db?vfs=x", "sqlite:%zz"]
        {
            assert!(matches!(sqlite_path(url), Err(StoreError::Address { .. })), "{url}");
        }
    }

    #[tokio::test]
    async fn every_sqlite_connection_has_a_commit_on_the_disk_before_it_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}/data.db", folder.path().display());
        let store = open(&url, StoreOptions { connections_max: 2, ..StoreOptions::default() }).await.unwrap();
        let mut connections = vec![store.writer.acquire().await.unwrap()];
        for _ in 0..2 {
            connections.push(store.readers.acquire().await.unwrap());
        }
        for connection in &mut connections {
            let journal: String =
                sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut **connection).await.unwrap();
            assert_eq!(journal, "wal");
            for (pragma, expected) in
                [("PRAGMA synchronous", 2), ("PRAGMA foreign_keys", 1), ("PRAGMA busy_timeout", 5_000)]
            {
                let value: i64 = sqlx::query_scalar(pragma).fetch_one(&mut **connection).await.unwrap();
                assert_eq!(value, expected, "{pragma}");
            }
        }
    }
}
