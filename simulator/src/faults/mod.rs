//! Fault rules: what goes wrong on purpose, where and how often.
//!
//! The rules are asked in the order in which they were added; the first one that matches and is due decides. What
//! an action does to a request is `layer.rs`.

mod body;
mod layer;
mod rule;

use std::sync::{Mutex, MutexGuard, PoisonError};

use rand::rngs::SmallRng;
use rand::{RngExt as _, SeedableRng as _};
use serde::Serialize;
use tokio::sync::oneshot;

pub(crate) use layer::{Observed, observe};
pub(crate) use rule::matches;
pub use rule::{FaultAction, FaultBody, FaultRule, LateAnswer, LateTrigger, When};

use crate::traffic::Call;

/// The fault rules of both upstreams.
#[derive(Debug, Default)]
pub struct Faults {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    last_id: u64,
    rules: Vec<Armed>,
    late: Vec<Late>,
}

/// A rule with its counts.
#[derive(Clone, Debug, Serialize)]
pub struct Armed {
    /// Names the rule for removal.
    pub id: u64,
    /// The rule.
    pub rule: FaultRule,
    /// Requests that it matched.
    pub matched: u64,
    /// Requests that it spoilt.
    pub fired: u64,
    #[serde(skip)]
    random: SmallRng,
}

/// An effect that waits for its release.
#[derive(Debug)]
struct Late {
    go: oneshot::Sender<()>,
    done: oneshot::Receiver<()>,
}

impl Faults {
    /// Adds a rule behind those that are there, and returns its id.
    pub fn add(&self, rule: FaultRule) -> u64 {
        let mut inner = self.inner();
        inner.last_id += 1;
        let id = inner.last_id;
        let random = SmallRng::seed_from_u64(rule.when.seed());
        inner.rules.push(Armed { id, rule, matched: 0, fired: 0, random });
        id
    }

    /// Removes a rule; `false` when there is none with this id.
    pub fn remove(&self, id: u64) -> bool {
        let mut inner = self.inner();
        let before = inner.rules.len();
        inner.rules.retain(|armed| armed.id != id);
        inner.rules.len() < before
    }

    /// Removes every rule. Late effects that wait stay.
    pub fn clear(&self) {
        self.inner().rules.clear();
    }

    /// The rules with their counts.
    pub fn rules(&self) -> Vec<Armed> {
        self.inner().rules.clone()
    }

    /// How often a rule has fired; 0 when it is gone.
    pub fn fired(&self, id: u64) -> u64 {
        self.inner().rules.iter().find(|armed| armed.id == id).map_or(0, |armed| armed.fired)
    }

    /// How many effects wait for [`Faults::release_late`].
    pub fn late_waiting(&self) -> usize {
        self.inner().late.len()
    }

    /// Applies every effect that waits, and returns how many when they are applied.
    pub async fn release_late(&self) -> usize {
        let late = std::mem::take(&mut self.inner().late);
        let count = late.len();
        for Late { go, done } in late {
            // Gone with its upstream: nothing to wait for.
            if go.send(()).is_ok() {
                let _ = done.await;
            }
        }
        count
    }

    /// What is to go wrong with this call, if anything.
    fn decide(&self, call: &Call) -> Option<FaultAction> {
        for armed in &mut self.inner().rules {
            if !armed.rule.matches(call) {
                continue;
            }
            armed.matched += 1;
            let draw = armed.random.random_range(0..1000);
            if armed.rule.when.is_due(armed.matched, draw) {
                armed.fired += 1;
                return Some(armed.rule.action.clone());
            }
        }
        None
    }

    /// Registers an effect that waits: the first is told when to go, the second tells when it is done.
    fn wait_for_release(&self) -> (oneshot::Receiver<()>, oneshot::Sender<()>) {
        let (go, told_to_go) = oneshot::channel();
        let (tell_done, done) = oneshot::channel();
        self.inner().late.push(Late { go, done });
        (told_to_go, tell_done)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
