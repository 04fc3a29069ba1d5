//! Failures of a call, named by what the caller may conclude from them.
//!
//! No message holds a URL, a token or a body: a route template names the call.

use std::fmt;
use std::time::Duration;

/// The call that an error is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// The upstream's name, such as `Bexio`.
    pub upstream: &'static str,
    /// Method and path template, such as `GET /2.0/kb_invoice/{id}`.
    pub route: &'static str,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.upstream, self.route)
    }
}

/// How a call failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TransportError {
    /// It never reached the upstream: trying again is safe, also for a write.
    #[error("{call} was not sent: {reason}")]
    NotSent {
        /// Which call.
        call: Call,
        /// What stopped it.
        reason: NotSent,
    },
    /// Its first byte may have left and no clear answer came back. A write may have been applied:
    /// learn what happened before anything else.
    #[error("{call}: no clear answer, it may have been applied: {reason}")]
    OutcomeUnknown {
        /// Which call.
        call: Call,
        /// What went wrong.
        reason: Doubt,
    },
    /// The upstream answered with a status other than 2xx.
    #[error("{call} answered {status}")]
    Status {
        /// Which call.
        call: Call,
        /// The HTTP status.
        status: u16,
        /// The start of the answer's body, for the vendor's client to read.
        body: Excerpt,
        /// How long the upstream asked to wait (`Retry-After`, `ratelimit-reset`).
        wait: Option<Duration>,
    },
    /// The upstream answered 2xx with a body that cannot be used. A write may have been applied.
    #[error("{call} answered something that cannot be used: {fault}")]
    Body {
        /// Which call.
        call: Call,
        /// What is wrong with the body.
        fault: BodyFault,
    },
}

/// What stopped a call before its first byte left.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotSent {
    /// Name resolution, TCP or TLS failed.
    #[error("cannot connect: {0}")]
    Unreachable(String),
    /// No token to send.
    #[error(transparent)]
    NoToken(#[from] super::token::TokenError),
    /// The token holds characters that a header cannot carry.
    #[error("the access token holds characters that cannot be sent; set it again")]
    BadToken,
    /// The upstream's rate limit would have to be waited for longer than the call may take.
    #[error("the rate limit allows the next call in {} s, later than this call may wait", wait.as_secs().saturating_add(1))]
    RateLimited {
        /// Until the next call would be allowed.
        wait: Duration,
    },
    /// The upstream failed several times, and is left alone for a while.
    #[error(
        "it failed several times and is not asked for another {} s; the last time: {last}",
        retry_in.as_secs().saturating_add(1)
    )]
    HeldBack {
        /// Until the next call may try.
        retry_in: Duration,
        /// The last failure, in words.
        last: Box<str>,
    },
    /// The call's time was over while it waited for its turn.
    #[error("its time was over before it could be sent")]
    Deadline,
    /// The request could not be built.
    #[error("it could not be built: {0}")]
    Invalid(String),
}

/// Why the outcome of a call is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// No answer, or no further byte of it, in time.
    #[error("no answer within {} ms", after.as_millis())]
    TimedOut {
        /// The limit that was reached.
        after: Duration,
    },
    /// The connection failed after it had been made.
    #[error("the connection failed: {0}")]
    ConnectionLost(String),
    /// The answer began and did not end.
    #[error("the answer broke off: {0}")]
    BodyCut(String),
}

/// What is wrong with the body of a 2xx answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyFault {
    /// More bytes than this call accepts.
    #[error("more than {max} bytes")]
    TooLarge {
        /// The limit in bytes.
        max: usize,
    },
    /// No JSON, such as a login page.
    #[error("not JSON ({found})")]
    NotJson {
        /// What it looks like instead, in a few words.
        found: String,
    },
    /// JSON of another shape than documented.
    #[error("not the documented shape: {why}")]
    Shape {
        /// What differs.
        why: String,
    },
}

impl TransportError {
    /// The call that failed.
    pub const fn call(&self) -> Call {
        match self {
            Self::NotSent { call, .. }
            | Self::OutcomeUnknown { call, .. }
            | Self::Status { call, .. }
            | Self::Body { call, .. } => *call,
        }
    }

    /// The HTTP status, where one was answered other than 2xx.
    pub const fn status(&self) -> Option<u16> {
        match self {
            Self::Status { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// How long to wait before the next try, where the upstream or our own rate limit says so.
    pub const fn wait(&self) -> Option<Duration> {
        match self {
            Self::NotSent { reason: NotSent::RateLimited { wait }, .. } => Some(*wait),
            Self::Status { wait, .. } => *wait,
            _ => None,
        }
    }

    /// Whether a write that failed like this has surely changed nothing: it was not sent, or was
    /// refused in a way that comes before any effect. A 5xx is not such an answer.
    pub const fn surely_not_applied(&self) -> bool {
        match self {
            Self::NotSent { .. } => true,
            Self::Status { status, .. } => {
                matches!(status, 400 | 401 | 403 | 404 | 405 | 406 | 409 | 411 | 413 | 415 | 422 | 429)
            }
            Self::OutcomeUnknown { .. } | Self::Body { .. } => false,
        }
    }

    /// Whether nothing can be sent until a person connects the account again; the words say where.
    pub const fn needs_consent(&self) -> bool {
        matches!(
            self,
            Self::NotSent { reason: NotSent::NoToken(super::token::TokenError::ReconnectNeeded { .. }), .. }
        )
    }

    /// Whether a read that failed like this may succeed when it is repeated.
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::NotSent { reason, .. } => matches!(reason, NotSent::Unreachable(_)),
            Self::OutcomeUnknown { .. } => true,
            Self::Status { status, .. } => matches!(status, 429 | 502 | 503 | 504),
            Self::Body { .. } => false,
        }
    }

    /// Whether it speaks against the upstream or the connection to it. A refusal of one request
    /// (404, 409, 422, …) does not.
    pub const fn is_upstream_failure(&self) -> bool {
        match self {
            Self::Status { status, .. } => {
                *status >= 500 || *status < 400 || matches!(status, 401 | 403 | 408 | 429)
            }
            _ => true,
        }
    }
}

/// The start of an answer's body. `Debug` shows its length only; the token that was sent is cut
/// out where an upstream repeats it.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Excerpt(Box<str>);

impl Excerpt {
    /// Most bytes of a body that are kept.
    pub const BYTES_MAX: usize = 64 * 1024;

    /// Shortest text that is taken for a secret: a shorter one would cut words out.
    const SECRET_BYTES_MIN: usize = 8;

    /// The start of `body` without `secret`.
    pub fn new(body: &[u8], secret: &str) -> Self {
        let text = String::from_utf8_lossy(&body[..body.len().min(Self::BYTES_MAX)]);
        Self(if secret.len() < Self::SECRET_BYTES_MIN {
            text.into()
        } else {
            text.replace(secret, "[redacted]").into()
        })
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Excerpt({} bytes)", self.0.len())
    }
}
