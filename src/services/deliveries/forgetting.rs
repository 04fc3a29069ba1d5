//! Forgets idempotency keys that nobody can be waiting for any more: once at start and then daily. That
//! an invoice has one delivery does not rest on them.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::domain::SharedClock;
use crate::store::Store;

/// Between two looks for keys that are over.
const LOOK_EVERY: Duration = Duration::from_hours(24);

/// Forgets what is over, until the process stops. Every process on a database may do so.
pub(super) async fn forget_old_keys(store: Store, clock: SharedClock, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match store.prune_keys(clock.now()).await {
            Ok(0) => {}
            Ok(keys) => tracing::info!(keys, "{keys} idempotency keys are over and were forgotten"),
            Err(error) => {
                tracing::error!(%error, "idempotency keys that are over were not forgotten: {error}")
            }
        }
        tokio::select! {
            () = clock.sleep(LOOK_EVERY) => {}
            () = stop.cancelled() => {}
        }
    }
}
