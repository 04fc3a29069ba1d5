//! Where a call's bearer token comes from. Tokens are never logged, printed or part of an error.

use std::fmt;

use futures_util::future::{BoxFuture, FutureExt, ready};
use secrecy::{ExposeSecret, SecretString};

/// Why there is no token for a call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// None was configured or connected.
    #[error("no access token is set; set one or connect the account")]
    Missing,
    /// No account is connected, and one can be.
    #[error("no account is connected; open {connect_at} to connect one")]
    NotConnected {
        /// Where.
        connect_at: Box<str>,
    },
    /// The account has to be connected again by a person.
    #[error("{reason}; open {connect_at} to connect the account again")]
    ReconnectNeeded {
        /// Why, in words.
        reason: Box<str>,
        /// Where.
        connect_at: Box<str>,
    },
    /// It could not be had this time; later may work.
    #[error("the access token could not be renewed: {0}")]
    Unavailable(String),
}

/// Hands out the token for the next call, renewing it first where it can.
pub trait TokenSource: Send + Sync + fmt::Debug {
    /// The token to send now.
    fn token(&self) -> BoxFuture<'_, Result<SecretString, TokenError>>;

    /// The upstream has refused this token (401). Whether another one can be had now, with which the
    /// call may be sent once more: a refusal for the token had no effect, whatever the call was.
    fn renew<'a>(&'a self, _refused: &'a SecretString) -> BoxFuture<'a, bool> {
        ready(false).boxed()
    }

    /// Whether a person lets the gateway in: what a write asks before it is taken on. Asks the upstream
    /// nothing.
    ///
    /// # Errors
    /// Whatever keeps [`Self::token`] from giving one until a person does something.
    fn require(&self) -> BoxFuture<'_, Result<(), TokenError>> {
        ready(Ok(())).boxed()
    }
}

/// A token that was configured, such as a Bexio personal access token.
#[derive(Debug, Clone)]
pub struct StaticToken(pub SecretString);

impl TokenSource for StaticToken {
    fn token(&self) -> BoxFuture<'_, Result<SecretString, TokenError>> {
        let blank = self.0.expose_secret().trim().is_empty();
        ready(if blank { Err(TokenError::Missing) } else { Ok(self.0.clone()) }).boxed()
    }
}

/// Stands where no account is connected: every call fails before it is sent.
#[derive(Debug, Clone, Copy)]
pub struct NoToken;

impl TokenSource for NoToken {
    fn token(&self) -> BoxFuture<'_, Result<SecretString, TokenError>> {
        ready(Err(TokenError::Missing)).boxed()
    }

    fn require(&self) -> BoxFuture<'_, Result<(), TokenError>> {
        ready(Err(TokenError::Missing)).boxed()
    }
}
