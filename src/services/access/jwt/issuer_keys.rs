//! The issuer's published keys (RFC 7517), kept and read again when they may have changed.
//!
//! A key that is not known makes them be read, at most every half minute; so does their age. While they
//! cannot be read those that are known stay: an issuer that is away must not lock everybody out.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use openidconnect::core::{CoreJsonWebKey, CoreJsonWebKeySet, CoreJwsSigningAlgorithm};
use openidconnect::{JsonWebKey as _, JwsSigningAlgorithm as _};

use super::token::Token;
use crate::domain::SharedClock;
use crate::services::access::atomic_instant::AtomicInstant;
use crate::services::access::{AccessError, TokenFault};
use crate::services::flights::Flights;
use crate::transport::{NoToken, Request, Transport, TransportError, Url};

/// How long the keys are gone by: one that the issuer has withdrawn is refused after this time.
const LIFE: Duration = Duration::from_mins(10);

/// How often they are read at most.
const READ_EVERY: Duration = Duration::from_secs(30);

/// The same while none were ever read.
const FIRST_READ_EVERY: Duration = Duration::from_secs(2);

/// How long reading them may take: somebody waits.
const DEADLINE: Duration = Duration::from_secs(5);

/// A set of keys is some kilobytes.
const BYTES_MAX: usize = 256 * 1024;

/// The keys. Cloning shares them.
#[derive(Clone)]
pub(super) struct IssuerKeys(Arc<Inner>);

struct Inner {
    url: Url,
    transport: Transport,
    clock: SharedClock,
    held: ArcSwapOption<Held>,
    /// When the last reading ended, well or not.
    tried_at: AtomicInstant,
    readings: Flights<(), ()>,
}

/// The keys as they were read.
pub(super) struct Held {
    keys: Vec<CoreJsonWebKey>,
    read_at: Duration,
}

impl IssuerKeys {
    pub(super) fn new(url: Url, transport: Transport, clock: SharedClock) -> Self {
        Self(Arc::new(Inner {
            url,
            transport,
            clock,
            held: ArcSwapOption::empty(),
            tried_at: AtomicInstant::never(),
            readings: Flights::default(),
        }))
    }

    /// Checks a token's signature; gives the keys it was checked with.
    pub(super) async fn check(&self, token: &Token<'_>) -> Result<Arc<Held>, AccessError> {
        let mut held = self.current().await?;
        if !held.knows(token) && self.may_read(READ_EVERY) {
            self.read_again().await;
            held = self.current().await?;
        }
        held.check(token).map_err(AccessError::Token)?;
        Ok(held)
    }

    /// The keys, read again if they are old.
    pub(super) async fn current(&self) -> Result<Arc<Held>, AccessError> {
        let held = self.0.held.load_full();
        let now = self.0.clock.elapsed();
        let is_due = match &held {
            Some(held) => now.saturating_sub(held.read_at) >= LIFE && self.may_read(READ_EVERY),
            None => self.may_read(FIRST_READ_EVERY),
        };
        if is_due {
            self.read_again().await;
        }
        self.0.held.load_full().ok_or(AccessError::Unavailable)
    }

    fn may_read(&self, every: Duration) -> bool {
        self.0.tried_at.is_past(self.0.clock.elapsed(), every)
    }

    async fn read_again(&self) {
        let inner = Arc::clone(&self.0);
        self.0.readings.join((), || async move { inner.read_again().await }).await;
    }
}

impl Inner {
    async fn read_again(&self) {
        let read = self.read().await;
        let now = self.clock.elapsed();
        match read {
            Ok(keys) => self.held.store(Some(Arc::new(Held { keys, read_at: now }))),
            Err(error) => {
                tracing::warn!(%error, "the token issuer's keys could not be read; those known are gone by");
            }
        }
        self.tried_at.set(now);
    }

    async fn read(&self) -> Result<Vec<CoreJsonWebKey>, JwksError> {
        let request = Request::get(self.url.clone(), "GET JWKS_URL");
        let request = request.without_token().bytes_max(BYTES_MAX).deadline(DEADLINE).urgent();
        let answer = self.transport.fetch(&request, &NoToken).await?;
        let set: CoreJsonWebKeySet = serde_json::from_slice(&answer.body)?;
        // An empty answer would lock everybody out: no issuer that works has no key.
        if set.keys().is_empty() { Err(JwksError::NoKey) } else { Ok(set.keys().clone()) }
    }
}

#[derive(Debug, thiserror::Error)]
enum JwksError {
    #[error(transparent)]
    Call(#[from] TransportError),
    #[error("the answer is no set of keys: {0}")]
    Shape(#[from] serde_json::Error),
    #[error("the answer holds no key that is understood")]
    NoKey,
}

impl Held {
    fn knows(&self, token: &Token<'_>) -> bool {
        self.fitting(token).next().is_some()
    }

    /// The keys that the token can be signed with: the one it names, or without a name every one of its kind.
    fn fitting(&self, token: &Token<'_>) -> impl Iterator<Item = &CoreJsonWebKey> {
        self.keys.iter().filter(move |key| {
            let is_named = token
                .key_id
                .as_deref()
                .is_none_or(|named| key.key_id().is_some_and(|known| known.as_str() == named));
            is_named && is_of_kind(key, &token.algorithm)
        })
    }

    fn check(&self, token: &Token<'_>) -> Result<(), TokenFault> {
        let mut fitting = self.fitting(token).peekable();
        if fitting.peek().is_none() {
            return Err(TokenFault::UnknownKey);
        }
        let signed = token.signed.as_bytes();
        let is_right =
            |key: &CoreJsonWebKey| key.verify_signature(&token.algorithm, signed, &token.signature).is_ok();
        if fitting.any(is_right) { Ok(()) } else { Err(TokenFault::Signature) }
    }
}

fn is_of_kind(key: &CoreJsonWebKey, algorithm: &CoreJwsSigningAlgorithm) -> bool {
    algorithm.key_type().is_some_and(|kind| kind == *key.key_type())
}
