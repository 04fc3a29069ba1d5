//! What the failure of a call means, and what to do. Pure: a failure, the step and the token's own claims in,
//! a finding out.
//!
//! Bexio answers 401 with "Unauthorized" and 403 with "Forbidden", whatever the reason. Where the token is a
//! JSON Web Token (Bexio's are) its own claims tell more: when it ends, and which scopes it bears.
//! How a locked or a trial company answers is not documented: its words are looked through
//! (docs/quirks.md).

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Finding, FindingCode, FindingSeverity, StepName};
use crate::domain::Upstream;

/// What a token says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenClaims {
    /// When it was made.
    pub issued_at: Option<Timestamp>,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// What it is good for.
    pub scopes: Option<Vec<Box<str>>>,
}

/// How a call failed, without anything of how it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// There is no token to send; where an account can be connected, if it can.
    NoToken(Option<String>),
    /// The account has to be connected again; where.
    ReconnectNeeded(String),
    /// The token could not be renewed this time; why.
    TokenNotRenewed(String),
    /// The token holds what cannot be sent.
    BadToken,
    /// Name resolution, TCP or TLS failed; in the system's words.
    NotConnected(String),
    /// No answer in time.
    TimedOut,
    /// The connection failed after it had been made; how.
    ConnectionLost(String),
    /// Our own rate limit would have to be waited for.
    OwnRateLimit(Duration),
    /// It answered something other than 2xx.
    Status {
        /// The HTTP status.
        status: u16,
        /// Its own words.
        said: Option<String>,
        /// How long it asked to wait.
        wait: Option<Duration>,
    },
    /// A 2xx answer that is no JSON; what it looks like.
    NotJson(String),
    /// A 2xx answer that is not what is documented; how.
    NotUnderstood(String),
    /// A list that began and did not end; how.
    ListCut(String),
    /// A write that may have been applied; what happened.
    OutcomeUnknown(String),
    /// It could not be made; why.
    NotMade(String),
}

/// What a failed call was about.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The step that made it.
    pub step: StepName,
    /// What the token says of itself, where it can be read.
    pub claims: Option<&'a TokenClaims>,
    /// Now.
    pub now: Timestamp,
}

/// What a failure means, and what to do.
pub fn diagnose(failure: &Failure, subject: Subject<'_>) -> Finding {
    let upstream = subject.step.upstream();
    let code = code_of(failure, subject);
    let mut finding = Finding::new(
        code,
        FindingSeverity::Error,
        message(code, failure, subject),
        hint(code, failure, subject, upstream),
    );
    if let Failure::Status { status, said, .. } = failure {
        finding.upstream_status = Some(*status);
        finding.upstream_text = said.as_deref().map(Into::into);
    }
    finding
}

fn code_of(failure: &Failure, subject: Subject<'_>) -> FindingCode {
    match failure {
        Failure::NoToken(_) => FindingCode::TokenMissing,
        Failure::ReconnectNeeded(_) => FindingCode::ReconnectNeeded,
        Failure::TokenNotRenewed(_) => FindingCode::TokenNotRenewed,
        Failure::BadToken => FindingCode::TokenUnusable,
        Failure::NotConnected(words) => not_connected(words),
        Failure::TimedOut => FindingCode::TimedOut,
        Failure::ConnectionLost(_) => FindingCode::ConnectionLost,
        Failure::OwnRateLimit(_) => FindingCode::RateLimited,
        Failure::Status { status, said, .. } => of_status(*status, said.as_deref(), subject),
        Failure::NotJson(_) => FindingCode::NotJson,
        Failure::NotUnderstood(_) => FindingCode::AnswerNotUnderstood,
        Failure::ListCut(_) => FindingCode::ListCut,
        Failure::OutcomeUnknown(_) => FindingCode::OutcomeUnknown,
        Failure::NotMade(_) => FindingCode::Refused,
    }
}

/// By the words of the resolver and the TLS library: neither gives anything better.
fn not_connected(words: &str) -> FindingCode {
    let words = words.to_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| words.contains(part));
    if has(&["dns", "lookup address", "name or service", "no such host", "nodename"]) {
        FindingCode::HostNotFound
    } else if has(&["certificate", "tls", "handshake", "ssl", "invalidcontenttype", "corrupt message"]) {
        FindingCode::TlsFailed
    } else if has(&["timed out", "deadline"]) {
        FindingCode::TimedOut
    } else {
        FindingCode::Unreachable
    }
}

