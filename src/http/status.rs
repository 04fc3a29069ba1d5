//! Which status a GraphQL response is answered with: the one table.
//!
//! GraphQL-over-HTTP draft, "Status Codes". A client that did not name GraphQL's media type gets 200
//! for every well-formed request, since it may read the body of a 200 only.

use async_graphql::{Response, ServerError, Value};
use http::StatusCode;

use super::media_type::MediaType;

/// Whether the operation was never run. Such a response has no `data`, not even `null`: an error
/// without a path is a request error, and one with a path has run into `data`.
pub(super) fn is_request_error(response: &Response) -> bool {
    response.data == Value::Null
        && !response.errors.is_empty()
        && response.errors.iter().all(|e| e.path.is_empty())
}

/// The status for `response`.
pub(super) fn of(response: &Response, media: MediaType) -> StatusCode {
    if !is_request_error(response) {
        return StatusCode::OK;
    }
    let status = response.errors.iter().map(|error| of_code(code(error))).max().unwrap_or(StatusCode::OK);
    let clients_fault = matches!(status, StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY);
    if media == MediaType::Json && clients_fault { StatusCode::OK } else { status }
}

/// `extensions.code` of an error, empty if it has none.
pub(super) fn code(error: &ServerError) -> &str {
    match error.extensions.as_ref().and_then(|extensions| extensions.get("code")) {
        Some(Value::String(code)) => code,
        _ => "",
    }
}

/// The status of a request error. What is unknown here is the client's fault: bad input is never 5xx.
fn of_code(code: &str) -> StatusCode {
    match code {
        "GRAPHQL_PARSE_FAILED" | "BAD_REQUEST" => StatusCode::BAD_REQUEST,
        "UNAUTHENTICATED" => StatusCode::UNAUTHORIZED,
        "FORBIDDEN" => StatusCode::FORBIDDEN,
        "INTERNAL" | "INTERNAL_SERVER_ERROR" => StatusCode::INTERNAL_SERVER_ERROR,
        "UNAVAILABLE" | "TIMEOUT" => StatusCode::SERVICE_UNAVAILABLE,
        // Validation, variables, an operation that cannot be told, limits.
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}
