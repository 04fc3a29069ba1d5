//! `/schema.graphql`: the schema as SDL, for code generators and editors.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::HttpState;
use super::etag::{self, ETag};

/// The SDL, or 304 for who has it already.
pub(super) async fn serve(State(state): State<HttpState>, headers: HeaderMap) -> Response {
    let sdl = state.executor.sdl();
    let tag = ETag::of(sdl.as_bytes());
    let about = [(ETAG, tag.header_value()), (CACHE_CONTROL, http::HeaderValue::from_static("no-cache"))];
    if etag::matches_any(&headers.get_all(IF_NONE_MATCH), &tag) {
        return (StatusCode::NOT_MODIFIED, about).into_response();
    }
    (about, [(CONTENT_TYPE, "application/graphql; charset=utf-8")], sdl.to_owned()).into_response()
}
