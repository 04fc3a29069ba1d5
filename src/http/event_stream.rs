//! GraphQL over server-sent events, in its distinct connections mode: one request, one stream of events.
//!
//! Implements <https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md>. What hinders an operation
//! from being executed comes as a `next` event too, since a browser shows nothing of an answer that is no
//! stream; what is no GraphQL request is refused by HTTP.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, stream};
use http::Response;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, VARY};
use http_body_util::Either;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;

use super::connection::{Lifeline, Running as Busy};
use super::live::{self, Told};
use super::request_id::{RequestId, X_REQUEST_ID};
use super::response::{self, Body};
use super::security;
use super::server::BoxError;
use crate::domain::SharedClock;
use crate::domain::clock::Sleep;
use crate::graphql::{Events, Executed};
use crate::services::access::Tenure;

/// Sent first and whenever nothing else was for a while: without a first byte some browsers do not take the
/// stream for open, and proxies close what is silent.
const COMMENT: Bytes = Bytes::from_static(b":\n\n");

/// The empty data is for browsers' own `EventSource`, which passes over events without any.
const COMPLETE: Bytes = Bytes::from_static(b"event: complete\ndata: \n\n");

/// Proxies that hold answers back until they are whole are asked not to (nginx).
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// One answer as a stream: one event and the end.
pub(super) fn of_answer(mut executed: Executed, id: &RequestId) -> Response<Body> {
    let mut whole = COMMENT.to_vec();
    whole.extend_from_slice(&next(&response::encode(&mut executed.response, id)));
    whole.extend_from_slice(&COMPLETE);
    answer(response::whole(whole), id)
}

/// What a stream of events needs while it is open.
pub(super) struct Open {
    /// Its place among those that may be open.
    pub(super) place: OwnedSemaphorePermit,
    /// Its connection, where it has one.
    pub(super) lifeline: Option<Lifeline>,
    /// For how long who asked may listen.
    pub(super) tenure: Tenure,
    /// Tells when it was silent for too long.
    pub(super) clock: SharedClock,
    /// How long it may be silent.
    pub(super) keep_alive: Duration,
}

/// The events of a subscription. The peer is given the next one when it has taken the last.
pub(super) fn of_events(events: Events, open: Open, id: &RequestId) -> Response<Body> {
    let running = Running::new(events, open, id.clone());
    let frames = stream::unfold(Some(running), |running| async move {
        let mut running = running?;
        let (frame, goes_on) = running.next().await?;
        Some((Ok::<_, BoxError>(frame), goes_on.then_some(running)))
    });
    let frames = stream::once(std::future::ready(Ok(COMMENT))).chain(frames);
    answer(Either::Right(axum::body::Body::from_stream(frames)), id)
}

/// A stream that is open.
struct Running {
    events: Events,
    id: RequestId,
    stop: CancellationToken,
    silence: Sleep,
    tenure: BoxFuture<'static, ()>,
    clock: SharedClock,
    keep_alive: Duration,
    _place: OwnedSemaphorePermit,
    _busy: Option<Busy>,
}

impl Running {
    fn new(events: Events, open: Open, id: RequestId) -> Self {
        let Open { place, lifeline, tenure, clock, keep_alive } = open;
        let stop = lifeline.as_ref().map(|lifeline| lifeline.server().stop.clone()).unwrap_or_default();
        let silence = clock.sleep(keep_alive);
        let busy = lifeline.as_ref().map(Lifeline::busy);
        let tenure = tenure.ended().boxed();
        Self { events, id, stop, silence, tenure, clock, keep_alive, _place: place, _busy: busy }
    }

    /// The next bytes, and whether more follow; `None` when the server stops. Ending without `complete` makes
    /// a client connect again.
    async fn next(&mut self) -> Option<(Bytes, bool)> {
        let told = tokio::select! {
            biased;
            () = self.stop.cancelled() => return None,
            () = &mut self.tenure => {
                let last = [next(&self.refusal(live::access_ended())), COMPLETE].concat();
                return Some((last.into(), false));
            }
            told = live::next_of(&mut self.events, &self.id) => told,
            () = &mut self.silence => {
                self.silence = self.clock.sleep(self.keep_alive);
                return Some((COMMENT, true));
            }
        };
        self.silence = self.clock.sleep(self.keep_alive);
        Some(match told {
            Told::Event(mut response) => (next(&response::encode(&mut response, &self.id)), true),
            Told::Complete => (COMPLETE, false),
            Told::Lost => (next(&self.refusal(live::events_lost())), false),
            Told::Broken => {
                let last = [next(&self.refusal(live::broken())), COMPLETE].concat();
                (last.into(), false)
            }
        })
    }

    fn refusal(&self, mut refused: Executed) -> Bytes {
        response::encode(&mut refused.response, &self.id)
    }
}

/// A `next` event. JSON as it is written here has no line breaks, which would end the event.
fn next(json: &[u8]) -> Bytes {
    [b"event: next\ndata: ", json, b"\n\n"].concat().into()
}

fn answer(body: Body, id: &RequestId) -> Response<Body> {
    let mut headers = HeaderMap::with_capacity(8);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(VARY, HeaderValue::from_static("accept"));
    headers.insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
    headers.insert(X_REQUEST_ID, id.header_value());
    security::add(&mut headers);
    let mut response = Response::new(body);
    *response.headers_mut() = headers;
    response
}
