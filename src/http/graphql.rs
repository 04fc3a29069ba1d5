//! `/graphql`: from a request to an answer, by the GraphQL-over-HTTP draft.
//!
//! No layers on this path: a repeated query costs reading it, one look-up and writing the answer.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body::Body as HttpBody;

use super::encoding::{self, COMPRESSED_BYTES_MIN, Encoding};
use super::executor::Executor;
use super::fault::HttpFault;
use super::media_type::{self, MediaType};
use super::request_id::RequestId;
use super::response::{self, Body, PreparedHeaders};
use super::response_cache::{Answer, Key, ResponseCache};
use super::{body, request, status};
use crate::domain::SharedClock;
use crate::graphql::{Caller, Executed};

/// Limits of `/graphql`.
#[derive(Debug, Clone)]
pub struct GraphqlConfig {
    /// Longest body in bytes.
    pub body_bytes_max: usize,
    /// How long a body may take to arrive.
    pub body_read_timeout: Duration,
    /// How many bytes of answers are kept for repeated requests.
    pub response_cache_bytes_max: u64,
}

impl Default for GraphqlConfig {
    fn default() -> Self {
        Self {
            body_bytes_max: 64 * 1024,
            body_read_timeout: Duration::from_secs(10),
            response_cache_bytes_max: 32 * 1024 * 1024,
        }
    }
}

/// Answers `/graphql`.
pub(super) struct GraphqlEndpoint {
    executor: Arc<dyn Executor>,
    clock: SharedClock,
    config: GraphqlConfig,
    cache: ResponseCache,
    headers: PreparedHeaders,
    /// Who everybody is until access control lands: `serve` and `demo` answer on loopback only.
    caller: Caller,
}

/// How a client wants its answer.
type Wanted = (MediaType, Encoding);

impl GraphqlEndpoint {
    pub(super) fn new(executor: Arc<dyn Executor>, clock: SharedClock, config: GraphqlConfig) -> Self {
        let cache = ResponseCache::new(config.response_cache_bytes_max);
        Self { executor, clock, config, cache, headers: PreparedHeaders::new(), caller: Caller::local() }
    }

    /// Answers one request, whatever it is.
    pub(super) async fn answer<B>(&self, request: Request<B>, id: &RequestId) -> Response<Body>
    where
        B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
    {
        let wanted = match media_type::negotiate(request.headers()) {
            Ok(media) => (media, encoding::negotiate(request.headers())),
            Err(fault) => return response::refusal(&fault, MediaType::Json, id),
        };
        let outcome = match *request.method() {
            Method::POST => self.post(request, wanted, id).await,
            Method::GET => {
                let (parts, _body) = request.into_parts();
                self.get(&parts, wanted, id).await
            }
            _ => Err(HttpFault::MethodNotAllowed { allow: "GET, POST" }),
        };
        outcome.unwrap_or_else(|fault| response::refusal(&fault, wanted.0, id))
    }

    async fn post<B>(
        &self,
        request: Request<B>,
        wanted: Wanted,
        id: &RequestId,
    ) -> Result<Response<Body>, HttpFault>
    where
        B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
    {
        media_type::require_json(request.headers())?;
        let caller = self.caller.clone();
        let body = body::read(request.into_body(), self.config.body_bytes_max, self.config.body_read_timeout)
            .await?;
        let key = Key {
            media: wanted.0,
            encoding: wanted.1,
            rights: caller.role,
            asked_by: Arc::clone(&caller.name),
            body,
        };
        if let Some(answer) = self.cache.get(&key, self.executor.book_version(), self.clock.elapsed()) {
            return Ok(self.headers.answer(StatusCode::OK, answer, wanted.0, id));
        }
        let operation = request::from_body(&key.body)?;
        self.run(operation, caller, wanted, id, Some(key)).await
    }

    async fn get(
        &self,
        request: &http::request::Parts,
        wanted: Wanted,
        id: &RequestId,
    ) -> Result<Response<Body>, HttpFault> {
        refuse_cross_site(&request.headers)?;
        let operation = request::from_url(request.uri.query().unwrap_or_default())?;
        self.run(operation, self.caller.clone(), wanted, id, None).await
    }

    async fn run(
        &self,
        operation: async_graphql::Request,
        caller: Caller,
        (media, wanted): Wanted,
        id: &RequestId,
        key: Option<Key>,
    ) -> Result<Response<Body>, HttpFault> {
        let mut executed = self.execute(operation, caller, id).await?;
        let bytes = response::encode(&mut executed.response, id);
        let reusable = executed.reusable.filter(|_| executed.response.errors.is_empty());
        let status = status::of(&executed.response, media);
        drop(executed);
        let answer = compressed(bytes, wanted).await;
        if let (Some(key), Some(reusable)) = (key, reusable) {
            self.cache.put(key, answer.clone(), reusable);
        }
        Ok(self.headers.answer(status, answer, media, id))
    }

    /// Runs the operation. A panic in a resolver costs this request and nothing else.
    async fn execute(
        &self,
        operation: async_graphql::Request,
        caller: Caller,
        id: &RequestId,
    ) -> Result<Executed, HttpFault> {
        let running =
            AssertUnwindSafe(async { self.executor.execute(operation, caller).await }).catch_unwind();
        running.await.map_err(|_panic| {
            tracing::error!(
                request.id = id.as_str(),
                "an operation panicked; the request was answered with INTERNAL"
            );
            HttpFault::Internal
        })
    }
}

/// The answer in the coding wanted, if it is long enough for that to pay.
async fn compressed(bytes: Bytes, wanted: Encoding) -> Answer {
    if wanted == Encoding::Identity || bytes.len() < COMPRESSED_BYTES_MIN {
        return Answer { bytes, coding: Encoding::Identity };
    }
    match encoding::compress(bytes.clone(), wanted).await {
        Ok(bytes) => Answer { bytes, coding: wanted },
        Err(error) => {
            tracing::warn!(%error, "an answer could not be compressed; it was sent as it is");
            Answer { bytes, coding: Encoding::Identity }
        }
    }
}

/// A GET needs no preflight, so a page of any site can make its reader's browser send one. The
/// browser says so; programs do not send this header.
fn refuse_cross_site(headers: &HeaderMap) -> Result<(), HttpFault> {
    let cross_site = headers.get("sec-fetch-site").is_some_and(|site| site.as_bytes() == b"cross-site");
    if cross_site { Err(HttpFault::CrossSite) } else { Ok(()) }
}
