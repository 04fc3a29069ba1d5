//! The sending itself: one attempt, its repeats, its bookkeeping.

use std::borrow::Cow;
use std::error::Error as _;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::Instrument as _;

use super::body::BodyStream;
use super::budget::{BucketSnapshot, Budget, Share, Turn};
use super::circuit::{Circuit, CircuitSnapshot};
use super::config::TransportConfig;
use super::error::{Call, Doubt, Excerpt, NotSent, TransportError};
use super::pass::Pass;
use super::request::{CallKind, Request};
use super::retry::{asked_wait, backoff, date_of, rate_headers};
use super::stats::{LastError, Stats, StatsSnapshot};
use super::token::TokenSource;
use crate::domain::clock::SharedClock;
use crate::trace;

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
    client: reqwest::Client,
    budgets: Vec<Budget>,
    permits: Arc<Semaphore>,
    /// Of these, what reads that nobody waits for may have.
    background: Arc<Semaphore>,
    pub(super) circuit: Circuit,
    stats: Stats,
}

/// What a call under way holds.
#[derive(Debug)]
pub(super) struct Permits {
    _background: Option<OwnedSemaphorePermit>,
    _call: OwnedSemaphorePermit,
}

/// A call that is ready to leave.
type Ready = (reqwest::Request, SecretString, Permits);

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
    /// One attempt, and a second one with another token where the first was refused for its token.
    async fn attempt(
        self: &Arc<Self>,
        request: &Request,
        token: &dyn TokenSource,
        attempt: u32,
        time_left: Option<Duration>,
        bytes_max: Option<usize>,
    ) -> Result<BodyStream, TransportError> {
        let began = self.clock.elapsed();
        let left = || time_left.map(|left| left.saturating_sub(self.clock.elapsed().saturating_sub(began)));
        let mut refused = None;
        let (upstream, route) = (self.config.upstream, request.call(self.config.upstream).route);
        let span = tracing::info_span!(
            "upstream",
            upstream,
            route,
            attempt,
            otel.kind = "client",
            otel.name = route
        );
        let sent =
            self.send(request, token, attempt, time_left, bytes_max, &mut refused).instrument(span).await;
        let error = match sent {
            Ok(stream) => return Ok(stream),
            Err(error) => error,
        };
        let Some(refused) = refused else { return Err(error) };
        match within(left(), token.renew(&refused)).await {
            Ok(true) => self.send(request, token, attempt, left(), bytes_max, &mut None).await,
            Ok(false) | Err(_) => Err(error),
        }
    }

    /// Sends once. Puts the token into `refused` where that is what the upstream refused.
    async fn send(
        self: &Arc<Self>,
        request: &Request,
        token: &dyn TokenSource,
        attempt: u32,
        time_left: Option<Duration>,
        bytes_max: Option<usize>,
        refused: &mut Option<SecretString>,
    ) -> Result<BodyStream, TransportError> {
        let call = request.call(self.config.upstream);
        let entered = self.clock.elapsed();
        let turn_max = time_left.into_iter().chain(request.turn_max).min();
        let ready = self.prepare(request, token, turn_max).await;
        // While it waited for its turn others may have learned that the upstream is gone.
        let ready = ready.and_then(|ready| Ok((ready, Pass::take(self, request.is_forced)?)));
        let ((message, secret, permits), mut pass) = match ready {
            Ok(ready) => ready,
            Err(reason) => return Err(self.not_sent(call, attempt, reason)),
        };
        let began = self.clock.elapsed();
        let time_left = time_left.map(|left| left.saturating_sub(began.saturating_sub(entered)));
        let streamed = bytes_max.is_none();
        let time_max = if streamed { self.config.stream_timeout } else { self.config.total_timeout };
        let time_max = time_left.map_or(time_max, |left| left.min(time_max));
        let silence_max = if streamed { self.config.total_timeout } else { self.config.read_timeout };
        // From here on the first byte may leave at any moment.
        let sleep = Box::pin(tokio::time::sleep(time_max));
        let headers_max = time_max.min(self.config.connect_timeout.saturating_add(silence_max));
        let answer = tokio::time::timeout(headers_max, self.client.execute(message)).await;
        let response = match answer {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => {
                let error = send_error(call, error);
                pass.end(Some(&error));
                self.settle(call, attempt, began, 0, None, Some(&error));
                return Err(error);
            }
            Err(_) => {
                let reason = Doubt::TimedOut { after: headers_max };
                let error = TransportError::OutcomeUnknown { call, reason };
                pass.end(Some(&error));
                self.settle(call, attempt, began, 0, None, Some(&error));
                return Err(error);
            }
        };
        self.learn(request, response.headers(), response.status().as_u16(), attempt);
        let mut stream = BodyStream {
            inner: Arc::clone(self),
            call,
            attempt,
            response,
            time_left: sleep,
            time_max,
            bytes_max,
            bytes_seen: 0,
            began,
            settled: false,
            pass,
            _permits: permits,
        };
        if stream.response.status().is_success() {
            return Ok(stream);
        }
        let error = self.refusal(&mut stream, &secret).await;
        *refused = (request.with_token && error.status() == Some(401)).then_some(secret);
        Err(error)
    }

    /// Everything before the first byte: token, budget, turn, message.
    async fn prepare(
        &self,
        request: &Request,
        token: &dyn TokenSource,
        time_left: Option<Duration>,
    ) -> Result<Ready, NotSent> {
        let began = self.clock.elapsed();
        self.circuit.check(began, request.is_forced).map_err(|retry_in| self.held_back(retry_in))?;
        let secret = if request.with_token {
            within(time_left, token.token()).await??
        } else {
            SecretString::default()
        };
        let message = self.message(request, &secret)?;
        let left = || time_left.map(|left| left.saturating_sub(self.clock.elapsed().saturating_sub(began)));
        if let Some((budget, turn)) = self.admit(request, left())? {
            // A sleep of nothing would still let others overtake.
            if !turn.wait.is_zero() {
                self.wait(turn.wait).await;
                budget.waited(turn);
            }
        }
        Ok((message, secret, self.permits(request, left).await?))
    }

    /// Waits until few enough calls are in flight. What nobody waits for never takes the last places.
    async fn permits(
        &self,
        request: &Request,
        left: impl Fn() -> Option<Duration>,
    ) -> Result<Permits, NotSent> {
        let background = match request.share() {
            Share::Whole => None,
            Share::Ordinary => Some(within(left(), Arc::clone(&self.background).acquire_owned()).await?),
        };
        let background = background.transpose().map_err(|_| NotSent::Deadline)?;
        let call = within(left(), Arc::clone(&self.permits).acquire_owned()).await?;
        Ok(Permits { _background: background, _call: call.map_err(|_| NotSent::Deadline)? })
    }

    /// That the upstream is left alone, with what it failed of.
    pub(super) fn held_back(&self, retry_in: Duration) -> NotSent {
        let last = self.stats.snapshot(self.clock.elapsed()).last_error;
        NotSent::HeldBack { retry_in, last: last.map_or_else(Box::default, |last| last.message.into()) }
    }

    /// Books that a call did not leave. One that was held back is no call.
    fn not_sent(&self, call: Call, attempt: u32, reason: NotSent) -> TransportError {
        let is_held_back = matches!(reason, NotSent::HeldBack { .. });
        let error = TransportError::NotSent { call, reason };
        if is_held_back {
            tracing::debug!(upstream = call.upstream, route = call.route, "upstream call held back");
        } else {
            self.settle(call, attempt, self.clock.elapsed(), 0, None, Some(&error));
        }
        error
    }

    /// Waits for the clock; a clock that stands still keeps nobody for longer than a real one would.
    async fn wait(&self, period: Duration) {
        tokio::select! {
            () = self.clock.sleep(period) => {}
            () = tokio::time::sleep(period) => {}
        }
    }

    /// Whether and when the call may go, by the upstream's rate limit.
    fn admit(
        &self,
        request: &Request,
        time_left: Option<Duration>,
    ) -> Result<Option<(&Budget, Turn)>, NotSent> {
        let Some(budget) = self.budget(request) else { return Ok(None) };
        let wait_max = time_left.unwrap_or(self.config.retry.wait_max);
        let turn = budget.take(self.clock.elapsed(), request.share(), wait_max);
        turn.map(|turn| Some((budget, turn))).map_err(|wait| NotSent::RateLimited { wait })
    }

    fn budget(&self, request: &Request) -> Option<&Budget> {
        let named = request.bucket.and_then(|name| self.budgets.iter().find(|budget| budget.name() == name));
        named.or_else(|| self.budgets.first())
    }

    fn message(&self, request: &Request, secret: &SecretString) -> Result<reqwest::Request, NotSent> {
        let mut builder = self
            .client
            .request(request.method.clone(), request.url.clone())
            .headers(trace::outgoing())
            .header(ACCEPT, HeaderValue::from_static("application/json"));
        if request.with_token {
            let header = &self.config.token_header;
            let value = header.value(secret.expose_secret().trim()).ok_or(NotSent::BadToken)?;
            builder = builder.header(header.name.clone(), value);
        }
        if let Some(body) = &request.body {
            let content_type = HeaderValue::from_static(request.content_type);
            builder = builder.header(CONTENT_TYPE, content_type).body(body.clone());
        }
        builder.build().map_err(|error| NotSent::Invalid(chain(error)))
    }

    /// Learns the rate limit and the upstream's time from any answer.
    fn learn(&self, request: &Request, headers: &HeaderMap, status: u16, attempt: u32) {
        if let Some(date) = date_of(headers) {
            let offset = date.duration_since(self.clock.now());
            self.stats.update(|stats| stats.date_offset = Some(offset));
        }
        let Some(budget) = self.budget(request) else { return };
        let now = self.clock.elapsed();
        budget.learn(now, rate_headers(headers));
        if status == 429 {
            let asked = asked_wait(headers, self.clock.now());
            let wait = asked.unwrap_or_else(|| backoff(&self.config.retry, attempt));
            budget.block(now, wait.min(self.config.retry.wait_max));
        }
    }

    /// The error for a status other than 2xx, with the start of its body.
    async fn refusal(&self, stream: &mut BodyStream, secret: &SecretString) -> TransportError {
        let mut start = Vec::new();
        let wait = asked_wait(stream.response.headers(), self.clock.now());
        let status = stream.response.status().as_u16();
        stream.bytes_max = None;
        while start.len() < Excerpt::BYTES_MAX {
            // The status is the answer; a body that breaks off takes nothing from it.
            let Ok(Some(chunk)) = stream.read().await else { break };
            start.extend_from_slice(&chunk);
        }
        stream.bytes_seen = start.len() as u64;
        let body = Excerpt::new(&start, secret.expose_secret().trim());
        let wait = matches!(status, 429 | 503).then_some(wait).flatten();
        let error = TransportError::Status { call: stream.call, status, body, wait };
        stream.settle(Some(&error));
        error
    }

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

    /// Books the end of one attempt: counters and one log event.
    pub(super) fn settle(
        &self,
        call: Call,
        attempt: u32,
        began: Duration,
        bytes: u64,
        status: Option<u16>,
        error: Option<&TransportError>,
    ) {
        let now = self.clock.now();
        let took = self.clock.elapsed().saturating_sub(began);
        let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let Call { upstream, route } = call;
        self.config.metrics.count(upstream, route, took, error);
        let status = status.or_else(|| error.and_then(TransportError::status));
        self.stats.count_call(self.clock.elapsed(), |stats| {
            stats.retries += u64::from(attempt > 1);
            stats.bytes_received = stats.bytes_received.saturating_add(bytes);
            match error {
                None => stats.last_success_at = Some(now),
                Some(error) => {
                    stats.failures += u64::from(error.is_upstream_failure());
                    stats.last_error = Some(LastError { at: now, message: error.to_string() });
                }
            }
        });
        match error {
            None => tracing::info!(upstream, route, status, ms, bytes, attempt, "upstream call"),
            Some(error) => {
                tracing::warn!(upstream, route, status, ms, bytes, attempt, %error, "upstream call failed");
            }
        }
    }
}

