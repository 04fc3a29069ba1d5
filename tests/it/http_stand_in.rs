//! The HTTP surface over a small schema and invented documents, and a client that writes raw bytes.
//!
//! What is tested with it is HTTP's own behaviour; the real schema has tests of its own.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_graphql::parser::types::OperationType;
use async_graphql::{Context, ErrorExtensions, Object, Request, Response, Schema, Subscription, Value};
use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::{self, Stream, StreamExt};
use invoice_gateway::domain::ManualClock;
use invoice_gateway::graphql::{
    Caller, ErrorCode, Executed, ExportRequest, Fault, Reusable, Subscribed, TooSlow,
};
use invoice_gateway::http::{
    Access, Check, Document, DocumentFault, DocumentKey, DocumentSource, Executor, ExportSource, Gateway,
    GraphqlConfig, HttpState, Readiness, ServerConfig, serve,
};
use invoice_gateway::services::export::CsvTable;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, broadcast};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// What the tests steer and read.
#[derive(Default)]
pub(crate) struct Levers {
    pub(crate) executions: AtomicU64,
    pub(crate) mutations: AtomicU64,
    pub(crate) version: AtomicU64,
    pub(crate) until_ms: AtomicU64,
    pub(crate) entered: Notify,
    pub(crate) release: Notify,
    pub(crate) problem: Mutex<Option<String>>,
    pub(crate) readiness_hangs: AtomicBool,
    pub(crate) documents: Mutex<HashMap<DocumentKey, Result<Document, DocumentFault>>>,
    /// What the subscription `feed` tells; a listener may be this many behind.
    pub(crate) feed: Feed,
}

pub(crate) struct Feed(pub(crate) broadcast::Sender<i32>);

/// How many events of the feed wait for a slow listener.
pub(crate) const FEED_HELD: usize = 8;

impl Default for Feed {
    fn default() -> Self {
        Self(broadcast::Sender::new(FEED_HELD))
    }
}

pub(crate) struct Query;

#[Object]
impl Query {
    async fn hello(&self) -> &'static str {
        "Grüezi"
    }

    async fn echo(&self, int: Option<i64>, text: Option<String>, amount: Option<f64>) -> String {
        format!("{int:?} {text:?} {amount:?}")
    }

    async fn big(&self, bytes: usize) -> String {
        "Rechnung ".repeat(bytes / 9 + 1)
    }

    async fn burst(&self) -> Option<String> {
        let nothing: Vec<String> = Vec::new();
        Some(nothing[nothing.len()].clone())
    }

    async fn wait(&self, ctx: &Context<'_>) -> bool {
        let levers = ctx.data_unchecked::<Arc<Levers>>();
        levers.entered.notify_one();
        levers.release.notified().await;
        true
    }

    async fn fails(&self) -> async_graphql::Result<Option<String>> {
        std::future::ready(Err(coded("Bexio is away", "UPSTREAM_UNAVAILABLE"))).await
    }

    async fn fails_hard(&self) -> async_graphql::Result<String> {
        std::future::ready(Err(coded("no", "BAD_USER_INPUT"))).await
    }
}

fn coded(message: &str, code: &str) -> async_graphql::Error {
    async_graphql::Error::new(message).extend_with(|_, extensions| extensions.set("code", code))
}

pub(crate) struct Mutation;

#[Object]
impl Mutation {
    async fn bump(&self, ctx: &Context<'_>) -> u64 {
        ctx.data_unchecked::<Arc<Levers>>().mutations.fetch_add(1, Ordering::SeqCst) + 1
    }

    async fn bump_later(&self, ctx: &Context<'_>) -> u64 {
        let levers = ctx.data_unchecked::<Arc<Levers>>();
        levers.entered.notify_one();
        levers.release.notified().await;
        levers.mutations.fetch_add(1, Ordering::SeqCst) + 1
    }
}

pub(crate) struct Ticks;

