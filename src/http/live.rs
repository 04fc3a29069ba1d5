//! Clients that listen: how many, how long and how much.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use async_graphql::Response;
use futures_util::StreamExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::fault::HttpFault;
use super::request_id::RequestId;
use crate::graphql::{ErrorCode, Events, Executed, Fault, TooSlow};

/// Limits and periods of WebSockets and event streams.
#[derive(Debug, Clone)]
pub struct LiveConfig {
    /// WebSockets open at a time. They take no place among the server's connections.
    pub websockets_max: usize,
    /// Event streams open at a time. Over HTTP/1.1 each takes a place among the server's connections.
    pub event_streams_max: usize,
    /// Operations that run at a time on one WebSocket, those included that nobody listens to any more.
    pub operations_max: usize,
    /// Longest message of a WebSocket client, in bytes.
    pub message_bytes_max: usize,
    /// A WebSocket without `connection_init` for this long is closed.
    pub init_timeout: Duration,
    /// A WebSocket is pinged this often, and dropped when nothing came since the last ping; an event stream
    /// gets a comment this often.
    pub keep_alive: Duration,
    /// A WebSocket on which no operation runs for this long is closed, when the next ping is due.
    pub idle_timeout: Duration,
    /// How long the peer's half of a closing handshake is waited for.
    pub close_wait: Duration,
}

impl Default for LiveConfig {
    fn default() -> Self {
        Self {
            websockets_max: 2048,
            event_streams_max: 512,
            operations_max: 64,
            // A body of 64 KB and its envelope.
            message_bytes_max: 66 * 1024,
            init_timeout: Duration::from_secs(3),
            keep_alive: Duration::from_secs(12),
            idle_timeout: Duration::from_mins(10),
            close_wait: Duration::from_secs(5),
        }
    }
}

/// A bounded number of places for clients that listen.
#[derive(Debug)]
pub(super) struct Places {
    free: Arc<Semaphore>,
    max: usize,
}

impl Places {
    pub(super) fn new(max: usize) -> Self {
        Self { free: Arc::new(Semaphore::new(max)), max }
    }

    /// How many are taken.
    pub(super) fn taken(&self) -> usize {
        self.max.saturating_sub(self.free.available_permits())
    }

    /// A place, held until it is dropped. Nobody is kept waiting for one.
    pub(super) fn take(&self) -> Result<OwnedSemaphorePermit, HttpFault> {
        let place = Arc::clone(&self.free).try_acquire_owned();
        place.map_err(|_none_free| HttpFault::TooManyConnections { max: self.max })
    }
}

/// What a subscription tells next.
#[derive(Debug)]
pub(super) enum Told {
    /// An event.
    Event(Box<Response>),
    /// It has nothing more to tell.
    Complete,
    /// The listener missed events.
    Lost,
    /// It failed by a fault of ours, and is not to be asked again.
    Broken,
}

/// What `events` tell next. A panic costs this subscription and nothing else.
pub(super) async fn next_of(events: &mut Events, id: &RequestId) -> Told {
    poll_fn(|context| poll_told(events, id, context)).await
}

/// Like [`next_of`], to be polled.
pub(super) fn poll_told(events: &mut Events, id: &RequestId, context: &mut Context<'_>) -> Poll<Told> {
    match catch_unwind(AssertUnwindSafe(|| events.poll_next_unpin(context))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(Some(Ok(response)))) => Poll::Ready(Told::Event(Box::new(response))),
        Ok(Poll::Ready(Some(Err(TooSlow)))) => Poll::Ready(Told::Lost),
        Ok(Poll::Ready(None)) => Poll::Ready(Told::Complete),
        Err(_panic) => {
            tracing::error!(request.id = id.as_str(), "a subscription panicked; it was ended with INTERNAL");
            Poll::Ready(Told::Broken)
        }
    }
}

/// The refusal that a client reads when events were lost.
pub(super) fn events_lost() -> Executed {
    Executed::refused(&Fault::new(ErrorCode::EventsLost, TooSlow.to_string()))
}

/// The refusal that a client reads when its key or token has ended.
pub(super) fn access_ended() -> Executed {
    let message = "the key or token of this subscription has ended: subscribe again with a good one";
    Executed::refused(&Fault::new(ErrorCode::Unauthenticated, message))
}

/// The refusal that a client reads when an operation failed by a fault of ours.
pub(super) fn broken() -> Executed {
    Executed::refused(&Fault::new(ErrorCode::Internal, HttpFault::Internal.to_string()))
}
