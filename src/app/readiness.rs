//! Whether requests should be sent to this process.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::book::{BookReader, FreshnessState, Source};
use crate::domain::SharedClock;
use crate::http::{Check, Readiness};
use crate::store::Store;

/// Ready when the process is not ending, the store answers and there is a book to serve from, however old: an
/// upstream that is down makes answers stale, and taking the process out of service would not help anybody. The
/// schema is brought up to date before anything is served.
pub(super) struct ServiceReadiness {
    store: Store,
    reader: BookReader,
    clock: SharedClock,
    stopping: CancellationToken,
    /// Since when each check fails; one that was never made failed from the start.
    failing: Mutex<HashMap<&'static str, Option<Timestamp>>>,
    started_at: Timestamp,
}

impl ServiceReadiness {
    /// `stopping` is cancelled when the process begins to end.
    pub(super) fn new(
        store: Store,
        reader: BookReader,
        clock: SharedClock,
        stopping: CancellationToken,
    ) -> Self {
        let started_at = clock.now();
        Self { store, reader, clock, stopping, failing: Mutex::default(), started_at }
    }

    async fn checks(&self) -> Vec<Check> {
        let process = match self.stopping.is_cancelled() {
            true => Err("it is ending: what is under way is being finished".to_owned()),
            false => Ok(()),
        };
        let store = self.store.ping().await.map_err(|error| error.to_string());
        let snapshot = self.reader.peek();
        let psohub = snapshot.freshness_of(Source::Psohub);
        let book = match psohub.state {
            FreshnessState::Unavailable => Err(match &psohub.last_error {
                Some(words) => format!("PSOhub has not been read yet: {words}"),
                None => "PSOhub is being read for the first time".to_owned(),
            }),
            _ => Ok(()),
        };
        let checks = [("process", process), ("store", store), ("book", book)];
        checks.into_iter().map(|(name, outcome)| self.dated(Check::new(name, outcome))).collect()
    }

    /// The check with the time since which it fails.
    fn dated(&self, check: Check) -> Check {
        let mut failing = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        let before = failing.get(check.name).copied();
        let since = match (check.ok, before) {
            (true, _) => None,
            (false, None) => Some(self.started_at),
            (false, Some(since)) => Some(since.unwrap_or_else(|| self.clock.now())),
        };
        failing.insert(check.name, since);
        Check { since, ..check }
    }
}

impl Readiness for ServiceReadiness {
    fn check(&self) -> BoxFuture<'_, Vec<Check>> {
        self.checks().boxed()
    }
}
