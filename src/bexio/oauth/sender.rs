//! The transport as the HTTP client of `openidconnect`, with the transport's time-outs and limits.

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use openidconnect::http::{Method, Response, StatusCode};
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};

use crate::transport::{Call, NoToken, NotSent, Request, Transport, TransportError, Url};

/// Sends one kind of call.
pub(super) struct Sender<'t> {
    transport: &'t Transport,
    route: &'static str,
    deadline: Option<Duration>,
}

impl<'t> Sender<'t> {
    /// `route` names the call in logs and errors.
    pub(super) const fn new(transport: &'t Transport, route: &'static str) -> Self {
        Self { transport, route, deadline: None }
    }

    /// Ends the call after this time.
    pub(super) const fn within(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    async fn send(&self, asked: HttpRequest) -> Result<HttpResponse, TransportError> {
        let request = self.request(asked)?;
        match self.transport.fetch(&request, &NoToken).await {
            Ok(answer) => Ok(response(answer.status, answer.body.into())),
            // An OAuth error (RFC 6749, 5.2); any other status is a failure of the call.
            Err(TransportError::Status { status: status @ (400 | 401), body, .. }) => {
                Ok(response(status, body.as_str().as_bytes().to_vec()))
            }
            Err(error) => Err(error),
        }
    }

    fn request(&self, asked: HttpRequest) -> Result<Request, TransportError> {
        let invalid = |why: String| TransportError::NotSent {
            call: Call { upstream: self.transport.upstream(), route: self.route },
            reason: NotSent::Invalid(why),
        };
        let url = Url::parse(&asked.uri().to_string()).map_err(|error| invalid(error.to_string()))?;
        let request = match *asked.method() {
            Method::GET => Request::get(url, self.route),
            Method::POST => Request::form(url, self.route, asked.into_body()),
            _ => return Err(invalid("neither GET nor POST".to_owned())),
        };
        let request = request.without_token();
        Ok(match self.deadline {
            Some(deadline) => request.deadline(deadline),
            None => request,
        })
    }
}

impl<'c> AsyncHttpClient<'c> for Sender<'_> {
    type Error = TransportError;
    type Future = BoxFuture<'c, Result<HttpResponse, TransportError>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        self.send(request).boxed()
    }
}

fn response(status: u16, body: Vec<u8>) -> HttpResponse {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    response
}
