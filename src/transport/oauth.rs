//! What an upstream's OAuth server does, whichever it is. The vendors' modules implement it; who
//! keeps tokens uses it without knowing parameter names.

use std::fmt;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use secrecy::SecretString;

use crate::domain::connection::{Grant, GrantError};

/// What one attempt to connect an account goes with. Each text is random, of letters and digits.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Where the browser is sent back to, exactly as registered.
    pub redirect_url: String,
    /// Comes back with the browser.
    pub state: SecretString,
    /// PKCE's verifier.
    pub verifier: SecretString,
    /// What an ID token must repeat.
    pub nonce: SecretString,
}

/// An upstream's OAuth server: authorization code and refresh token.
pub trait OauthServer: Send + Sync + fmt::Debug {
    /// The address that the browser is sent to. It may hold secrets.
    fn authorize_url<'a>(&'a self, ask: &'a Ask) -> BoxFuture<'a, Result<SecretString, GrantError>>;

    /// Tokens for the code that came back.
    fn exchange<'a>(
        &'a self,
        code: &'a SecretString,
        ask: &'a Ask,
    ) -> BoxFuture<'a, Result<Grant, GrantError>>;

    /// Learns what [`Self::renew`] needs to know, so that nothing but the one call is left to be made
    /// while others are kept off.
    fn get_ready(&self) -> BoxFuture<'_, Result<(), GrantError>> {
        ready(Ok(())).boxed()
    }

    /// New tokens for a refresh token, which may be dead from then on, whatever the answer was. Ends
    /// within `deadline`.
    fn renew<'a>(
        &'a self,
        refresh_token: &'a SecretString,
        deadline: Duration,
    ) -> BoxFuture<'a, Result<Grant, GrantError>>;

    /// Ends tokens before their time. Whether the server knows how.
    fn revoke<'a>(&'a self, token: &'a SecretString) -> BoxFuture<'a, Result<bool, GrantError>>;

    /// The upstream's own id of the company that an access token belongs to; `None` where it does not
    /// tell.
    fn company_id<'a>(
        &'a self,
        access_token: &'a SecretString,
    ) -> BoxFuture<'a, Result<Option<String>, GrantError>>;

    /// The server's name as it may stand beside a code (RFC 9207); `None` where that is unknown.
    fn issuer(&self) -> Option<&str>;

    /// Whether the state surely comes back with the browser.
    fn returns_state(&self) -> bool;
}
