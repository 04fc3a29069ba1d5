//! What HTTP needs of GraphQL: one trait, and the service behind it.

use std::sync::OnceLock;

use futures_util::future::{BoxFuture, FutureExt};

use crate::graphql::{Caller, Executed, GraphqlService, sdl};

/// Runs GraphQL operations.
pub trait Executor: Send + Sync + 'static {
    /// Runs one operation for `caller`. Limits and coded errors are the executor's.
    fn execute(&self, request: async_graphql::Request, caller: Caller) -> BoxFuture<'_, Executed>;

    /// The version of the book it answers from now: an answer of another version is not reused.
    fn book_version(&self) -> u64;

    /// The schema as SDL.
    fn sdl(&self) -> &str;
}

impl Executor for GraphqlService {
    fn execute(&self, request: async_graphql::Request, caller: Caller) -> BoxFuture<'_, Executed> {
        self.execute(request, caller).boxed()
    }

    fn book_version(&self) -> u64 {
        self.book_version()
    }

    fn sdl(&self) -> &str {
        static SDL: OnceLock<String> = OnceLock::new();
        SDL.get_or_init(sdl)
    }
}
