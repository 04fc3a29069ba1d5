//! Fault rules: what goes wrong on purpose, where and how often.
//!
//! The rules are asked in the order in which they were added; the first one that matches and is due decides. What
//! an action does to a request is `layer.rs`.

mod body;
mod layer;
mod rule;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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
    held: Arc<AtomicUsize>,
}

#[derive(Debug, Default)]
struct Inner {
    last_id: u64,
    last_late_id: u64,
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
    id: u64,
    go: oneshot::Sender<()>,
    done: oneshot::Receiver<()>,
}

impl Late {
    async fn apply(self) {
        // Gone with its upstream: nothing to wait for.
        if self.go.send(()).is_ok() {
            let _ = self.done.await;
        }
    }
}

/// A call that a fault holds back, until this is dropped.
#[derive(Debug)]
struct Held(Arc<AtomicUsize>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
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
        for late in late {
            late.apply().await;
        }
        count
    }

    /// The effects that wait, each with an id of its own, oldest first.
    pub fn late_ids(&self) -> Vec<u64> {
        self.inner().late.iter().map(|late| late.id).collect()
    }

    /// Applies one effect that waits; `false` when there is none with this id. Returns when it is applied.
    pub async fn release_one(&self, id: u64) -> bool {
        let late = {
            let mut inner = self.inner();
            let place = inner.late.iter().position(|late| late.id == id);
            place.map(|place| inner.late.remove(place))
        };
        let Some(late) = late else { return false };
        late.apply().await;
        true
    }

    /// How many calls under way a fault holds back: they hang, or wait for their release.
    pub fn held(&self) -> usize {
        self.held.load(Ordering::SeqCst)
    }

    fn hold(&self) -> Held {
        self.held.fetch_add(1, Ordering::SeqCst);
        Held(Arc::clone(&self.held))
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
        let mut inner = self.inner();
        inner.last_late_id += 1;
        let id = inner.last_late_id;
        inner.late.push(Late { id, go, done });
        (told_to_go, tell_done)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
