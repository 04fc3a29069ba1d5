//! One attempt of a call: sent once, and once more with another token where that was what was refused.

use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tracing::Instrument as _;

use super::admission::within;
use super::body::BodyStream;
use super::client::Inner;
use super::error::{Call, Doubt, Excerpt, NotSent, TransportError};
use super::http_client::chain;
use super::pass::Pass;
use super::request::Request;
use super::retry::asked_wait;
use super::token::TokenSource;

impl Inner {
    /// One attempt, and a second one with another token where the first was refused for its token.
    pub(super) async fn attempt(
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
