//! What HTTP needs of GraphQL: one trait, and the service behind it.

use std::sync::OnceLock;

use futures_util::future::{BoxFuture, FutureExt};

use crate::graphql::{Caller, Executed, GraphqlService, Subscribed, sdl};

/// Runs GraphQL operations.
pub trait Executor: Send + Sync + 'static {
    /// Runs one query or mutation for `caller`. Limits and coded errors are the executor's.
    fn execute(&self, request: async_graphql::Request, caller: Caller) -> BoxFuture<'_, Executed>;

    /// Runs one operation for `caller`, by the same limits; a subscription begins to give events.
    fn subscribe(&self, request: async_graphql::Request, caller: Caller) -> BoxFuture<'_, Subscribed>;

    /// The version of the book it answers from now: an answer of another version is not reused.
    fn book_version(&self) -> u64;

    /// The schema as SDL.
    fn sdl(&self) -> &str;
}

impl Executor for GraphqlService {
    fn execute(&self, request: async_graphql::Request, caller: Caller) -> BoxFuture<'_, Executed> {
        self.execute(request, caller).boxed()
    }

    fn subscribe(&self, request: async_graphql::Request, caller: Caller) -> BoxFuture<'_, Subscribed> {
        self.subscribe(request, caller).boxed()
    }

    fn book_version(&self) -> u64 {
        self.book_version()
    }

    fn sdl(&self) -> &str {
        static SDL: OnceLock<String> = OnceLock::new();
        SDL.get_or_init(sdl)
    }
}
