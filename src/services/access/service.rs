//! What presents itself, let in or not.

use super::error::AccessError;
use super::jwt::{JwtRules, Verifier};
use super::key;
use super::keys::KeySet;
use super::tenure::Tenure;
use crate::domain::{Caller, SharedClock};
use crate::store::{Store, StoreError};
use crate::transport::Transport;

/// What an [`AccessService`] is made of.
pub struct AccessParts {
    /// Where the keys are.
    pub store: Store,
    /// Tells when keys and tokens end.
    pub clock: SharedClock,
    /// Which tokens are taken, and what reads their issuer's keys; none without.
    pub tokens: Option<(JwtRules, Transport)>,
}

/// Somebody who was let in.
#[derive(Clone)]
pub struct Admitted {
    /// Who.
    pub caller: Caller,
    /// For how long.
    pub tenure: Tenure,
}

impl Admitted {
    /// Somebody who was not asked.
    pub const fn unasked(caller: Caller) -> Self {
        Self { caller, tenure: Tenure::endless() }
    }
}

/// Tells who asks. Cloning shares it.
#[derive(Clone)]
pub struct AccessService {
    keys: KeySet,
    tokens: Option<Verifier>,
}

impl AccessService {
    /// The service with the keys as they are now.
    ///
    /// # Errors
    /// [`StoreError`] when they cannot be read.
    pub async fn open(parts: AccessParts) -> Result<Self, StoreError> {
        let AccessParts { store, clock, tokens } = parts;
        let tokens = tokens.map(|(rules, transport)| Verifier::new(rules, transport, clock.clone()));
        Ok(Self { keys: KeySet::read(store, clock).await?, tokens })
    }

    /// Whether anybody at all could be let in.
    pub fn can_admit(&self) -> bool {
        self.tokens.is_some() || self.keys.has_any()
    }

    /// Lets in who presents this key or token.
    ///
    /// # Errors
    /// [`AccessError`], in words for who asks.
    pub async fn admit(&self, presented: &str) -> Result<Admitted, AccessError> {
        if presented.starts_with(key::PREFIX) {
            let entry = self.keys.check(presented).await?;
            let tenure = Tenure::of_key(self.keys.clone(), entry.key().id.clone());
            return Ok(Admitted { caller: entry.caller.clone(), tenure });
        }
        match &self.tokens {
            Some(tokens) => tokens.admit(presented).await,
            None => Err(AccessError::Unknown),
        }
    }

    /// Reads the keys from time to time, so that what listens ends when its key was revoked; never ends.
    pub async fn keep_current(&self) {
        self.keys.keep_current().await;
    }

    /// Waits until every use of a key is noted.
    pub async fn drain(&self) {
        self.keys.drain().await;
    }
}
