//! The connection to one upstream: what a person agreed to, and how it is doing. Pure.
//!
//! Two things are kept apart. [`Consent`] is a fact that outlives the process: whether a person has
//! connected the account and whether that still holds. [`ConnectionState`] is what is shown: the same
//! fact, with the calls of this process on top.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;

/// One of the two services that the gateway combines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Upstream {
    /// PSOhub.
    Psohub,
    /// Bexio.
    Bexio,
}

impl Upstream {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Psohub, Self::Bexio];

    /// The name in addresses and in the store.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Psohub => "psohub",
            Self::Bexio => "bexio",
        }
    }

    /// The upstream of this [`Self::key`].
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|upstream| upstream.key() == key)
    }
}

impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Psohub => "PSOhub",
            Self::Bexio => "Bexio",
        })
    }
}

/// Whether a person lets the gateway in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Consent {
    /// Nobody has connected the account, or it was disconnected.
    None,
    /// The account is connected.
    Given,
    /// It was connected, and the upstream no longer honours that: a person has to connect it again.
    Needed,
}

/// What happens to a [`Consent`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConsentEvent {
    /// A person agreed, and the upstream gave tokens.
    Granted,
    /// The tokens were renewed.
    Renewed,
    /// The upstream refused to renew them, for good.
    RenewalRefused,
    /// A person disconnected the account here.
    Disconnected,
}

impl Consent {
    /// The word that is stored.
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::Given => "GIVEN",
            Self::Needed => "NEEDED",
        }
    }

    /// The consent of a stored word. An unknown one lets nobody in.
    pub fn from_word(word: &str) -> Self {
        [Self::None, Self::Given, Self::Needed]
            .into_iter()
            .find(|consent| consent.word() == word)
            .unwrap_or(Self::None)
    }

    /// What `event` makes of it. A renewal that comes in after the account was disconnected brings
    /// nothing back: only a person does. One that was refused elsewhere meanwhile does: who was refused
    /// came with the old refresh token because this renewal had used it up.
    #[must_use]
    pub const fn after(self, event: ConsentEvent) -> Self {
        match (self, event) {
            (_, ConsentEvent::Granted) => Self::Given,
            (_, ConsentEvent::Disconnected) | (Self::None, _) => Self::None,
            (_, ConsentEvent::Renewed) => Self::Given,
            (_, ConsentEvent::RenewalRefused) => Self::Needed,
        }
    }
}

/// How a connection is doing, as a person is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConnectionState {
    /// No account is connected.
    NotConnected,
    /// Connected, and the last call succeeded or none was made yet.
    Connected,
    /// A person has to connect the account again, or set another token.
    NeedsConsent,
    /// Connected, and the last attempt failed for a reason that may pass.
    Failing,
}

/// What the calls of this process showed last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LastCall {
    /// None was made, or the last one succeeded.
    Fine,
    /// The upstream refused the token itself (401).
    TokenRefused,
    /// Anything else went wrong.
    Failed,
}

impl ConnectionState {
    /// The state of `consent` with what the last call showed.
    pub const fn of(consent: Consent, last: LastCall) -> Self {
        match (consent, last) {
            (Consent::None, _) => Self::NotConnected,
            (Consent::Needed, _) | (Consent::Given, LastCall::TokenRefused) => Self::NeedsConsent,
            (Consent::Given, LastCall::Failed) => Self::Failing,
            (Consent::Given, LastCall::Fine) => Self::Connected,
        }
    }
}

/// How the gateway proves itself to an upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// A person connected the account in a browser; tokens are renewed by themselves.
    Oauth,
    /// A token from the configuration, which ends some day without notice.
    AccessToken,
}

/// Whom a connection acts as. A part is `None` where the upstream does not tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    /// The upstream's id of the company.
    pub company_id: Option<String>,
    /// The company's name.
    pub company_name: Option<String>,
    /// The user's name.
    pub user_name: Option<String>,
    /// The user's e-mail address.
    pub user_email: Option<String>,
}

/// Tokens as an upstream's token endpoint hands them out. `Debug` shows no token.
#[derive(Debug, Clone)]
pub struct Grant {
    /// For calls.
    pub access_token: SecretString,
    /// For the next renewal; `None` where the former one stays good, or where there is none.
    pub refresh_token: Option<SecretString>,
    /// How long the access token lives; `None` where the upstream does not say.
    pub expires_in: Option<Duration>,
    /// What it is good for; `None` where that is what was asked for.
    pub scopes: Option<Vec<String>>,
}

