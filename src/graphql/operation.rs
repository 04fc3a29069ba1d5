//! What belongs to one operation: who asks, the one state of the book that it reads, and whether
//! it looked at anything else.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::ContextBase;
use bytes::Bytes;

use super::deps::Deps;
use super::errors::{ErrorCode, Fault};
use super::rights::forbidden;
use crate::book::{FreshnessState, Snapshot, Source};
pub use crate::domain::{Caller, Role};

/// The state of one operation.
pub(super) struct OperationState {
    pub(super) deps: Deps,
    pub(super) caller: Caller,
    pub(super) snapshot: Snapshot,
    reads_beyond_the_book: AtomicBool,
    /// What was written below the fields at the top, in the measure of `limits::cost_of`.
    cost: AtomicU64,
    /// JSON of fields that stand several times at the top, by their path.
    written: Mutex<HashMap<String, Bytes>>,
    /// Paths of the mutations that ran.
    ran: Mutex<HashSet<String>>,
}

impl OperationState {
    /// The state of an operation that reads `snapshot`.
    pub(super) fn new(deps: Deps, caller: Caller, snapshot: Snapshot) -> Arc<Self> {
        Arc::new(Self {
            deps,
            caller,
            snapshot,
            reads_beyond_the_book: AtomicBool::new(false),
            cost: AtomicU64::new(0),
            written: Mutex::default(),
            ran: Mutex::default(),
        })
    }

    /// The state that the service put into the request.
    pub(super) fn of<'a, T>(ctx: &ContextBase<'a, T>) -> Result<&'a Self, Fault> {
        match ctx.data_opt::<Arc<Self>>() {
            Some(state) => Ok(state),
            None => Err(Fault::internal(&StateMissing)),
        }
    }

    /// The state of the book, if PSOhub was ever read: an empty list would say that there are no
    /// invoices where we do not know.
    pub(super) fn invoices(&self) -> Result<&Snapshot, Fault> {
        known(&self.snapshot, Source::Psohub)?;
        Ok(&self.snapshot)
    }

    /// Whether the caller may do what `mutation` does beyond what its field needs; the error names the role.
    pub(super) fn require(&self, role: Role, mutation: &str) -> Result<(), Fault> {
        if self.caller.role >= role {
            return Ok(());
        }
        Err(forbidden(mutation, role, &self.caller))
    }

    /// Notes that the answer depends on more than the book.
    pub(super) fn note_other_source(&self) {
        self.reads_beyond_the_book.store(true, Ordering::Relaxed);
    }

    /// Adds what one field at the top cost to write.
    pub(super) fn note_cost(&self, cost: u64) {
        self.cost.fetch_add(cost, Ordering::Relaxed);
    }

    /// What was written so far below the fields at the top.
    pub(super) fn cost(&self) -> u64 {
        self.cost.load(Ordering::Relaxed)
    }

    /// What was written at `path`, if it was.
    pub(super) fn written(&self, path: &str) -> Option<Bytes> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).get(path).cloned()
    }

    /// Keeps what was written at `path`.
    pub(super) fn note_written(&self, path: String, json: Bytes) {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).insert(path, json);
    }

    /// Notes that the mutation at `path` runs; tells whether it does so for the first time. One that stands
    /// there several times is one by the specification's section 6.3.2 (Field Collection), and
    /// async-graphql would run each.
    pub(super) fn runs_first(&self, path: String) -> bool {
        self.ran.lock().unwrap_or_else(PoisonError::into_inner).insert(path)
    }

    /// Whether the answer follows from the book alone.
    pub(super) fn read_only_the_book(&self) -> bool {
        !self.reads_beyond_the_book.load(Ordering::Relaxed)
    }
}

/// Whether `source` was ever read; the error says why not.
pub(super) fn known(snapshot: &Snapshot, source: Source) -> Result<(), Fault> {
    let freshness = snapshot.freshness_of(source);
    if freshness.state != FreshnessState::Unavailable {
        return Ok(());
    }
    let upstream = match source {
        Source::Psohub => "PSOhub's invoices were",
        Source::PsohubExternalIds => "PSOhub's list of invoices without an external id was",
        Source::Bexio => "Bexio's invoices were",
    };
    let reason = freshness.last_error.as_deref().unwrap_or("the first look is still under way");
    Err(Fault::new(
        ErrorCode::UpstreamUnavailable,
        format!("{upstream} not read yet, so nothing can be said of them: {reason}. Try again in a moment."),
    ))
}

#[derive(Debug, thiserror::Error)]
#[error("a resolver ran in an operation that has no state")]
struct StateMissing;
