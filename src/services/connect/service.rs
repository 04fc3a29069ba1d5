//! Both connections: what the pages, the API and the sends ask of them.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use jiff::Timestamp;
use secrecy::SecretString;
use tokio_util::task::TaskTracker;

use super::configured::ConfiguredToken;
use super::error::ConnectError;
use super::flow::{self, Begun, Callback};
use super::link::Link;
use super::status::ConnectionStatus;
use crate::bexio::BexioClient;
use crate::book::{BookService, Source};
use crate::domain::connection::Account;
use crate::domain::{Upstream, name_in_logs};
use crate::services::Catalog;
use crate::store::TokenVault;
use crate::trace::TraceExt as _;
use crate::transport::{OauthServer, StaticToken, TokenError, TokenSource};

/// How the gateway gets into one upstream.
#[derive(Debug, Clone)]
pub enum Access {
    /// By a token from the configuration.
    Configured(Arc<ConfiguredToken>),
    /// By an account that a person connects.
    Account {
        /// The tokens in use.
        link: Link,
        /// The settings that name the app, for who has not set them.
        variables: &'static str,
    },
}

impl Access {
    /// Where calls take their token from.
    pub fn token_source(&self) -> Arc<dyn TokenSource> {
        match self {
            Self::Configured(token) => Arc::clone(token) as Arc<dyn TokenSource>,
            Self::Account { link, .. } => Arc::new(link.clone()),
        }
    }
}

/// What a [`ConnectService`] is made of.
pub struct Parts {
    /// PSOhub's access.
    pub psohub: Access,
    /// Bexio's access.
    pub bexio: Access,
    /// Asks Bexio whom a token acts as.
    pub client: BexioClient,
    /// Looks again once an account is connected.
    pub book: Arc<BookService>,
    /// Forgets what it has then: it may be what was not to be had without an account.
    pub catalog: Catalog,
    /// Where tokens are kept.
    pub vault: TokenVault,
    /// Where browsers reach the service, without a slash at its end.
    pub public_url: String,
}

/// Both connections. Cloning shares it.
#[derive(Clone)]
pub struct ConnectService(Arc<Inner>);

struct Inner {
    parts: Parts,
    /// Accounts that are being connected.
    connecting: TaskTracker,
}

/// What disconnecting did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disconnected {
    /// Whether there was a connection.
    pub was_connected: bool,
    /// Whether the upstream has ended the tokens. If not, they are forgotten here and good until they
    /// end by themselves, or until somebody takes the app's access away in the upstream.
    pub revoked: bool,
}

