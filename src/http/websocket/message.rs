//! The messages of graphql-transport-ws: what clients send, read, and what they are sent, written.
//!
//! Implements "Message types" of
//! <https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::close::Close;
use crate::http::nesting::{self, MAX_DEPTH};
use crate::http::request::{kind, string};

/// Longest id of an operation, in bytes: every event repeats it.
const ID_BYTES_MAX: usize = 256;

/// A message of a client.
#[derive(Debug)]
pub(super) enum Incoming<'a> {
    Init { payload: Option<&'a RawValue> },
    Ping { payload: Option<&'a RawValue> },
    Pong,
    Subscribe { id: Box<str>, payload: &'a RawValue },
    Complete { id: Box<str> },
}

#[derive(Deserialize)]
struct Members<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    payload: Option<&'a RawValue>,
}

/// Reads a message; what the protocol does not know closes the connection.
pub(super) fn parse(text: &str) -> Result<Incoming<'_>, Close> {
    if nesting::too_deep(text.as_bytes()) {
        return Err(Close::bad_message(&format!("Message is nested deeper than {MAX_DEPTH} levels")));
    }
    let members = members(text)?;
    let kind = required("type", members.kind)?;
    match &*kind {
        "connection_init" => Ok(Incoming::Init { payload: object_or_none(members.payload)? }),
        "ping" => Ok(Incoming::Ping { payload: object_or_none(members.payload)? }),
        "pong" => object_or_none(members.payload).map(|_| Incoming::Pong),
        "subscribe" => {
            let id = id(members.id)?;
            match object_or_none(members.payload)? {
                Some(payload) => Ok(Incoming::Subscribe { id, payload }),
                None => Err(Close::bad_message("'payload' is missing: it holds the operation")),
            }
        }
        "complete" => Ok(Incoming::Complete { id: id(members.id)? }),
        "connection_ack" | "next" | "error" => {
            Err(Close::bad_message(&format!("Unexpected message of type '{kind}': it is the server's")))
        }
        _ => Err(Close::bad_message(&format!("Unknown message type '{kind}'"))),
    }
}

fn members(text: &str) -> Result<Members<'_>, Close> {
    let invalid = |error| Close::bad_message(&format!("Message is not valid JSON: {error}"));
    let text = text.trim_ascii();
    if text.starts_with('{') {
        return serde_json::from_str(text).map_err(invalid);
    }
    let whole: &RawValue = serde_json::from_str(text).map_err(invalid)?;
    Err(Close::bad_message(&format!("Message is expected to be an object, not {}", kind(whole))))
}

fn required(member: &'static str, value: Option<&RawValue>) -> Result<String, Close> {
    let value = value.ok_or_else(|| Close::bad_message(&format!("'{member}' is missing")))?;
    let text = string(member, value).map_err(|fault| Close::bad_message(&fault.to_string()))?;
    if text.is_empty() { Err(Close::bad_message(&format!("'{member}' is empty"))) } else { Ok(text) }
}

fn id(value: Option<&RawValue>) -> Result<Box<str>, Close> {
    let id = required("id", value)?;
    if id.len() > ID_BYTES_MAX {
        return Err(Close::bad_message(&format!("'id' is longer than {ID_BYTES_MAX} bytes")));
    }
    Ok(id.into())
}

/// A payload that may be left out or null; `null` is read as left out.
fn object_or_none(payload: Option<&RawValue>) -> Result<Option<&RawValue>, Close> {
    match payload {
        Some(value) if !value.get().starts_with('{') => {
            Err(Close::bad_message(&format!("'payload' must be an object, not {}", kind(value))))
        }
        payload => Ok(payload),
    }
}

/// `connection_ack`.
pub(super) const ACK: &str = r#"{"type":"connection_ack"}"#;

/// `pong` with what came with the ping.
pub(super) fn pong(payload: Option<&RawValue>) -> Vec<u8> {
    match payload {
        Some(payload) => format!(r#"{{"type":"pong","payload":{payload}}}"#).into_bytes(),
        None => br#"{"type":"pong"}"#.to_vec(),
    }
}

/// `next` with a response of the operation `id`.
pub(super) fn next(id: &str, response: &[u8]) -> Vec<u8> {
    of_operation(id, "next", Some(response))
}

/// `error` with the errors, a JSON list, that hindered the operation `id`.
pub(super) fn error(id: &str, errors: &[u8]) -> Vec<u8> {
    of_operation(id, "error", Some(errors))
}

/// `complete` of the operation `id`.
pub(super) fn complete(id: &str) -> Vec<u8> {
    of_operation(id, "complete", None)
}

fn of_operation(id: &str, kind: &str, payload: Option<&[u8]>) -> Vec<u8> {
    let mut out = Vec::with_capacity(id.len() + payload.map_or(0, <[u8]>::len) + 48);
    out.extend_from_slice(b"{\"id\":");
    // Writing to memory cannot fail.
    let _ = serde_json::to_writer(&mut out, id);
    out.extend_from_slice(b",\"type\":\"");
    out.extend_from_slice(kind.as_bytes());
    out.push(b'"');
    if let Some(payload) = payload {
        out.extend_from_slice(b",\"payload\":");
        out.extend_from_slice(payload);
    }
    out.push(b'}');
    out
}
