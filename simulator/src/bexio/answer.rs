//! One answer of the API and the headers that every answer carries.
//!
//! Recorded: `etag` (32 hex digits, unquoted) on single objects, the `x-total-count` trio on lists of 3.0 only,
//! `cache-control: no-store` everywhere.

use std::fmt::Write as _;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, PRAGMA, RETRY_AFTER, VARY};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::rate_limit::Window;

/// An answer before its headers.
#[derive(Debug)]
pub(crate) struct Answer {
    status: StatusCode,
    content_type: &'static str,
    body: Vec<u8>,
    is_single: bool,
    count: Option<Count>,
}

/// What the `x-total-count` trio says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Count {
    /// All rows.
    pub(crate) total: usize,
    /// The limit in force.
    pub(crate) limit: usize,
    /// The offset in force.
    pub(crate) offset: usize,
}

impl Answer {
    /// JSON without an etag.
    pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Self {
        // Nothing that is written here can fail: keys are texts and numbers come from decimals.
        let body = serde_json::to_vec(value).unwrap_or_default();
        Self { status, content_type: "application/json", body, is_single: false, count: None }
    }

    /// A list of 2.0 or a search.
    pub(crate) fn list(rows: &impl Serialize) -> Self {
        Self::json(StatusCode::OK, rows)
    }

    /// A list of 3.0.
    pub(crate) fn counted(rows: &impl Serialize, count: Count) -> Self {
        Self { count: Some(count), ..Self::list(rows) }
    }

    /// One object.
    pub(crate) fn object(value: &impl Serialize) -> Self {
        Self { is_single: true, ..Self::json(StatusCode::OK, value) }
    }

    /// One object, just made.
    pub(crate) fn created(value: &impl Serialize) -> Self {
        Self { is_single: true, ..Self::json(StatusCode::CREATED, value) }
    }

    /// `{"success":true}`.
    pub(crate) fn success() -> Self {
        Self::json(StatusCode::OK, &serde_json::json!({ "success": true }))
    }

    /// 204.
    pub(crate) fn no_content() -> Self {
        Self { status: StatusCode::NO_CONTENT, body: Vec::new(), ..Self::success() }
    }

    /// Raw bytes of a PDF.
    pub(crate) fn pdf(body: Vec<u8>) -> Self {
        Self { content_type: "application/pdf", body, ..Self::success() }
    }

    /// The same answer with another status.
    pub(crate) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// The answer with its headers. `window` is `None` when the rate-limit headers are to be left out.
    pub(crate) fn into_response(self, window: Option<Window>, retry_after: bool) -> Response {
        let etag = self.is_single.then(|| etag(&self.body));
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        if self.status != StatusCode::NO_CONTENT {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        }
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
        headers.insert(VARY, HeaderValue::from_static("Origin"));
        if let Some(etag) = etag.and_then(|etag| HeaderValue::try_from(etag).ok()) {
            headers.insert(ETAG, etag);
        }
        if let Some(count) = self.count {
            for (name, value) in
                [("x-total-count", count.total), ("x-limit", count.limit), ("x-offset", count.offset)]
            {
                headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
            }
        }
        for (name, value) in window.iter().flat_map(rate_limit_headers) {
            headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
        }
        if let Some(window) = window.filter(|window| window.is_exceeded && retry_after) {
            headers.insert(RETRY_AFTER, HeaderValue::from(window.reset_seconds));
        }
        response
    }
}

fn rate_limit_headers(window: &Window) -> [(&'static str, i64); 5] {
    let limit = i64::from(window.limit);
    let remaining = i64::from(window.remaining);
    [
        ("ratelimit-limit", limit),
        ("ratelimit-remaining", remaining),
        ("ratelimit-reset", window.reset_seconds),
        ("x-ratelimit-limit-minute", limit),
        ("x-ratelimit-remaining-minute", remaining),
    ]
}

fn etag(body: &[u8]) -> String {
    Sha256::digest(body).iter().take(16).fold(String::with_capacity(32), |mut text, byte| {
        // Writing into a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
