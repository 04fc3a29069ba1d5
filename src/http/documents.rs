//! `/documents/...`: the PDFs of both sides, by their upstream's id.
//!
//! Inline with a file name (RFC 6266), with entity tags, conditional and range requests. Where the
//! bytes come from, and who keeps them, is [`DocumentSource`]'s business.

use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, Path, State};
use axum::http::HeaderMap;
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_RANGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    ETAG, HeaderValue, IF_NONE_MATCH, IF_RANGE, RANGE,
};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::StatusCode;

use super::HttpState;
use super::content_disposition::inline;
use super::etag::{self, ETag};
use super::fault::HttpFault;
use super::range::{self, Wanted};
use super::request_id::RequestId;
use super::router::refused;
use crate::domain::{BexioInvoiceId, PsohubInvoiceId};

/// Where documents come from.
pub trait DocumentSource: Send + Sync + 'static {
    /// The document, from memory or from its upstream.
    fn fetch(&self, key: DocumentKey) -> BoxFuture<'_, Result<Document, DocumentFault>>;
}

/// Which document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DocumentKey {
    /// The PDF of a PSOhub invoice.
    Psohub(PsohubInvoiceId),
    /// The PDF of a Bexio invoice.
    Bexio(BexioInvoiceId),
}

/// A document as it is served.
#[derive(Debug, Clone)]
pub struct Document {
    /// The PDF.
    pub bytes: Bytes,
    /// What it should be saved as, such as `INV-2024-33.pdf`.
    pub file_name: String,
}

/// Why there is no document. The texts go to the client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentFault {
    /// There is no such document.
    #[error("{0}")]
    NotFound(String),
    /// The upstream failed or sent something else.
    #[error("{0}")]
    BadGateway(String),
    /// The upstream cannot be asked now.
    #[error("{reason}")]
    Unavailable {
        /// Which, and why.
        reason: String,
        /// When to try again, in seconds.
        retry_after_seconds: Option<u64>,
    },
}

impl From<DocumentFault> for HttpFault {
    fn from(fault: DocumentFault) -> Self {
        match fault {
            DocumentFault::NotFound(reason) => Self::DocumentNotFound { reason },
            DocumentFault::BadGateway(reason) => Self::DocumentBadGateway { reason },
            DocumentFault::Unavailable { reason, retry_after_seconds } => {
                Self::DocumentUnavailable { reason, retry_after_seconds }
            }
        }
    }
}

/// `/documents/{source}/{id}`
pub(super) async fn serve(
    State(state): State<HttpState>,
    Extension(id): Extension<RequestId>,
    path: Result<Path<(String, String)>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    // A path that is no UTF-8 names nothing.
    let Ok(Path((source, document))) = path else { return refused(&HttpFault::NotFound, &id) };
    answer(&state, &source, &document, &headers).await.unwrap_or_else(|fault| refused(&fault, &id))
}

/// `/documents/{source}/{id}/{file_name}`: the name is for people and tools that name a file after
/// its URL; it is not looked at.
pub(super) async fn serve_named(
    State(state): State<HttpState>,
    Extension(id): Extension<RequestId>,
    path: Result<Path<(String, String, String)>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    let Ok(Path((source, document, _file_name))) = path else { return refused(&HttpFault::NotFound, &id) };
    answer(&state, &source, &document, &headers).await.unwrap_or_else(|fault| refused(&fault, &id))
}

async fn answer(
    state: &HttpState,
    source: &str,
    id: &str,
    headers: &HeaderMap,
) -> Result<Response, HttpFault> {
    state.access.of_request(headers).await?;
    let document = state.documents.fetch(key(source, id)?).await?;
    let tag = ETag::of(&document.bytes);
    let mut about = about(&document, &tag);
    if etag::matches_any(&headers.get_all(IF_NONE_MATCH), &tag) {
        return Ok((StatusCode::NOT_MODIFIED, about).into_response());
    }
    let length = document.bytes.len();
    match wanted(headers, &tag, length) {
        Wanted::Whole => Ok((about, document.bytes).into_response()),
        Wanted::Part(part) => {
            let content_range = format!("bytes {}-{}/{length}", part.start, part.end.saturating_sub(1));
            about.extend(HeaderValue::try_from(content_range).ok().map(|value| (CONTENT_RANGE, value)));
            Ok((StatusCode::PARTIAL_CONTENT, about, document.bytes.slice(part)).into_response())
        }
        Wanted::Nothing => Err(HttpFault::RangeNotSatisfiable { length }),
    }
}

fn key(source: &str, id: &str) -> Result<DocumentKey, HttpFault> {
    let not_found = |reason: String| HttpFault::DocumentNotFound { reason };
    match source {
        "psohub" => id.parse().map(DocumentKey::Psohub).map_err(|error| not_found(error.to_string())),
        "bexio" => id.parse().map(DocumentKey::Bexio).map_err(|error| not_found(error.to_string())),
        _ => Err(HttpFault::NotFound),
    }
}

/// The part wanted. With `If-Range` a part is of use only if the client has the rest of this very
/// document.
fn wanted(headers: &HeaderMap, tag: &ETag, length: usize) -> Wanted {
    if headers.get(IF_RANGE).is_some_and(|value| !tag.is(value)) {
        return Wanted::Whole;
    }
    match headers.get(RANGE).map(HeaderValue::to_str) {
        Some(Ok(header)) => range::wanted(header, length),
        _ => Wanted::Whole,
    }
}

fn about(document: &Document, tag: &ETag) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/pdf"));
    headers.insert(CONTENT_DISPOSITION, inline(&document.file_name));
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(ETAG, tag.header_value());
    // An invoice may be kept by who asked for it, asking again each time; by nobody between.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    // Browsers' PDF viewers load parts of themselves, which `default-src 'none'` would stop.
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("frame-ancestors 'none'"));
    headers
}
