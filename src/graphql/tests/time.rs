//! Operations that take too long or panic: what who asked is told, and what goes on.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Value as Json, json};
use tokio::sync::Notify;

use super::support::{Api, example, snapshot};
use crate::domain::connection_test::{ConnectionTest, TestLevel};
use crate::graphql::{Fault, TestConnections, write_response};

const TEST: &str = "mutation { testConnection(input: { level: READ }) { userErrors { code } } }";

/// A test of the connections that waits to be let go, and then fails; or that panics.
#[derive(Default)]
struct Slow {
    go: Notify,
    has_ended: AtomicBool,
    panics: bool,
}

impl TestConnections for Slow {
    fn test<'a>(&'a self, _: TestLevel, _: &'a str) -> BoxFuture<'a, Result<ConnectionTest, Fault>> {
        async move {
            assert!(!self.panics, "a resolver that panics");
            self.go.notified().await;
            self.has_ended.store(true, Ordering::SeqCst);
            Err(Fault::bad_input("no upstreams"))
        }
        .boxed()
    }
}

fn api(slow: &Arc<Slow>) -> Api {
    let mut api = Api::new(snapshot(vec![example()]));
    api.service.deps.connection_tests = Arc::clone(slow) as _;
    api
}

/// The answer when `period` passes while it is waited for.
async fn answer_after(api: &Api, period: Duration) -> Json {
    let passing = async {
        while api.changes.clock.next_wake() != Some(period) {
            tokio::task::yield_now().await;
        }
        api.changes.clock.advance(period);
    };
    let (executed, ()) = tokio::join!(api.execute(TEST, json!({})), passing);
    let mut json = Vec::new();
    write_response(&mut json, &executed.response);
    serde_json::from_slice(&json).unwrap()
}

#[tokio::test]
async fn a_mutation_that_takes_too_long_goes_on() {
    let slow = Arc::new(Slow::default());
    let answer = answer_after(&api(&slow), Duration::from_mins(2)).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "OPERATION_TIMEOUT", "{answer:#}");
    assert!(answer["errors"][0]["message"].as_str().unwrap().contains("goes on"), "{answer:#}");
    assert!(!slow.has_ended.load(Ordering::SeqCst));
    slow.go.notify_one();
    while !slow.has_ended.load(Ordering::SeqCst) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_mutation_whose_caller_goes_away_goes_on() {
    let slow = Arc::new(Slow::default());
    let api = api(&slow);
    let mut asking = Box::pin(api.execute(TEST, json!({})));
    assert!((&mut asking).now_or_never().is_none());
    tokio::task::yield_now().await;
    drop(asking);
    slow.go.notify_one();
    while !slow.has_ended.load(Ordering::SeqCst) {
        tokio::task::yield_now().await;
    }
}

/// Whoever runs operations catches it and answers INTERNAL: `http::graphql` for HTTP, the tasks of a WebSocket, and
/// `http::live` for subscriptions, each with tests of its own.
#[tokio::test]
async fn a_mutation_that_panics_tells_who_runs_it() {
    let slow = Arc::new(Slow { panics: true, ..Slow::default() });
    let api = api(&slow);
    let outcome = AssertUnwindSafe(api.execute(TEST, json!({}))).catch_unwind().await;
    let panic = outcome.expect_err("it panics");
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"a resolver that panics"));
    assert_eq!(api.data("{ viewer { name } }").await["viewer"]["name"], "local", "the service lives");
}
