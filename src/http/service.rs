//! The front of everything: gives each request its id, sends `/graphql` the short way and the rest
//! through the router, and sees to it that every answer is an answer.

use std::convert::Infallible;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use http::header::CACHE_CONTROL;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body::Body as HttpBody;
use http_body_util::Either;
use hyper::service::Service;
use tower::ServiceExt;

use super::access::Access;
use super::connect::{self, ConnectFlow};
use super::cors::Cors;
use super::fault::HttpFault;
use super::graphql::GraphqlEndpoint;
use super::hosts::Hosts;
use super::media_type::MediaType;
use super::request_id::{RequestId, X_REQUEST_ID};
use super::response::{self, Body};
use super::server::BoxError;
use super::{HttpState, router, security};

/// Answers every request of the gateway; cheap to clone.
#[derive(Clone)]
pub struct Gateway {
    parts: Arc<Parts>,
    hosts: Hosts,
    access: Access,
}

#[derive(Clone)]
struct Parts {
    graphql: Arc<GraphqlEndpoint>,
    router: axum::Router,
    cors: Cors,
}

impl Gateway {
    /// The gateway's HTTP surface over `state`.
    pub fn new(state: HttpState) -> Self {
        let access = state.access.clone();
        let graphql = GraphqlEndpoint::new(
            Arc::clone(&state.executor),
            access.clone(),
            Arc::clone(&state.clock),
            state.graphql_config.clone(),
        );
        let cors = Cors::new(state.graphql_config.origins.clone());
        let parts = Parts { graphql: Arc::new(graphql), router: router::build(state), cors };
        Self { parts: Arc::new(parts), hosts: Hosts::Any, access }
    }

    /// Lets administrators connect accounts by `flow`, under `/connect`.
    #[must_use]
    pub fn connecting(self, flow: Arc<dyn ConnectFlow>) -> Self {
        let Parts { graphql, router, cors } = Arc::unwrap_or_clone(self.parts);
        let router = router.merge(connect::router(flow, self.access.clone()));
        Self { parts: Arc::new(Parts { graphql, router, cors }), ..self }
    }

    /// Answers to these names of the service only.
    #[must_use]
    pub fn answering_to(self, hosts: Hosts) -> Self {
        Self { hosts, ..self }
    }

    async fn answer<B>(self, request: Request<B>) -> Response<Body>
    where
        B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + Unpin + 'static,
    {
        let id = RequestId::of(request.headers());
        let marks = self.parts.cors.marks(&request);
        let answering = async {
            if let Some(preflight) = self.parts.cors.preflight(&request, &id) {
                preflight.unwrap_or_else(|fault| response::refusal(&fault, MediaType::Json, &id))
            } else if let Err(fault) = self.hosts.check(&request) {
                response::refusal(&fault, MediaType::Json, &id)
            } else if request.uri().path() == "/graphql" {
                self.parts.graphql.answer(request, &id).await
            } else {
                self.route(request, &id).await
            }
        };
        let mut response = AssertUnwindSafe(answering).catch_unwind().await.unwrap_or_else(|_panic| {
            tracing::error!(
                request.id = id.as_str(),
                "a request handler panicked; it was answered with INTERNAL"
            );
            response::refusal(&HttpFault::Internal, MediaType::Json, &id)
        });
        marks.put_on(response.headers_mut());
        response
    }

    async fn route<B>(&self, mut request: Request<B>, id: &RequestId) -> Response<Body>
    where
        B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + Unpin + 'static,
    {
        request.extensions_mut().insert(id.clone());
        let request = request.map(axum::body::Body::new);
        let Ok(mut response) = self.parts.router.clone().oneshot(request).await;
        response.headers_mut().insert(X_REQUEST_ID, id.header_value());
        // The headers of a 304 replace those that the client has kept with the page, so nothing may be
        // said there that the page did not say itself: a stricter policy would break it.
        if response.status() != StatusCode::NOT_MODIFIED {
            let headers = response.headers_mut();
            security::add(headers);
            headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        }
        response.map(Either::Right)
    }
}

impl<B> Service<Request<B>> for Gateway
where
    B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + Unpin + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn call(&self, request: Request<B>) -> Self::Future {
        Box::pin(self.clone().answer(request).map(Ok))
    }
}
