//! One request to the API, taken apart: what the handlers see.

use axum::http::{HeaderMap, Method};
use serde_json::Value;

use super::error::ApiError;

/// A request, its body read.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    /// The verb.
    pub(crate) method: &'a Method,
    /// The path's segments, undecoded, without the leading slash.
    pub(crate) path: Vec<&'a str>,
    /// The query, decoded.
    pub(crate) query: Vec<(String, String)>,
    /// The headers.
    pub(crate) headers: &'a HeaderMap,
    /// The body.
    pub(crate) body: &'a [u8],
}

impl Call<'_> {
    /// A query parameter; the last one wins, as in PHP.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A header's text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The bearer token.
    pub(crate) fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.header("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    }

    /// The JSON body; `Null` when there is none.
    pub(crate) fn json(&self) -> Result<Value, ApiError> {
        if self.body.is_empty() {
            return Ok(Value::Null);
        }
        let media_type = self.header("content-type").and_then(|value| value.split(';').next());
        if !media_type.is_some_and(|value| value.trim().eq_ignore_ascii_case("application/json")) {
            return Err(ApiError::Unparseable);
        }
        serde_json::from_slice(self.body).map_err(|_| ApiError::Unparseable)
    }

    /// Actions take no body: a stray one was answered 415.
    pub(crate) fn no_body(&self) -> Result<(), ApiError> {
        if self.body.is_empty() { Ok(()) } else { Err(ApiError::Unparseable) }
    }
}
