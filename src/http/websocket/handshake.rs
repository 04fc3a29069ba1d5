//! The opening handshake: RFC 6455, section 4.2, and which sub-protocol was agreed on.

use async_graphql_axum::GraphQLProtocol;
use axum::extract::FromRequestParts;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::FutureExt;
use http::header::{
    CONNECTION, HeaderMap, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{Method, Request, Response, StatusCode};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::close::Close;
use crate::http::fault::HttpFault;
use crate::http::request_id::{RequestId, X_REQUEST_ID};
use crate::http::response::{self, Body};

/// The one sub-protocol that is spoken.
const SUBPROTOCOL: &str = "graphql-transport-ws";

/// Whether a request wants to become a WebSocket.
pub(in crate::http) fn is_handshake(headers: &HeaderMap) -> bool {
    headers.get(UPGRADE).is_some_and(|upgrade| lists(upgrade, "websocket"))
}

/// A handshake that is in order.
pub(super) struct Handshake {
    accept: String,
    /// Whether graphql-transport-ws was agreed on; else why the connection is closed as soon as it is open.
    pub(super) agreed: Result<(), Close>,
}

impl Handshake {
    /// Reads the handshake of `request`.
    pub(super) fn of<B>(request: &Request<B>) -> Result<Self, HttpFault> {
        let headers = request.headers();
        let invalid = |reason| Err(HttpFault::WebSocketHandshake { reason });
        if request.method() != Method::GET {
            return invalid("it is sent by GET");
        }
        if !headers.get_all(CONNECTION).iter().any(|value| lists(value, "upgrade")) {
            return invalid("'Connection: Upgrade' is missing");
        }
        if headers.get(SEC_WEBSOCKET_VERSION).is_none_or(|version| version.as_bytes() != b"13") {
            return Err(HttpFault::WebSocketVersion);
        }
        match headers.get(SEC_WEBSOCKET_KEY) {
            Some(key) if STANDARD.decode(key.as_bytes()).is_ok_and(|nonce| nonce.len() == 16) => {
                Ok(Self { accept: derive_accept_key(key.as_bytes()), agreed: agreement(headers) })
            }
            _ => invalid("'Sec-WebSocket-Key' is not the base64 of 16 bytes"),
        }
    }

    /// The answer that makes the connection a WebSocket.
    pub(super) fn answer(&self, id: &RequestId) -> Response<Body> {
        let mut response = Response::new(response::whole(Vec::new()));
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(X_REQUEST_ID, id.header_value());
        if let Ok(accept) = HeaderValue::try_from(&self.accept) {
            headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
        }
        if self.agreed.is_ok() {
            headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
        }
        response
    }
}

/// Whether the client offers the sub-protocol. A connection without it is opened all the same, since only
/// so can the client be told why it is closed.
fn agreement(headers: &HeaderMap) -> Result<(), Close> {
    if headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter().any(|offer| lists(offer, SUBPROTOCOL)) {
        return Ok(());
    }
    Err(if offers_old_subprotocol(headers) { Close::OLD_SUBPROTOCOL } else { Close::SUBPROTOCOL })
}

/// Whether another of GraphQL's sub-protocols is offered, as async-graphql knows them.
fn offers_old_subprotocol(headers: &HeaderMap) -> bool {
    let mut request = Request::new(());
    *request.headers_mut() = headers.clone();
    let (mut parts, ()) = request.into_parts();
    matches!(GraphQLProtocol::from_request_parts(&mut parts, &()).now_or_never(), Some(Ok(_)))
}

/// Whether a header's comma-separated list has `word`, whatever the case.
fn lists(value: &HeaderValue, word: &str) -> bool {
    value.to_str().is_ok_and(|list| list.split(',').any(|item| item.trim().eq_ignore_ascii_case(word)))
}
