//! The server's half of graphql-transport-ws as a state machine: no socket, no clock, no execution.
//!
//! Close codes and their order are those of the reference server (graphql-ws 6, `src/server.ts`). It departs
//! from it where that closes with 4500 for what a client did wrong: a document that does not parse is an
//! `error` of its operation, a message of the server's own types is 4400.

use std::collections::HashSet;

use serde_json::value::RawValue;

use super::close::Close;
use super::message::{self, Incoming};
use crate::http::request::{self, Asking};

/// What the payload of `subscribe` is called in messages.
const PAYLOAD: &str = "'payload'";

/// What is to be done about a message.
#[derive(Debug)]
pub(super) enum Reaction {
    /// Nothing.
    Nothing,
    /// Send this.
    Reply(Vec<u8>),
    /// Find out who the client is by this payload, then [`Protocol::acknowledge`].
    Init(Option<Box<RawValue>>),
    /// Start this operation.
    Start { id: Box<str>, asking: Box<Asking> },
    /// Stop this operation and say nothing more of it.
    Stop { id: Box<str> },
    /// Close the connection.
    Close(Close),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Opened,
    Initialising,
    Acknowledged,
}

/// One connection.
#[derive(Debug)]
pub(super) struct Protocol {
    phase: Phase,
    /// Ids of operations that run.
    active: HashSet<Box<str>>,
}

impl Protocol {
    pub(super) fn new() -> Self {
        Self { phase: Phase::Opened, active: HashSet::new() }
    }

    /// Takes a message of the client.
    pub(super) fn receive(&mut self, text: &str) -> Reaction {
        match message::parse(text) {
            Err(close) => Reaction::Close(close),
            Ok(Incoming::Init { .. }) if self.phase != Phase::Opened => Reaction::Close(Close::SECOND_INIT),
            Ok(Incoming::Init { payload }) => {
                self.phase = Phase::Initialising;
                Reaction::Init(payload.map(ToOwned::to_owned))
            }
            Ok(Incoming::Ping { payload }) => Reaction::Reply(message::pong(payload)),
            Ok(Incoming::Pong) => Reaction::Nothing,
            Ok(Incoming::Subscribe { id, payload }) => self.subscribe(id, payload),
            // Of an operation that has ended already, the client may not have heard so yet.
            Ok(Incoming::Complete { id }) if !self.active.remove(&id) => Reaction::Nothing,
            Ok(Incoming::Complete { id }) => Reaction::Stop { id },
        }
    }

    fn subscribe(&mut self, id: Box<str>, payload: &RawValue) -> Reaction {
        let asking = match request::from_object(PAYLOAD, payload.get()) {
            Ok(asking) => Box::new(asking),
            Err(fault) => return Reaction::Close(Close::bad_message(&fault.to_string())),
        };
        if self.phase != Phase::Acknowledged {
            return Reaction::Close(Close::UNAUTHORIZED);
        }
        if self.active.contains(&id) {
            return Reaction::Close(Close::duplicate(&id));
        }
        self.active.insert(id.clone());
        Reaction::Start { id, asking }
    }

    /// The client is known and may start operations; gives what it is told.
    pub(super) fn acknowledge(&mut self) -> Vec<u8> {
        self.phase = Phase::Acknowledged;
        message::ACK.as_bytes().to_vec()
    }

    /// What follows when the time for `connection_init` is over.
    pub(super) fn init_time_is_over(&self) -> Option<Close> {
        (self.phase == Phase::Opened).then_some(Close::INIT_TIMEOUT)
    }

    /// Notes that an operation has ended by itself: its id is free again.
    pub(super) fn end(&mut self, id: &str) {
        self.active.remove(id);
    }
}

#[cfg(test)]
#[path = "protocol_tests.rs"]
mod tests;
