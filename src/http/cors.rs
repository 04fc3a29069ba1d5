//! Cross-origin requests by the CORS protocol of the Fetch standard, for the origins that are configured.
//!
//! <https://fetch.spec.whatwg.org/#http-cors-protocol>. Never with credentials: keys and tokens travel in a header
//! that a page sets itself.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap,
    HeaderValue, ORIGIN, VARY,
};
use http::{Method, Request, Response, StatusCode};

use super::fault::HttpFault;
use super::origin::{self, AllowedOrigins};
use super::request_id::{RequestId, X_REQUEST_ID};
use super::response::{self, Body};
use super::security;

/// Headers that a page may send beside those that it always may.
const ALLOWED_HEADERS: HeaderValue = HeaderValue::from_static(
    "accept, authorization, content-type, apollo-require-preflight, graphql-require-preflight, if-none-match, \
     traceparent, tracestate, x-apollo-operation-name, x-request-id, x-requested-with",
);

/// Headers that a page may read beside those that it always may.
const EXPOSED_HEADERS: HeaderValue =
    HeaderValue::from_static("content-disposition, etag, retry-after, www-authenticate, x-request-id");

/// The part that the pages of other origins have in the service.
#[derive(Debug, Clone, Default)]
pub(super) struct Cors {
    origins: AllowedOrigins,
}

/// What an answer is marked with.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// The page's origin, if it is one that may read the answer.
    origin: Option<HeaderValue>,
    /// Whether another origin would have been answered otherwise.
    varies: bool,
}

impl Cors {
    pub(super) fn new(origins: AllowedOrigins) -> Self {
        Self { origins }
    }

    /// What the answer to `request` is to be marked with. Pages under `/connect` and GraphiQL are for their
    /// own origin alone.
    pub(super) fn marks<B>(&self, request: &Request<B>) -> Marks {
        let path = request.uri().path();
        if self.origins.is_empty() || path.starts_with("/connect") || path.starts_with("/graphiql") {
            return Marks::default();
        }
        let origin = request.headers().get(ORIGIN).filter(|origin| self.origins.holds(origin)).cloned();
        Marks { origin, varies: true }
    }

    /// The answer to a preflight; `None` where the request is none, or no page of another origin may ask.
    pub(super) fn preflight<B>(
        &self,
        request: &Request<B>,
        id: &RequestId,
    ) -> Option<Result<Response<Body>, HttpFault>> {
        let is_preflight = *request.method() == Method::OPTIONS
            && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        let origin = request.headers().get(ORIGIN).filter(|_| is_preflight && !self.origins.is_empty())?;
        if self.marks(request).origin.is_none() {
            return Some(Err(HttpFault::OriginNotAllowed { origin: origin::shown(origin) }));
        }
        let mut answer = Response::new(response::whole(Vec::new()));
        *answer.status_mut() = StatusCode::NO_CONTENT;
        let headers = answer.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, HEAD, POST"));
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS);
        headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
        headers.insert(X_REQUEST_ID, id.header_value());
        security::add(headers);
        Some(Ok(answer))
    }
}

impl Marks {
    /// Marks an answer.
    pub(super) fn put_on(self, headers: &mut HeaderMap) {
        if self.varies {
            headers.append(VARY, HeaderValue::from_static("origin"));
        }
        if let Some(origin) = self.origin {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS);
        }
    }
}
