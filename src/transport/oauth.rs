//! What an upstream's OAuth server does, whichever it is. The vendors' modules implement it; who
//! keeps tokens uses it without knowing parameter names.

use std::fmt;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use secrecy::{ExposeSecret, SecretString};

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

/// Longest text of an OAuth server's that is kept.
const WORDS_CHARS_MAX: usize = 200;

/// Shortest text that is taken for a secret: a shorter one would cut words out.
const SECRET_BYTES_MIN: usize = 8;

/// An OAuth server's words as they may be shown, logged and stored: one line, cut, and without the
/// `secrets` that it was sent, should it repeat one.
pub fn safe_words(words: &str, secrets: &[&SecretString]) -> String {
    let secrets = secrets.iter().map(|secret| secret.expose_secret());
    let safe = secrets
        .filter(|secret| secret.len() >= SECRET_BYTES_MIN)
        .fold(words.to_owned(), |words, secret| words.replace(secret, "[redacted]"));
    safe.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(WORDS_CHARS_MAX).collect()
}

impl GrantError {
    /// The error with [`safe_words`].
    #[must_use]
    pub fn without(self, secrets: &[&SecretString]) -> Self {
        match self {
            Self::NotHonoured(words) => Self::NotHonoured(safe_words(&words, secrets)),
            Self::Misconfigured(words) => Self::Misconfigured(safe_words(&words, secrets)),
            Self::Unavailable(words) => Self::Unavailable(safe_words(&words, secrets)),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_server_hold_no_secret_and_no_second_line() {
        let (code, short) = (SecretString::from("code-4711-4711"), SecretString::from("a"));
        let error = GrantError::NotHonoured("Code code-4711-4711 not valid\nlevel=ERROR a".to_owned());
        let words = error.without(&[&code, &short]).to_string();
        assert_eq!(words, "Code [redacted] not valid level=ERROR a");
        assert_eq!(safe_words(&"x".repeat(900), &[]).len(), WORDS_CHARS_MAX);
    }
}
