//! What HTTP needs of GraphQL.

use std::time::Duration;

use futures_util::future::BoxFuture;

/// Runs GraphQL operations.
pub trait Executor: Send + Sync + 'static {
    /// Runs one operation for `caller`. Limits and coded errors are the executor's.
    fn execute(&self, request: async_graphql::Request, caller: Caller) -> BoxFuture<'_, Executed>;

    /// The version of what it answers from now: an answer of another version is not reused.
    fn book_version(&self) -> u64;

    /// The schema as SDL.
    fn sdl(&self) -> &str;
}

/// Who asks, as far as it decides what is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Caller;

/// An operation's outcome.
#[derive(Debug)]
pub struct Executed {
    /// The response.
    pub response: async_graphql::Response,
    /// Whether and how long the response holds for the same request of the same caller.
    pub reusable: Option<Reusable>,
}

/// How long a response holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reusable {
    /// Version of the book it was made from.
    pub book_version: u64,
    /// Holds until the clock's monotonic time reaches this.
    pub until: Duration,
}
