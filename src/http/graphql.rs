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
use super::admission::Admission;
use super::connection::Lifeline;
use super::encoding::{self, COMPRESSED_BYTES_MIN, Encoding};
use super::executor::Executor;
use super::fault::HttpFault;
use super::live::{LiveConfig, Places};
use super::media_type::{self, Form, MediaType};
use super::metrics::EndpointCounts;
use super::origin::{self, AllowedOrigins};
use super::persisted::{DocumentsConfig, PersistedDocuments};
use super::rate::OperationRate;
use super::request_id::RequestId;
use super::response::{self, Body, PreparedHeaders};
use super::response_cache::{Answer, Key, ResponseCache};
use super::websocket::{self, WebSockets};
use super::{body, event_stream, private_cache, request, status};
use crate::domain::SharedClock;
use crate::domain::spacing::Spacing;
use crate::graphql::{Executed, Fault, Role, Subscribed};
use crate::services::access::Admitted;

/// Limits of `/graphql`.
#[derive(Debug, Clone)]
pub struct GraphqlConfig {
    /// Longest body in bytes.
    pub body_bytes_max: usize,
    /// How long a body may take to arrive.
    pub body_read_timeout: Duration,
    /// How many bytes of answers are kept for repeated requests.
    pub response_cache_bytes_max: u64,
    /// How often each caller may send an operation, where callers are asked who they are; `None`: as often as they
    /// want.
    pub operations: Option<Spacing>,
    /// The same where everybody is one caller.
    pub operations_of_everybody: Option<Spacing>,
    /// Which documents may run, and which may be named.
    pub documents: DocumentsConfig,
    /// Origins whose pages may use the API beside its own.
    pub origins: AllowedOrigins,
    /// The least role that may see the schema; `None`: nobody.
    pub introspection: Option<Role>,
    /// Limits for clients that listen.
    pub live: LiveConfig,
}

impl Default for GraphqlConfig {
    fn default() -> Self {
        Self {
            body_bytes_max: 64 * 1024,
            body_read_timeout: Duration::from_secs(10),
            response_cache_bytes_max: 32 * 1024 * 1024,
            operations: None,
            operations_of_everybody: None,
            documents: DocumentsConfig::default(),
            origins: AllowedOrigins::default(),
            introspection: Some(Role::Viewer),
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
    admission: Arc<Admission>,
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
    admitted: Admitted,
    id: &'a RequestId,
    lifeline: Option<Lifeline>,
    /// What its answer is kept under.
    key: Option<Key>,
    /// The headers of a GET that named its document: its answer may be kept by who asked.
    kept_by: Option<&'a HeaderMap>,
}

impl GraphqlEndpoint {
    pub(super) fn new(
        executor: Arc<dyn Executor>,
        access: Access,
        clock: SharedClock,
        config: GraphqlConfig,
    ) -> Self {
        let operations = match access {
            Access::Asked(_) => config.operations,
            Access::Everybody => config.operations_of_everybody,
        };
        let admission = Arc::new(Admission {
            rate: OperationRate::new(operations, Arc::clone(&clock)),
            documents: PersistedDocuments::new(config.documents.clone()),
        });
        Self {
            cache: ResponseCache::new(config.response_cache_bytes_max),
            headers: PreparedHeaders::new(),
            websockets: WebSockets::new(
                Arc::clone(&executor),
                Arc::clone(&clock),
                access.clone(),
                Arc::clone(&admission),
                &config,
            ),
            event_streams: Places::new(config.live.event_streams_max),
            executor,
            clock,
            config,
            access,
            admission,
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
        let admitted = self.access.of_request(request.headers()).await?;
        let lifeline = lifeline_of(request.extensions(), wanted.form);
        let body = body::read(request.into_body(), self.config.body_bytes_max, self.config.body_read_timeout)
            .await?;
        let key = match wanted.form {
            Form::Answer(media) | Form::AnswerOrEvents(media) => Some(Key {
                media,
                encoding: wanted.encoding,
                rights: admitted.caller.role,
                asked_by: Arc::clone(&admitted.caller.name),
                body: body.clone(),
            }),
            Form::Events => None,
        };
        self.admission.count(&admitted.caller)?;
        if let Some(key) = &key
            && let Some(answer) = self.cache.get(key, self.executor.book_version(), self.clock.elapsed())
        {
            return Ok(self.headers.answer(StatusCode::OK, answer, key.media, id));
        }
        let asking = request::from_body(&body)?;
        let asked = Asked { admitted, id, lifeline, key, kept_by: None };
        match self.admission.documents.resolve(asking, &asked.admitted.caller) {
            Ok(resolved) => self.run(resolved.request, wanted, asked).await,
            Err(fault) => Ok(self.refused(&fault, wanted, asked).await),
        }
    }

    async fn get(
        &self,
        request: &http::request::Parts,
        wanted: Wanted,
        id: &RequestId,
    ) -> Result<Response<Body>, HttpFault> {
        origin::check_get(&request.headers, &request.uri, &self.config.origins)?;
        let admitted = self.access.of_request(&request.headers).await?;
        self.admission.count(&admitted.caller)?;
        let asking = request::from_url(request.uri.query().unwrap_or_default())?;
        let lifeline = lifeline_of(&request.extensions, wanted.form);
        let asked = Asked { admitted, id, lifeline, key: None, kept_by: None };
        let mut resolved = match self.admission.documents.resolve(asking, &asked.admitted.caller) {
            Ok(resolved) => resolved,
            Err(fault) => return Ok(self.refused(&fault, wanted, asked).await),
        };
        request::refuse_operation_by_get(&mut resolved.request, wanted.form.is_streamed())?;
        let kept_by = resolved.was_named.then_some(&request.headers);
        self.run(resolved.request, wanted, Asked { kept_by, ..asked }).await
    }

    /// The answer to an operation that is refused before it is looked at.
    async fn refused(&self, fault: &Fault, wanted: Wanted, asked: Asked<'_>) -> Response<Body> {
        let refused = Executed::refused(fault);
        match wanted.form {
            Form::Answer(media) | Form::AnswerOrEvents(media) => {
                self.whole(refused, media, wanted.encoding, asked).await
            }
            Form::Events => event_stream::of_answer(refused, asked.id),
        }
    }

    async fn run(
        &self,
        operation: async_graphql::Request,
        wanted: Wanted,
        asked: Asked<'_>,
    ) -> Result<Response<Body>, HttpFault> {
        let caller = asked.admitted.caller.clone();
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
                    tenure: asked.admitted.tenure,
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
        let reusable = executed.reusable.filter(|_| executed.response.errors.is_empty());
        let mark = asked.kept_by.filter(|_| reusable.is_some());
        let mark = mark.map(|headers| (headers, private_cache::tag_of(&mut executed.response)));
        let bytes = response::encode(&mut executed.response, asked.id);
        let status = status::of(&executed.response, media);
        drop(executed);
        let answer = compressed(bytes, wanted).await;
        if let (Some(key), Some(reusable)) = (asked.key, reusable) {
            self.cache.put(key, answer.clone(), reusable);
        }
        let answer = self.headers.answer(status, answer, media, asked.id);
        match mark {
            Some((headers, tag)) => private_cache::kept(answer, headers, &tag),
            None => answer,
        }
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
