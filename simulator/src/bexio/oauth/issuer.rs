//! The codes and tokens given out, and their lives on the simulator's clock.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

/// `expires_in` of an access token.
pub(super) const ACCESS_SECONDS: i64 = 3600;
/// A code is to be exchanged at once.
const CODE_LIFE: SignedDuration = SignedDuration::from_secs(60);
/// Without `offline_access` the refresh token ends with the browser's session.
pub(super) const SESSION_SECONDS: i64 = 1800;
/// An offline session dies after a year without use.
const OFFLINE_LIFE: SignedDuration = SignedDuration::from_hours(24 * 365);

/// Codes and tokens given out.
#[derive(Debug, Default)]
pub(crate) struct Issuer {
    codes: HashMap<String, Code>,
    access: HashMap<String, Access>,
    refresh: HashMap<String, Refresh>,
}

/// What a user agreed to.
#[derive(Clone, Debug)]
pub(super) struct Code {
    /// To be repeated at the token endpoint.
    pub(super) redirect_uri: String,
    /// What was agreed to.
    pub(super) scopes: Vec<String>,
    /// PKCE.
    pub(super) challenge: Option<Challenge>,
    /// When it was given out.
    pub(super) at: Timestamp,
}

/// A PKCE challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    /// The verifier itself.
    Plain(String),
    /// Its SHA-256, base64url.
    S256(String),
}

#[derive(Clone, Debug)]
struct Access {
    scopes: Vec<String>,
    expires_at: Timestamp,
}

#[derive(Clone, Debug)]
struct Refresh {
    scopes: Vec<String>,
    expires_at: Timestamp,
}

/// A pair as the token endpoint hands it out.
#[derive(Debug)]
pub(super) struct Pair {
    /// The access token.
    pub(super) access_token: String,
    /// The refresh token, unless it stayed the same.
    pub(super) refresh_token: Option<String>,
    /// What it is good for.
    pub(super) scopes: Vec<String>,
}

impl Challenge {
    /// Whether `verifier` made this challenge.
    pub(super) fn is_met_by(&self, verifier: &str) -> bool {
        match self {
            Self::Plain(challenge) => challenge == verifier,
            Self::S256(challenge) => {
                *challenge == URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
            }
        }
    }
}

impl Issuer {
    /// The scopes of a good access token.
    pub(crate) fn scopes_of(&self, token: &str, now: Timestamp) -> Option<&[String]> {
        let access = self.access.get(token)?;
        (now < access.expires_at).then_some(access.scopes.as_slice())
    }

    /// When an access token ends.
    pub(super) fn access_expiry(&self, token: &str) -> Option<Timestamp> {
        self.access.get(token).map(|access| access.expires_at)
    }

    /// The scopes of a good refresh token.
    pub(super) fn refresh_scopes(&self, token: &str, now: Timestamp) -> Option<&[String]> {
        let refresh = self.refresh.get(token)?;
        (now < refresh.expires_at).then_some(refresh.scopes.as_slice())
    }

    /// Gives out a code.
    pub(super) fn add_code(&mut self, code: Code) -> String {
        let text = random_token("code");
        self.codes.insert(text.clone(), code);
        text
    }

    /// Takes a code: the first asker gets it, whatever comes of it.
    pub(super) fn take_code(&mut self, code: &str, now: Timestamp) -> Option<Code> {
        self.codes.remove(code).filter(|code| later(code.at, CODE_LIFE) > now)
    }

    /// A fresh pair.
    pub(super) fn issue(&mut self, scopes: &[String], now: Timestamp) -> Pair {
        let refresh_token = random_token("refresh");
        let life = if is_offline(scopes) { OFFLINE_LIFE } else { SignedDuration::from_secs(SESSION_SECONDS) };
        let refresh = Refresh { scopes: scopes.to_vec(), expires_at: later(now, life) };
        self.refresh.insert(refresh_token.clone(), refresh);
        Pair { refresh_token: Some(refresh_token), ..self.issue_access(scopes, now) }
    }

    /// An access token alone.
    pub(super) fn issue_access(&mut self, scopes: &[String], now: Timestamp) -> Pair {
        self.access.retain(|_, access| access.expires_at > now);
        let access_token = random_token("eyJhbGciOiJSUzI1NiJ9");
        let expires_at = later(now, SignedDuration::from_secs(ACCESS_SECONDS));
        self.access.insert(access_token.clone(), Access { scopes: scopes.to_vec(), expires_at });
        Pair { access_token, refresh_token: None, scopes: scopes.to_vec() }
    }

    /// Forgets a token of either kind.
    pub(super) fn forget(&mut self, token: &str) {
        self.access.remove(token);
        self.refresh.remove(token);
    }

    /// Every token of either kind that is not forgotten.
    pub(super) fn tokens(&self) -> impl Iterator<Item = &String> {
        self.access.keys().chain(self.refresh.keys())
    }

    /// Forgets everything: the user disconnected the app.
    pub(crate) fn forget_all(&mut self) {
        *self = Self::default();
    }

    /// Ends every access token; refresh tokens stay good.
    pub(crate) fn expire_access(&mut self) {
        self.access.clear();
    }
}

/// Whether a refresh token outlives the browser's session.
pub(super) fn is_offline(scopes: &[String]) -> bool {
    scopes.iter().any(|scope| scope == "offline_access")
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

fn random_token(kind: &str) -> String {
    format!("{kind}.{}", URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()))
}
