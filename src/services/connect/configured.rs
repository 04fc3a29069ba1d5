//! A token from the configuration, such as a Bexio personal access token: it does not say when it
//! ends, so it is warned about by its age, and its end is learned from a refusal.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use jiff::Timestamp;
use secrecy::SecretString;

use super::status::ConnectionStatus;
use crate::domain::connection::{Account, Consent, Method};
use crate::domain::{SharedClock, Upstream};
use crate::store::{StoreError, TokenVault};
use crate::transport::{TokenError, TokenSource};

/// Bexio's documentation speaks of six months for a personal access token, newer notes of 60 days:
/// the shorter, less two weeks to act in.
const WARN_AFTER: Duration = Duration::from_hours(24 * 46);

/// A token from the configuration.
#[derive(Debug)]
pub struct ConfiguredToken {
    upstream: Upstream,
    variable: &'static str,
    token: SecretString,
    clock: SharedClock,
    refused_at: Mutex<Option<Timestamp>>,
    first_used_at: Mutex<Option<Timestamp>>,
    account: Mutex<Account>,
}

impl ConfiguredToken {
    /// The token that `variable` holds.
    pub fn new(upstream: Upstream, variable: &'static str, token: SecretString, clock: SharedClock) -> Self {
        Self {
            upstream,
            variable,
            token,
            clock,
            refused_at: Mutex::default(),
            first_used_at: Mutex::default(),
            account: Mutex::default(),
        }
    }

    /// The setting that holds it.
    pub const fn variable(&self) -> &'static str {
        self.variable
    }

    /// The token, to ask with it whom it acts as.
    pub(super) const fn secret(&self) -> &SecretString {
        &self.token
    }

    /// Learns since when this very token is in use here.
    pub async fn note_use(&self, vault: &TokenVault) -> Result<(), StoreError> {
        let since = vault.note_configured(self.upstream, &self.token, self.clock.now()).await?;
        *self.first_used_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(since);
        if let Some(warning) = self.warning() {
            tracing::warn!("{warning}");
        }
        Ok(())
    }

    /// Notes whom the token acts as.
    pub(super) fn set_account(&self, account: Account) {
        *self.account.lock().unwrap_or_else(PoisonError::into_inner) = account;
    }

    fn first_used_at(&self) -> Option<Timestamp> {
        *self.first_used_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A sentence when the token is old enough to end soon.
    fn warning(&self) -> Option<String> {
        let age = Duration::try_from(self.clock.now().duration_since(self.first_used_at()?)).ok()?;
        (age >= WARN_AFTER).then(|| {
            let days = age.as_secs() / 86_400;
            format!(
                "{} has been in use for {days} days. Such tokens end after two to six months without notice: \
                 make a new one, or connect the account",
                self.variable
            )
        })
    }

    /// How the connection stands. A call that went through since a refusal shows that the token is good.
    pub(super) fn status(&self, last_success_at: Option<Timestamp>) -> ConnectionStatus {
        let refused_at = *self.refused_at.lock().unwrap_or_else(PoisonError::into_inner);
        let refused = refused_at.is_some_and(|at| last_success_at.is_none_or(|success| success <= at));
        let reason = format!(
            "{} refuses the token in {}: set a new one and start again",
            self.upstream, self.variable
        );
        ConnectionStatus {
            method: Some(Method::AccessToken),
            consent: Consent::Given,
            token_refused: refused,
            reason: refused.then_some(reason),
            warning: self.warning(),
            account: self.account.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            granted_at: self.first_used_at(),
            ..ConnectionStatus::none(self.upstream)
        }
    }
}

impl TokenSource for ConfiguredToken {
    /// Also a token that was refused: it may be good again, and only a call tells.
    fn token(&self) -> BoxFuture<'_, Result<SecretString, TokenError>> {
        ready(Ok(self.token.clone())).boxed()
    }

    fn renew<'a>(&'a self, _refused: &'a SecretString) -> BoxFuture<'a, bool> {
        *self.refused_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(self.clock.now());
        ready(false).boxed()
    }
}
