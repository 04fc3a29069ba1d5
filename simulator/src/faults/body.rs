//! An answer's body on its way out: counted, and cut or slowed where a fault says so.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::Sleep;

use crate::server::Connection;
use crate::traffic::Ticket;

/// What a cut connection is given to send what it already has.
const FLUSH: Duration = Duration::from_millis(30);

/// A body that is counted while it is sent. The call is over when it is dropped.
pub(super) struct Outgoing {
    inner: Body,
    ticket: Ticket,
    flow: Flow,
}

/// How the body flows.
pub(super) enum Flow {
    Free,
    /// Closes the connection after so many bytes.
    Cut {
        bytes_left: u64,
        connection: Option<Connection>,
    },
    /// So many bytes at a time, each after a delay.
    Drip {
        chunk_bytes: usize,
        delay: Duration,
        rest: Bytes,
        sleep: Option<Pin<Box<Sleep>>>,
    },
}

impl Outgoing {
    pub(super) fn new(inner: Body, ticket: Ticket, flow: Flow) -> Self {
        if inner.is_end_stream() {
            ticket.completed(true);
        }
        Self { inner, ticket, flow }
    }
}

impl HttpBody for Outgoing {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        let frame = ready!(this.flow.poll(&mut this.inner, context));
        if let Some(Ok(frame)) = &frame {
            this.ticket.sent(frame.data_ref().map_or(0, Bytes::len));
            if this.inner.is_end_stream() && matches!(this.flow, Flow::Free) {
                this.ticket.completed(true);
            }
        } else {
            this.ticket.completed(frame.is_none());
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.flow, Flow::Free) && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

type Polled = Poll<Option<Result<Frame<Bytes>, axum::Error>>>;

impl Flow {
    fn poll(&mut self, inner: &mut Body, context: &mut Context<'_>) -> Polled {
        match self {
            Self::Free => poll_inner(inner, context),
            Self::Cut { bytes_left, connection } => poll_cut(bytes_left, connection, inner, context),
            Self::Drip { chunk_bytes, delay, rest, sleep } => {
                poll_drip((*chunk_bytes).max(1), *delay, rest, sleep, inner, context)
            }
        }
    }
}

fn poll_inner(inner: &mut Body, context: &mut Context<'_>) -> Polled {
    Pin::new(inner).poll_frame(context)
}

fn poll_cut(
    bytes_left: &mut u64,
    connection: &mut Option<Connection>,
    inner: &mut Body,
    context: &mut Context<'_>,
) -> Polled {
    if *bytes_left == 0 {
        if let Some(connection) = connection.take() {
            tokio::spawn(async move {
                tokio::time::sleep(FLUSH).await;
                connection.close();
            });
        }
        // The connection is closed before anybody asks again.
        return Poll::Pending;
    }
    let frame = ready!(poll_inner(inner, context));
    let Some(Ok(frame)) = frame else {
        // A body shorter than the cut still ends in a closed connection.
        *bytes_left = 0;
        return poll_cut(bytes_left, connection, inner, context);
    };
    let Ok(mut data) = frame.into_data() else { return Poll::Ready(None) };
    data.truncate(usize::try_from(*bytes_left).unwrap_or(usize::MAX));
    *bytes_left -= data.len() as u64;
    Poll::Ready(Some(Ok(Frame::data(data))))
}

fn poll_drip(
    chunk_bytes: usize,
    delay: Duration,
    rest: &mut Bytes,
    sleep: &mut Option<Pin<Box<Sleep>>>,
    inner: &mut Body,
    context: &mut Context<'_>,
) -> Polled {
    while rest.is_empty() {
        match ready!(poll_inner(inner, context)) {
            Some(Ok(frame)) => *rest = frame.into_data().unwrap_or_default(),
            end => return Poll::Ready(end),
        }
    }
    ready!(sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep(delay))).as_mut().poll(context));
    *sleep = None;
    let chunk = rest.split_to(chunk_bytes.min(rest.len()));
    Poll::Ready(Some(Ok(Frame::data(chunk))))
}
