//! What runPaymentSync is asked.

use async_graphql::InputObject;

/// What runPaymentSync is asked.
#[derive(InputObject, Debug)]
pub(in crate::graphql) struct RunPaymentSyncInput {
    /// Whether to show what would be set to Paid and to write nothing to PSOhub.
    #[graphql(default)]
    pub(in crate::graphql) dry_run: bool,
    /// A text of your own, at most 255 bytes. The same request under the same key gives the same run,
    /// however often it is repeated; another request under it is refused.
    pub(in crate::graphql) idempotency_key: Option<String>,
    /// How many seconds to wait for the run to end: 0 to 60. It goes on by itself either way.
    #[graphql(default = 20)]
    pub(in crate::graphql) wait_seconds: i32,
}
