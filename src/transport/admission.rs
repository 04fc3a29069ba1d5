//! What stands between a call and its first byte: token, rate limit, a place among the calls under way, the
//! message itself.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::OwnedSemaphorePermit;

use super::budget::{Budget, Share, Turn};
use super::client::Inner;
use super::error::NotSent;
use super::http_client::chain;
use super::request::Request;
use super::token::TokenSource;
use crate::trace;

/// What a call under way holds.
#[derive(Debug)]
pub(super) struct Permits {
    _background: Option<OwnedSemaphorePermit>,
    _call: OwnedSemaphorePermit,
}

/// A call that is ready to leave.
pub(super) type Ready = (reqwest::Request, SecretString, Permits);

impl Inner {
    /// Everything before the first byte: token, budget, turn, message.
    pub(super) async fn prepare(
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

    pub(super) fn budget(&self, request: &Request) -> Option<&Budget> {
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
}

/// Waits for `future` no longer than the caller's time.
pub(super) async fn within<F: Future>(time_left: Option<Duration>, future: F) -> Result<F::Output, NotSent> {
    match time_left {
        Some(left) => tokio::time::timeout(left, future).await.map_err(|_| NotSent::Deadline),
        None => Ok(future.await),
    }
}
