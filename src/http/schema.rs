//! `/schema.graphql`: the schema as SDL, for code generators and editors.

use axum::extract::{Extension, State};
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::etag::{self, ETag};
use super::fault::HttpFault;
use super::request_id::RequestId;
use super::{HttpState, router};
use crate::graphql::Role;

/// The SDL, or 304 for who has it already. Where not everybody may ask for the schema, who may has to say who they are.
pub(super) async fn serve(
    State(state): State<HttpState>,
    Extension(id): Extension<RequestId>,
    headers: HeaderMap,
) -> Response {
    let told = match state.graphql_config.introspection {
        Some(Role::Viewer) => Ok(()),
        Some(role) => state.access.require(&headers, role).await.map(drop),
        None => Err(HttpFault::SchemaNotTold),
    };
    if let Err(fault) = told {
        return router::refused(&fault, &id);
    }
    let sdl = state.executor.sdl();
    let tag = ETag::of(sdl.as_bytes());
    let about = [(ETAG, tag.header_value()), (CACHE_CONTROL, http::HeaderValue::from_static("no-cache"))];
    if etag::matches_any(&headers.get_all(IF_NONE_MATCH), &tag) {
        return (StatusCode::NOT_MODIFIED, about).into_response();
    }
    (about, [(CONTENT_TYPE, "application/graphql; charset=utf-8")], sdl.to_owned()).into_response()
}
