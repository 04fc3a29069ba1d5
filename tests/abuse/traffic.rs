//! What an ordinary client sees: one that asks for a list 50 times a second.

use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use invoice_gateway::domain::{Clock, SystemClock};
use serde_json::{Value, json};

use crate::target::Target;

/// Time between two requests.
const PAUSE: Duration = Duration::from_millis(20);

const LIST: &str = "query($after: String) { invoices(first: 20, after: $after) { totalCount pageInfo { endCursor hasNextPage }
    nodes { number status customer { name } totalIncVat { amount } bexio { documentNumber status } } } }";

/// How long an ordinary client's requests took.
#[derive(Default)]
pub struct Traffic {
    /// In order.
    took: Vec<Duration>,
    failed: usize,
}

impl Traffic {
    /// What requests take until `end`.
    pub async fn over(target: &Target, end: impl Future<Output = ()>) -> Self {
        let mut end = pin!(end);
        let mut traffic = Self::default();
        let (mut after, clock) = (Value::Null, SystemClock::new());
        loop {
            let began = clock.elapsed();
            tokio::select! {
                biased;
                answer = ask(target, &after) => {
                    traffic.took.push(clock.elapsed().saturating_sub(began));
                    match answer {
                        Some(page) if page["hasNextPage"] == true => after = page["endCursor"].clone(),
                        Some(_) => after = Value::Null,
                        None => traffic.failed += 1,
                    }
                }
                () = &mut end => break,
            }
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                () = &mut end => break,
            }
        }
        traffic.took.sort_unstable();
        traffic
    }

    /// Adds what requests took at another time.
    pub fn add(&mut self, other: Self) {
        self.took.extend(other.took);
        self.took.sort_unstable();
        self.failed += other.failed;
    }

    /// Requests that got no data.
    pub fn failed(&self) -> usize {
        self.failed
    }

    fn share(&self, thousandths: usize) -> Duration {
        let last = self.took.len().saturating_sub(1);
        self.took.get(last * thousandths / 1000).copied().unwrap_or_default()
    }

    /// How many times as long the slowest hundredth took as with `other`, in words.
    pub fn p99_beside(&self, other: &Self) -> String {
        let tenths = self.share(990).as_micros() * 10 / other.share(990).as_micros().max(1);
        format!("p99 {}.{} times as long", tenths / 10, tenths % 10)
    }
}

/// The page's end, if it came.
async fn ask(target: &Target, after: &Value) -> Option<Value> {
    let body = json!({ "query": LIST, "variables": { "after": after } });
    let answer: Value = target.http.post(&target.url).json(&body).send().await.ok()?.json().await.ok()?;
    if answer.get("errors").is_some() {
        println!("an ordinary request failed: {answer}");
        return None;
    }
    Some(answer["data"]["invoices"]["pageInfo"].clone())
}

impl fmt::Display for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (half, p99) = (self.share(500), self.share(990));
        write!(f, "{} requests, median {half:.1?}, p99 {p99:.1?}, {} failed", self.took.len(), self.failed)
    }
}
