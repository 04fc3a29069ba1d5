//! How a connection stands, as far as tokens tell: what the calls show comes on top elsewhere.

use jiff::Timestamp;

use crate::domain::Upstream;
use crate::domain::connection::{Account, Consent, Method};

/// How a connection stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionStatus {
    /// Which upstream.
    pub upstream: Upstream,
    /// How the gateway proves itself; `None` when it does not.
    pub method: Option<Method>,
    /// Whether a person lets the gateway in.
    pub consent: Consent,
    /// Whether the upstream refused the token itself the last time.
    pub token_refused: bool,
    /// Whether it could not be told how the connection stands; the reason says why.
    pub unknown: bool,
    /// Why a person is needed, or why tokens cannot be read, in words.
    pub reason: Option<String>,
    /// What deserves attention before it becomes a reason.
    pub warning: Option<String>,
    /// Whom the connection acts as.
    pub account: Account,
    /// What it may do, by the upstream's names.
    pub scopes: Vec<String>,
    /// When a person agreed, or since when a configured token is in use.
    pub granted_at: Option<Timestamp>,
    /// Which administrator connected the account.
    pub granted_by: Option<String>,
    /// When the access token ends; it is renewed before by itself.
    pub expires_at: Option<Timestamp>,
    /// Where a person connects the account.
    pub connect_url: Option<String>,
}

impl ConnectionStatus {
    /// A connection that is none.
    pub const fn none(upstream: Upstream) -> Self {
        Self {
            upstream,
            method: None,
            consent: Consent::None,
            token_refused: false,
            unknown: false,
            reason: None,
            warning: None,
            account: Account { company_id: None, company_name: None, user_name: None, user_email: None },
            scopes: Vec::new(),
            granted_at: None,
            granted_by: None,
            expires_at: None,
            connect_url: None,
        }
    }
}
