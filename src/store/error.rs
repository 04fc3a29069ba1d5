//! What can go wrong between the store and its database, by what the caller does next.

use std::path::PathBuf;

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Correct the configuration. Never holds the address itself: it may carry a password.
    #[error("DATABASE_URL {problem}; expected sqlite:<path of a file> or postgres://user@host/database")]
    Address {
        /// What is wrong with the address.
        problem: String,
    },
    /// Make the place writable, or choose another one.
    #[error("cannot prepare the database file {path}: check that the folder exists and is writable")]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// Restore a backup: the file is not intact.
    #[error("the database is damaged ({finding}); stop the service and restore its latest backup")]
    Damaged {
        /// First finding of the check.
        finding: String,
    },
    /// Run a newer version of the service: it was here before.
    #[error(
        "the database has schema version {database}, this program knows up to {program}: \
         start the newer version of Invoice Gateway, or restore a backup from before the upgrade"
    )]
    Newer {
        /// Version that the database has.
        database: i64,
        /// Latest version that this program knows.
        program: i64,
    },
    /// The schema is not one that this program made.
    #[error(
        "the database's schema could not be brought up to date: use a database of its own for the service"
    )]
    Schema(#[source] Box<sqlx::migrate::MigrateError>),
    /// Try again later: the database cannot be reached, or is busy or full.
    #[error("the database is not available")]
    Unavailable(#[source] sqlx::Error),
    /// Report it: the database refused what the store asked for.
    #[error("the database refused a statement")]
    Refused(#[source] sqlx::Error),
    /// Read the source in full and write with `replace_all`: there is nothing to add changes to.
    #[error("the mirror of {mirror} is empty or of another format: write it with all its rows first")]
    NoBase {
        /// Which mirror.
        mirror: &'static str,
    },
    /// Report it: a row could not be encoded.
    #[error("a row of the mirror could not be encoded")]
    Encode(#[source] postcard::Error),
    /// Set a key: a secret is not stored in clear.
    #[error(
        "SECRETS_KEY is not set, so no token can be stored: make a key with `invoice-gateway secrets new-key`, \
         set it and start again"
    )]
    NoKey,
    /// Set the key again, or connect the account again where it is about tokens.
    #[error(
        "it is encrypted with the key {key_id}, which SECRETS_KEY does not hold: add that key behind the first \
         and start again; tokens can also be had by connecting the account again"
    )]
    KeyMissing {
        /// The id of the key.
        key_id: String,
    },
    /// Restore it, or connect the account again where it is a token.
    #[error(
        "the stored {what} cannot be decrypted: it was damaged or put there by somebody else; restore it from a \
         backup, or connect the account again where it is a token"
    )]
    Sealed {
        /// Table and column.
        what: &'static str,
    },
    /// A record is there and cannot be read. Nothing was changed; leave it to a version that can.
    #[error(
        "{record} cannot be read ({problem}): start the newest version of Invoice Gateway that was used \
         with this database, or restore a backup"
    )]
    Unreadable {
        /// Which, in words.
        record: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Report it: a record could not be written as JSON.
    #[error("{record} could not be written as JSON")]
    Unwritable {
        /// Which, in words.
        record: String,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// Report it: a counter of the database was changed by hand.
    #[error("the counter '{name}' of the database gave an impossible number: restore a backup")]
    Counter {
        /// Which counter.
        name: &'static str,
    },
    /// The runtime is going down; the transaction was rolled back.
    #[error("the work was interrupted by the shutdown")]
    Interrupted,
}

/// SQLite's primary result codes for a file that is not intact: `SQLITE_CORRUPT`, `SQLITE_NOTADB`.
const DAMAGED: [u32; 2] = [11, 26];
/// SQLite's for what passes: `PERM`, `BUSY`, `LOCKED`, `READONLY`, `IOERR`, `FULL`, `CANTOPEN`.
const PASSING: [u32; 7] = [3, 5, 6, 8, 10, 13, 14];
/// PostgreSQL's classes for what passes: connection, rollback, resources, operator, system.
const PASSING_CLASSES: [&str; 5] = ["08", "40", "53", "57", "58"];

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let sqlx::Error::Database(database) = &error else { return from_driver(error) };
        let code = database.code().unwrap_or_default();
        // PostgreSQL's codes have five characters, SQLite's extended result codes at most four.
        if code.len() == 5 {
            let passing = code.get(..2).is_some_and(|class| PASSING_CLASSES.contains(&class));
            return if passing { Self::Unavailable(error) } else { Self::Refused(error) };
        }
        match code.parse::<u32>().map(|extended| extended & 0xff) {
            Ok(primary) if DAMAGED.contains(&primary) => {
                Self::Damaged { finding: database.message().to_owned() }
            }
            Ok(primary) if PASSING.contains(&primary) => Self::Unavailable(error),
            _ => Self::Refused(error),
        }
    }
}

fn from_driver(error: sqlx::Error) -> StoreError {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::BeginFailed
        | sqlx::Error::WorkerCrashed => StoreError::Unavailable(error),
        sqlx::Error::Configuration(problem) => {
            StoreError::Address { problem: format!("is not usable: {problem}") }
        }
        other => StoreError::Refused(other),
    }
}
