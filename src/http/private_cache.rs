//! Answers that a browser may keep: to a GET that names its document, for who asked alone.
//!
//! RFC 9111. A second is how long answers are given again here as well; after it the tag saves the bytes, not the
//! question.

use async_graphql::Value;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH, VARY};
use http::{Response, StatusCode};

use super::etag::{self, ETag};
use super::response::{self, Body};
use crate::graphql::write_response;

/// The extension that tells how old the data is. Its ages grow while the data stays as it is.
const FRESHNESS: &str = "freshness";

/// The tag of a response: the same as long as its data is, and each side is in the same state of freshness.
pub(super) fn tag_of(response: &mut async_graphql::Response) -> ETag {
    let freshness = response.extensions.remove(FRESHNESS);
    let mut bytes = Vec::new();
    write_response(&mut bytes, response);
    if let Some(Value::Object(sources)) = &freshness {
        for side in sources.values() {
            if let Value::Object(members) = side
                && let Some(state) = members.get("state")
            {
                bytes.extend_from_slice(state.to_string().as_bytes());
            }
        }
    }
    response.extensions.extend(freshness.map(|freshness| (FRESHNESS.to_owned(), freshness)));
    ETag::weak_of(&bytes)
}

/// The answer as who sent `request` may keep it; without a body where that is the one it has.
pub(super) fn kept(mut answer: Response<Body>, request: &HeaderMap, tag: &ETag) -> Response<Body> {
    let headers = answer.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, max-age=1"));
    headers.insert(ETAG, tag.header_value());
    headers.append(VARY, HeaderValue::from_static("authorization"));
    if etag::matches_any(&request.get_all(IF_NONE_MATCH), tag) {
        headers.remove(CONTENT_LENGTH);
        *answer.body_mut() = response::whole(Vec::new());
        *answer.status_mut() = StatusCode::NOT_MODIFIED;
    }
    answer
}
