//! What bounds the calls to one upstream. Every period can be set down to 100 ms.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};

use super::budget::BucketConfig;
use super::circuit::CircuitConfig;
use super::metrics::CallMetrics;

/// The bounds of one upstream's calls.
#[derive(Debug, Clone)]
pub struct TransportConfig {
    /// The upstream's name in errors, logs and counters, such as `Bexio`.
    pub upstream: &'static str,
    /// `User-Agent` of every call.
    pub user_agent: String,
    /// How a call carries its access token.
    pub token_header: TokenHeader,
    /// DNS, TCP and TLS together.
    pub connect_timeout: Duration,
    /// Longest silence: before the answer's first byte and between two pieces of its body.
    pub read_timeout: Duration,
    /// One attempt from its first byte out to its last byte in.
    pub total_timeout: Duration,
    /// The same for a streamed answer, which may be hundreds of megabytes. Its first byte has
    /// [`Self::total_timeout`].
    pub stream_timeout: Duration,
    /// How long an idle connection is kept for the next call.
    pub idle_timeout: Duration,
    /// Largest ordinary answer, in bytes after decompression.
    pub bytes_max: usize,
    /// Most calls in flight at once.
    pub concurrency_max: usize,
    /// How many of these are kept for writes and for reads that somebody waits for.
    pub reserved: usize,
    /// When it is left alone.
    pub circuit: CircuitConfig,
    /// When and how often a read is repeated.
    pub retry: RetryConfig,
    /// The rate buckets of this upstream; the first is the one of calls that name none.
    pub buckets: Vec<BucketConfig>,
    /// Counts the calls, beside those of other upstreams.
    pub metrics: CallMetrics,
}

/// The header that carries an access token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenHeader {
    /// Its name.
    pub name: HeaderName,
    /// What stands before the token, with a blank; nothing where it is empty.
    pub scheme: String,
}

impl Default for TokenHeader {
    fn default() -> Self {
        Self { name: AUTHORIZATION, scheme: "Bearer".to_owned() }
    }
}

impl TokenHeader {
    /// A header of this name; `None` where it cannot be one.
    pub fn named(name: &str, scheme: &str) -> Option<Self> {
        Some(Self { name: name.parse().ok()?, scheme: scheme.to_owned() })
    }

    /// The header's value for `token`; it is not to be shown anywhere.
    pub(super) fn value(&self, token: &str) -> Option<HeaderValue> {
        let text = if self.scheme.is_empty() { token.to_owned() } else { format!("{} {token}", self.scheme) };
        let mut value = HeaderValue::try_from(text).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

/// How a read is repeated. Writes never are.
#[derive(Debug, Clone)]
pub struct RetryConfig {
    /// Further attempts after the first.
    pub retries_max: u32,
    /// Upper bound of the first random wait; it doubles from attempt to attempt.
    pub base: Duration,
    /// Longest wait, also where the upstream asks for more.
    pub wait_max: Duration,
}

impl Default for RetryConfig {
    fn default() -> Self {
        Self { retries_max: 2, base: Duration::from_secs(1), wait_max: Duration::from_mins(1) }
    }
}

impl TransportConfig {
    /// The product's bounds for an upstream: connect 5 s, read 15 s, total 30 s, 2 MB, 4 calls at
    /// once, one of them kept for people, two retries, and about five calls a second while the upstream names no limit.
    pub fn new(upstream: &'static str) -> Self {
        Self {
            upstream,
            user_agent: concat!("invoice-gateway/", env!("CARGO_PKG_VERSION")).to_owned(),
            token_header: TokenHeader::default(),
            connect_timeout: Duration::from_secs(5),
            read_timeout: Duration::from_secs(15),
            total_timeout: Duration::from_secs(30),
            stream_timeout: Duration::from_mins(10),
            idle_timeout: Duration::from_mins(1),
            bytes_max: 2 * 1024 * 1024,
            concurrency_max: 4,
            reserved: 1,
            circuit: CircuitConfig::default(),
            retry: RetryConfig::default(),
            buckets: vec![BucketConfig::new("general")],
            metrics: CallMetrics::default(),
        }
    }
}
