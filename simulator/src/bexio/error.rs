//! Bexio's error bodies: `{"error_code", "message"}` and, from the form endpoints, `errors`.

use axum::http::StatusCode;
use serde::Serialize;

use super::answer::Answer;
use super::refusal::Refusal;

/// A request that is refused, named by what the caller did.
#[derive(Debug)]
pub(crate) enum ApiError {
    /// No bearer token, or not a good one.
    Unauthorized,
    /// The token lacks the scope.
    Forbidden,
    /// No such path, verb or object.
    NotFound,
    /// `Accept` is not exactly `application/json`.
    BadAccept,
    /// The body is not JSON, or says it is something else, or should not be there.
    Unparseable,
    /// A payload without `Content-Length`.
    LengthRequired,
    /// The minute's requests are used up.
    TooManyRequests,
    /// A query parameter or a search criterion makes no sense.
    BadParameters,
    /// Fields of a form are wrong; texts in the grammar of the service.
    Form(Vec<String>),
    /// A 422 with a plain message.
    Unprocessable(&'static str),
    /// The books refuse the change.
    Refused(Refusal),
}

#[derive(Serialize)]
struct Body<'a> {
    error_code: u16,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<&'a [String]>,
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotFound => Self::NotFound,
            other => Self::Refused(other),
        }
    }
}

impl ApiError {
    /// The answer on the wire.
    pub(crate) fn answer(&self) -> Answer {
        let refusal;
        let (status, message) = match self {
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, "Unauthorized"),
            Self::Forbidden => (StatusCode::FORBIDDEN, "Forbidden"),
            Self::NotFound => (StatusCode::NOT_FOUND, "Page not found"),
            Self::BadAccept => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "You did not specify a valid Accept-Header")
            }
            Self::Unparseable => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "Could not parse the data"),
            Self::LengthRequired => (StatusCode::LENGTH_REQUIRED, "Length Required"),
            Self::TooManyRequests => (StatusCode::TOO_MANY_REQUESTS, "Too many requests"),
            Self::BadParameters => (StatusCode::BAD_REQUEST, "Parameters are invalid"),
            Self::Form(_) => {
                (StatusCode::UNPROCESSABLE_ENTITY, "The form could not be saved due to the following errors:")
            }
            Self::Unprocessable(message) => (StatusCode::UNPROCESSABLE_ENTITY, *message),
            Self::Refused(reason) => {
                refusal = reason.to_string();
                (StatusCode::UNPROCESSABLE_ENTITY, refusal.as_str())
            }
        };
        let errors = if let Self::Form(errors) = self { Some(errors.as_slice()) } else { None };
        Answer::json(status, &Body { error_code: status.as_u16(), message, errors })
    }
}
