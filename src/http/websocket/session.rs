//! One WebSocket from its opening to its end.
//!
//! Nothing is buffered for a client that does not read: the next event is asked for when the operating
//! system has taken the last one, and nothing is read while replies wait to be written. A client that takes
//! nothing at all is cut off by the server's stall guard, one that misses events by [`Close::TOO_SLOW`].

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{FutureExt, StreamExt};
use http::HeaderMap;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::close::Close;
use super::message;
use super::operations::{Operations, Outcome};
use super::outbox::Outbox;
use super::protocol::{Protocol, Reaction};
use crate::domain::SharedClock;
use crate::domain::clock::Sleep;
use crate::graphql::{Caller, ErrorCode, Executed, Fault};
use crate::http::access::Access;
use crate::http::admission::Admission;
use crate::http::connection::ServerHandle;
use crate::http::executor::Executor;
use crate::http::live::LiveConfig;
use crate::http::request::Asking;
use crate::http::request_id::RequestId;
use crate::http::response;
use crate::services::access::{AccessError, Admitted, Tenure};

/// A message is read in pieces of this size; each connection holds one.
const READ_BUFFER_BYTES: usize = 4 * 1024;

/// Room for one frame and the replies to pings that came meanwhile.
const WRITE_BUFFER_BYTES_MAX: usize = 64 * 1024;

/// Frames that may wait while the client's messages are still read.
const REPLIES_MAX: usize = 16;

/// What is still read of a client that was refused, so that it sees why.
const REST_BYTES_MAX: u64 = 1024 * 1024;

/// What a WebSocket is served with.
pub(super) struct Session {
    pub(super) executor: Arc<dyn Executor>,
    pub(super) clock: SharedClock,
    pub(super) access: Access,
    pub(super) admission: Arc<Admission>,
    pub(super) config: LiveConfig,
    /// Headers of the handshake.
    pub(super) headers: HeaderMap,
    /// Whether the sub-protocol was agreed on.
    pub(super) agreed: Result<(), Close>,
    pub(super) server: ServerHandle,
}

/// How a connection ends.
enum End {
    /// We close it.
    Ours(Close),
    /// The client closes it, and is answered.
    Theirs,
    /// Nobody is there any more.
    Gone,
}

impl Session {
    /// Serves the WebSocket on `io` to its end.
    pub(super) async fn serve<S>(self, io: S)
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .write_buffer_size(0)
            .max_write_buffer_size(WRITE_BUFFER_BYTES_MAX)
            .max_message_size(Some(self.config.message_bytes_max))
            .max_frame_size(Some(self.config.message_bytes_max));
        let socket = WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await;
        let (clock, wait) = (Arc::clone(&self.clock), self.config.close_wait);
        let force = self.server.force.clone();
        let serving = async {
            let (socket, end) = match self.agreed.clone() {
                Ok(()) => Dialogue::new(self, socket).hold().await,
                Err(close) => (Some(socket), End::Ours(close)),
            };
            let Some(socket) = socket else { return };
            tokio::select! {
                () = part(socket, end) => {}
                () = clock.sleep(wait) => {}
            }
        };
        tokio::select! {
            () = serving => {}
            () = force.cancelled() => {}
        }
    }
}

/// Ends a connection so that the peer sees how: by the closing handshake; where the peer cannot be understood
/// any more, by reading on for a while, since closing with unread bytes takes back the close frame.
async fn part<S: AsyncRead + AsyncWrite + Unpin>(mut socket: WebSocketStream<S>, end: End) {
    match &end {
        End::Gone => return,
        End::Theirs => {}
        End::Ours(Close { code, reason }) => {
            tracing::debug!(code, %reason, "a WebSocket is closed");
            let frame = CloseFrame { code: (*code).into(), reason: reason.as_ref().into() };
            if socket.close(Some(frame)).await.is_err() {
                return;
            }
        }
    }
    let mut is_answered = matches!(end, End::Theirs);
    while let Some(Ok(message)) = socket.next().await {
        is_answered |= message.is_close();
    }
    if is_answered {
        return;
    }
    let mut io = socket.into_inner();
    // Neither can fail in a way that anybody would still want to know of.
    let _ = io.shutdown().await;
    let _ = tokio::io::copy(&mut io.take(REST_BYTES_MAX), &mut tokio::io::sink()).await;
}

