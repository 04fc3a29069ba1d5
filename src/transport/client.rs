//! The door to one upstream: calls with their repeats, and what is known of how it went.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::Semaphore;

use super::body::BodyStream;
use super::budget::{BucketSnapshot, Budget};
use super::circuit::{Circuit, CircuitSnapshot};
use super::config::TransportConfig;
use super::error::{Call, NotSent, TransportError};
use super::http_client::{build_client, chain};
use super::request::{CallKind, Request};
use super::retry::backoff;
use super::stats::{LastError, Stats, StatsSnapshot};
use super::token::TokenSource;
use crate::domain::clock::SharedClock;

/// Sends the calls to one upstream. Cloning shares it.
#[derive(Debug, Clone)]
pub struct Transport {
    inner: Arc<Inner>,
    /// Whether its calls are made also while the upstream is left alone.
    is_forced: bool,
}

/// A whole 2xx answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status, 200 to 299.
    pub status: u16,
    /// The body; empty where there was none.
    pub body: Bytes,
    /// The call it answers.
    pub call: Call,
}

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) config: TransportConfig,
    pub(super) clock: SharedClock,
    pub(super) client: reqwest::Client,
    pub(super) budgets: Vec<Budget>,
    pub(super) permits: Arc<Semaphore>,
    /// Of these, what reads that nobody waits for may have.
    pub(super) background: Arc<Semaphore>,
    pub(super) circuit: Circuit,
    pub(super) stats: Stats,
}

impl Transport {
    /// A sender for one upstream.
    ///
    /// # Errors
    /// [`NotSent::Invalid`] when the TLS library or the user agent refuses its configuration.
    pub fn new(config: TransportConfig, clock: SharedClock) -> Result<Self, TransportError> {
        let call = Call { upstream: config.upstream, route: "(set-up)" };
        let client = build_client(&config)
            .map_err(|error| TransportError::NotSent { call, reason: NotSent::Invalid(chain(error)) })?;
        let budgets = config.buckets.iter().cloned().map(Budget::new).collect();
        let permits = Arc::new(Semaphore::new(config.concurrency_max.clamp(1, Semaphore::MAX_PERMITS)));
        let for_background = config.concurrency_max.saturating_sub(config.reserved);
        let background = Arc::new(Semaphore::new(for_background.clamp(1, Semaphore::MAX_PERMITS)));
        let circuit = Circuit::new(config.circuit);
        let stats = Stats::default();
        let inner = Inner { config, clock, client, budgets, permits, background, circuit, stats };
        Ok(Self { inner: Arc::new(inner), is_forced: false })
    }

    /// The same sender, whose calls are made also while the upstream is left alone after failures: a person
    /// wants to know. An answer ends that for everybody.
    #[must_use]
    pub fn forced(&self) -> Self {
        Self { is_forced: true, ..self.clone() }
    }

    fn as_made<'r>(&self, request: &'r Request) -> Cow<'r, Request> {
        if self.is_forced { Cow::Owned(request.clone().forced()) } else { Cow::Borrowed(request) }
    }

    /// Makes a call and reads its whole answer.
    ///
    /// # Errors
    /// [`TransportError`], by what may be concluded.
    pub async fn fetch(&self, request: &Request, token: &dyn TokenSource) -> Result<Answer, TransportError> {
        let request = &*self.as_made(request);
        let bytes_max = request.bytes_max.unwrap_or(self.inner.config.bytes_max);
        self.repeat(request, |attempt, time_left| {
            async move {
                let stream = self.inner.attempt(request, token, attempt, time_left, Some(bytes_max)).await?;
                let status = stream.response.status().as_u16();
                Ok(Answer { status, call: stream.call, body: stream.collect().await? })
            }
            .boxed()
        })
        .await
    }

    /// Makes a call and hands out its answer as it arrives. What fails before the first byte of
    /// the body is repeated as for [`Self::fetch`]; what fails later is the reader's to judge.
    ///
    /// # Errors
    /// [`TransportError`], by what may be concluded.
    pub async fn stream(
        &self,
        request: &Request,
        token: &dyn TokenSource,
    ) -> Result<BodyStream, TransportError> {
        let request = &*self.as_made(request);
        self.repeat(request, |attempt, time_left| {
            self.inner.attempt(request, token, attempt, time_left, request.bytes_max).boxed()
        })
        .await
    }

    /// The counters now.
    pub fn stats(&self) -> StatsSnapshot {
        let now = self.inner.clock.elapsed();
        let circuit = self.inner.circuit.snapshot(now);
        let retry_at = circuit.retry_in.and_then(|wait| self.inner.clock.now().checked_add(wait).ok());
        StatsSnapshot { circuit: CircuitSnapshot { retry_at, ..circuit }, ..self.inner.stats.snapshot(now) }
    }

    /// What the upstream last said of its rate limits, a bucket each.
    pub fn buckets(&self) -> Vec<BucketSnapshot> {
        let now = self.inner.clock.elapsed();
        self.inner.budgets.iter().map(|budget| budget.snapshot(now)).collect()
    }

    /// Books that a whole 2xx answer turned out to be of no use: the counters took it for a success.
    pub fn note_unusable(&self, error: &TransportError) {
        let (at, message) = (self.inner.clock.now(), error.to_string());
        tracing::warn!(upstream = self.upstream(), route = error.call().route, %error, "answer of no use");
        self.inner.stats.update(|stats| {
            stats.failures += 1;
            stats.last_error = Some(LastError { at, message });
        });
    }

    /// The upstream's name.
    pub fn upstream(&self) -> &'static str {
        self.inner.config.upstream
    }

    /// Runs `attempt` until it succeeds, may not be repeated, or the caller's time is over.
    ///
    /// Boxed futures and not an `AsyncFn`: what awaits the latter is `Send` for no one.
    async fn repeat<'a, T>(
        &self,
        request: &Request,
        attempt: impl Fn(u32, Option<Duration>) -> BoxFuture<'a, Result<T, TransportError>> + Send,
    ) -> Result<T, TransportError> {
        let began = self.inner.clock.elapsed();
        let time_left = || {
            let spent = self.inner.clock.elapsed().saturating_sub(began);
            request.deadline.map(|deadline| deadline.saturating_sub(spent))
        };
        let mut number = 1;
        loop {
            let error = match attempt(number, time_left()).await {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            let Some(wait) = self.inner.wait_before_repeat(request, &error, number, time_left()) else {
                return Err(error);
            };
            tokio::time::sleep(wait).await;
            number += 1;
        }
    }
}

impl Inner {
    /// The wait before a repeat; `None` when there shall be none.
    fn wait_before_repeat(
        &self,
        request: &Request,
        error: &TransportError,
        attempt: u32,
        time_left: Option<Duration>,
    ) -> Option<Duration> {
        let config = &self.config.retry;
        if request.kind == CallKind::Write || attempt > config.retries_max || !error.is_transient() {
            return None;
        }
        let asked = match error {
            TransportError::Status { wait, .. } => wait.unwrap_or_default(),
            _ => Duration::ZERO,
        };
        let wait = asked.min(config.wait_max).max(backoff(config, attempt));
        time_left.is_none_or(|left| wait < left).then_some(wait)
    }
}
