//! A fault rule: which calls, how often, what happens. The JSON of the control API is this, field by field.

use serde::{Deserialize, Serialize};

use crate::traffic::{Call, Upstream};

/// A fault rule. What is `None` matches everything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// Calls to this upstream.
    #[serde(default)]
    pub upstream: Option<Upstream>,
    /// Calls with this method, in upper case.
    #[serde(default)]
    pub method: Option<String>,
    /// Calls with this path; `*` stands for any text, slashes too.
    #[serde(default)]
    pub path: Option<String>,
    /// Calls whose query contains this text, as sent.
    #[serde(default)]
    pub query: Option<String>,
    /// Which of the matching calls.
    #[serde(default)]
    pub when: When,
    /// What happens to them.
    pub action: FaultAction,
}

/// Which of the matching calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// Each one.
    #[default]
    Always,
    /// The first so many.
    First(u64),
    /// Only this one, counted from 1.
    Nth(u64),
    /// All behind the first so many.
    After(u64),
    /// This many of a thousand, drawn from the seed.
    PerMille {
        /// 0 to 1000.
        share: u16,
        /// The same seed spoils the same calls.
        seed: u64,
    },
}

impl When {
    pub(super) fn is_due(self, matched: u64, draw: u16) -> bool {
        match self {
            Self::Always => true,
            Self::First(count) => matched <= count,
            Self::Nth(nth) => matched == nth,
            Self::After(count) => matched > count,
            Self::PerMille { share, .. } => draw < share,
        }
    }

    pub(super) fn seed(self) -> u64 {
        match self {
            Self::PerMille { seed, .. } => seed,
            _ => 0,
        }
    }
}

/// What happens to a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultAction {
    /// Answers this status; the upstream never sees the call unless `after_effect`.
    Status {
        /// The status code.
        code: u16,
        /// What the answer says.
        #[serde(default)]
        body: FaultBody,
        /// The upstream handles the call first, only its answer is replaced.
        #[serde(default)]
        after_effect: bool,
    },
    /// Answers as usual, later.
    Delay {
        /// Milliseconds before the upstream sees the call.
        ms: u64,
    },
    /// Never answers; the upstream never sees the call unless `after_effect`.
    Hang {
        /// The upstream handles the call first.
        #[serde(default)]
        after_effect: bool,
    },
    /// Closes the connection; the upstream never sees the call.
    DropBeforeEffect,
    /// The upstream handles the call, then the connection is closed without an answer.
    DropAfterEffect,
    /// The upstream handles the call later, also when the caller has gone.
    LateEffect {
        /// What the caller sees now.
        #[serde(default)]
        answer: LateAnswer,
        /// When the upstream handles the call.
        #[serde(default)]
        trigger: LateTrigger,
    },
    /// Sends so many bytes of the answer's body, then closes the connection.
    Truncate {
        /// Bytes of the body that arrive.
        bytes: u64,
    },
    /// The answer's body is cut in half, yet complete for HTTP.
    InvalidJson,
    /// The answer's body drips.
    SlowBytes {
        /// Bytes at a time.
        chunk_bytes: usize,
        /// Milliseconds before each.
        delay_ms: u64,
    },
    /// Answers 429; the upstream never sees the call.
    TooManyRequests {
        /// `Retry-After` in seconds, if any.
        #[serde(default)]
        retry_after: Option<u32>,
        /// `ratelimit-reset` in seconds, if any.
        #[serde(default)]
        ratelimit_reset: Option<u32>,
    },
    /// Answers without any rate-limit header.
    NoRateLimitHeaders,
    /// Answers a redirect; the upstream never sees the call.
    Redirect {
        /// 301, 302, 307 or 308.
        code: u16,
        /// The `Location`.
        location: String,
    },
}

/// What the answer of [`FaultAction::Status`] says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultBody {
    /// `{"error_code":…,"message":"…"}`
    #[default]
    Json,
    /// A gateway's HTML page.
    Html,
    /// Nothing.
    Empty,
    /// This text as JSON.
    Raw(String),
}

