//! The tokens of a connected account in use. What is handed out comes from memory; the store is read
//! once a minute and when it is time to renew.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;
use tokio_util::task::TaskTracker;

use super::random_secret;
use super::renewal::{Renewing, Want};
use super::status::ConnectionStatus;
use crate::domain::connection::{Consent, Method, renew_at, usable_until};
use crate::domain::{SharedClock, Upstream};
use crate::store::tokens::StoredConnection;
use crate::store::{StoreError, TokenVault};
use crate::transport::{OauthServer, TokenError, TokenSource};

/// How often the store is read again although nothing has to be renewed.
const CHECK_EVERY: Duration = Duration::from_mins(1);

/// The link to one upstream's connected account. Cloning shares it.
#[derive(Debug, Clone)]
pub struct Link(pub(super) Arc<Inner>);

/// What a [`Link`] is made of.
#[derive(Debug)]
pub struct LinkParts {
    /// Which upstream.
    pub upstream: Upstream,
    /// Its OAuth server; `None` where no app is set up, so that nothing can be renewed.
    pub server: Option<Arc<dyn OauthServer>>,
    /// Where tokens are kept.
    pub vault: TokenVault,
    /// The clock.
    pub clock: SharedClock,
    /// Where a person connects the account.
    pub connect_url: String,
    /// How long a process that died keeps the others from renewing.
    pub lease: Duration,
}

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) parts: LinkParts,
    /// Names this process among those that renew.
    pub(super) holder: String,
    held: ArcSwapOption<Held>,
    /// When the store was last read, in milliseconds of the monotonic clock.
    checked_at_ms: AtomicU64,
    pub(super) renewing: Mutex<Renewing>,
    /// Renewals under way: a shutdown waits for them.
    tasks: TaskTracker,
}

/// A connection as this process knows it.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) stored: StoredConnection,
    renew_at: Option<Timestamp>,
    usable_until: Option<Timestamp>,
}

impl Link {
    /// A link. Reads nothing yet.
    pub fn new(parts: LinkParts) -> Self {
        let holder = random_secret().expose_secret().to_owned();
        Self(Arc::new(Inner {
            parts,
            holder,
            held: ArcSwapOption::empty(),
            checked_at_ms: AtomicU64::new(0),
            renewing: Mutex::default(),
            tasks: TaskTracker::new(),
        }))
    }

    /// The OAuth server.
    pub(super) fn server(&self) -> Option<&Arc<dyn OauthServer>> {
        self.0.parts.server.as_ref()
    }

    /// Reads the connection again: it was changed here.
    pub(super) async fn reload(&self) -> Result<(), StoreError> {
        self.0.reload().await.map(drop)
    }

    /// How the connection stands, as the store has it now.
    pub(super) async fn status(&self) -> ConnectionStatus {
        let parts = &self.0.parts;
        let none = ConnectionStatus {
            connect_url: parts.server.is_some().then(|| parts.connect_url.clone()),
            ..ConnectionStatus::none(parts.upstream)
        };
        let stored = match parts.vault.connection(parts.upstream).await {
            Ok(Some(stored)) if stored.consent != Consent::None => stored,
            // Somebody disconnected it, or nobody ever connected it.
            Ok(stored) => {
                return ConnectionStatus { reason: stored.and_then(|stored| stored.reason), ..none };
            }
            Err(error @ (StoreError::KeyMissing { .. } | StoreError::Sealed { .. })) => {
                return ConnectionStatus {
                    consent: Consent::Needed,
                    reason: Some(error.to_string()),
                    ..none
                };
            }
            Err(error) => {
                return ConnectionStatus {
                    consent: Consent::Given,
                    unknown: true,
                    reason: Some(error.to_string()),
                    ..none
                };
            }
        };
        let expires_at =
            stored.tokens.as_ref().and_then(|tokens| tokens.given_at.checked_add(tokens.lifetime?).ok());
        ConnectionStatus {
            method: Some(Method::Oauth),
            consent: stored.consent,
            reason: stored.reason,
            account: stored.account,
            scopes: stored.scopes,
            granted_at: Some(stored.granted_at),
            granted_by: Some(stored.granted_by),
            expires_at: expires_at.filter(|_| stored.consent == Consent::Given),
            ..none
        }
    }

    /// Waits until no renewal is under way: one that is cut off between the answer and the disk would
    /// lose the connection.
    pub(super) async fn drain(&self) {
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }

    /// Renewing goes on when the caller goes away: new tokens that are in nobody's hands are lost.
    async fn obtain(&self, want: Want) -> Result<SecretString, TokenError> {
        let inner = Arc::clone(&self.0);
        let renewal = self.0.tasks.spawn(async move { inner.obtain(want).await });
        renewal.await.unwrap_or_else(|_| Err(TokenError::Unavailable("the service is stopping".to_owned())))
    }
}

