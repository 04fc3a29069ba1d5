//! Numbers that go up by one inside the transaction that uses them: without gaps, and on both
//! databases alike.

use sqlx::AnyConnection;

/// What is counted.
#[derive(Debug, Clone, Copy)]
pub(super) enum Counter {
    /// Changes of deliveries. Whoever changes one takes this number first and holds its row until
    /// the commit: such transactions come one after the other, none waits for another crosswise,
    /// and who sees a change sees every earlier one.
    Change,
    /// Ids of deliveries.
    Delivery,
    /// Ids of batches.
    Batch,
    /// Ids of actions on invoices.
    Action,
    /// Ids of runs of the payment sync.
    SyncRun,
}

impl Counter {
    const fn name(self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::Delivery => "delivery",
            Self::Batch => "batch",
            Self::Action => "action",
            Self::SyncRun => "sync_run",
        }
    }
}

/// The next number; given back if the transaction is rolled back.
pub(super) async fn next(connection: &mut AnyConnection, counter: Counter) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("UPDATE counters SET value = value + 1 WHERE name = $1 RETURNING value")
        .bind(counter.name())
        .fetch_one(connection)
        .await
}