/// What the caller of a late effect sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LateAnswer {
    /// The connection is closed.
    #[default]
    Drop,
    /// No answer ever.
    Hang,
    /// A gateway's 504.
    GatewayTimeout,
    /// The upstream's own, once it has handled the call: a delay until then. Whoever gave up waiting
    /// finds the effect there.
    Own,
}

/// When a late effect is applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LateTrigger {
    /// When [`super::Faults::release_late`] says so.
    #[default]
    Release,
    /// After so many milliseconds.
    AfterMs(u64),
}

impl FaultRule {
    /// A rule for every call of this upstream.
    pub fn on(upstream: Upstream, action: FaultAction) -> Self {
        Self { upstream: Some(upstream), method: None, path: None, query: None, when: When::Always, action }
    }

    /// Only for this method.
    #[must_use]
    pub fn method(mut self, method: &str) -> Self {
        self.method = Some(method.to_owned());
        self
    }

    /// Only for this path; `*` stands for any text.
    #[must_use]
    pub fn path(mut self, path: &str) -> Self {
        self.path = Some(path.to_owned());
        self
    }

    /// Only for queries that contain this text.
    #[must_use]
    pub fn query(mut self, text: &str) -> Self {
        self.query = Some(text.to_owned());
        self
    }

    /// Only for some of the matching calls.
    #[must_use]
    pub fn when(mut self, when: When) -> Self {
        self.when = when;
        self
    }

    pub(super) fn matches(&self, call: &Call) -> bool {
        self.upstream.is_none_or(|upstream| upstream == call.upstream)
            && self.method.as_deref().is_none_or(|method| method == call.method)
            && self.path.as_deref().is_none_or(|pattern| matches(pattern, &call.path))
            && self.query.as_deref().is_none_or(|text| call.query.as_deref().unwrap_or("").contains(text))
    }
}

/// Whether `text` is what `pattern` says; `*` stands for any text.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(text) = text.strip_prefix(start) else { return false };
    // The shortest stretch for each star, then a longer one: patterns are short.
    (0..=text.len()).any(|at| text.is_char_boundary(at) && matches(rest, &text[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text) in [
            ("/2.0/kb_invoice", "/2.0/kb_invoice"),
            ("/2.0/kb_invoice/*/issue", "/2.0/kb_invoice/12/issue"),
            ("*", ""),
            ("/2.0/*", "/2.0/"),
            ("*/invoices/*id", "/rest/invoices/paid"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("/2.0/kb_invoice", "/2.0/kb_invoice/1"),
            ("/2.0/*/issue", "/2.0/kb_invoice/1"),
            ("", "/"),
            ("a*a", "a"),
        ] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn when_counts_from_one() {
        let due = |when: When| (1..=4).map(|matched| when.is_due(matched, 500)).collect::<Vec<_>>();
        assert_eq!(due(When::Always), [true; 4]);
        assert_eq!(due(When::First(2)), [true, true, false, false]);
        assert_eq!(due(When::Nth(2)), [false, true, false, false]);
        assert_eq!(due(When::After(3)), [false, false, false, true]);
        assert_eq!(due(When::PerMille { share: 500, seed: 0 }), [false; 4]);
        assert_eq!(due(When::PerMille { share: 501, seed: 0 }), [true; 4]);
    }

    #[test]
    fn rules_read_as_documented() {
        let rule: FaultRule = serde_json::from_str(
            r#"{"upstream":"bexio","method":"POST","path":"/2.0/*","when":{"first":2},"action":{"status":{"code":503,"body":"html"}}}"#,
        )
        .unwrap();
        let action = FaultAction::Status { code: 503, body: FaultBody::Html, after_effect: false };
        assert_eq!(
            rule,
            FaultRule::on(Upstream::Bexio, action).method("POST").path("/2.0/*").when(When::First(2))
        );
        for action in [
            r#""drop_after_effect""#,
            r#"{"hang":{}}"#,
            r#"{"late_effect":{}}"#,
            r#"{"truncate":{"bytes":9}}"#,
        ] {
            serde_json::from_str::<FaultRule>(&format!("{{\"action\":{action}}}")).unwrap();
        }
        assert!(serde_json::from_str::<FaultRule>(r#"{"acton":"hang"}"#).is_err());
    }
}