fn of_status(status: u16, said: Option<&str>, subject: Subject<'_>) -> FindingCode {
    let said = said.unwrap_or_default().to_lowercase();
    let says = |parts: &[&str]| parts.iter().any(|part| said.contains(part));
    match status {
        402 | 403 | 422 | 423 if says(TRIAL) => FindingCode::TrialLimit,
        402 | 423 => FindingCode::AccountLocked,
        403 if says(LOCKED) => FindingCode::AccountLocked,
        401 => refused_token(subject),
        403 => forbidden(subject),
        300..=399 | 404 | 405 | 410 => FindingCode::AddressWrong,
        408 => FindingCode::TimedOut,
        429 => FindingCode::RateLimited,
        503 => FindingCode::Maintenance,
        500.. => FindingCode::UpstreamError,
        _ => FindingCode::Refused,
    }
}

/// Parts of words by which a company on trial is told, in Bexio's four languages.
const TRIAL: &[&str] = &["trial", "testversion", "testphase", "testkonto", "essai", "prova"];
/// Parts of words by which a company without a licence is told.
const LOCKED: &[&str] = &[
    "locked",
    "blocked",
    "suspend",
    "deactivat",
    "licen",
    "subscription",
    "lizenz",
    "gesperrt",
    "deaktiviert",
    "abonnement",
    "bloqu",
    "bloccat",
];

fn refused_token(subject: Subject<'_>) -> FindingCode {
    match subject.claims.and_then(|claims| claims.expires_at) {
        Some(end) if end <= subject.now => FindingCode::TokenExpired,
        Some(_) => FindingCode::TokenRevoked,
        None => FindingCode::TokenRefused,
    }
}

fn forbidden(subject: Subject<'_>) -> FindingCode {
    let needed = subject.step.scopes();
    let Some(held) = subject.claims.and_then(|claims| claims.scopes.as_ref()) else {
        return FindingCode::Forbidden;
    };
    let has = needed.is_empty() || needed.iter().any(|scope| held.iter().any(|held| **held == **scope));
    if has { FindingCode::UserRightMissing } else { FindingCode::ScopeMissing }
}

fn message(code: FindingCode, failure: &Failure, subject: Subject<'_>) -> String {
    let upstream = subject.step.upstream();
    let end = subject.claims.and_then(|claims| claims.expires_at);
    let end = end.map(|end| end.strftime(DATE_FORMAT).to_string()).unwrap_or_default();
    let scope = subject.step.scopes().first().copied().unwrap_or_default();
    let status = if let Failure::Status { status, .. } = failure { *status } else { 0 };
    match (code, failure) {
        (FindingCode::TokenMissing, _) => format!("there is no access token for {upstream}"),
        (FindingCode::ReconnectNeeded, _) => format!("the connection to {upstream} has ended"),
        (FindingCode::TokenNotRenewed, Failure::TokenNotRenewed(why)) => {
            format!("the access token for {upstream} could not be renewed: {why}")
        }
        (FindingCode::TokenUnusable, _) => {
            format!("the access token for {upstream} holds characters that cannot be sent")
        }
        (FindingCode::TokenExpired, _) => format!("the access token for {upstream} ended on {end}"),
        (FindingCode::TokenRevoked, _) => {
            format!("{upstream} refuses the access token, although by itself it is good until {end}")
        }
        (FindingCode::TokenRefused, _) => format!("{upstream} does not know the access token"),
        (FindingCode::ScopeMissing, _) => format!("the access token does not bear the scope {scope}"),
        (FindingCode::UserRightMissing, _) => {
            format!("the token's user may not do this in {upstream}, although the token bears the scope")
        }
        (FindingCode::Forbidden, _) => {
            format!("{upstream} refuses the access: the token lacks a scope, or its user a right")
        }
        (FindingCode::AccountLocked, _) => format!("the {upstream} account is locked or has no licence"),
        (FindingCode::TrialLimit, _) => format!("{upstream} refuses this on a trial account"),
        (FindingCode::Maintenance, _) => format!("{upstream} is down for maintenance"),
        (FindingCode::RateLimited, _) => format!("the calls that {upstream} allows in a minute are used up"),
        (FindingCode::UpstreamError, _) => format!("{upstream} failed with status {status}"),
        (FindingCode::AddressWrong, _) => {
            format!("{upstream}'s API is not at the configured address: it answers {status}")
        }
        (FindingCode::TimedOut, _) => format!("{upstream} does not answer in time"),
        (_, Failure::NotConnected(words)) => format!("{upstream} cannot be reached: {words}"),
        (_, Failure::ConnectionLost(words)) => format!("the connection to {upstream} broke: {words}"),
        (_, Failure::NotJson(found)) => format!("{upstream} answers no data but {found}"),
        (_, Failure::NotUnderstood(why)) => format!("{upstream}'s answer is not as documented: {why}"),
        (_, Failure::ListCut(why)) => format!("{upstream}'s list breaks off: {why}"),
        (_, Failure::OutcomeUnknown(why)) => format!("{upstream} gave no clear answer to a write: {why}"),
        (_, Failure::NotMade(why)) => format!("the call could not be made: {why}"),
        _ => format!("{upstream} refuses it with status {status}"),
    }
}

