//! The issuer's failures, by what to do next. No answer of its is quoted but its own error texts.

use openidconnect::core::CoreErrorResponseType;
use openidconnect::{DiscoveryError, RequestTokenError, StandardErrorResponse};

use crate::domain::connection::GrantError;
use crate::transport::TransportError;

pub(super) fn misconfigured(words: String) -> GrantError {
    GrantError::Misconfigured(words)
}

pub(super) fn discovery_error(error: DiscoveryError<TransportError>) -> GrantError {
    match error {
        DiscoveryError::Request(error) => GrantError::Unavailable(error.to_string()),
        DiscoveryError::Validation(words) => misconfigured(format!(
            "BEXIO_ISSUER_URL names another issuer than its discovery document: {words}"
        )),
        DiscoveryError::Response(status, ..) => {
            GrantError::Unavailable(format!("Bexio's OAuth server answered {status} to discovery"))
        }
        _ => GrantError::Unavailable("what is at BEXIO_ISSUER_URL is no discovery document".to_owned()),
    }
}

pub(super) fn token_error(
    error: RequestTokenError<TransportError, StandardErrorResponse<CoreErrorResponseType>>,
) -> GrantError {
    let answer = match error {
        RequestTokenError::ServerResponse(answer) => answer,
        RequestTokenError::Request(error) => return GrantError::Unavailable(error.to_string()),
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
            return GrantError::Unavailable("Bexio's OAuth server gave no token answer".to_owned());
        }
    };
    let description = answer.error_description().map(|text| format!(" ({text})")).unwrap_or_default();
    let words = format!("Bexio's OAuth server answered {}{description}", answer.error().as_ref());
    match answer.error() {
        CoreErrorResponseType::InvalidGrant => GrantError::NotHonoured(words),
        CoreErrorResponseType::Extension(name)
            if matches!(name.as_str(), "temporarily_unavailable" | "server_error" | "slow_down") =>
        {
            GrantError::Unavailable(words)
        }
        _ => GrantError::Misconfigured(words),
    }
}
