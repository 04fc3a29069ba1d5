//! Gives way to people: one invoice at a time, and no more than half of an upstream's rate limit.

use std::time::Duration;

use super::service::PaymentSyncParts;
use crate::transport::Transport;

/// Longest rest at a time: what the upstream says may change meanwhile.
const REST_MAX: Duration = Duration::from_mins(1);

/// Returns when both upstreams have more than half of their limit left for others.
pub(super) async fn give_way(parts: &PaymentSyncParts) {
    for transport in [parts.bexio.transport(), parts.psohub.transport()] {
        while let Some(wait) = crowded_for(transport) {
            tracing::info!(
                upstream = transport.upstream(),
                ?wait,
                "the payment sync leaves the rest to people"
            );
            rest(parts, wait).await;
        }
    }
}

/// Waits for the clock; a clock that stands still keeps nobody for longer than a real one would.
pub(super) async fn rest(parts: &PaymentSyncParts, period: Duration) {
    let period = period.min(REST_MAX);
    tokio::select! {
        () = parts.clock.sleep(period) => {}
        () = tokio::time::sleep(period) => {}
    }
}

/// How long until the limit is whole again, where half of it is used. Only the bucket of ordinary
/// calls counts: the run makes no others.
fn crowded_for(transport: &Transport) -> Option<Duration> {
    let bucket = transport.buckets().into_iter().next()?;
    let (limit, remaining) = (bucket.limit?, bucket.remaining?);
    let is_crowded = remaining <= limit / 2;
    bucket.resets_in.filter(|wait| is_crowded && !wait.is_zero())
}