#[Subscription]
impl Ticks {
    async fn ticks(&self, #[graphql(default = 1)] count: i32) -> impl Stream<Item = i32> {
        stream::iter(1..=count)
    }

    /// What the test feeds, until it feeds a negative number; 0 panics.
    async fn feed(&self, ctx: &Context<'_>) -> impl Stream<Item = i32> {
        let events = ctx.data_unchecked::<Arc<Levers>>().feed.0.subscribe();
        let lag = ctx.data_opt::<Arc<AtomicBool>>().cloned().unwrap_or_default();
        stream::unfold((events, lag), |(mut events, lag)| async move {
            let Ok(event) = events.recv().await else {
                lag.store(true, Ordering::SeqCst);
                return None;
            };
            assert_ne!(event, 0, "a subscription that panics");
            (event > 0).then_some((event, (events, lag)))
        })
    }

    /// Some 100 KB each time.
    async fn bulk(&self, ctx: &Context<'_>) -> impl Stream<Item = String> {
        let events = ctx.data_unchecked::<Arc<Levers>>().feed.0.subscribe();
        stream::unfold(events, |mut events| async move {
            let event = events.recv().await.ok()?;
            Some((format!("{event} {}", "Rechnung ".repeat(12_000)), events))
        })
    }

    async fn fails(&self) -> async_graphql::Result<stream::Empty<i32>> {
        std::future::ready(Err(coded("no", "BAD_USER_INPUT"))).await
    }
}

struct StandIn {
    schema: Schema<Query, Mutation, Ticks>,
    levers: Arc<Levers>,
}

impl Executor for StandIn {
    fn execute(&self, mut request: Request, _caller: Caller) -> BoxFuture<'_, Executed> {
        self.levers.executions.fetch_add(1, Ordering::SeqCst);
        let book_version = self.book_version();
        let until = Duration::from_millis(self.levers.until_ms.load(Ordering::SeqCst));
        async move {
            let parses = request.parsed_query().is_ok();
            let mut response = self.schema.execute(request).await;
            code_request_errors(&mut response, parses);
            Executed { response, reusable: Some(Reusable { book_version, until }) }
        }
        .boxed()
    }

    fn subscribe(&self, mut request: Request, caller: Caller) -> BoxFuture<'_, Subscribed> {
        async move {
            let is_subscription = request.parsed_query().is_ok_and(|document| {
                document
                    .operations
                    .iter()
                    .any(|(_, operation)| operation.node.ty == OperationType::Subscription)
            });
            if !is_subscription {
                return Subscribed::Answer(Box::new(self.execute(request, caller).await));
            }
            let lag = Arc::new(AtomicBool::new(false));
            let mut responses = self.schema.execute_stream(request.data(Arc::clone(&lag))).fuse();
            let first = responses.next().now_or_never().flatten();
            if let Some(mut refusal) = first.as_ref().filter(|first| first.data == Value::Null).map(refused) {
                code_request_errors(&mut refusal, true);
                return Subscribed::Answer(Box::new(Executed { response: refusal, reusable: None }));
            }
            let end = stream::once(async move { lag.load(Ordering::SeqCst).then_some(Err(TooSlow)) });
            let events = stream::iter(first).chain(responses).map(Ok);
            Subscribed::Events(events.chain(end.filter_map(std::future::ready)).boxed())
        }
        .boxed()
    }

    fn book_version(&self) -> u64 {
        self.levers.version.load(Ordering::SeqCst)
    }

    fn sdl(&self) -> &'static str {
        "type Query {\n  hello: String!\n}\n"
    }
}

/// A response as it is when the request is refused whole.
fn refused(response: &Response) -> Response {
    let mut errors = response.errors.clone();
    for error in &mut errors {
        error.path.clear();
    }
    Response::from_errors(errors)
}

