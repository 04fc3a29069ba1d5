//! A delivery's history, one entry for each version of its record: what happened, who did it, what
//! came of it. Never bodies, addresses or secrets.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Call, DeliveryId, State};

/// What made one version of a delivery from the one before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    /// Which delivery.
    pub delivery: DeliveryId,
    /// [`super::Delivery::version`] after it: entries of one delivery are told apart and ordered by this.
    pub version: u64,
    /// When.
    pub at: Timestamp,
    /// What happened.
    pub kind: LogKind,
    /// The state after it.
    pub state: State,
    /// Who asked for it; `None`: the gateway by itself.
    pub actor: Option<Box<str>>,
    /// In a sentence: why it stopped, why it waits, what the upstream said.
    pub detail: Option<Box<str>>,
}

/// What happened to a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum LogKind {
    /// Somebody asked for the send.
    Accepted,
    /// Somebody sent the invoice again.
    SentAgain,
    /// Somebody decided what was asked.
    Resolved,
    /// A writing call is about to be made.
    Announced(Call),
    /// A call came to an end.
    Answered(Call, Outcome),
    /// An announced call has no result: a crash, or a worker that stalled.
    Lost(Call),
    /// PSOhub's invoice is not what it was.
    InvoiceChanged,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Outcome {
    /// It did what it should; a search or reading found something.
    Done,
    /// A search or reading found nothing.
    NothingFound,
    /// It never left.
    NotSent,
    /// It was refused with this HTTP status.
    Refused(u16),
    /// Nobody knows whether it was applied.
    Unknown,
}
