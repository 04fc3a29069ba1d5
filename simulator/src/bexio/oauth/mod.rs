//! The OAuth issuer under `/realms/bexio`: a Keycloak realm.

use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;

/// Codes and tokens given out.
#[derive(Debug, Default)]
pub(crate) struct Issuer {}
impl Issuer {
    pub(crate) fn scopes_of(&self, _token: &str, _now: Timestamp) -> Option<&[String]> {
        None
    }
}
pub(crate) async fn handle() -> Response {
    axum::http::StatusCode::NOT_FOUND.into_response()
}