impl Inner {
    pub(super) fn held(&self) -> Option<Arc<Held>> {
        self.held.load_full()
    }

    /// Whether the store was read lately: another replica may have disconnected the account.
    pub(super) fn is_checked(&self) -> bool {
        let checked_at = Duration::from_millis(self.checked_at_ms.load(Ordering::Relaxed));
        self.parts.clock.elapsed().saturating_sub(checked_at) < CHECK_EVERY
    }

    /// Puts a connection into use.
    pub(super) fn hold(&self, stored: StoredConnection) -> Arc<Held> {
        let jitter = rand::random_range(0..=1000);
        let (given_at, lifetime) = match &stored.tokens {
            Some(tokens) => (tokens.given_at, tokens.lifetime),
            None => (Timestamp::UNIX_EPOCH, None),
        };
        let (renew_at, usable_until) =
            (renew_at(given_at, lifetime, jitter), usable_until(given_at, lifetime));
        let held = Arc::new(Held { stored, renew_at, usable_until });
        self.held.store(Some(Arc::clone(&held)));
        held
    }

    /// The connection as the store has it now; keeps what is held where that is the same.
    pub(super) async fn reload(&self) -> Result<Option<Arc<Held>>, StoreError> {
        let stored = self.parts.vault.connection(self.parts.upstream).await?;
        let now_ms = u64::try_from(self.parts.clock.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.checked_at_ms.store(now_ms, Ordering::Relaxed);
        let Some(stored) = stored else {
            self.held.store(None);
            return Ok(None);
        };
        match self.held() {
            Some(held) if held.stored.version == stored.version => Ok(Some(held)),
            _ => Ok(Some(self.hold(stored))),
        }
    }

    /// The connection if a person lets the gateway in.
    pub(super) fn consented<'a>(
        &self,
        stored: Option<&'a StoredConnection>,
    ) -> Result<&'a StoredConnection, TokenError> {
        let Some(stored) = stored else { return Err(self.missing()) };
        match stored.consent {
            Consent::Given => Ok(stored),
            Consent::None => Err(self.missing()),
            Consent::Needed => {
                let default = || format!("{} no longer honours the connection", self.parts.upstream);
                Err(self.reconnect(stored.reason.clone().unwrap_or_else(default)))
            }
        }
    }

    /// Nobody is connected.
    pub(super) fn missing(&self) -> TokenError {
        match self.parts.server {
            Some(_) => TokenError::NotConnected { connect_at: self.parts.connect_url.as_str().into() },
            None => TokenError::Missing,
        }
    }

    pub(super) fn reconnect(&self, reason: String) -> TokenError {
        let connect_at = self.parts.connect_url.as_str().into();
        TokenError::ReconnectNeeded { reason: reason.into(), connect_at }
    }

    /// What a failed look into the store means for a call.
    pub(super) fn unreadable(&self, error: &StoreError) -> TokenError {
        match error {
            StoreError::KeyMissing { .. } | StoreError::Sealed { .. } => self.reconnect(error.to_string()),
            _ => TokenError::Unavailable(error.to_string()),
        }
    }
}

impl Held {
    /// The access token, if it can still be sent at `now`.
    pub(super) fn usable(&self, now: Timestamp) -> Option<&SecretString> {
        let tokens = self.stored.tokens.as_ref().filter(|_| self.stored.consent == Consent::Given)?;
        self.usable_until.is_none_or(|until| now < until).then_some(&tokens.access)
    }

    /// The access token, if it need not be renewed yet at `now`.
    pub(super) fn fresh(&self, now: Timestamp) -> Option<&SecretString> {
        self.usable(now).filter(|_| self.renew_at.is_none_or(|at| now < at))
    }
}

impl TokenSource for Link {
    fn token(&self) -> BoxFuture<'_, Result<SecretString, TokenError>> {
        async move {
            if let Some(held) = self.0.held().filter(|_| self.0.is_checked())
                && let Some(token) = held.fresh(self.0.parts.clock.now())
            {
                return Ok(token.clone());
            }
            self.obtain(Want::Fresh).await
        }
        .boxed()
    }

    fn renew<'a>(&'a self, refused: &'a SecretString) -> BoxFuture<'a, bool> {
        async move { self.obtain(Want::OtherThan(refused.clone())).await.is_ok() }.boxed()
    }

    fn require(&self) -> BoxFuture<'_, Result<(), TokenError>> {
        async move {
            let stored = self.0.parts.vault.connection(self.0.parts.upstream).await;
            self.0.consented(stored.map_err(|error| self.0.unreadable(&error))?.as_ref()).map(drop)
        }
        .boxed()
    }
}