/// Why an upstream's token endpoint gave no tokens, by what to do next. The words hold no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    /// What was presented is not good any more (`invalid_grant`): a person has to agree again.
    #[error("{0}")]
    NotHonoured(String),
    /// The set-up is wrong: client id, client secret, redirect URL or scopes.
    #[error("{0}")]
    Misconfigured(String),
    /// It may work later.
    #[error("{0}")]
    Unavailable(String),
}

/// When to renew an access token that was given at `at` for `lifetime`: after 80 % of it, less up to
/// 5 % by `jitter` (0 to 1,000), so that replicas do not all come at once. `None` where its end is
/// not known: then only a refusal tells.
pub fn renew_at(at: Timestamp, lifetime: Option<Duration>, jitter: u32) -> Option<Timestamp> {
    let lifetime = lifetime?;
    let early = lifetime.saturating_mul(jitter.min(1000)) / 20_000;
    at.checked_add((lifetime.saturating_mul(4) / 5).saturating_sub(early)).ok()
}

/// When to stop using an access token: a minute before its end, so that no call arrives too late.
pub fn usable_until(at: Timestamp, lifetime: Option<Duration>) -> Option<Timestamp> {
    const MARGIN: Duration = Duration::from_mins(1);
    let lifetime = lifetime?;
    // A token that lives for less is used for half of it.
    at.checked_add(lifetime.saturating_sub(MARGIN).max(lifetime / 2)).ok()
}

/// Whether calls to an upstream are made, or held back since it failed several times.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum CircuitState {
    /// Calls are made.
    #[default]
    Closed,
    /// No call is made for a while.
    Open,
    /// One call is to try, or is trying, whether the upstream is back.
    HalfOpen,
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    const CONSENTS: [Consent; 3] = [Consent::None, Consent::Given, Consent::Needed];

    #[test]
    fn only_a_person_brings_back_what_a_person_ended() {
        use ConsentEvent::{Disconnected, Granted, RenewalRefused, Renewed};
        for consent in CONSENTS {
            assert_eq!(consent.after(Granted), Consent::Given);
            assert_eq!(consent.after(Disconnected), Consent::None);
            assert_eq!(Consent::from_word(consent.word()), consent);
        }
        assert_eq!(Consent::Given.after(RenewalRefused), Consent::Needed);
        assert_eq!(Consent::Needed.after(RenewalRefused), Consent::Needed);
        assert_eq!(Consent::Given.after(Renewed), Consent::Given);
        assert_eq!(Consent::Needed.after(Renewed), Consent::Given, "the refusal came of this very renewal");
        for late in [Renewed, RenewalRefused] {
            assert_eq!(Consent::None.after(late), Consent::None, "what was disconnected stays so");
        }
        assert_eq!(Consent::from_word("PERHAPS"), Consent::None);
    }

    #[test]
    fn what_a_person_must_do_comes_before_what_may_pass() {
        use ConnectionState::{Connected, Failing, NeedsConsent, NotConnected};
        let rows = [
            (Consent::None, [NotConnected; 3]),
            (Consent::Given, [Connected, NeedsConsent, Failing]),
            (Consent::Needed, [NeedsConsent; 3]),
        ];
        for (consent, states) in rows {
            let calls = [LastCall::Fine, LastCall::TokenRefused, LastCall::Failed];
            assert_eq!(calls.map(|call| ConnectionState::of(consent, call)), states, "{consent:?}");
        }
    }

    #[test]
    fn a_token_is_renewed_at_four_fifths_of_its_life_or_a_little_earlier() {
        let at: Timestamp = "2026-03-02T08:00:00Z".parse().unwrap();
        let hour = Some(Duration::from_hours(1));
        let after = |jitter| renew_at(at, hour, jitter).unwrap().duration_since(at).as_secs();
        assert_eq!((after(0), after(500), after(1000), after(9999)), (2880, 2790, 2700, 2700));
        assert_eq!(renew_at(at, None, 3), None);
        let until = |seconds| {
            usable_until(at, Some(Duration::from_secs(seconds))).unwrap().duration_since(at).as_secs()
        };
        assert_eq!((until(3600), until(90), until(10)), (3540, 45, 5));
    }

    #[test]
    fn a_grant_shows_no_token() {
        let grant = Grant {
            access_token: "canary-1".into(),
            refresh_token: Some("canary-2".into()),
            expires_in: None,
            scopes: None,
        };
        assert!(!format!("{grant:?}").contains("canary"));
        assert_eq!(grant.access_token.expose_secret(), "canary-1");
    }
}
