//! The store: the only SQL of the service, on SQLite (a file) or PostgreSQL.
//!
//! One SQL text for both through sqlx's `Any`: `$1` placeholders, TEXT, BIGINT and BYTEA columns.
//! It keeps what must survive a restart and decides nothing; it may name `domain` only.
//!
//! | part | holds |
//! |---|---|
//! | [`mirror`] | the book's rows as last seen upstream: a cache, dropped when its format changes |
//! | [`links`] | which Bexio invoice stands for which PSOhub invoice |
//! | [`deliveries`] | sends: records, history, idempotency keys, batches, known contacts |
//! | `access_keys` | digests of the API keys of the service's callers |
//! | [`connection_tests`] | connection tests that may have left something in Bexio |
//! | `invoice_actions` | what was done to single invoices beside sending |
//! | [`settings`] | settings that an administrator saved, with every version before |
//! | [`sync_runs`] | runs of the payment sync |
//! | [`leases`] | which process does what only one may do |
//! | [`tokens`] | who is connected, with the tokens, encrypted |

mod access_keys;
mod codec;
mod columns;
mod connect;
pub mod connection_tests;
mod counters;
pub mod deliveries;
mod error;
mod hand_links;
mod invoice_actions;
mod keyring;
pub mod leases;
pub mod links;
mod look;
mod migrate;
pub mod mirror;
mod placeholders;
mod reseal;
pub mod settings;
pub mod sync_runs;
pub mod tokens;

pub use access_keys::{KEY_USE_NOTED_EVERY_MS, StoredAccessKey};
pub use connect::StoreOptions;
pub use connection_tests::OpenTest;
pub use deliveries::{
    BatchClaim, Claim, ContactMapping, DeliveryRow, DeliveryRows, IdempotencyKey, KEYS_KEPT, KeyScope,
    KeyUse, MappingOrigin, NewBatch, NewDelivery, PersonMapping, Saved, StoredDelivery, UnreadableDelivery,
    Update,
};
pub use error::StoreError;
pub use hand_links::{BY_HAND, HandLinked};
pub use keyring::Keyring;
pub use leases::Lease;
pub use links::Link;
pub use look::Found;
pub use migrate::Schema;
pub use mirror::{MirrorState, MirrorWrite, Mirrored};
pub use sync_runs::{BegunRun, NewRun, RUNS_KEPT};
pub use tokens::TokenVault;

pub use settings::{SETTINGS_HISTORY_MAX, SavedSettings};

use sqlx::{Any, AnyPool, Transaction};

/// Which database a store speaks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// A file, one writer at a time.
    Sqlite,
    /// A server, many writers.
    Postgres,
}

/// A handle on the database; clones share its connections.
#[derive(Debug, Clone)]
pub struct Store {
    backend: Backend,
    readers: AnyPool,
    /// SQLite: one connection, so that writers queue here and never meet `SQLITE_BUSY`.
    /// PostgreSQL: the readers' pool.
    writer: AnyPool,
    /// Encrypts what customers are written.
    keys: Keyring,
}

impl Store {
    /// Connects, creates the SQLite file and its folder where they are missing, and checks that
    /// the file is intact. Does not touch the schema: call [`Store::migrate`] next.
    ///
    /// `database_url`: `sqlite:<path>`, relative to the working folder, or a `postgres://` URL
    /// with libpq's parameters (`sslmode`, `sslrootcert`, …).
    pub async fn open(database_url: &str, options: StoreOptions) -> Result<Self, StoreError> {
        connect::open(database_url, options).await
    }

    /// The store with the keys that encrypt what customers are written: plans with their e-mails, frozen
    /// invoices, the mirror. Without, these are stored in clear.
    #[must_use]
    pub fn with_keys(self, keys: Keyring) -> Self {
        Self { keys, ..self }
    }

    /// Brings the schema up to date, all or nothing, one process at a time.
    ///
    /// # Errors
    /// [`StoreError::Newer`] when a newer version of the service was here.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        migrate::run(self).await
    }

    /// How the schema stands to this program. Changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Newer`] when a newer version of the service was here.
    pub async fn schema(&self) -> Result<Schema, StoreError> {
        migrate::schema(self).await
    }

    /// Which database this is.
    pub const fn backend(&self) -> Backend {
        self.backend
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&self.readers).await?;
        Ok(())
    }

    /// Closes every connection after its statement; SQLite then folds its log into the file.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// A consistent picture: every statement of it sees the same state of the database.
    async fn read(&self) -> Result<Transaction<'static, Any>, StoreError> {
        Ok(match self.backend {
            Backend::Sqlite => self.readers.begin_with("BEGIN DEFERRED").await?,
            Backend::Postgres => {
                self.readers.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?
            }
        })
    }

    /// A transaction that may write. On SQLite it has the write lock from its first statement:
    /// a lock taken later can fail, and no amount of waiting would help it.
    async fn write(&self) -> Result<Transaction<'static, Any>, StoreError> {
        Ok(match self.backend {
            Backend::Sqlite => self.writer.begin_with("BEGIN IMMEDIATE").await?,
            // Each statement sees what was committed before it, also behind a lock it waited for.
            Backend::Postgres => self.writer.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED").await?,
        })
    }
}
