//! What HTTP itself refuses, before or instead of GraphQL: one code, status and sentence each.
//!
//! The body is a GraphQL response without `data`, so that a client needs one way of reading errors.
//! Errors of an operation belong to `graphql`; their statuses stand in [`super::status`].

use http::StatusCode;
use http::header::{ALLOW, HeaderValue, RETRY_AFTER, SEC_WEBSOCKET_VERSION, WWW_AUTHENTICATE};
use serde_json::json;

use super::nesting::MAX_DEPTH;
use crate::graphql::{ErrorCode, Fault};
use crate::services::access::AccessError;

/// A request that HTTP refuses. Messages say what is wrong and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpFault {
    /// The body is not announced as JSON. Also what keeps a form on another site from posting here.
    #[error(
        "POST needs the header 'Content-Type: application/json' (charset utf-8); this request has {given}"
    )]
    UnsupportedMediaType {
        /// The content type as given, or that there is none.
        given: String,
    },
    /// The body is compressed.
    #[error("a request body with Content-Encoding '{given}' is not taken: send it uncompressed")]
    UnsupportedContentEncoding {
        /// The encoding as given.
        given: String,
    },
    /// Nothing that can be answered is acceptable to the client.
    #[error(
        "no acceptable media type: send 'Accept: application/graphql-response+json, application/json;q=0.9'"
    )]
    NotAcceptable,
    /// The body is longer than the limit.
    #[error("the request body is longer than {limit} bytes: send a shorter operation or fewer variables")]
    BodyTooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The body did not arrive in time.
    #[error("the request body did not arrive within {limit_ms} ms: send it again")]
    BodyTooSlow {
        /// The limit in milliseconds.
        limit_ms: u64,
    },
    /// The connection broke while the body was read.
    #[error("the request body ended before it was complete: send it again")]
    BodyIncomplete,
    /// There is no body.
    #[error("the request body is empty: send a JSON object such as {{\"query\": \"{{ __typename }}\"}}")]
    BodyEmpty,
    /// The body is not UTF-8.
    #[error("the request body is not valid UTF-8 (byte {at} is wrong)")]
    BodyNotUtf8 {
        /// Where the first wrong byte is.
        at: usize,
    },
    /// Text that should be JSON is not.
    #[error("{what} is not valid JSON: {reason}")]
    InvalidJson {
        /// What was read: the body or a parameter.
        what: &'static str,
        /// What is wrong and where, in the JSON reader's words.
        reason: String,
    },
    /// JSON is nested too deep.
    #[error("{what} is nested deeper than {MAX_DEPTH} levels")]
    NestedTooDeep {
        /// What was read: the body or a parameter.
        what: &'static str,
    },
    /// The body is a list of operations.
    #[error("batches are not supported: send one JSON object for each request")]
    BatchUnsupported,
    /// The body is JSON, but neither an object nor a list.
    #[error("the request body must be a JSON object with the member 'query', not {given}")]
    BodyNotObject {
        /// What kind of value it is.
        given: &'static str,
    },
    /// A member or parameter has the wrong type.
    #[error("'{member}' must be {expected}, not {given}")]
    WrongType {
        /// Name of the member or parameter.
        member: &'static str,
        /// What it must be.
        expected: &'static str,
        /// What kind of value it is.
        given: &'static str,
    },
    /// A parameter is given twice.
    #[error("'{member}' is given more than once")]
    DuplicateMember {
        /// Name of the member or parameter.
        member: &'static str,
    },
    /// There is no `query`, and nothing that names one.
    #[error("'query' is missing: it holds the text of the GraphQL document")]
    MissingQuery,
    /// What cannot be told to be harmless is not parsed for a GET.
    #[error("'query' has too many brackets for GET: send it by POST")]
    TooManyBracketsByGet,
    /// A GET would change something.
    #[error("GET runs queries only: send a {operation} by POST")]
    OperationByGet {
        /// `mutation` or `subscription`.
        operation: &'static str,
    },
    /// A page of another site makes the reader's browser ask.
    #[error("queries by GET are not answered to pages of another site: use POST")]
    CrossSite,
    /// A page of another site makes the reader's browser post a form.
    #[error("this form is taken from this service's own page only: open that page and send it from there")]
    CrossSitePost,
    /// A page of another site makes the reader's browser open a WebSocket.
    #[error(
        "a page of {origin} may not open a WebSocket here, where the page would have to come from '{host}': have the \
         proxy before this service pass on the Host header"
    )]
    ForeignOrigin {
        /// Where the page comes from.
        origin: String,
        /// The name that the request is for.
        host: String,
    },
    /// A page asks whether it may send a request, and may not.
    #[error("pages of {origin} may not use this service: have the operator add the origin to CORS_ORIGINS")]
    OriginNotAllowed {
        /// Where the page comes from.
        origin: String,
    },
    /// A caller sends more operations than it may.
    #[error(
        "you send more operations than you may: wait {retry_after_seconds} s, and ask for more in one operation"
    )]
    RateLimited {
        /// When to try again.
        retry_after_seconds: u64,
    },
    /// The URL of a GET is too long.
    #[error("the URL is longer than {limit} bytes: send the operation by POST")]
    UrlTooLong {
        /// The limit in bytes.
        limit: usize,
    },
    /// A WebSocket handshake that is none.
    #[error("this is no WebSocket handshake: {reason}")]
    WebSocketHandshake {
        /// What is missing or wrong.
        reason: &'static str,
    },
    /// A WebSocket of another version.
    #[error("only version 13 of WebSocket is spoken: send 'Sec-WebSocket-Version: 13'")]
    WebSocketVersion,
    /// As many clients are listening as are taken.
    #[error("{max} clients are listening already: try again in a moment")]
    TooManyConnections {
        /// How many are taken.
        max: usize,
    },
    /// The request is for a name that is not this machine's.
    #[error(
        "without access control only requests to localhost or to an address are answered: a page of another site could \
         send its name here"
    )]
    ForeignHost,
    /// Nobody who may come in.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The caller may not do this.
    #[error("this needs the role {role}, and you have the role {held}: ask an administrator")]
    Forbidden {
        /// The role it needs.
        role: &'static str,
        /// The caller's.
        held: &'static str,
    },
    /// The schema is told to nobody.
    #[error("the schema is not told here: take it from the operator")]
    SchemaNotTold,
    /// The path knows other methods.
    #[error("this path answers {allow} only")]
    MethodNotAllowed {
        /// The methods it knows, as in the `Allow` header.
        allow: &'static str,
    },
    /// Nothing is at this path.
    #[error("there is nothing at this path: the API is at /graphql, GraphiQL at /graphiql")]
    NotFound,
    /// The document is not known.
    #[error("{reason}")]
    DocumentNotFound {
        /// Which document, and why.
        reason: String,
    },
    /// The upstream that keeps the document did not deliver it.
    #[error("{reason}")]
    DocumentBadGateway {
        /// Which document, and why.
        reason: String,
    },
    /// The upstream that keeps the document cannot be asked now.
    #[error("{reason}")]
    DocumentUnavailable {
        /// Which document, and why.
        reason: String,
        /// When to try again, in seconds.
        retry_after_seconds: Option<u64>,
    },
    /// A parameter that the path does not know.
    #[error("there is no parameter '{name}' here: docs/export.md lists what there is")]
    UnknownParameter {
        /// Its name, shortened.
        name: String,
    },
    /// A list cannot be exported as asked.
    #[error("{}", .0.message)]
    Export(Fault),
    /// The range asked for lies outside the document.
    #[error("the range lies outside the document of {length} bytes")]
    RangeNotSatisfiable {
        /// Length of the document in bytes.
        length: usize,
    },
    /// A fault of ours.
    #[error("something went wrong inside the gateway: try again, and report the request id if it stays")]
    Internal,
}

