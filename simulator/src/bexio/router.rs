//! Bexio on the wire: reads a request whole, takes the lock, answers.
//!
//! Paths are matched by the API itself and not by axum, because token, rate limit and `Accept` come before them and
//! an unknown path answers like any other error.

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Query, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;

use super::call::Call;
use super::oauth;
use crate::world::SharedWorld;

/// Larger bodies are answered 413.
const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Bexio's routes: `/2.0/..`, `/3.0/..` and the issuer under `/realms/bexio/..`.
pub fn router() -> Router<SharedWorld> {
    Router::new().route("/realms/bexio/{*path}", any(oauth::handle)).fallback(api)
}

async fn api(State(world): State<SharedWorld>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_BYTES_MAX).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let query = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri).map(|Query(pairs)| pairs);
    let call = Call {
        method: &parts.method,
        path: parts.uri.path().trim_matches('/').split('/').collect(),
        query: query.unwrap_or_default(),
        headers: &parts.headers,
        body: &body,
    };
    world.bexio().answer(&call)
}
