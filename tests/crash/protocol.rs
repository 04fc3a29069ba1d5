//! What the player says to the gateway's process over its standard input, and what comes back over its
//! standard output: one JSON text a line.

use std::collections::BTreeMap;

use invoice_gateway::domain::delivery::{Decision, Delivery};
use serde::{Deserialize, Serialize};

/// The first line: how the gateway is to start.
#[derive(Debug, Serialize, Deserialize)]
pub struct Setup {
    /// Configuration variables.
    pub settings: BTreeMap<String, String>,
    /// Where the clock stands, in milliseconds since 1970.
    pub now_ms: i64,
    /// Where it is to die by itself.
    pub tripwire: Option<Tripwire>,
}

/// The process aborts at the n-th event of a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tripwire {
    /// The event's message; `None`: any.
    pub event: Option<String>,
    /// Counted from 1, in one life of the process.
    pub nth: u64,
}

/// A command with the id that its answer carries.
#[derive(Debug, Serialize, Deserialize)]
pub struct Request {
    /// Counts up.
    pub id: u64,
    /// What to do.
    pub command: Command,
}

/// What the player asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// Let time pass.
    Advance {
        /// Milliseconds.
        ms: u64,
    },
    /// Look at both upstreams now.
    Look,
    /// `sendInvoice`.
    Send(SendCommand),
    /// `resolveDelivery`.
    Resolve {
        /// The delivery's id.
        delivery: i64,
        /// What the person decided.
        decision: Decision,
        /// What the person saw.
        expected_version: u64,
    },
    /// Every delivery as readers see it.
    Deliveries,
    /// The versions in the history of each delivery.
    History,
    /// Do not die by yourself any more.
    Disarm,
}

/// A `sendInvoice`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendCommand {
    /// PSOhub's id.
    pub invoice: i64,
    /// The idempotency key.
    pub key: Option<String>,
    /// Whether Bexio is to mail it.
    pub email: bool,
    /// How long to wait for the outcome.
    pub wait_ms: u64,
}

/// What the gateway's process says.
#[derive(Debug, Serialize, Deserialize)]
pub enum Report {
    /// It serves.
    Ready {
        /// Its address.
        url: String,
    },
    /// Something happened inside.
    Event(String),
    /// It dies now, by itself.
    Dying(String),
    /// The answer to a command.
    Answer {
        /// [`Request::id`].
        id: u64,
        /// What it came to.
        answer: Answer,
    },
}

/// What a command came to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Answer {
    /// It is done.
    Done,
    /// The send was taken on, or was there before.
    Sent {
        /// The delivery's id.
        delivery: i64,
        /// Whether it was there before.
        replayed: bool,
    },
    /// It was refused for a reason that stays.
    Refused(String),
    /// It could not be done now.
    Unavailable(String),
    /// Every delivery.
    Deliveries(Vec<Delivery>),
    /// The versions in the history, by delivery.
    History(BTreeMap<i64, Vec<u64>>),
}