fn code_request_errors(response: &mut Response, parses: bool) {
    let code = if parses { ErrorCode::GraphqlValidationFailed } else { ErrorCode::GraphqlParseFailed };
    for error in response.errors.iter_mut().filter(|error| error.path.is_empty()) {
        let extensions = error.extensions.get_or_insert_default();
        if extensions.get("code").is_none() {
            extensions.set("code", code.as_str());
        }
    }
}

struct NoExports;

impl ExportSource for NoExports {
    fn export(&self, _: ExportRequest, _: Caller) -> BoxFuture<'_, Result<CsvTable, Fault>> {
        let fault = Fault::new(ErrorCode::UpstreamUnavailable, "Bexio's invoices were not read yet.");
        std::future::ready(Err(fault)).boxed()
    }
}

struct Shelf(Arc<Levers>);

impl DocumentSource for Shelf {
    fn fetch(&self, key: DocumentKey) -> BoxFuture<'_, Result<Document, DocumentFault>> {
        let found = self.0.documents.lock().unwrap().get(&key).cloned();
        let missing = || Err(DocumentFault::NotFound("no invoice has this id".to_owned()));
        std::future::ready(found.unwrap_or_else(missing)).boxed()
    }
}

struct Doctor(Arc<Levers>);

impl Readiness for Doctor {
    fn check(&self) -> BoxFuture<'_, Vec<Check>> {
        let problem = self.0.problem.lock().unwrap().clone();
        let hangs = self.0.readiness_hangs.load(Ordering::SeqCst);
        async move {
            if hangs {
                std::future::pending::<()>().await;
            }
            vec![Check::new("store", Ok(())), Check::new("book", problem.map_or(Ok(()), Err))]
        }
        .boxed()
    }
}

/// A running server.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) levers: Arc<Levers>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) shutdown: CancellationToken,
    pub(crate) served: JoinHandle<()>,
}

pub(crate) async fn start() -> Running {
    start_with(ServerConfig::default(), GraphqlConfig::default()).await
}

