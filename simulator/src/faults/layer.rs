//! The layer over both upstreams: logs each call and does to it what a fault rule says.

use std::future::pending;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;
use tokio::sync::oneshot;

use super::body::{Flow, Outgoing};
use super::rule::{FaultAction, FaultBody, LateAnswer, LateTrigger};
use crate::server::Connection;
use crate::traffic::{Call, Ticket, Upstream};
use crate::world::SharedWorld;

/// No call of either upstream is larger.
const BODY_BYTES_MAX: usize = 32 * 1024 * 1024;

/// What the layer is told about its upstream.
#[derive(Clone, Debug)]
pub(crate) struct Observed {
    pub(crate) world: SharedWorld,
    pub(crate) upstream: Upstream,
}

/// A call on its way to the upstream's handlers.
struct Passage {
    world: SharedWorld,
    request: Request,
    next: Next,
    ticket: Ticket,
    connection: Option<Connection>,
}

/// Logs the call, and spoils it if a rule says so.
pub(crate) async fn observe(State(observed): State<Observed>, request: Request, next: Next) -> Response {
    let Observed { world, upstream } = observed;
    let connection = request.extensions().get::<Connection>().cloned();
    let Ok((request, body)) = read_body(request).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let call = Call::of(upstream, request.method(), request.uri(), body);
    let action = world.faults.decide(&call);
    let ticket = world.traffic.begin(call, action.clone());
    let passage = Passage { world, request, next, ticket, connection };
    match action {
        None => passage.through().await.answer(Flow::Free),
        Some(action) => passage.spoil(action).await,
    }
}

/// Reads a write's body for the log and puts it back.
async fn read_body(request: Request) -> Result<(Request, Bytes), axum::Error> {
    if request.method() == Method::GET {
        return Ok((request, Bytes::new()));
    }
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, BODY_BYTES_MAX).await?;
    Ok((Request::from_parts(parts, Body::from(body.clone())), body))
}

impl Passage {
    async fn spoil(self, action: FaultAction) -> Response {
        match action {
            FaultAction::Status { code, body, after_effect } => {
                let answer = status_answer(code, &body);
                self.instead(answer, after_effect).await
            }
            FaultAction::Delay { ms } => {
                tokio::time::sleep(Duration::from_millis(ms)).await;
                self.through().await.answer(Flow::Free)
            }
            FaultAction::Hang { after_effect } => {
                let world = self.world.clone();
                let _call = if after_effect { Err(self.through().await) } else { Ok(self) };
                let _held = world.faults.hold();
                pending().await
            }
            FaultAction::DropBeforeEffect => close(self.connection).await,
            FaultAction::DropAfterEffect => {
                let connection = self.connection.clone();
                let _applied = self.through().await;
                close(connection).await
            }
            FaultAction::LateEffect { answer, trigger } => self.late(answer, trigger).await,
            FaultAction::Truncate { bytes } => {
                let flow = Flow::Cut { bytes_left: bytes, connection: self.connection.clone() };
                self.through().await.answer(flow)
            }
            FaultAction::InvalidJson => self.through().await.halved().await,
            FaultAction::SlowBytes { chunk_bytes, delay_ms } => {
                let delay = Duration::from_millis(delay_ms);
                let flow = Flow::Drip { chunk_bytes, delay, rest: Bytes::new(), sleep: None };
                self.through().await.answer(flow)
            }
            FaultAction::TooManyRequests { retry_after, ratelimit_reset } => {
                self.instead(too_many_requests(retry_after, ratelimit_reset), false).await
            }
            FaultAction::NoRateLimitHeaders => {
                let mut passed = self.through().await;
                remove_rate_limit_headers(&mut passed.response);
                passed.answer(Flow::Free)
            }
            FaultAction::Redirect { code, location } => self.instead(redirect(code, &location), false).await,
        }
    }

    /// The upstream's own answer.
    async fn through(self) -> Passed {
        let response = self.next.run(self.request).await;
        self.ticket.applied();
        Passed { response, ticket: self.ticket }
    }

    async fn instead(self, response: Response, after_effect: bool) -> Response {
        let ticket = if after_effect { self.through().await.ticket } else { self.ticket };
        Passed { response, ticket }.answer(Flow::Free)
    }

