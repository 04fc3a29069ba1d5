//! Which status a GraphQL response is answered with: the one table.
//!
//! GraphQL-over-HTTP draft, "Status Codes". A client that did not name GraphQL's media type gets 200
//! for every well-formed request, since it may read the body of a 200 only.

use async_graphql::{Response, ServerError, Value};
use http::StatusCode;

use super::media_type::MediaType;
use crate::graphql::ErrorCode;

/// The status for `response`. An operation that was refused before it ran has an error without a
/// path, and no `data` ([`crate::graphql::write_response`]).
pub(super) fn of(response: &Response, media: MediaType) -> StatusCode {
    let status = match response.errors.iter().find(|error| error.path.is_empty()) {
        // Also with errors beside the data: the draft's 294 would be news to every proxy and client.
        None => StatusCode::OK,
        Some(error) => of_refusal(code(error)),
    };
    if media == MediaType::Json && status.is_client_error() { StatusCode::OK } else { status }
}

/// The code of an error. `graphql` codes every one; without a code the fault is ours.
fn code(error: &ServerError) -> ErrorCode {
    let code = error.extensions.as_ref().and_then(|extensions| extensions.get("code"));
    let Some(Value::String(code)) = code else { return ErrorCode::Internal };
    ErrorCode::ALL.into_iter().find(|known| known.as_str() == code).unwrap_or(ErrorCode::Internal)
}

/// The status of an operation that was refused before it ran. Bad input is never 5xx.
pub(super) fn of_refusal(code: ErrorCode) -> StatusCode {
    match code {
        // A variable without a value: the draft of August 2026 has moved to 422, the audits of its reference
        // implementation (graphql-http 1.23, 86EE) have not.
        ErrorCode::BadRequest
        | ErrorCode::GraphqlParseFailed
        | ErrorCode::VariableMissing
        | ErrorCode::PersistedQueryNotSupported
        | ErrorCode::PersistedQueryHashMismatch => StatusCode::BAD_REQUEST,
        ErrorCode::PersistedQueryNotFound => StatusCode::NOT_FOUND,
        ErrorCode::BadUserInput
        | ErrorCode::GraphqlValidationFailed
        | ErrorCode::OperationResolutionFailure
        | ErrorCode::QueryTooLarge
        | ErrorCode::QueryTooDeep
        | ErrorCode::QueryTooComplex
        | ErrorCode::TooManyAliases
        | ErrorCode::TooManyRootFields
        | ErrorCode::TooManyDirectives
        | ErrorCode::VariablesTooDeep => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::TooManyOperations | ErrorCode::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorCode::Forbidden | ErrorCode::IntrospectionDisabled | ErrorCode::DocumentNotTrusted => {
            StatusCode::FORBIDDEN
        }
        ErrorCode::OperationTimeout => StatusCode::GATEWAY_TIMEOUT,
        ErrorCode::EventsLost | ErrorCode::UpstreamUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
