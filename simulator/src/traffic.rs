//! The request log of both upstreams: what was asked, whether it took effect, what was answered.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::{Method, Uri};
use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};

use crate::clock::SimClock;
use crate::faults::FaultAction;

/// The log keeps the newest so many calls; the counters count all.
const CALLS_MAX: usize = 20_000;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Upstream {
    /// PSOhub.
    Psohub,
    /// Bexio and its issuer.
    Bexio,
}

/// A call as it came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Call {
    /// To whom.
    pub upstream: Upstream,
    /// In upper case.
    pub method: String,
    /// As sent.
    pub path: String,
    /// As sent, without the question mark.
    pub query: Option<String>,
    /// The body of a write.
    #[serde(serialize_with = "as_text", skip_serializing_if = "Bytes::is_empty")]
    pub body: Bytes,
}

/// A call with what became of it.
#[derive(Clone, Debug, Serialize)]
pub struct Exchange {
    /// Counts up from 1 since the start.
    pub number: u64,
    /// What was asked.
    #[serde(flatten)]
    pub call: Call,
    /// When it came in, by the simulator's clock.
    pub at: Timestamp,
    /// The upstream's handlers saw it: what they do to their state, they did.
    pub applied: bool,
    /// What a fault rule did to it.
    pub fault: Option<FaultAction>,
    /// The answered status; `None` while there is no answer.
    pub status: Option<u16>,
    /// Bytes of the answer's body that were handed to the connection.
    pub bytes_out: u64,
    /// The answer's body was sent to its end.
    pub completed: bool,
}

/// Counts of one route of one upstream.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Calls.
    pub calls: u64,
    /// Calls that the upstream's handlers saw.
    pub applied: u64,
    /// Bytes of all answers' bodies.
    pub bytes_out: u64,
}

/// An upstream's route: its method and its path with `{id}` for each number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Route {
    /// To whom.
    pub upstream: Upstream,
    /// For example `GET /2.0/kb_invoice/{id}`.
    pub route: String,
}

/// The request log of both upstreams.
#[derive(Debug)]
pub struct Traffic {
    clock: SimClock,
    log: Arc<Mutex<Log>>,
}

#[derive(Debug, Default)]
struct Log {
    /// Counts the resets: a call from before one counts nowhere.
    epoch: u64,
    last_number: u64,
    exchanges: VecDeque<Exchange>,
    counts: BTreeMap<Route, Counts>,
    in_flight: BTreeMap<Upstream, u64>,
    in_flight_max: BTreeMap<Upstream, u64>,
}

impl Call {
    /// The call that a request is.
    pub(crate) fn of(upstream: Upstream, method: &Method, uri: &Uri, body: Bytes) -> Self {
        let query = uri.query().map(str::to_owned);
        Self { upstream, method: method.to_string(), path: uri.path().to_owned(), query, body }
    }

    /// The body as JSON; `None` when it is none.
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }

    fn route(&self) -> Route {
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let parts: Vec<&str> =
            self.path.split('/').map(|part| if is_number(part) { "{id}" } else { part }).collect();
        Route { upstream: self.upstream, route: format!("{} {}", self.method, parts.join("/")) }
    }
}

impl Traffic {
    /// An empty log.
    pub fn new(clock: SimClock) -> Self {
        Self { clock, log: Arc::default() }
    }

