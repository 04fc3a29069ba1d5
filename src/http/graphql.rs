//! `/graphql`: from a request to an answer, by the GraphQL-over-HTTP draft.
//!
//! No layers on this path: a repeated query costs reading it, one look-up and writing the answer.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body::Body as HttpBody;

use super::access::Access;
use super::connection::Lifeline;
use super::encoding::{self, COMPRESSED_BYTES_MIN, Encoding};
use super::executor::Executor;
use super::fault::HttpFault;
use super::live::{LiveConfig, Places};
use super::media_type::{self, Form, MediaType};
use super::metrics::EndpointCounts;
use super::request_id::RequestId;
use super::response::{self, Body, PreparedHeaders};
use super::response_cache::{Answer, Key, ResponseCache};
use super::websocket::{self, WebSockets};
use super::{body, event_stream, request, status};
use crate::domain::SharedClock;
use crate::graphql::{Caller, Executed, Subscribed};

/// Limits of `/graphql`.
#[derive(Debug, Clone)]
pub struct GraphqlConfig {
    /// Longest body in bytes.
    pub body_bytes_max: usize,
    /// How long a body may take to arrive.
    pub body_read_timeout: Duration,
    /// How many bytes of answers are kept for repeated requests.
    pub response_cache_bytes_max: u64,
    /// Limits for clients that listen.
    pub live: LiveConfig,
}

impl Default for GraphqlConfig {
    fn default() -> Self {
        Self {
            body_bytes_max: 64 * 1024,
            body_read_timeout: Duration::from_secs(10),
            response_cache_bytes_max: 32 * 1024 * 1024,
            live: LiveConfig::default(),
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
    access: Access,
    websockets: WebSockets,
    event_streams: Places,
}

/// How a client wants its answer.
#[derive(Clone, Copy)]
struct Wanted {
    form: Form,
    encoding: Encoding,
}

/// What an operation brings along from its request.
struct Asked<'a> {
    caller: Caller,
    id: &'a RequestId,
    lifeline: Option<Lifeline>,
    /// What its answer is kept under.
    key: Option<Key>,
}

impl GraphqlEndpoint {
    pub(super) fn new(executor: Arc<dyn Executor>, clock: SharedClock, config: GraphqlConfig) -> Self {
        let access = Access::new();
        Self {
            cache: ResponseCache::new(config.response_cache_bytes_max),
            headers: PreparedHeaders::new(),
            websockets: WebSockets::new(
                Arc::clone(&executor),
                Arc::clone(&clock),
                access.clone(),
                &config.live,
            ),
            event_streams: Places::new(config.live.event_streams_max),
            executor,
            clock,
            config,
            access,
        }
    }

    /// Who listens now, and how often an answer was given again.
    pub(super) fn counts(&self) -> EndpointCounts {
        let (cache_hits, cache_misses) = self.cache.counts();
        let (websockets, event_streams) = (self.websockets.open_now(), self.event_streams.taken());
        EndpointCounts { websockets, event_streams, cache_hits, cache_misses }
    }

    /// Answers one request, whatever it is.
    pub(super) async fn answer<B>(&self, request: Request<B>, id: &RequestId) -> Response<Body>
    where
        B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
    {
        if websocket::is_handshake(request.headers()) {
            let opened = self.websockets.open(request, id);
            return opened.unwrap_or_else(|fault| response::refusal(&fault, MediaType::Json, id));
        }
        let wanted = match media_type::form(request.headers()) {
            Ok(form) => Wanted { form, encoding: encoding::negotiate(request.headers()) },
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
        outcome.unwrap_or_else(|fault| response::refusal(&fault, wanted.form.of_refusal(), id))
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
        let caller = self.access.of_request(request.headers());
        let lifeline = lifeline_of(request.extensions(), wanted.form);
        let body = body::read(request.into_body(), self.config.body_bytes_max, self.config.body_read_timeout)
            .await?;
        let key = match wanted.form {
            Form::Answer(media) | Form::AnswerOrEvents(media) => Some(Key {
                media,
                encoding: wanted.encoding,
                rights: caller.role,
                asked_by: Arc::clone(&caller.name),
                body: body.clone(),
            }),
            Form::Events => None,
        };
        if let Some(key) = &key
            && let Some(answer) = self.cache.get(key, self.executor.book_version(), self.clock.elapsed())
        {
            return Ok(self.headers.answer(StatusCode::OK, answer, key.media, id));
        }
        let operation = request::from_body(&body)?;
        self.run(operation, wanted, Asked { caller, id, lifeline, key }).await
    }

    async fn get(
        &self,
        request: &http::request::Parts,
        wanted: Wanted,
        id: &RequestId,
    ) -> Result<Response<Body>, HttpFault> {
        refuse_cross_site(&request.headers)?;
        let query = request.uri.query().unwrap_or_default();
        let operation = request::from_url(query, wanted.form.is_streamed())?;
        let caller = self.access.of_request(&request.headers);
        let lifeline = lifeline_of(&request.extensions, wanted.form);
        self.run(operation, wanted, Asked { caller, id, lifeline, key: None }).await
    }

    async fn run(
        &self,
        operation: async_graphql::Request,
        wanted: Wanted,
        asked: Asked<'_>,
    ) -> Result<Response<Body>, HttpFault> {
        let caller = asked.caller.clone();
        let subscribed = match wanted.form {
            Form::Answer(media) => {
                let executed = guarded(self.executor.execute(operation, caller), asked.id).await?;
                return Ok(self.whole(executed, media, wanted.encoding, asked).await);
            }
            _ => guarded(self.executor.subscribe(operation, caller), asked.id).await?,
        };
        match (subscribed, wanted.form) {
            (Subscribed::Answer(executed), Form::AnswerOrEvents(media)) => {
                Ok(self.whole(*executed, media, wanted.encoding, asked).await)
            }
            (Subscribed::Answer(executed), _) => Ok(event_stream::of_answer(*executed, asked.id)),
            (Subscribed::Events(events), _) => {
                let open = event_stream::Open {
                    place: self.event_streams.take()?,
                    lifeline: asked.lifeline,
                    clock: Arc::clone(&self.clock),
                    keep_alive: self.config.live.keep_alive,
                };
                Ok(event_stream::of_events(events, open, asked.id))
            }
        }
    }

    /// One answer as JSON, kept for equal questions where it may be.
    async fn whole(
        &self,
        mut executed: Executed,
        media: MediaType,
        wanted: Encoding,
        asked: Asked<'_>,
    ) -> Response<Body> {
        let bytes = response::encode(&mut executed.response, asked.id);
        let reusable = executed.reusable.filter(|_| executed.response.errors.is_empty());
        let status = status::of(&executed.response, media);
        drop(executed);
        let answer = compressed(bytes, wanted).await;
        if let (Some(key), Some(reusable)) = (asked.key, reusable) {
            self.cache.put(key, answer.clone(), reusable);
        }
        self.headers.answer(status, answer, media, asked.id)
    }
}

/// What an answer that is a stream will need.
fn lifeline_of(extensions: &http::Extensions, form: Form) -> Option<Lifeline> {
    if form.is_streamed() { extensions.get::<Lifeline>().cloned() } else { None }
}

/// Runs an operation. A panic in a resolver costs this request and nothing else.
async fn guarded<T>(running: impl Future<Output = T>, id: &RequestId) -> Result<T, HttpFault> {
    AssertUnwindSafe(running).catch_unwind().await.map_err(|_panic| {
        tracing::error!(
            request.id = id.as_str(),
            "an operation panicked; the request was answered with INTERNAL"
        );
        HttpFault::Internal
    })
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
