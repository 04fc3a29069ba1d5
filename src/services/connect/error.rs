//! Why an account was not connected, in words for the person in front of the browser.

use crate::domain::Upstream;
use crate::domain::connection::GrantError;
use crate::store::StoreError;

/// Why an account was not connected or disconnected. No text holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// A token from the configuration is in use: it goes before a connected account.
    #[error(
        "{variable} is set, and that token is used for {upstream}: take it away and start again to connect an account"
    )]
    Configured {
        /// Which upstream.
        upstream: Upstream,
        /// The setting.
        variable: &'static str,
    },
    /// The app is not set up.
    #[error("{upstream} cannot be connected yet: set {variables} as the app was registered, and start again")]
    NoApp {
        /// Which upstream.
        upstream: Upstream,
        /// What is missing.
        variables: &'static str,
    },
    /// The person declined.
    #[error("{upstream} says that access was declined ({words}); nothing was changed")]
    Declined {
        /// Which upstream.
        upstream: Upstream,
        /// The upstream's own words.
        words: String,
    },
    /// The upstream sent the browser back with an error.
    #[error("{upstream} refused the request ({words}); check the app's redirect URL and the scopes")]
    Refused {
        /// Which upstream.
        upstream: Upstream,
        /// The upstream's own words.
        words: String,
    },
    /// What the browser brought back belongs to no attempt of this browser that is still open.
    #[error(
        "this page was not reached from an attempt of this browser that is still open: it was opened twice, \
         came too late (10 minutes), or another tab began after it; begin again"
    )]
    NoAttempt,
    /// The code could not be exchanged.
    #[error("{upstream} gave no tokens: {error}{}", what_to_do(error))]
    NoTokens {
        /// Which upstream.
        upstream: Upstream,
        /// Why.
        error: GrantError,
    },
    /// Another company agreed than the one whose invoices are here.
    #[error(
        "this service holds the invoices of {known}, and {now} agreed just now: connect {known}, or set up \
         a service with a database of its own for {now}"
    )]
    OtherCompany {
        /// The company that was connected before.
        known: String,
        /// The company that agreed.
        now: String,
    },
    /// Which company agreed could not be asked.
    #[error("{upstream} could not be asked which company this is: {words}; begin again in a moment")]
    Unverified {
        /// Which upstream.
        upstream: Upstream,
        /// Why.
        words: String,
    },
    /// The tokens cannot be kept or read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The work was cut off by a shutdown.
    #[error("the service is stopping: begin again in a moment")]
    Stopping,
}

impl ConnectError {
    /// Whether it is this service or its set-up that has to be mended before another attempt helps.
    pub const fn is_ours(&self) -> bool {
        matches!(self, Self::Store(_) | Self::Stopping | Self::Configured { .. } | Self::NoApp { .. })
    }
}

const fn what_to_do(error: &GrantError) -> &'static str {
    match error {
        GrantError::NotHonoured(_) => "; begin again",
        GrantError::Misconfigured(_) => "; check the app's id, secret, redirect URL and scopes",
        GrantError::Unavailable(_) => "; begin again in a moment",
    }
}