pub(crate) async fn start_with(config: ServerConfig, graphql_config: GraphqlConfig) -> Running {
    let levers = Arc::new(Levers::default());
    levers.until_ms.store(1000, Ordering::SeqCst);
    let schema = Schema::build(Query, Mutation, Ticks).data(Arc::clone(&levers)).finish();
    let clock = Arc::new(ManualClock::new("2026-06-01T12:00:00Z".parse().unwrap()));
    let gateway = Gateway::new(HttpState {
        access: Access::Everybody,
        executor: Arc::new(StandIn { schema, levers: Arc::clone(&levers) }),
        documents: Arc::new(Shelf(Arc::clone(&levers))),
        exports: Arc::new(NoExports),
        readiness: Arc::new(Doctor(Arc::clone(&levers))),
        clock: clock.clone(),
        graphql_config,
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = CancellationToken::new();
    let served = tokio::spawn(serve(listener, gateway, config, shutdown.clone()));
    Running { address, levers, clock, shutdown, served }
}

impl Running {
    /// A new connection.
    pub(crate) async fn connect(&self) -> Wire {
        Wire { stream: TcpStream::connect(self.address).await.unwrap(), read: Vec::new() }
    }

    /// One request on a connection of its own.
    pub(crate) async fn ask(&self, request: impl AsRef<[u8]>) -> Answer {
        let mut wire = self.connect().await;
        wire.send(request).await;
        wire.answer().await
    }

    /// A POST of this body with these further header lines.
    pub(crate) async fn post(&self, headers: &str, body: impl AsRef<[u8]>) -> Answer {
        self.ask(post(headers, body)).await
    }

    /// A GET of this path with these further header lines.
    pub(crate) async fn get(&self, path: &str, headers: &str) -> Answer {
        self.ask(format!("GET {path} HTTP/1.1\r\nhost: gateway\r\n{headers}\r\n")).await
    }

    /// Tells an event to all who listen to the feed, once there is somebody.
    pub(crate) async fn feed(&self, event: i32) {
        while self.levers.feed.0.send(event).is_err() {
            tokio::task::yield_now().await;
        }
    }

    pub(crate) fn executions(&self) -> u64 {
        self.levers.executions.load(Ordering::SeqCst)
    }

    pub(crate) fn mutations(&self) -> u64 {
        self.levers.mutations.load(Ordering::SeqCst)
    }
}

/// Header lines of an ordinary GraphQL client.
pub(crate) const JSON: &str =
    "content-type: application/json\r\naccept: application/graphql-response+json\r\n";

/// The bytes of a POST to /graphql.
pub(crate) fn post(headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut request =
        format!("POST /graphql HTTP/1.1\r\nhost: gateway\r\n{headers}content-length: {}\r\n\r\n", body.len())
            .into_bytes();
    request.extend_from_slice(body);
    request
}

/// A connection that sends what it is told, byte for byte.
pub(crate) struct Wire {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Wire {
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Sends to a server that may have closed already.
    pub(crate) async fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        self.stream.write_all(bytes.as_ref()).await
    }

    /// The next answer.
    pub(crate) async fn answer(&mut self) -> Answer {
        self.try_answer(false).await.expect("the connection was closed in place of an answer")
    }

    /// The next answer to a HEAD.
    pub(crate) async fn head(&mut self) -> Answer {
        self.try_answer(true).await.expect("the connection was closed in place of an answer")
    }

    /// Everything until the server closes, which must come within 10 s.
    pub(crate) async fn rest(mut self) -> Vec<u8> {
        let reading = async {
            while self.more().await {}
            self.read
        };
        tokio::time::timeout(Duration::from_secs(10), reading).await.expect("the connection stays open")
    }

    /// Everything up to and including the first `end`, which must come within 10 s.
    pub(crate) async fn until(&mut self, end: &str) -> Vec<u8> {
        let reading =
            async { while !String::from_utf8_lossy(&self.read).contains(end) && self.more().await {} };
        tokio::time::timeout(Duration::from_secs(10), reading).await.expect("it does not come");
        std::mem::take(&mut self.read)
    }

    async fn more(&mut self) -> bool {
        matches!(self.stream.read_buf(&mut self.read).await, Ok(1..))
    }

    async fn try_answer(&mut self, of_head: bool) -> Option<Answer> {
        let end = loop {
            if let Some(at) = self.read.windows(4).position(|w| w == b"\r\n\r\n") {
                break at + 4;
            }
            if !self.more().await {
                return None;
            }
        };
        let head = String::from_utf8(self.read[..end].to_vec()).unwrap();
        let mut lines = head.split("\r\n").filter(|line| !line.is_empty());
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let length: usize = length.map_or(0, |(_, value)| value.parse().unwrap());
        let length = if of_head || status == 304 { 0 } else { length };
        assert!(!headers.iter().any(|(name, _)| name == "transfer-encoding"), "lengths are known");
        while self.read.len() < end + length {
            if !self.more().await {
                return None;
            }
        }
        let body = Bytes::copy_from_slice(&self.read[end..end + length]);
        self.read.drain(..end + length);
        Some(Answer { status, headers, body })
    }
}

/// An answer as it came over the wire.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

impl Answer {
    /// A header that is there at most once; empty when it is not.
    pub(crate) fn header(&self, name: &str) -> &str {
        let mut values = self.headers.iter().filter(|(n, _)| n == name).map(|(_, value)| value.as_str());
        let value = values.next().unwrap_or("");
        assert!(values.next().is_none(), "{name} is given twice: {self:?}");
        value
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    /// `extensions.code` of the only error.
    pub(crate) fn code(&self) -> String {
        let json = self.json();
        let errors = json["errors"].as_array().unwrap_or_else(|| panic!("no errors: {json}"));
        assert_eq!(errors.len(), 1, "{json}");
        errors[0]["extensions"]["code"].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn message(&self) -> String {
        self.json()["errors"][0]["message"].as_str().unwrap_or_default().to_owned()
    }
}
