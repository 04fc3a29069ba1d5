//! One attempt to connect an account: the browser is sent to the upstream and comes back with a code.
//!
//! What comes back counts only in the browser that was sent, once, and within ten minutes.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::error::ConnectError;
use super::link::Link;
use super::random_secret;
use crate::domain::Upstream;
use crate::domain::connection::{Account, Grant};
use crate::store::TokenVault;
use crate::store::tokens::{Attempt, NewConnection, Tokens};
use crate::transport::{Ask, OauthServer, safe_words};

/// How long a person may take to agree.
pub(super) const ATTEMPT_LIFE: Duration = Duration::from_mins(10);

/// Where to send the browser, and what to give it along.
#[derive(Debug)]
pub struct Begun {
    /// The upstream's page. It may hold secrets: not to be logged.
    pub location: SecretString,
    /// The value of a cookie that only this service gets back.
    pub cookie: SecretString,
    /// How long both are good.
    pub life: Duration,
}

/// What the browser brought back.
#[derive(Debug, Default)]
pub struct Callback {
    /// `code`
    pub code: Option<SecretString>,
    /// `state`
    pub state: Option<SecretString>,
    /// `error`
    pub error: Option<String>,
    /// `error_description`
    pub error_description: Option<String>,
    /// `iss` (RFC 9207)
    pub issuer: Option<String>,
    /// The cookie's value.
    pub cookie: Option<SecretString>,
}

/// Begins an attempt.
pub(super) async fn begin(
    link: &Link,
    server: &dyn OauthServer,
    redirect_url: String,
    by: &str,
) -> Result<Begun, ConnectError> {
    let parts = &link.0.parts;
    let ask = Ask { redirect_url, state: random_secret(), verifier: random_secret(), nonce: random_secret() };
    let session = random_secret();
    let location = server.authorize_url(&ask).await;
    let location = location.map_err(|error| ConnectError::NoTokens { upstream: parts.upstream, error })?;
    let cookie = format!("{}.{}", ask.state.expose_secret(), session.expose_secret());
    let Ask { state, verifier, nonce, .. } = ask;
    let attempt = Attempt { state, session, verifier, nonce, by: by.into() };
    let now = parts.clock.now();
    let ends_at = now.saturating_add(ATTEMPT_LIFE).unwrap_or(now);
    parts.vault.begin_attempt(parts.upstream, &attempt, now, ends_at).await?;
    Ok(Begun { location, cookie: cookie.into(), life: ATTEMPT_LIFE })
}

/// Takes the code that came back, if it belongs to an open attempt of this browser; with who began it.
pub(super) async fn redeem(
    link: &Link,
    server: &dyn OauthServer,
    redirect_url: String,
    callback: &Callback,
) -> Result<(Grant, Box<str>), ConnectError> {
    let parts = &link.0.parts;
    let upstream = parts.upstream;
    let (cookie_state, session) = split(callback.cookie.as_ref()).ok_or(ConnectError::NoAttempt)?;
    let state = match &callback.state {
        Some(state) => state.clone(),
        // PSOhub does not say that it hands the state back: the cookie then has to do.
        None if !server.returns_state() => cookie_state.clone(),
        None => return Err(ConnectError::NoAttempt),
    };
    let attempt = parts.vault.take_attempt(upstream, &state, parts.clock.now()).await?;
    let attempt = attempt.filter(|attempt| same(&attempt.session, &session) & same(&state, &cookie_state));
    let attempt = attempt.ok_or(ConnectError::NoAttempt)?;
    if let (Some(named), Some(known)) = (callback.issuer.as_deref(), server.issuer())
        && named.trim_end_matches('/') != known.trim_end_matches('/')
    {
        return Err(ConnectError::Refused { upstream, words: "another issuer answered".to_owned() });
    }
    if let Some(error) = callback.error.as_deref() {
        return Err(sent_back(upstream, error, callback.error_description.as_deref()));
    }
    let code = callback.code.as_ref().ok_or_else(|| ConnectError::Refused {
        upstream,
        words: "the browser came back without a code".to_owned(),
    })?;
    let Attempt { state, verifier, nonce, by, .. } = attempt;
    let ask = Ask { redirect_url, state, verifier, nonce };
    let grant = server.exchange(code, &ask).await;
    Ok((grant.map_err(|error| ConnectError::NoTokens { upstream, error })?, by))
}

/// Stores what a person agreed to.
pub(super) async fn store(
    vault: &TokenVault,
    link: &Link,
    grant: Grant,
    account: &Account,
    by: &str,
) -> Result<(), ConnectError> {
    let parts = &link.0.parts;
    let tokens = Tokens {
        access: grant.access_token,
        refresh: grant.refresh_token,
        given_at: parts.clock.now(),
        lifetime: grant.expires_in,
    };
    let scopes = grant.scopes.unwrap_or_default();
    let new = NewConnection { tokens: &tokens, scopes: &scopes, account, by };
    vault.connect(parts.upstream, &new).await?;
    Ok(link.reload().await?)
}

/// The upstream sent the browser back with an error; its words are shown.
fn sent_back(upstream: Upstream, error: &str, description: Option<&str>) -> ConnectError {
    let words = safe_words(description.unwrap_or(error), &[]);
    if error == "access_denied" {
        ConnectError::Declined { upstream, words }
    } else {
        ConnectError::Refused { upstream, words }
    }
}

fn split(cookie: Option<&SecretString>) -> Option<(SecretString, SecretString)> {
    let (state, session) = cookie?.expose_secret().split_once('.')?;
    Some((state.into(), session.into()))
}

/// Compares without telling by its time where two secrets differ.
fn same(left: &SecretString, right: &SecretString) -> bool {
    let (left, right) = (left.expose_secret().as_bytes(), right.expose_secret().as_bytes());
    let differing = left.iter().zip(right).fold(0, |differing, (left, right)| differing | (left ^ right));
    left.len() == right.len() && differing == 0
}
