//! `disconnect`.

use super::outcome;
use super::refusal::{input, internal, refused};
use crate::domain::Upstream;
use crate::graphql::errors::Fault;
use crate::graphql::inputs::DisconnectInput;
use crate::graphql::operation::OperationState;
use crate::graphql::types::{Outcome, UpstreamEnded, UpstreamState, UserError, UserErrorCode};
use crate::services::connect::{ConnectError, Disconnected};

/// Disconnects an account, or shows it.
pub(super) async fn run(operation: &OperationState, given: DisconnectInput) -> Outcome<UpstreamEnded> {
    let upstream = Upstream::from(given.upstream);
    let done = if given.dry_run { Ok(None) } else { disconnect(operation, upstream).await.map(Some) };
    let (ended, errors) = match done {
        Ok(ended) => (ended, Vec::new()),
        Err(error) => (None, vec![error]),
    };
    let connection = UpstreamState::read(&operation.deps, operation.deps.book.peek(), upstream).await;
    outcome(operation, UpstreamEnded { connection, ended }, errors)
}

async fn disconnect(operation: &OperationState, upstream: Upstream) -> Result<Disconnected, UserError> {
    let ended = operation.deps.upstreams.disconnect(upstream, &operation.caller.name).await;
    ended.map_err(|error| match error {
        ConnectError::Configured { variable, .. } => refused(
            input(&["upstream"]),
            UserErrorCode::TokenConfigured,
            format!("{upstream} is read with the token in {variable}, and not with a connected account"),
            format!("Take {variable} out of the configuration and start the service again."),
        ),
        error => internal(input(&["upstream"]), Fault::internal(&error).message),
    })
}
