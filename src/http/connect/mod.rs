//! `/connect/bexio` and `/connect/psohub`: an administrator's browser is sent to agree and comes back
//! with a code.
//!
//! The pages load nothing and run no script. An address with a code in it is left at once.

mod cookie;
mod page;

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Path, Query, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::future::{BoxFuture, FutureExt};
use http::header::{LOCATION, SET_COOKIE};
use http::{HeaderMap, HeaderValue, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::access::Access;
use super::fault::HttpFault;
use super::request_id::RequestId;
use super::router::{reads_only, refused};
use crate::domain::Upstream;
use crate::domain::connection::{Consent, GrantError};
use crate::graphql::{Caller, Role};
use crate::services::connect::{Begun, Callback, ConnectError, ConnectService, ConnectionStatus};

/// Connects accounts.
pub trait ConnectFlow: Send + Sync + 'static {
    /// Begins to connect an account.
    fn begin(&self, upstream: Upstream) -> BoxFuture<'_, Result<Begun, ConnectError>>;

    /// Connects the account that agreed, for the administrator `by`.
    fn finish<'a>(
        &'a self,
        upstream: Upstream,
        callback: Callback,
        by: &'a str,
    ) -> BoxFuture<'a, Result<(), ConnectError>>;

    /// How a connection stands.
    fn status(&self, upstream: Upstream) -> BoxFuture<'_, ConnectionStatus>;

    /// Whether browsers reach the service over TLS.
    fn is_https(&self) -> bool;
}

impl ConnectFlow for ConnectService {
    fn begin(&self, upstream: Upstream) -> BoxFuture<'_, Result<Begun, ConnectError>> {
        self.begin(upstream).boxed()
    }

    fn finish<'a>(
        &'a self,
        upstream: Upstream,
        callback: Callback,
        by: &'a str,
    ) -> BoxFuture<'a, Result<(), ConnectError>> {
        self.finish(upstream, callback, by).boxed()
    }

    fn status(&self, upstream: Upstream) -> BoxFuture<'_, ConnectionStatus> {
        self.status(upstream, None).boxed()
    }

    fn is_https(&self) -> bool {
        self.is_https()
    }
}

type Flow = Arc<dyn ConnectFlow>;

/// The routes over `flow`, for administrators only.
pub(super) fn router(flow: Flow) -> Router {
    let access = Access::new();
    Router::new()
        .route("/connect/{upstream}", get(begin))
        .route("/connect/{upstream}/callback", get(come_back))
        .route("/connect/{upstream}/done", get(done))
        .method_not_allowed_fallback(reads_only)
        .layer(from_fn_with_state(access, admins_only))
        .with_state(flow)
}

/// Lets administrators through, with who they are.
async fn admins_only(State(access): State<Access>, mut request: Request, next: Next) -> Response {
    let caller = access.of_request(request.headers());
    if let Err(fault) = require_admin(&caller) {
        let id = request.extensions().get::<RequestId>().cloned();
        return refused(&fault, &id.unwrap_or_else(|| RequestId::of(request.headers())));
    }
    request.extensions_mut().insert(caller);
    next.run(request).await
}

fn require_admin(caller: &Caller) -> Result<(), HttpFault> {
    if caller.role >= Role::Admin {
        return Ok(());
    }
    Err(HttpFault::Forbidden { role: Role::Admin.as_str(), held: caller.role.as_str() })
}

/// Sends the browser to the upstream's page. A link on another site does not: whoever set it would
/// choose the moment, and a browser that is signed in there might agree without asking.
async fn begin(
    State(flow): State<Flow>,
    Extension(id): Extension<RequestId>,
    Path(upstream): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Some(upstream) = Upstream::from_key(&upstream) else { return refused(&HttpFault::NotFound, &id) };
    let site = headers.get("sec-fetch-site").and_then(|site| site.to_str().ok());
    if matches!(site, Some("cross-site" | "same-site")) {
        return page::ask(upstream);
    }
    let Begun { location, cookie, life } = match flow.begin(upstream).await {
        Ok(begun) => begun,
        Err(error) => return failed(upstream, &error),
    };
    let Ok(mut location) = HeaderValue::try_from(location.expose_secret()) else {
        return refused(&HttpFault::Internal, &id);
    };
    location.set_sensitive(true);
    let Some(cookie) = cookie::set(upstream, &cookie, life, flow.is_https()) else {
        return refused(&HttpFault::Internal, &id);
    };
    (StatusCode::SEE_OTHER, [(LOCATION, location), (SET_COOKIE, cookie)]).into_response()
}

/// What the browser brings back. It has no `Debug`: a code is a secret.
#[derive(Deserialize)]
struct Returned {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
    iss: Option<String>,
}

async fn come_back(
    State(flow): State<Flow>,
    Extension(id): Extension<RequestId>,
    Extension(caller): Extension<Caller>,
    Path(upstream): Path<String>,
    returned: Result<Query<Returned>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let Some(upstream) = Upstream::from_key(&upstream) else { return refused(&HttpFault::NotFound, &id) };
    // A parameter that is given twice is nobody's honest answer.
    let Ok(Query(returned)) = returned else { return failed(upstream, &ConnectError::NoAttempt) };
    let callback = Callback {
        code: returned.code.map(SecretString::from),
        state: returned.state.map(SecretString::from),
        error: returned.error,
        error_description: returned.error_description,
        issuer: returned.iss,
        cookie: cookie::read(upstream, &headers),
    };
    let mut response = match flow.finish(upstream, callback, &caller.name).await {
        Ok(()) => {
            let done = format!("/connect/{}/done", upstream.key());
            (StatusCode::SEE_OTHER, [(LOCATION, done)]).into_response()
        }
        Err(error) => failed(upstream, &error),
    };
    response
        .headers_mut()
        .extend(cookie::clear(upstream, flow.is_https()).map(|cookie| (SET_COOKIE, cookie)));
    response
}

/// How it ended, under an address without secrets.
async fn done(
    State(flow): State<Flow>,
    Extension(id): Extension<RequestId>,
    Path(upstream): Path<String>,
) -> Response {
    let Some(upstream) = Upstream::from_key(&upstream) else { return refused(&HttpFault::NotFound, &id) };
    let status = flow.status(upstream).await;
    if status.consent == Consent::Given { page::connected(&status) } else { page::ask(upstream) }
}

fn failed(upstream: Upstream, error: &ConnectError) -> Response {
    tracing::warn!(upstream = upstream.key(), %error, "the account was not connected");
    page::failed(upstream, status_of(error), &error.to_string(), !error.is_ours())
}

const fn status_of(error: &ConnectError) -> StatusCode {
    match error {
        ConnectError::Declined { .. }
        | ConnectError::Refused { .. }
        | ConnectError::NoAttempt
        | ConnectError::NoTokens { error: GrantError::NotHonoured(_), .. } => StatusCode::BAD_REQUEST,
        ConnectError::Configured { .. } | ConnectError::NoApp { .. } | ConnectError::OtherCompany { .. } => {
            StatusCode::CONFLICT
        }
        ConnectError::NoTokens { .. } | ConnectError::Unverified { .. } => StatusCode::BAD_GATEWAY,
        ConnectError::Store(_) | ConnectError::Stopping => StatusCode::SERVICE_UNAVAILABLE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_administrator_connects_accounts() {
        for (role, may) in [(Role::Viewer, false), (Role::Operator, false), (Role::Admin, true)] {
            let caller = Caller { role, name: "eva".into() };
            assert_eq!(require_admin(&caller).is_ok(), may, "{role:?}");
        }
    }
}