impl HttpFault {
    /// The status it is answered with.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::UnsupportedMediaType { .. } | Self::UnsupportedContentEncoding { .. } => {
                StatusCode::UNSUPPORTED_MEDIA_TYPE
            }
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyTooSlow { .. } => StatusCode::REQUEST_TIMEOUT,
            Self::BodyIncomplete
            | Self::BodyEmpty
            | Self::BodyNotUtf8 { .. }
            | Self::InvalidJson { .. }
            | Self::NestedTooDeep { .. }
            | Self::BatchUnsupported
            | Self::BodyNotObject { .. }
            | Self::WrongType { .. }
            | Self::DuplicateMember { .. }
            | Self::MissingQuery
            | Self::TooManyBracketsByGet
            | Self::UnknownParameter { .. }
            | Self::WebSocketHandshake { .. } => StatusCode::BAD_REQUEST,
            Self::Export(fault) => match fault.code {
                ErrorCode::BadUserInput => StatusCode::BAD_REQUEST,
                code => super::status::of_refusal(code),
            },
            Self::OperationByGet { .. } | Self::MethodNotAllowed { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::CrossSite
            | Self::CrossSitePost
            | Self::ForeignOrigin { .. }
            | Self::OriginNotAllowed { .. }
            | Self::SchemaNotTold
            | Self::Forbidden { .. }
            | Self::Access(AccessError::NoRole { .. }) => StatusCode::FORBIDDEN,
            Self::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::UrlTooLong { .. } => StatusCode::URI_TOO_LONG,
            Self::Access(AccessError::Unavailable) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Access(_) => StatusCode::UNAUTHORIZED,
            Self::WebSocketVersion => StatusCode::UPGRADE_REQUIRED,
            Self::ForeignHost => StatusCode::MISDIRECTED_REQUEST,
            Self::NotFound | Self::DocumentNotFound { .. } => StatusCode::NOT_FOUND,
            Self::DocumentBadGateway { .. } => StatusCode::BAD_GATEWAY,
            Self::DocumentUnavailable { .. } | Self::TooManyConnections { .. } => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::RangeNotSatisfiable { .. } => StatusCode::RANGE_NOT_SATISFIABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The code in `extensions.code`, one of docs/errors.md.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnsupportedMediaType { .. } | Self::UnsupportedContentEncoding { .. } => {
                "UNSUPPORTED_MEDIA_TYPE"
            }
            Self::NotAcceptable => "NOT_ACCEPTABLE",
            Self::BodyTooLarge { .. } => "BODY_TOO_LARGE",
            Self::BodyTooSlow { .. } => "BODY_TOO_SLOW",
            Self::BatchUnsupported => "BATCH_UNSUPPORTED",
            Self::BodyIncomplete
            | Self::BodyEmpty
            | Self::BodyNotUtf8 { .. }
            | Self::InvalidJson { .. }
            | Self::NestedTooDeep { .. }
            | Self::BodyNotObject { .. }
            | Self::WrongType { .. }
            | Self::DuplicateMember { .. }
            | Self::MissingQuery
            | Self::TooManyBracketsByGet
            | Self::UnknownParameter { .. }
            | Self::WebSocketHandshake { .. }
            | Self::WebSocketVersion => "BAD_REQUEST",
            Self::Export(fault) => fault.code.as_str(),
            Self::TooManyConnections { .. } => "TOO_MANY_CONNECTIONS",
            Self::OperationByGet { .. } | Self::MethodNotAllowed { .. } => "METHOD_NOT_ALLOWED",
            Self::CrossSite
            | Self::CrossSitePost
            | Self::ForeignOrigin { .. }
            | Self::OriginNotAllowed { .. } => "CROSS_SITE_REFUSED",
            Self::RateLimited { .. } => ErrorCode::RateLimited.as_str(),
            Self::UrlTooLong { .. } => "URL_TOO_LONG",
            Self::SchemaNotTold => ErrorCode::IntrospectionDisabled.as_str(),
            Self::Forbidden { .. } | Self::Access(AccessError::NoRole { .. }) => "FORBIDDEN",
            Self::Access(AccessError::Unavailable) => "ACCESS_UNAVAILABLE",
            Self::Access(_) => "UNAUTHENTICATED",
            Self::ForeignHost => "HOST_REFUSED",
            Self::NotFound => "NOT_FOUND",
            Self::DocumentNotFound { .. } => "DOCUMENT_NOT_FOUND",
            Self::DocumentBadGateway { .. } => "UPSTREAM_FAILED",
            Self::DocumentUnavailable { .. } => "UPSTREAM_UNAVAILABLE",
            Self::RangeNotSatisfiable { .. } => "RANGE_NOT_SATISFIABLE",
            Self::Internal => "INTERNAL",
        }
    }

    /// Whether the same request may succeed later.
    pub fn retryable(&self) -> bool {
        if let Self::Export(fault) = self {
            return fault.code.retryable();
        }
        matches!(
            self,
            Self::BodyTooSlow { .. }
                | Self::BodyIncomplete
                | Self::DocumentBadGateway { .. }
                | Self::DocumentUnavailable { .. }
                | Self::TooManyConnections { .. }
                | Self::RateLimited { .. }
                | Self::Access(AccessError::Unavailable)
                | Self::Internal
        )
    }

    /// The header that the status calls for beside the body.
    pub(super) fn header(&self) -> Option<(http::HeaderName, HeaderValue)> {
        match self {
            Self::OperationByGet { .. } => Some((ALLOW, HeaderValue::from_static("POST"))),
            Self::MethodNotAllowed { allow } => Some((ALLOW, HeaderValue::from_static(allow))),
            Self::RateLimited { retry_after_seconds: seconds }
            | Self::DocumentUnavailable { retry_after_seconds: Some(seconds), .. } => {
                Some((RETRY_AFTER, HeaderValue::from(*seconds)))
            }
            Self::WebSocketVersion => Some((SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"))),
            Self::TooManyConnections { .. } | Self::Access(AccessError::Unavailable) => {
                Some((RETRY_AFTER, HeaderValue::from_static("5")))
            }
            // RFC 6750, section 3: without a word on the error where nothing was presented.
            Self::Access(AccessError::Missing) => {
                Some((WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"invoice-gateway\"")))
            }
            Self::Access(AccessError::NoRole { .. }) => {
                let challenge = "Bearer realm=\"invoice-gateway\", error=\"insufficient_scope\"";
                Some((WWW_AUTHENTICATE, HeaderValue::from_static(challenge)))
            }
            Self::Access(_) => {
                let challenge = "Bearer realm=\"invoice-gateway\", error=\"invalid_token\"";
                Some((WWW_AUTHENTICATE, HeaderValue::from_static(challenge)))
            }
            Self::RangeNotSatisfiable { length } => HeaderValue::try_from(format!("bytes */{length}"))
                .ok()
                .map(|value| (http::header::CONTENT_RANGE, value)),
            _ => None,
        }
    }

    /// The body: a GraphQL response of one coded error.
    pub(super) fn body(&self, request_id: &str) -> Vec<u8> {
        let error = json!({
            "message": self.to_string(),
            "extensions": { "code": self.code(), "retryable": self.retryable(), "requestId": request_id },
        });
        json!({ "errors": [error] }).to_string().into_bytes()
    }
}

impl From<Fault> for HttpFault {
    fn from(fault: Fault) -> Self {
        Self::Export(fault)
    }
}
