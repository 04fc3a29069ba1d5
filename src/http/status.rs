//! Which status a GraphQL response is answered with: the one table.
//!
//! GraphQL-over-HTTP draft, "Status Codes". A client that did not name GraphQL's media type gets 200
//! for every well-formed request, since it may read the body of a 200 only.

use http::StatusCode;

use super::media_type::MediaType;
use crate::graphql::{ErrorCode, Outcome};

/// The status for an operation that came this far.
pub(super) fn of(outcome: Outcome, media: MediaType) -> StatusCode {
    let status = match outcome {
        // Also with errors beside the data: the draft's 294 would be news to every proxy and client.
        Outcome::Executed => StatusCode::OK,
        Outcome::Refused(code) => of_refusal(code),
    };
    if media == MediaType::Json && status.is_client_error() { StatusCode::OK } else { status }
}

/// The status of an operation that was refused before it ran. Bad input is never 5xx.
fn of_refusal(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::BadRequest | ErrorCode::GraphqlParseFailed => StatusCode::BAD_REQUEST,
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
        ErrorCode::UpstreamUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