fn hint(code: FindingCode, failure: &Failure, subject: Subject<'_>, upstream: Upstream) -> String {
    let name = upstream;
    let (token, address) = match upstream {
        Upstream::Psohub => ("PSOHUB_ACCESS_TOKEN", "PSOHUB_BASE_URL"),
        Upstream::Bexio => ("BEXIO_ACCESS_TOKEN", "BEXIO_BASE_URL"),
    };
    let scope = subject.step.scopes().first().copied().unwrap_or_default();
    match code {
        FindingCode::TokenMissing => match failure {
            Failure::NoToken(Some(at)) => format!("Open {at} to connect the account, or set {token}."),
            _ => format!("Connect the account, or set {token}."),
        },
        FindingCode::ReconnectNeeded => match failure {
            Failure::ReconnectNeeded(at) => format!("Open {at} to connect the account again."),
            _ => "Connect the account again.".to_owned(),
        },
        FindingCode::TokenUnusable => {
            format!("Set {token} again, without quotes, blanks or line breaks inside.")
        }
        FindingCode::TokenExpired => format!("Connect the account again, or set a new {token}."),
        FindingCode::TokenRevoked => format!(
            "Somebody revoked it, or it belongs to another address: connect the account again, or set a new {token}."
        ),
        FindingCode::TokenRefused => {
            format!("Check that {token} is complete and made for {address}; connect again or set a new one.")
        }
        FindingCode::ScopeMissing => format!("Connect again and agree to the scope {scope}."),
        FindingCode::UserRightMissing => {
            format!("Give the user this right in {name}'s user management, or connect as another user.")
        }
        FindingCode::Forbidden if scope.is_empty() => {
            format!("Give the user this right in {name}, or connect as another user.")
        }
        FindingCode::Forbidden => {
            format!("Check the scope {scope} of the token, then the user's rights in {name}.")
        }
        FindingCode::AccountLocked => format!("Log in to {name} and renew the licence, or ask its support."),
        FindingCode::TrialLimit => {
            "Take out a licence. A trial company may e-mail only the address of the token's own user."
                .to_owned()
        }
        FindingCode::Maintenance | FindingCode::UpstreamError => {
            format!("Try again later; look at {name}'s status page. Nothing is to be changed here.")
        }
        FindingCode::RateLimited => wait_hint(failure, name),
        FindingCode::HostNotFound => format!("Check {address} and this machine's name server."),
        FindingCode::TlsFailed => {
            format!(
                "Check {address}, this machine's root certificates and clock, and any proxy that intercepts."
            )
        }
        FindingCode::AddressWrong | FindingCode::NotJson => {
            format!("Check {address}; a login page or a proxy may answer in the API's place.")
        }
        FindingCode::Unreachable
        | FindingCode::TimedOut
        | FindingCode::ConnectionLost
        | FindingCode::ListCut
        | FindingCode::TokenNotRenewed => {
            format!("Check the network, the firewall and {address}, then try again.")
        }
        FindingCode::OutcomeUnknown => {
            "Nothing is to be done: what was created is looked for and deleted by itself.".to_owned()
        }
        FindingCode::AnswerNotUnderstood => "Report it: the API may have changed.".to_owned(),
        _ => "Mend what the message says, then test again.".to_owned(),
    }
}

fn wait_hint(failure: &Failure, name: Upstream) -> String {
    let wait = match failure {
        Failure::OwnRateLimit(wait) => Some(*wait),
        Failure::Status { wait, .. } => *wait,
        _ => None,
    };
    let seconds = wait.map_or(60, |wait| wait.as_secs().max(1));
    format!("Test again in {seconds} s. If it stays, something else calls {name} for the same company.")
}

const DATE_FORMAT: &str = "%Y-%m-%d %H:%M UTC";

/// How long before its end a token is warned of.
const WARNED_BEFORE: SignedDuration = SignedDuration::from_hours(14 * 24);
/// A token whose whole life is shorter than this is renewed by itself: OAuth's last an hour.
const SHORT_LIFE: SignedDuration = SignedDuration::from_hours(24);

/// That a token which works will end soon and is not renewed by itself.
pub fn expiry_warning(subject: Subject<'_>) -> Option<Finding> {
    let claims = subject.claims?;
    let end = claims.expires_at?;
    let is_short = claims.issued_at.is_some_and(|begin| end.duration_since(begin) < SHORT_LIFE);
    if is_short || end.duration_since(subject.now) > WARNED_BEFORE {
        return None;
    }
    let name = subject.step.upstream();
    Some(Finding::new(
        FindingCode::TokenExpiresSoon,
        FindingSeverity::Warning,
        format!("the access token for {name} ends on {}", end.strftime(DATE_FORMAT)),
        "Make a new one before that, or connect the account by OAuth.",
    ))
}
