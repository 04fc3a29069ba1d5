//! The operations that run on one connection.
//!
//! A query or mutation runs in a task of its own: a client that goes away, or has lost interest, does not
//! leave a mutation half done. Events of subscriptions are produced only when they are asked for.

use std::sync::Arc;
use std::task::{Context, Poll, ready};

use async_graphql::{Request, Response};
use futures_util::FutureExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;

use crate::graphql::{Caller, Events, Executed, Subscribed};
use crate::http::executor::Executor;
use crate::http::live::{self, Told};
use crate::http::request_id::RequestId;

/// What an operation has to tell.
#[derive(Debug)]
pub(super) enum Outcome {
    /// An event; more may follow.
    Event(Response),
    /// The only answer.
    Answer(Response),
    /// It was refused, or failed by a fault of ours.
    Refused(Response),
    /// It has nothing more to tell.
    Complete,
    /// The client missed events.
    Lost,
}

impl Outcome {
    /// Whether the operation has ended with it.
    pub(super) const fn is_last(&self) -> bool {
        !matches!(self, Self::Event(_))
    }
}

/// The operations of one connection.
pub(super) struct Operations {
    executor: Arc<dyn Executor>,
    tasks: TaskTracker,
    /// A forgotten query keeps its place until it ends.
    places: Arc<Semaphore>,
    running: Vec<Operation>,
    /// Whose turn it is, so that one busy subscription does not silence the others.
    turn: usize,
}

struct Operation {
    id: Box<str>,
    request_id: RequestId,
    state: State,
}

enum State {
    Executing(JoinHandle<(Subscribed, OwnedSemaphorePermit)>),
    Telling(Events, #[expect(dead_code, reason = "held until it ends")] OwnedSemaphorePermit),
}

impl Operations {
    /// No operation yet, and at most `max` at a time.
    pub(super) fn new(executor: Arc<dyn Executor>, tasks: TaskTracker, max: usize) -> Self {
        Self { executor, tasks, places: Arc::new(Semaphore::new(max)), running: Vec::new(), turn: 0 }
    }

    /// Starts an operation, whose id is free, if there is a place for it.
    pub(super) fn start(
        &mut self,
        id: &str,
        request: Request,
        caller: Caller,
    ) -> Result<(), TryAcquireError> {
        let place = Arc::clone(&self.places).try_acquire_owned()?;
        let executor = Arc::clone(&self.executor);
        let executing = self.tasks.spawn(async move { (executor.subscribe(request, caller).await, place) });
        let request_id = RequestId::generate();
        self.running.push(Operation { id: id.into(), request_id, state: State::Executing(executing) });
        Ok(())
    }

    /// Forgets an operation. A subscription ends; a query or mutation goes on unheard.
    pub(super) fn stop(&mut self, id: &str) {
        self.running.retain(|operation| &*operation.id != id);
    }

    /// Ends all subscriptions and keeps what has one answer.
    pub(super) fn stop_subscriptions(&mut self) {
        self.running.retain(|operation| matches!(operation.state, State::Executing(_)));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    /// The next outcome of any operation. One that has ended is forgotten. Waits for ever while none runs.
    pub(super) async fn next(&mut self) -> (Box<str>, RequestId, Outcome) {
        std::future::poll_fn(|context| self.poll_next(context)).await
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<(Box<str>, RequestId, Outcome)> {
        let count = self.running.len();
        for place in (0..count).map(|step| (self.turn + step) % count) {
            let Some(operation) = self.running.get_mut(place) else { continue };
            let Poll::Ready(outcome) = operation.poll(context) else { continue };
            let told = (operation.id.clone(), operation.request_id.clone(), outcome);
            if told.2.is_last() {
                self.running.swap_remove(place);
            }
            self.turn = place + 1;
            return Poll::Ready(told);
        }
        Poll::Pending
    }
}

impl Operation {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Outcome> {
        if let State::Executing(executing) = &mut self.state {
            match ready!(executing.poll_unpin(context)) {
                Ok((Subscribed::Answer(executed), _place)) => return Poll::Ready(of_answer(*executed)),
                Ok((Subscribed::Events(events), place)) => self.state = State::Telling(events, place),
                Err(error) => {
                    tracing::error!(
                        request.id = self.request_id.as_str(),
                        %error,
                        "an operation panicked; it was answered with INTERNAL"
                    );
                    return Poll::Ready(Outcome::Refused(live::broken().response));
                }
            }
        }
        let State::Telling(events, _) = &mut self.state else { return Poll::Pending };
        let told = ready!(live::poll_told(events, &self.request_id, context));
        Poll::Ready(match told {
            Told::Event(response) => Outcome::Event(*response),
            Told::Complete => Outcome::Complete,
            Told::Lost => Outcome::Lost,
            Told::Broken => Outcome::Refused(live::broken().response),
        })
    }
}

/// An operation that was refused before it was executed has an error without a path.
fn of_answer(executed: Executed) -> Outcome {
    let response = executed.response;
    let is_refused = response.errors.iter().any(|error| error.path.is_empty());
    if is_refused { Outcome::Refused(response) } else { Outcome::Answer(response) }
}
