//! What the mutation on connections is asked.

use async_graphql::InputObject;

use crate::graphql::types::UpstreamName;

/// What disconnect is asked.
#[derive(InputObject, Debug)]
pub(in crate::graphql) struct DisconnectInput {
    /// Which service's account.
    pub(in crate::graphql) upstream: UpstreamName,
    /// Whether to show the connection only, and to change nothing anywhere.
    #[graphql(default)]
    pub(in crate::graphql) dry_run: bool,
}
