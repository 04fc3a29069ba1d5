//! What HTTP needs of GraphQL: one trait, and the service behind it.

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

/// The GraphQL service, with the version of the book that it reads.
pub struct ServiceExecutor {
    service: GraphqlService,
    book_version: Box<dyn Fn() -> u64 + Send + Sync>,
    sdl: String,
}

impl ServiceExecutor {
    /// `book_version` must be that of the very book which `service` reads.
    pub fn new(service: GraphqlService, book_version: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self { service, book_version: Box::new(book_version), sdl: sdl() }
    }
}

impl Executor for ServiceExecutor {
    fn execute(&self, request: async_graphql::Request, caller: Caller) -> BoxFuture<'_, Executed> {
        self.service.execute(request, caller).boxed()
    }

    fn book_version(&self) -> u64 {
        (self.book_version)()
    }

    fn sdl(&self) -> &str {
        &self.sdl
    }
}