impl ConnectService {
    /// The service over `parts`.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(Inner { parts, connecting: TaskTracker::new() }))
    }

    /// How a connection stands, when a call last went through at `last_success_at`.
    pub async fn status(&self, upstream: Upstream, last_success_at: Option<Timestamp>) -> ConnectionStatus {
        match self.access(upstream) {
            Access::Configured(token) => token.status(last_success_at),
            Access::Account { link, .. } => link.status().await,
        }
    }

    /// Whether calls to `upstream` could be sent: what a write asks before it is accepted. Asks the
    /// upstream nothing.
    ///
    /// # Errors
    /// [`TokenError`]; its words say what to do, with the address where a person connects the account.
    pub async fn require(&self, upstream: Upstream) -> Result<(), TokenError> {
        match self.access(upstream) {
            Access::Configured(_) => Ok(()),
            Access::Account { link, .. } => link.require().await,
        }
    }

    /// Begins to connect an account, for `by`.
    pub async fn begin(&self, upstream: Upstream, by: &str) -> Result<Begun, ConnectError> {
        let (link, server) = self.connectable(upstream)?;
        self.0.parts.vault.require_key()?;
        flow::begin(link, &**server, self.redirect_url(upstream), by).await
    }

    /// Connects the account that agreed, for who began. Goes on when the browser goes away: a code is good once.
    pub async fn finish(&self, upstream: Upstream, callback: Callback) -> Result<(), ConnectError> {
        let service = self.clone();
        let work = async move { service.connect(upstream, &callback).await };
        let work = self.0.connecting.spawn(work.with_current_context());
        work.await.unwrap_or(Err(ConnectError::Stopping))
    }

    async fn connect(&self, upstream: Upstream, callback: &Callback) -> Result<(), ConnectError> {
        let (link, server) = self.connectable(upstream)?;
        let (grant, by) = flow::redeem(link, &**server, self.redirect_url(upstream), callback).await?;
        let account = match self.account(upstream, &**server, &grant.access_token).await {
            Ok(account) => account,
            Err(error) => {
                revoke(&**server, grant.refresh_token.as_ref().unwrap_or(&grant.access_token)).await;
                return Err(error);
            }
        };
        flow::store(&self.0.parts.vault, link, grant, &account, &by).await?;
        tracing::info!(upstream = upstream.key(), by = name_in_logs(&by), "the account is connected");
        self.0.parts.catalog.invalidate_all();
        // Begins a look, which goes on by itself: whoever waits for the data need not wait for the next one.
        // How it ends is told with the data.
        let _begun = self.0.parts.book.refresh(source_of(upstream)).now_or_never();
        Ok(())
    }

    /// Whom `token` acts as, if that is the company whose invoices are here.
    async fn account(
        &self,
        upstream: Upstream,
        server: &dyn OauthServer,
        token: &SecretString,
    ) -> Result<Account, ConnectError> {
        if upstream == Upstream::Psohub {
            return Ok(Account::default());
        }
        let mut account = self.ask_account(token).await.unwrap_or_else(|words| {
            tracing::warn!(error = words, "Bexio did not say whose account was connected");
            Account::default()
        });
        let known = self.0.parts.vault.company(upstream).await?;
        match (server.company_id(token).await, known) {
            (Ok(Some(id)), Some((known, name))) if id != known => {
                let now = account.company_name.unwrap_or_else(|| "another company".to_owned());
                return Err(ConnectError::OtherCompany { known: name.unwrap_or(known), now });
            }
            (Err(error), Some(_)) => {
                return Err(ConnectError::Unverified { upstream, words: error.to_string() });
            }
            // Without the scope for it the company is not told; then what is known stays.
            (Ok(id), known) => account.company_id = id.or(known.map(|(known, _)| known)),
            (Err(error), None) => tracing::warn!(%error, "Bexio did not say which company was connected"),
        }
        Ok(account)
    }

    async fn ask_account(&self, token: &SecretString) -> Result<Account, String> {
        let client = self.0.parts.client.with_token(Arc::new(StaticToken(token.clone())));
        let company = client.company_profile().await.map_err(|error| error.to_string())?;
        let user = client.me().await.map_err(|error| error.to_string())?;
        let name = [user.first_name, user.last_name].into_iter().flatten().collect::<Vec<_>>().join(" ");
        Ok(Account {
            company_id: None,
            company_name: Some(company.name.into()),
            user_name: Some(name).filter(|name| !name.is_empty()),
            user_email: user.email.map(Into::into),
        })
    }

    /// Learns what a configured token does not say of itself: since when it is in use, and for whom.
    /// What cannot be learned is told in the log and nowhere missed.
    pub async fn learn(&self) {
        for upstream in Upstream::ALL {
            let Access::Configured(token) = self.access(upstream) else { continue };
            if let Err(error) = token.note_use(&self.0.parts.vault).await {
                tracing::warn!(upstream = upstream.key(), %error, "the age of the access token is not known");
            }
            if upstream == Upstream::Bexio {
                match self.ask_account(token.secret()).await {
                    Ok(account) => token.set_account(account),
                    Err(error) => tracing::warn!(error, "Bexio did not say whose access token this is"),
                }
            }
        }
    }

    /// Disconnects an account: the upstream is asked to end the tokens, and they are forgotten here
    /// whatever it says.
    pub async fn disconnect(&self, upstream: Upstream, by: &str) -> Result<Disconnected, ConnectError> {
        let Access::Account { link, .. } = self.access(upstream) else {
            return Err(self.configured(upstream));
        };
        // Tokens that cannot be read can still be forgotten.
        let stored = self.0.parts.vault.connection(upstream).await.ok().flatten();
        let was_connected = self.0.parts.vault.disconnect(upstream, by).await?;
        link.reload().await?;
        let tokens = stored.and_then(|stored| stored.tokens);
        let revoked = match (link.server(), tokens) {
            (Some(server), Some(tokens)) => {
                let access = revoke(&**server, &tokens.access).await;
                let refresh = match &tokens.refresh {
                    Some(refresh) => revoke(&**server, refresh).await,
                    None => true,
                };
                access && refresh
            }
            _ => false,
        };
        tracing::info!(upstream = upstream.key(), by, revoked, "the account is disconnected");
        Ok(Disconnected { was_connected, revoked })
    }

    /// Waits for renewals that are under way, for at most `grace`: a shutdown must not cut them off.
    pub async fn drain(&self, grace: Duration) {
        let renewals = async {
            self.0.connecting.close();
            self.0.connecting.wait().await;
            for upstream in Upstream::ALL {
                if let Access::Account { link, .. } = self.access(upstream) {
                    link.drain().await;
                }
            }
        };
        if tokio::time::timeout(grace, renewals).await.is_err() {
            tracing::warn!(
                "an account is still being connected or tokens renewed; the next start tries the stored ones once"
            );
        }
    }

    /// Where the upstream sends browsers back to: to be registered there exactly so.
    pub fn redirect_url(&self, upstream: Upstream) -> String {
        format!("{}/connect/{}/callback", self.0.parts.public_url, upstream.key())
    }

    /// Whether browsers reach the service over TLS.
    pub fn is_https(&self) -> bool {
        self.0.parts.public_url.starts_with("https://")
    }

    fn access(&self, upstream: Upstream) -> &Access {
        match upstream {
            Upstream::Psohub => &self.0.parts.psohub,
            Upstream::Bexio => &self.0.parts.bexio,
        }
    }

    fn connectable(&self, upstream: Upstream) -> Result<(&Link, &Arc<dyn OauthServer>), ConnectError> {
        let Access::Account { link, variables } = self.access(upstream) else {
            return Err(self.configured(upstream));
        };
        let server = link.server().ok_or(ConnectError::NoApp { upstream, variables })?;
        Ok((link, server))
    }

    fn configured(&self, upstream: Upstream) -> ConnectError {
        let variable = match self.access(upstream) {
            Access::Configured(token) => token.variable(),
            Access::Account { variables, .. } => variables,
        };
        ConnectError::Configured { upstream, variable }
    }
}

const fn source_of(upstream: Upstream) -> Source {
    match upstream {
        Upstream::Psohub => Source::Psohub,
        Upstream::Bexio => Source::Bexio,
    }
}

/// Asks the upstream to end a token. Whether it did.
async fn revoke(server: &dyn OauthServer, token: &SecretString) -> bool {
    server.revoke(token).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "tokens could not be ended at the upstream");
        false
    })
}