    /// The effect comes in a task of its own; what the caller sees does not wait for it, or all the longer.
    async fn late(self, answer: LateAnswer, trigger: LateTrigger) -> Response {
        let connection = self.connection.clone();
        let (hand_out, own) = oneshot::channel();
        // Without a receiver the call is over as soon as it is handled.
        let own = matches!(answer, LateAnswer::Own).then_some(own);
        let held = self.world.faults.hold();
        match trigger {
            LateTrigger::Release => {
                let (told_to_go, tell_done) = self.world.faults.wait_for_release();
                tokio::spawn(async move {
                    let told = told_to_go.await;
                    drop(held);
                    if told.is_ok() {
                        // Nobody may be waiting, for either.
                        let _ = hand_out.send(self.through().await);
                    }
                    let _ = tell_done.send(());
                });
            }
            LateTrigger::AfterMs(ms) => {
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_millis(ms)).await;
                    drop(held);
                    let _ = hand_out.send(self.through().await);
                });
            }
        }
        match answer {
            LateAnswer::Drop => close(connection).await,
            LateAnswer::Hang => pending().await,
            LateAnswer::GatewayTimeout => status_answer(504, &FaultBody::Html),
            LateAnswer::Own => match own {
                Some(own) => {
                    own.await.map_or_else(|_| StatusCode::BAD_GATEWAY.into_response(), Passed::whole)
                }
                None => pending().await,
            },
        }
    }
}

/// A call that the upstream has answered.
struct Passed {
    response: Response,
    ticket: Ticket,
}

impl Passed {
    fn whole(self) -> Response {
        self.answer(Flow::Free)
    }

    fn answer(self, flow: Flow) -> Response {
        self.ticket.answered(self.response.status().as_u16());
        let ticket = self.ticket;
        self.response.map(|body| Body::new(Outgoing::new(body, ticket, flow)))
    }

    /// The answer with the first half of its body, complete for HTTP.
    async fn halved(self) -> Response {
        let (mut parts, body) = self.response.into_parts();
        // Ours are always readable; an unreadable one is as invalid as a half.
        let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
        parts.headers.remove(header::CONTENT_LENGTH);
        let response = Response::from_parts(parts, Body::from(body.slice(..body.len() / 2)));
        Passed { response, ticket: self.ticket }.answer(Flow::Free)
    }
}

/// Closes the connection and never answers.
async fn close(connection: Option<Connection>) -> Response {
    if let Some(connection) = connection {
        connection.close();
    }
    pending().await
}

fn status_answer(code: u16, body: &FaultBody) -> Response {
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let reason = status.canonical_reason().unwrap_or("Error");
    match body {
        FaultBody::Json => {
            (status, axum::Json(json!({ "error_code": code, "message": reason }))).into_response()
        }
        FaultBody::Html => {
            let page = format!(
                "<html>\r\n<head><title>{code} {reason}</title></head>\r\n<body><center><h1>{code} {reason}</h1></center></body>\r\n</html>"
            );
            (status, [(header::CONTENT_TYPE, "text/html")], page).into_response()
        }
        FaultBody::Empty => status.into_response(),
        FaultBody::Raw(text) => {
            (status, [(header::CONTENT_TYPE, "application/json")], text.clone()).into_response()
        }
    }
}

fn too_many_requests(retry_after: Option<u32>, ratelimit_reset: Option<u32>) -> Response {
    let body = FaultBody::Raw(r#"{"error_code":429,"message":"Too many requests"}"#.to_owned());
    let mut response = status_answer(429, &body);
    let headers = response.headers_mut();
    if let Some(seconds) = retry_after {
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    if let Some(seconds) = ratelimit_reset {
        headers.insert(HeaderName::from_static("ratelimit-reset"), seconds.into());
        headers.insert(HeaderName::from_static("ratelimit-remaining"), HeaderValue::from_static("0"));
    }
    response
}

fn redirect(code: u16, location: &str) -> Response {
    let mut response = status_answer(code, &FaultBody::Empty);
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

fn remove_rate_limit_headers(response: &mut Response) {
    let headers = response.headers_mut();
    let names: Vec<HeaderName> =
        headers.keys().filter(|name| name.as_str().contains("ratelimit")).cloned().collect();
    for name in names {
        headers.remove(name);
    }
}