/// Waits for `future` no longer than the caller's time.
async fn within<F: Future>(time_left: Option<Duration>, future: F) -> Result<F::Output, NotSent> {
    match time_left {
        Some(left) => tokio::time::timeout(left, future).await.map_err(|_| NotSent::Deadline),
        None => Ok(future.await),
    }
}

pub(super) fn build_client(config: &TransportConfig) -> Result<reqwest::Client, reqwest::Error> {
    // Several providers may be compiled in, so that none is the default; a second call changes
    // nothing and says so, which is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = || {
        reqwest::Client::builder()
            .user_agent(config.user_agent.as_str())
            .connect_timeout(config.connect_timeout)
            .pool_idle_timeout(config.idle_timeout)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
    };
    builder().build().or_else(|error| {
        // A machine without any root certificate can still talk to a simulator over plain HTTP;
        // over HTTPS every certificate is then refused.
        tracing::warn!(upstream = config.upstream, error = chain(error), "no system root certificates");
        builder().tls_certs_only([]).build()
    })
}

fn send_error(call: Call, error: reqwest::Error) -> TransportError {
    if error.is_connect() {
        return TransportError::NotSent { call, reason: NotSent::Unreachable(chain(error)) };
    }
    if error.is_builder() {
        return TransportError::NotSent { call, reason: NotSent::Invalid(chain(error)) };
    }
    TransportError::OutcomeUnknown { call, reason: Doubt::ConnectionLost(chain(error)) }
}

/// An error with its causes in one line, without the URL.
pub(super) fn chain(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = String::new();
    let mut cause = error.source();
    if cause.is_none() {
        return error.to_string();
    }
    while let Some(error) = cause {
        let _ = write!(text, "{}{error}", if text.is_empty() { "" } else { ": " });
        cause = error.source();
    }
    text
}