/// The talk with one client.
struct Dialogue<S> {
    session: Session,
    sink: SplitSink<WebSocketStream<S>, Message>,
    stream: SplitStream<WebSocketStream<S>>,
    protocol: Protocol,
    operations: Operations,
    outbox: Outbox,
    /// Finds out who the client is, once it has said so.
    asking: Option<BoxFuture<'static, Result<Admitted, AccessError>>>,
    /// Who the client is, once that is known.
    caller: Option<Caller>,
    /// Rings when the client's key or token has ended.
    tenure: BoxFuture<'static, ()>,
    /// Rings when `connection_init` is overdue, then whenever a ping is due.
    alarm: Sleep,
    /// Since when no operation runs, as far as an alarm has found so.
    idle_since: Option<Duration>,
    /// Whether nothing came since the last ping.
    is_silent: bool,
    /// Whether the service stops: what has one answer still gets it.
    is_stopping: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Dialogue<S> {
    fn new(session: Session, socket: WebSocketStream<S>) -> Self {
        let (sink, stream) = socket.split();
        let tasks = session.server.tasks.clone();
        Self {
            protocol: Protocol::new(),
            operations: Operations::new(Arc::clone(&session.executor), tasks, session.config.operations_max),
            outbox: Outbox::default(),
            asking: None,
            caller: None,
            tenure: Tenure::endless().ended().boxed(),
            alarm: session.clock.sleep(session.config.init_timeout),
            idle_since: None,
            is_silent: false,
            is_stopping: false,
            session,
            sink,
            stream,
        }
    }

    /// Holds the talk to its end; gives back the socket.
    async fn hold(mut self) -> (Option<WebSocketStream<S>>, End) {
        let stop = self.session.server.stop.clone();
        let mut stopped = std::pin::pin!(stop.cancelled());
        let end = loop {
            if self.is_stopping && self.operations.is_empty() && self.outbox.is_idle() {
                break End::Ours(Close::GOING_AWAY);
            }
            let is_idle = self.outbox.is_idle();
            let listens = !self.is_stopping && self.outbox.len() < REPLIES_MAX;
            let reaction = tokio::select! {
                () = stopped.as_mut(), if !self.is_stopping => {
                    self.stop();
                    Ok(())
                }
                written = self.outbox.write(&mut self.sink), if !is_idle => written.map_err(|_broken| End::Gone),
                (id, request_id, outcome) = self.operations.next(), if is_idle => {
                    self.tell(&id, &request_id, outcome)
                }
                received = self.stream.next(), if listens => self.receive(received),
                asked = answered(&mut self.asking) => self.let_in(asked),
                () = &mut self.tenure => Err(End::Ours(Close::FORBIDDEN)),
                () = &mut self.alarm => self.ring(),
            };
            if let Err(end) = reaction {
                break end;
            }
        };
        (self.sink.reunite(self.stream).ok(), end)
    }

    fn stop(&mut self) {
        self.is_stopping = true;
        self.operations.stop_subscriptions();
    }

    fn receive(&mut self, received: Option<Result<Message, Error>>) -> Result<(), End> {
        self.is_silent = false;
        match received {
            None => Err(End::Gone),
            Some(Ok(Message::Text(text))) => {
                let reaction = self.protocol.receive(&text);
                self.follow(reaction)
            }
            Some(Ok(Message::Binary(_))) => Err(End::Ours(Close::BINARY)),
            // The socket answers pings itself.
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Ok(()),
            Some(Ok(Message::Close(_))) => Err(End::Theirs),
            Some(Err(Error::Capacity(_))) => Err(End::Ours(Close::TOO_BIG)),
            Some(Err(Error::Utf8(_))) => Err(End::Ours(Close::NOT_UTF8)),
            Some(Err(Error::Protocol(_))) => Err(End::Ours(Close::PROTOCOL_ERROR)),
            Some(Err(_broken)) => Err(End::Gone),
        }
    }

    fn follow(&mut self, reaction: Reaction) -> Result<(), End> {
        match reaction {
            Reaction::Nothing => {}
            Reaction::Reply(reply) => self.outbox.text(reply),
            Reaction::Init(payload) => {
                let access = self.session.access.clone();
                let headers = std::mem::take(&mut self.session.headers);
                let asking = async move { access.of_connection(&headers, payload.as_deref()).await };
                self.asking = Some(asking.boxed());
            }
            Reaction::Start { id, asking } => self.start(&id, *asking),
            Reaction::Stop { id } => self.operations.stop(&id),
            Reaction::Close(close) => return Err(End::Ours(close)),
        }
        Ok(())
    }

    fn let_in(&mut self, asked: Result<Admitted, AccessError>) -> Result<(), End> {
        self.asking = None;
        let Admitted { caller, tenure } = asked.map_err(|error| {
            tracing::debug!(%error, "a WebSocket's client was not let in");
            End::Ours(if error == AccessError::Unavailable { Close::TRY_AGAIN } else { Close::FORBIDDEN })
        })?;
        self.caller = Some(caller);
        self.tenure = tenure.ended().boxed();
        self.outbox.text(self.protocol.acknowledge());
        self.wind_alarm();
        Ok(())
    }

    fn start(&mut self, id: &str, asking: Asking) {
        // Always known by now: the protocol starts nothing before it is acknowledged.
        let Some(caller) = self.caller.clone() else { return };
        let admission = &self.session.admission;
        let admitted = admission.rate.take(&caller).map_err(Fault::from);
        let request = match admitted.and_then(|()| admission.documents.resolve(asking, &caller)) {
            Ok(resolved) => resolved.request,
            Err(fault) => return self.refuse(id, &RequestId::generate(), Executed::refused(&fault).response),
        };
        self.idle_since = None;
        if self.operations.start(id, request, caller).is_err() {
            let max = self.session.config.operations_max;
            let fault = Fault::new(
                ErrorCode::TooManyOperations,
                format!("{max} operations run on this connection: complete one, or open another connection"),
            );
            self.refuse(id, &RequestId::generate(), Executed::refused(&fault).response);
        }
    }

    fn tell(&mut self, id: &str, request_id: &RequestId, outcome: Outcome) -> Result<(), End> {
        match outcome {
            Outcome::Event(mut response) => {
                self.outbox.text(message::next(id, &response::encode(&mut response, request_id)));
            }
            Outcome::Answer(mut response) => {
                self.outbox.text(message::next(id, &response::encode(&mut response, request_id)));
                self.complete(id);
            }
            Outcome::Refused(response) => self.refuse(id, request_id, response),
            Outcome::Complete => self.complete(id),
            Outcome::Lost => return Err(End::Ours(Close::TOO_SLOW)),
        }
        Ok(())
    }

    fn complete(&mut self, id: &str) {
        self.protocol.end(id);
        self.outbox.text(message::complete(id));
    }

    fn refuse(&mut self, id: &str, request_id: &RequestId, mut response: async_graphql::Response) {
        self.protocol.end(id);
        self.outbox.text(message::error(id, &response::encode_errors(&mut response, request_id)));
    }

    fn ring(&mut self) -> Result<(), End> {
        if let Some(close) = self.protocol.init_time_is_over() {
            return Err(End::Ours(close));
        }
        if self.is_idle_too_long() {
            return Err(End::Ours(Close::IDLE));
        }
        self.wind_alarm();
        // A peer that is still taking bytes lives; one that does not is the stall guard's.
        if !self.outbox.is_idle() {
            return Ok(());
        }
        if self.is_silent {
            tracing::debug!("a WebSocket's peer does not answer pings; it is dropped");
            return Err(End::Gone);
        }
        self.is_silent = true;
        self.outbox.ping();
        Ok(())
    }

    /// Whether no operation has run for so long that the place is wanted back. Looked at whenever a ping is due.
    fn is_idle_too_long(&mut self) -> bool {
        if !self.operations.is_empty() {
            self.idle_since = None;
            return false;
        }
        let now = self.session.clock.elapsed();
        let since = *self.idle_since.get_or_insert(now);
        now.saturating_sub(since) >= self.session.config.idle_timeout
    }

    fn wind_alarm(&mut self) {
        self.alarm = self.session.clock.sleep(self.session.config.keep_alive);
    }
}

/// What came of asking who the client is; waits for ever while nobody asks.
async fn answered(
    asking: &mut Option<BoxFuture<'static, Result<Admitted, AccessError>>>,
) -> Result<Admitted, AccessError> {
    match asking {
        Some(asking) => asking.await,
        None => std::future::pending().await,
    }
}
