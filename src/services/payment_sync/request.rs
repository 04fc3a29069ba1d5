//! What is asked of the payment sync, and what is answered.

use jiff::Timestamp;

use crate::domain::payment::run::{SyncRun, Trigger};
use crate::store::StoreError;

/// A run that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRequest {
    /// What asks.
    pub trigger: Trigger,
    /// Whether it shall only show what it would do.
    pub is_dry_run: bool,
    /// The person's idempotency key.
    pub key: Option<Box<str>>,
}

/// What became of a run that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Started {
    /// It began.
    Began(SyncRun),
    /// Another one is under way: this.
    Running(SyncRun),
    /// The key was used for this run before.
    Repeated(SyncRun),
    /// It is not due any more: another process ran meanwhile.
    NotDue,
}

/// Why no run began.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The idempotency key was used for a run of the other kind: dry, or not.
    #[error("the idempotency key was used for another request")]
    KeyConflict,
    /// The idempotency key cannot be kept.
    #[error("the idempotency key is empty, too long or not printable")]
    BadKey,
    /// A person has to connect an account first.
    #[error("{0}")]
    NotConnected(String),
    /// Another run is about to begin or has just ended.
    #[error("another run of the payment sync is just beginning or ending")]
    Busy,
    /// The process is about to end.
    #[error("the service is stopping")]
    Stopping,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Where the payment sync stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncStatus {
    /// The schedule as it was configured.
    pub schedule: Box<str>,
    /// When the schedule has the next run.
    pub next_run: Option<Timestamp>,
    /// The last run that looked at the books whole.
    pub last_good: Option<SyncRun>,
    /// The run under way.
    pub running: Option<SyncRun>,
}
