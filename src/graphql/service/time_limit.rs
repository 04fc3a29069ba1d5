//! The time that an operation may take, by the service's clock.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use async_graphql::{Request, Response};
use tracing::Instrument as _;

use super::{GraphqlService, computed};
use crate::cpu_bound;
use crate::graphql::deps::WatchChanges;
use crate::graphql::errors::{ErrorCode, Fault};
use crate::graphql::needs::Needs;
use crate::trace::TraceExt as _;

/// What a mutation may take beyond a query's time: it waits for its outcome as long as it was asked to.
const MUTATION_EXTRA: Duration = Duration::from_mins(1);

impl GraphqlService {
    /// Executes an operation in its time. A query whose time is over is dropped. A mutation runs in a task of
    /// its own: it goes on whatever becomes of who asked, and only the waiting for it ends.
    pub(super) async fn in_time(&self, request: Request, needs: &Needs) -> Result<Response, Fault> {
        let (clock, limit) = (&*self.deps.changes, self.limits.time_max);
        if needs.is_query {
            if needs.is_heavy() {
                let schema = self.schema.clone();
                let executing = async move { schema.execute(request).await };
                let executed = within(limit, clock, cpu_bound::polled(executing)).await;
                return executed.map_or_else(|| Err(query_timeout(limit)), computed);
            }
            // In a box, since it is handed on by value.
            let executing = Box::pin(self.schema.execute(request));
            return within(limit, clock, executing).await.ok_or_else(|| query_timeout(limit));
        }
        let schema = self.schema.clone();
        // In a task of its own, and still in the request's span and trace.
        let mutation = async move { schema.execute(request).await }.in_current_span();
        let mutation = tokio::spawn(mutation.with_current_context());
        let limit = limit.saturating_add(MUTATION_EXTRA);
        match within(limit, clock, mutation).await {
            Some(Ok(response)) => Ok(response),
            // Whoever runs operations answers a panic with INTERNAL.
            Some(Err(broken)) if broken.is_panic() => std::panic::resume_unwind(broken.into_panic()),
            Some(Err(cancelled)) => Err(Fault::internal(&cancelled)),
            None => Err(Fault::new(
                ErrorCode::OperationTimeout,
                format!(
                    "The mutation was not through after {} s and goes on: look at what it changes before you repeat it.",
                    limit.as_secs()
                ),
            )),
        }
    }
}

/// The refusal of a query that took too long.
pub(super) fn query_timeout(limit: Duration) -> Fault {
    Fault::new(
        ErrorCode::OperationTimeout,
        format!(
            "The operation took longer than {} s: ask for less at a time, or try again.",
            limit.as_secs()
        ),
    )
}

/// What `running` gives; `None` when that takes longer than `limit`.
pub(super) async fn within<T>(
    limit: Duration,
    clock: &dyn WatchChanges,
    running: impl Future<Output = T>,
) -> Option<T> {
    let mut running = pin!(running);
    // Most operations never wait, and need no timer.
    if let Poll::Ready(outcome) = poll_fn(|context| Poll::Ready(running.as_mut().poll(context))).await {
        return Some(outcome);
    }
    tokio::select! {
        biased;
        outcome = running => Some(outcome),
        () = clock.wait(limit) => None,
    }
}
