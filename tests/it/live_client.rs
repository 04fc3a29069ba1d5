//! A WebSocket client that says and hears what it is told, frame by frame.

use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Response;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

pub(crate) const TRANSPORT_WS: &str = "graphql-transport-ws";

/// What a client hears.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Heard {
    Message(Value),
    /// The service closed with this code and reason.
    Closed(u16, String),
    /// The connection broke.
    Gone,
}

pub(crate) struct Client {
    pub(crate) socket: WebSocketStream<TcpStream>,
    pub(crate) response: Response,
}

/// A handshake with these headers; the error is what the service refused it with.
pub(crate) async fn handshake(address: SocketAddr, headers: &[(&str, &str)]) -> Result<Client, Error> {
    let mut request = format!("ws://{address}/graphql").into_client_request().unwrap();
    for (name, value) in headers {
        let name: HeaderName = name.parse().unwrap();
        request.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
    }
    let stream = TcpStream::connect(address).await.unwrap();
    let (socket, response) = client_async(request, stream).await?;
    Ok(Client { socket, response })
}

/// A connection of the sub-protocol on which nothing was said yet.
pub(crate) async fn open(address: SocketAddr) -> Client {
    handshake(address, &[("sec-websocket-protocol", TRANSPORT_WS)]).await.unwrap()
}

/// A connection that may start operations.
pub(crate) async fn connect(address: SocketAddr) -> Client {
    let mut client = open(address).await;
    client.say(json!({ "type": "connection_init" })).await;
    assert_eq!(client.hear().await, Heard::Message(json!({ "type": "connection_ack" })));
    client
}

impl Client {
    pub(crate) async fn say(&mut self, message: Value) {
        self.send(Message::text(message.to_string())).await;
    }

    pub(crate) async fn send(&mut self, message: Message) {
        self.socket.send(message).await.unwrap();
    }

    pub(crate) async fn subscribe(&mut self, id: &str, query: &str) {
        self.say(json!({ "id": id, "type": "subscribe", "payload": { "query": query } })).await;
    }

    pub(crate) async fn complete(&mut self, id: &str) {
        self.say(json!({ "id": id, "type": "complete" })).await;
    }

    /// The next message or the end; pings of the socket are answered and passed over.
    pub(crate) async fn hear(&mut self) -> Heard {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => return Heard::Message(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(Some(frame)))) => {
                    return Heard::Closed(frame.code.into(), frame.reason.to_string());
                }
                Some(Ok(Message::Close(None))) => return Heard::Closed(1005, String::new()),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(other)) => panic!("the service sent {other:?}"),
                Some(Err(_)) | None => return Heard::Gone,
            }
        }
    }

    /// The next message, which there must be.
    pub(crate) async fn message(&mut self) -> Value {
        match self.hear().await {
            Heard::Message(message) => message,
            end => panic!("no message: {end:?}"),
        }
    }

    /// The payload of the next message, which must be a `next` of the operation `id`.
    pub(crate) async fn next_of(&mut self, id: &str) -> Value {
        let mut message = self.message().await;
        assert_eq!((&message["id"], &message["type"]), (&json!(id), &json!("next")), "{message:#}");
        message["payload"].take()
    }

    /// Everything that was sent has been dealt with once this returns.
    pub(crate) async fn settle(&mut self) {
        self.say(json!({ "type": "ping", "payload": { "settled": true } })).await;
        let pong = json!({ "type": "pong", "payload": { "settled": true } });
        assert_eq!(self.hear().await, Heard::Message(pong));
    }

    /// Code and reason with which the service closes now; no message may come before.
    pub(crate) async fn closed(&mut self) -> (u16, String) {
        match self.hear().await {
            Heard::Closed(code, reason) => (code, reason),
            other => panic!("not closed: {other:?}"),
        }
    }
}
