//! What is learned from an answer and booked of a call's end.

use std::time::Duration;

use reqwest::header::HeaderMap;

use super::client::Inner;
use super::error::{Call, NotSent, TransportError};
use super::request::Request;
use super::retry::{asked_wait, backoff, date_of, rate_headers};
use super::stats::LastError;

impl Inner {
    /// Books that a call did not leave. One that was held back is no call.
    pub(super) fn not_sent(&self, call: Call, attempt: u32, reason: NotSent) -> TransportError {
        let is_held_back = matches!(reason, NotSent::HeldBack { .. });
        let error = TransportError::NotSent { call, reason };
        if is_held_back {
            tracing::debug!(upstream = call.upstream, route = call.route, "upstream call held back");
        } else {
            self.settle(call, attempt, self.clock.elapsed(), 0, None, Some(&error));
        }
        error
    }

    /// Learns the rate limit and the upstream's time from any answer.
    pub(super) fn learn(&self, request: &Request, headers: &HeaderMap, status: u16, attempt: u32) {
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
            // Nothing went wrong with a call that nobody gave a token for: who asked says what is to be done.
            Some(error @ TransportError::NotSent { reason: NotSent::NoToken(_), .. }) => {
                tracing::debug!(upstream, route, attempt, %error, "upstream call not sent");
            }
            Some(error) => {
                tracing::warn!(upstream, route, status, ms, bytes, attempt, %error, "upstream call failed");
            }
        }
    }
}
