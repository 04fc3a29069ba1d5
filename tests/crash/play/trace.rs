//! Every step of a schedule, with the clock: what a person reads who replays a seed.

use jiff::Timestamp;
use upstream_simulator::traffic::{Exchange, Traffic};

/// The steps so far.
#[derive(Debug, Default)]
pub struct Trace {
    lines: Vec<String>,
    /// Calls that are in the trace already.
    calls: u64,
}

impl Trace {
    /// Something happened.
    pub fn say(&mut self, now: Timestamp, words: &str) {
        self.lines.push(format!("{} {words}", clock(now)));
    }

    /// Takes in the upstream calls since the last time.
    pub fn take_calls(&mut self, traffic: &Traffic) {
        for exchange in traffic.exchanges_after(self.calls) {
            self.calls = exchange.number;
            self.lines.push(words_of(&exchange));
        }
    }

    /// All of it, with what became of the calls that had no answer when they came in.
    pub fn text(&self, traffic: &Traffic) -> String {
        let mut lines = self.lines.clone();
        lines.push("what became of the calls:".to_owned());
        for exchange in traffic.exchanges() {
            let Exchange { number, applied, status, completed, .. } = &exchange;
            let applied = if *applied { "applied" } else { "NOT applied" };
            let status = status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
            let cut = if *completed { "" } else { ", not sent whole" };
            lines.push(format!("  #{number} {}: {applied}, {status}{cut}", call_of(&exchange)));
        }
        lines.join("\n")
    }
}

fn words_of(exchange: &Exchange) -> String {
    let fault = exchange.fault.as_ref().map(|fault| format!("  FAULT {fault:?}")).unwrap_or_default();
    format!("{}   #{} {}{fault}", clock(exchange.at), exchange.number, call_of(exchange))
}

fn call_of(exchange: &Exchange) -> String {
    let call = &exchange.call;
    let query = call.query.as_deref().map(|query| format!("?{query}")).unwrap_or_default();
    let body: String = String::from_utf8_lossy(&call.body).chars().take(100).collect();
    format!("{:?} {} {}{query} {body}", call.upstream, call.method, call.path)
}

fn clock(now: Timestamp) -> String {
    now.strftime("%d.%m. %H:%M:%S.%3f").to_string()
}
