//! What `disconnect` answers.

use super::Outcome;
use super::user_error::UserErrorType;
use crate::graphql::output::object;
use crate::graphql::types::{UpstreamConnection, UpstreamState};
use crate::services::connect::Disconnected;

/// What disconnect gave.
#[derive(Debug)]
pub(in crate::graphql) struct UpstreamEnded {
    /// The connection after it.
    pub(in crate::graphql) connection: UpstreamState,
    /// What it did; `None` where it did nothing.
    pub(in crate::graphql) ended: Option<Disconnected>,
}

object! {
    /// What became of disconnect.
    "DisconnectPayload" DisconnectPayload<'a> from &'a Outcome<UpstreamEnded> {
        /// The connection as it is now.
        "connection": UpstreamConnection = |outcome, out| {
            out.object::<UpstreamConnection>(&outcome.given.connection);
        };
        /// Whether an account was connected before. Null after a dry run and where nothing was done.
        "wasConnected": Option<bool> = |outcome, out| {
            match outcome.given.ended {
                Some(ended) => out.boolean(ended.was_connected),
                None => out.null(),
            }
        };
        /// Whether the service has ended the tokens. Where it has not, they are forgotten here and good until
        /// they end by themselves, or until somebody takes the app's access away in the service: PSOhub has
        /// no call for it. Null after a dry run and where nothing was done.
        "revoked": Option<bool> = |outcome, out| {
            match outcome.given.ended {
                Some(ended) => out.boolean(ended.revoked),
                None => out.null(),
            }
        };
        /// Why the account was not disconnected.
        "userErrors": Vec<UserErrorType> = |outcome, out| out.list::<UserErrorType>(&outcome.errors);
    }
}
