//! `/schema.graphql`: the schema as SDL, for code generators and editors.

use axum::extract::{Extension, State};
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::access::Access;
use super::etag::{self, ETag};
use super::fault::HttpFault;
use super::request_id::RequestId;
use super::{HttpState, router};
use crate::graphql::{Caller, Role};

/// The SDL, or 304 for who has it already.
pub(super) async fn serve(
    State(state): State<HttpState>,
    Extension(id): Extension<RequestId>,
    headers: HeaderMap,
) -> Response {
    let caller = Access::new().of_request(&headers);
    if let Err(fault) = check(&caller, state.graphql_config.introspection) {
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

/// Whether `caller` may see what an introspection would tell as well.
fn check(caller: &Caller, introspection: Option<Role>) -> Result<(), HttpFault> {
    match introspection {
        Some(role) if caller.role >= role => Ok(()),
        Some(role) => Err(HttpFault::Forbidden { role: role.as_str(), held: caller.role.as_str() }),
        None => Err(HttpFault::SchemaNotTold),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_told_to_the_role_that_may_ask_for_it() {
        let viewer = Caller { role: Role::Viewer, name: "ada".into() };
        assert_eq!(check(&viewer, Some(Role::Viewer)), Ok(()));
        assert_eq!(
            check(&viewer, Some(Role::Operator)),
            Err(HttpFault::Forbidden { role: "OPERATOR", held: "VIEWER" })
        );
        assert_eq!(check(&Caller::local(), None), Err(HttpFault::SchemaNotTold));
    }
}
