//! The callers of a schedule: each asks until it is answered, also over the gateway's deaths.

use tokio::sync::oneshot::error::TryRecvError;

use crate::process::Pending;
use crate::protocol::Answer;
use crate::schedule::Caller;

/// A caller with what it was told.
pub struct Asking {
    /// Who.
    pub caller: Caller,
    state: State,
    /// Every delivery that it was told of.
    pub told: Vec<i64>,
    /// What it was refused with.
    pub refusals: Vec<String>,
}

enum State {
    /// It has nothing to wait for: not begun, or to begin again.
    Idle,
    Waiting(Pending),
    Answered,
}

impl Asking {
    /// A caller that has not begun.
    pub const fn new(caller: Caller) -> Self {
        Self { caller, state: State::Idle, told: Vec::new(), refusals: Vec::new() }
    }

    /// Whether it would ask now.
    pub const fn is_idle(&self) -> bool {
        matches!(self.state, State::Idle)
    }

    /// Whether it has its answer.
    pub const fn is_answered(&self) -> bool {
        matches!(self.state, State::Answered)
    }

    /// It has asked.
    pub fn wait_for(&mut self, pending: Pending) {
        self.state = State::Waiting(pending);
    }

    /// Looks for an answer; gives back what came, in words.
    pub fn look(&mut self) -> Option<String> {
        let State::Waiting(pending) = &mut self.state else { return None };
        let answer = match pending.try_recv() {
            Ok(answer) => answer,
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Closed) => {
                self.state = State::Idle;
                return Some("lost its answer".to_owned());
            }
        };
        let words = format!("was answered {answer:?}");
        self.state = match answer {
            Answer::Sent { delivery, .. } => {
                self.told.push(delivery);
                State::Answered
            }
            Answer::Refused(why) => {
                self.refusals.push(why);
                State::Answered
            }
            _ => State::Idle,
        };
        Some(words)
    }
}