    /// The newest calls, oldest first.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.log().exchanges.iter().cloned().collect()
    }

    /// The calls behind this number, oldest first, as far as the log still has them.
    pub fn exchanges_after(&self, number: u64) -> Vec<Exchange> {
        let log = self.log();
        let first = log.exchanges.partition_point(|exchange| exchange.number <= number);
        log.exchanges.range(first..).cloned().collect()
    }

    /// The number of the newest call; 0 before the first.
    pub fn last_number(&self) -> u64 {
        self.log().last_number
    }

    /// The counts by route.
    pub fn counts(&self) -> BTreeMap<Route, Counts> {
        self.log().counts.clone()
    }

    /// How many calls an upstream got.
    pub fn calls(&self, upstream: Upstream) -> u64 {
        self.log()
            .counts
            .iter()
            .filter(|(route, _)| route.upstream == upstream)
            .map(|(_, counts)| counts.calls)
            .sum()
    }

    /// How many calls an upstream got on routes like `PATCH */paid`; `*` stands for any text.
    pub fn calls_like(&self, upstream: Upstream, pattern: &str) -> u64 {
        let log = self.log();
        let like =
            |route: &Route| route.upstream == upstream && crate::faults::matches(pattern, &route.route);
        log.counts.iter().filter(|(route, _)| like(route)).map(|(_, counts)| counts.calls).sum()
    }

    /// The most calls that were under way at once.
    pub fn in_flight_max(&self, upstream: Upstream) -> u64 {
        self.log().in_flight_max.get(&upstream).copied().unwrap_or(0)
    }

    /// Calls that are under way: until the last byte of the answer is handed over.
    pub fn in_flight(&self, upstream: Upstream) -> u64 {
        self.log().in_flight.get(&upstream).copied().unwrap_or(0)
    }

    /// Forgets calls and counts; calls under way stay under way.
    pub fn reset(&self) {
        let mut log = self.log();
        log.epoch += 1;
        log.exchanges.clear();
        log.counts.clear();
        log.in_flight_max = log.in_flight.clone();
    }

    /// Enters a call; the ticket tells what becomes of it.
    pub(crate) fn begin(&self, call: Call, fault: Option<FaultAction>) -> Ticket {
        let at = self.clock.now();
        let mut log = self.log();
        let (upstream, route) = (call.upstream, call.route());
        log.counts.entry(route.clone()).or_default().calls += 1;
        let in_flight = log.in_flight.entry(upstream).or_default();
        *in_flight += 1;
        let in_flight = *in_flight;
        let most = log.in_flight_max.entry(upstream).or_default();
        *most = in_flight.max(*most);
        log.last_number += 1;
        let number = log.last_number;
        if log.exchanges.len() == CALLS_MAX {
            log.exchanges.pop_front();
        }
        let (applied, status, bytes_out, completed) = (false, None, 0, false);
        log.exchanges.push_back(Exchange { number, call, at, applied, fault, status, bytes_out, completed });
        Ticket { log: self.log.clone(), epoch: log.epoch, number, route }
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that is under way until this is dropped.
#[derive(Debug)]
pub(crate) struct Ticket {
    log: Arc<Mutex<Log>>,
    epoch: u64,
    number: u64,
    route: Route,
}

impl Ticket {
    /// The upstream's handlers saw the call.
    pub(crate) fn applied(&self) {
        self.note(|exchange| exchange.applied = true, |counts| counts.applied += 1);
    }

    /// An answer goes out.
    pub(crate) fn answered(&self, status: u16) {
        self.note(|exchange| exchange.status = Some(status), |_| ());
    }

    /// Bytes of the answer's body go out.
    pub(crate) fn sent(&self, bytes: usize) {
        let bytes = bytes as u64;
        self.note(|exchange| exchange.bytes_out += bytes, |counts| counts.bytes_out += bytes);
    }

    /// The answer's body has ended, well or badly.
    pub(crate) fn completed(&self, well: bool) {
        self.note(|exchange| exchange.completed = well, |_| ());
    }

    /// Notes something, unless the log was reset since; the exchange may have left the log, the counts have not.
    fn note(&self, log_it: impl FnOnce(&mut Exchange), count_it: impl FnOnce(&mut Counts)) {
        let mut log = self.log();
        let log = &mut *log;
        if log.epoch != self.epoch {
            return;
        }
        log.counts.get_mut(&self.route).map(count_it);
        let first = log.exchanges.front().map_or(u64::MAX, |exchange| exchange.number);
        let place = self.number.checked_sub(first).and_then(|place| usize::try_from(place).ok());
        place.and_then(|place| log.exchanges.get_mut(place)).map(log_it);
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if let Some(in_flight) = self.log().in_flight.get_mut(&self.route.upstream) {
            *in_flight = in_flight.saturating_sub(1);
        }
    }
}

fn as_text<S: Serializer>(body: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&String::from_utf8_lossy(body))
}
