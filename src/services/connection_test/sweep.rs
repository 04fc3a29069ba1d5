//! Deleting what a test left in Bexio: its process ended in between, or a delete failed.
//!
//! A create whose answer never came may take effect late. So a test is swept only when its last create must
//! have ended and the quiet period is over: one search is then the truth.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{ConnectionTestParts, ConnectionTester};
use crate::bexio::WriteError;
use crate::domain::AccountingStatus;
use crate::domain::connection_test::TestMarker;
use crate::store::{Store, StoreError};

/// How often it is looked for what is due. A look costs one read of the database.
const EVERY: Duration = Duration::from_mins(10);

impl ConnectionTester {
    /// Sweeps now and every ten minutes until `stop`.
    pub fn keep_swept(&self, tasks: &TaskTracker, stop: &CancellationToken) {
        let (this, stop) = (self.clone(), stop.clone());
        tasks.spawn(async move {
            loop {
                if let Err(error) = this.sweep_due().await {
                    tracing::warn!(%error, "what connection tests left could not be looked up");
                }
                let pause = this.0.parts.clock.sleep(EVERY);
                if stop.run_until_cancelled(pause).await.is_none() {
                    return;
                }
            }
        });
    }

    /// Deletes what is left of each test whose last create can have no effect any more. Returns how many
    /// tests remain open.
    ///
    /// # Errors
    /// [`StoreError`]. What Bexio does not answer is logged and tried again.
    pub async fn sweep_due(&self) -> Result<usize, StoreError> {
        let parts = &self.0.parts;
        let Some(store) = &parts.store else { return Ok(0) };
        let mut open = 0;
        for test in store.open_tests().await? {
            let settled = parts.timing.call_max + parts.timing.quiet;
            let due = test.last_create_at.checked_add(settled).is_ok_and(|due| due <= parts.clock.now());
            if due && sweep(parts, store, test.marker).await? {
                continue;
            }
            open += 1;
        }
        Ok(open)
    }
}

/// Whether nothing of the test is left.
async fn sweep(parts: &ConnectionTestParts, store: &Store, marker: TestMarker) -> Result<bool, StoreError> {
    match delete_all(parts, marker).await {
        Ok(()) => {
            store.close_test(marker).await?;
            Ok(true)
        }
        Err(why) => {
            tracing::warn!(%marker, why, "what a connection test left in Bexio is still there");
            Ok(false)
        }
    }
}

async fn delete_all(parts: &ConnectionTestParts, marker: TestMarker) -> Result<(), String> {
    let bexio = &parts.bexio;
    let (currencies, _) = bexio.currencies().await.map_err(|error| error.to_string())?;
    let reference = marker.api_reference();
    let found = bexio.search_api_reference(&reference, &currencies).await.map_err(|e| e.to_string())?;
    if found.problems.rows_lost > 0 {
        return Err("a row of the search could not be understood".to_owned());
    }
    for invoice in found.rows {
        if invoice.status == AccountingStatus::Draft {
            gone(bexio.delete_invoice(invoice.id).await)?;
        } else {
            // Somebody made it their own. Only drafts are ever deleted.
            let number = &*invoice.document_number;
            tracing::error!(number, "the draft of a connection test was issued in Bexio: cancel it there");
        }
    }
    let name = marker.title();
    let found = bexio.contacts_by_name(&name).await.map_err(|error| error.to_string())?;
    if found.problems.rows_lost > 0 {
        return Err("a contact of the search could not be understood".to_owned());
    }
    for contact in found.rows.iter().filter(|contact| *contact.name == *name) {
        gone(bexio.archive_contact(contact.id).await)?;
    }
    Ok(())
}

fn gone(deleted: Result<(), WriteError>) -> Result<(), String> {
    match deleted {
        Ok(()) | Err(WriteError::Refused { status: 404, .. }) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}
