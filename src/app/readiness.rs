//! Whether requests should be sent to this process.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::book::{BookReader, FreshnessState, Source};
use crate::http::{Check, Readiness};
use crate::store::Store;

/// Ready when the store answers and there is a book to serve from, however old: an upstream that is
/// down makes answers stale, and taking the process out of service would not help anybody.
pub(super) struct ServiceReadiness {
    store: Store,
    reader: BookReader,
}

impl ServiceReadiness {
    pub(super) const fn new(store: Store, reader: BookReader) -> Self {
        Self { store, reader }
    }

    async fn checks(&self) -> Vec<Check> {
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
        vec![Check::new("store", store), Check::new("book", book)]
    }
}

impl Readiness for ServiceReadiness {
    fn check(&self) -> BoxFuture<'_, Vec<Check>> {
        self.checks().boxed()
    }
}
