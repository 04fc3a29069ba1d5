//! GraphQL answers as bytes and headers.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue, VARY};
use http::{Response, StatusCode};
use http_body_util::{Either, Full};

use super::encoding::Encoding;
use super::fault::HttpFault;
use super::media_type::MediaType;
use super::request_id::{RequestId, X_REQUEST_ID};
use super::response_cache::Answer;
use super::security;
use crate::graphql::write_response;

/// Body of every answer: bytes that are there already, or what a route streams.
pub(super) type Body = Either<Full<Bytes>, axum::body::Body>;

/// A body of `bytes`.
pub(super) fn whole(bytes: impl Into<Bytes>) -> Body {
    Either::Left(Full::new(bytes.into()))
}

/// Writes a response down. The request id goes into errors only: a successful body is the same for
/// everyone who may ask, which is what lets it be reused.
pub(super) fn encode(response: &mut async_graphql::Response, id: &RequestId) -> Bytes {
    name_request(response, id);
    let mut bytes = Vec::new();
    write_response(&mut bytes, response);
    bytes.into()
}

/// Writes the errors of a response alone, as a JSON list.
pub(super) fn encode_errors(response: &mut async_graphql::Response, id: &RequestId) -> Vec<u8> {
    name_request(response, id);
    // Errors hold texts, numbers and lists of them: nothing that could be refused.
    serde_json::to_vec(&response.errors).unwrap_or_default()
}

fn name_request(response: &mut async_graphql::Response, id: &RequestId) {
    for error in &mut response.errors {
        error.extensions.get_or_insert_default().set("requestId", id.as_str());
    }
}

/// Headers of GraphQL answers, made once: a clone is cheaper than building them each time.
#[derive(Debug)]
pub(super) struct PreparedHeaders([[HeaderMap; Encoding::ALL.len()]; MediaType::ALL.len()]);

impl PreparedHeaders {
    pub(super) fn new() -> Self {
        Self(MediaType::ALL.map(|media| Encoding::ALL.map(|encoding| prepare(media, encoding))))
    }

    fn get(&self, media: MediaType, encoding: Encoding) -> &HeaderMap {
        let row = match media {
            MediaType::GraphqlResponse => &self.0[0],
            MediaType::Json => &self.0[1],
        };
        match encoding {
            Encoding::Identity => &row[0],
            Encoding::Gzip => &row[1],
            Encoding::Brotli => &row[2],
        }
    }

    /// An answer with its headers.
    pub(super) fn answer(
        &self,
        status: StatusCode,
        answer: Answer,
        media: MediaType,
        id: &RequestId,
    ) -> Response<Body> {
        let mut response = Response::new(whole(answer.bytes));
        *response.status_mut() = status;
        let mut headers = self.get(media, answer.coding).clone();
        headers.insert(X_REQUEST_ID, id.header_value());
        *response.headers_mut() = headers;
        response
    }
}

fn prepare(media: MediaType, encoding: Encoding) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(16);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media.content_type()));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(VARY, HeaderValue::from_static("accept, accept-encoding"));
    if let Some(coding) = encoding.header() {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    security::add(&mut headers);
    // Present from the start, so that setting it later replaces and never grows the map.
    headers.insert(X_REQUEST_ID, HeaderValue::from_static(""));
    headers
}

/// The answer to a request that HTTP refuses.
pub(super) fn refusal(fault: &HttpFault, media: MediaType, id: &RequestId) -> Response<Body> {
    let mut response = Response::new(whole(fault.body(id.as_str())));
    *response.status_mut() = fault.status();
    let mut headers = prepare(media, Encoding::Identity);
    headers.insert(X_REQUEST_ID, id.header_value());
    headers.extend(fault.header());
    *response.headers_mut() = headers;
    response
}
