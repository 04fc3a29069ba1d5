//! GraphQL over WebSocket, by the sub-protocol graphql-transport-ws.
//!
//! `handshake` opens, `protocol` decides what each message means, `operations` runs what clients ask for,
//! `session` moves messages between the three and the socket. Specification:
//! <https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>; async-graphql-axum's own handler departs
//! from it in what it closes with, and lets any page connect.

mod close;
mod handshake;
mod message;
mod operations;
mod outbox;
mod protocol;
mod session;

use std::sync::Arc;

use http::{Request, Response};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;

use super::access::Access;
use super::admission::Admission;
use super::connection::Lifeline;
use super::executor::Executor;
use super::fault::HttpFault;
use super::graphql::GraphqlConfig;
use super::live::{LiveConfig, Places};
use super::origin::{self, AllowedOrigins};
use super::request_id::RequestId;
use super::response::Body;
use crate::domain::SharedClock;
use handshake::Handshake;
pub(super) use handshake::is_handshake;
use session::Session;
use tracing::Instrument as _;

/// Opens WebSockets.
pub(super) struct WebSockets {
    executor: Arc<dyn Executor>,
    clock: SharedClock,
    access: Access,
    admission: Arc<Admission>,
    origins: AllowedOrigins,
    config: LiveConfig,
    places: Places,
}

impl WebSockets {
    pub(super) fn new(
        executor: Arc<dyn Executor>,
        clock: SharedClock,
        access: Access,
        admission: Arc<Admission>,
        config: &GraphqlConfig,
    ) -> Self {
        let places = Places::new(config.live.websockets_max);
        let (origins, config) = (config.origins.clone(), config.live.clone());
        Self { executor, clock, access, admission, origins, config, places }
    }

    /// How many are open.
    pub(super) fn open_now(&self) -> usize {
        self.places.taken()
    }

    /// Answers a handshake, and serves the WebSocket in a task that the server waits for when it stops.
    pub(super) fn open<B>(
        &self,
        mut request: Request<B>,
        id: &RequestId,
    ) -> Result<Response<Body>, HttpFault> {
        origin::check(&request, &self.origins)?;
        let handshake = Handshake::of(&request)?;
        let upgrade = request.extensions_mut().remove::<OnUpgrade>();
        let lifeline = request.extensions_mut().remove::<Lifeline>();
        let (Some(upgrade), Some(lifeline)) = (upgrade, lifeline) else {
            return Err(HttpFault::WebSocketHandshake { reason: "it needs a connection of HTTP/1.1" });
        };
        let place = self.places.take()?;
        let answer = handshake.answer(id);
        let session = Session {
            executor: Arc::clone(&self.executor),
            clock: Arc::clone(&self.clock),
            access: self.access.clone(),
            admission: Arc::clone(&self.admission),
            config: self.config.clone(),
            headers: std::mem::take(request.headers_mut()),
            agreed: handshake.agreed,
            server: lifeline.server().clone(),
        };
        let span = tracing::info_span!("websocket", request.id = id.as_str());
        lifeline.server().tasks.spawn(async move {
            // The peer may have gone before it was answered.
            if let Ok(upgraded) = upgrade.await {
                session.serve(TokioIo::new(upgraded)).instrument(span).await;
            }
            drop(place);
        });
        Ok(answer)
    }
}
