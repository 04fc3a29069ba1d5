//! `/connect/bexio` and `/connect/psohub`: an administrator's browser is sent to agree and comes back
//! with a code.
//!
//! A browser sends no key when it opens a page, so the first page asks for one (`sign_in`). Who began is
//! kept with the attempt: coming back needs the attempt's cookie and nothing else. The pages load nothing and
//! run no script. An address with a code in it is left at once.

mod cookie;
mod page;
mod sign_in;

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Path, Query, State};
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
use crate::domain::connection::{Consent, GrantError};
use crate::domain::{Role, Upstream};
use crate::services::access::AccessError;
use crate::services::connect::{Begun, Callback, ConnectError, ConnectService, ConnectionStatus};

/// Connects accounts.
pub trait ConnectFlow: Send + Sync + 'static {
    /// Begins to connect an account, for the administrator `by`.
    fn begin<'a>(&'a self, upstream: Upstream, by: &'a str) -> BoxFuture<'a, Result<Begun, ConnectError>>;

    /// Connects the account that agreed, for whoever began.
    fn finish(&self, upstream: Upstream, callback: Callback) -> BoxFuture<'_, Result<(), ConnectError>>;

    /// How a connection stands.
    fn status(&self, upstream: Upstream) -> BoxFuture<'_, ConnectionStatus>;

    /// Whether browsers reach the service over TLS.
    fn is_https(&self) -> bool;
}

impl ConnectFlow for ConnectService {
    fn begin<'a>(&'a self, upstream: Upstream, by: &'a str) -> BoxFuture<'a, Result<Begun, ConnectError>> {
        self.begin(upstream, by).boxed()
    }

    fn finish(&self, upstream: Upstream, callback: Callback) -> BoxFuture<'_, Result<(), ConnectError>> {
        self.finish(upstream, callback).boxed()
    }

    fn status(&self, upstream: Upstream) -> BoxFuture<'_, ConnectionStatus> {
        self.status(upstream, None).boxed()
    }

    fn is_https(&self) -> bool {
        self.is_https()
    }
}

/// What the pages stand on.
#[derive(Clone)]
struct Pages {
    flow: Arc<dyn ConnectFlow>,
    access: Access,
}

/// The routes over `flow`, for administrators only.
pub(super) fn router(flow: Arc<dyn ConnectFlow>, access: Access) -> Router {
    Router::new()
        .route("/connect/{upstream}", get(begin).post(sign_in::begin))
        .route("/connect/{upstream}/callback", get(come_back))
        .route("/connect/{upstream}/done", get(done))
        .method_not_allowed_fallback(reads_only)
        .with_state(Pages { flow, access })
}

/// Sends the browser to the upstream's page, or asks for a key first. A link on another site does not:
/// whoever set it would choose the moment, and a browser that is signed in there might agree without asking.
async fn begin(
    State(pages): State<Pages>,
    Extension(id): Extension<RequestId>,
    Path(upstream): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Some(upstream) = Upstream::from_key(&upstream) else { return refused(&HttpFault::NotFound, &id) };
    let admitted = match pages.access.require(&headers, Role::Admin).await {
        Ok(admitted) => admitted,
        // A browser: programs present their key at once, or are told by the status.
        Err(HttpFault::Access(AccessError::Missing)) => return sign_in::ask(upstream, None),
        Err(fault) => return refused(&fault, &id),
    };
    let site = headers.get("sec-fetch-site").and_then(|site| site.to_str().ok());
    if matches!(site, Some("cross-site" | "same-site")) {
        return page::ask(upstream);
    }
    match send_off(&pages, upstream, &admitted.caller.name).await {
        Ok((location, cookie)) => {
            (StatusCode::SEE_OTHER, [(LOCATION, location), (SET_COOKIE, cookie)]).into_response()
        }
        Err(error) => error.page(upstream, &id),
    }
}

/// Why a browser is not sent to the upstream.
enum NotSentOff {
    Refused(ConnectError),
    /// An address or a cookie that cannot stand in a header: a fault of ours.
    Unsendable,
}

impl NotSentOff {
    fn page(&self, upstream: Upstream, id: &RequestId) -> Response {
        match self {
            Self::Refused(error) => failed(upstream, error),
            Self::Unsendable => refused(&HttpFault::Internal, id),
        }
    }
}

/// Begins an attempt: the address that the browser goes to, and the cookie that it takes along.
async fn send_off(
    pages: &Pages,
    upstream: Upstream,
    by: &str,
) -> Result<(HeaderValue, HeaderValue), NotSentOff> {
    let begun = pages.flow.begin(upstream, by).await.map_err(NotSentOff::Refused)?;
    let Begun { location, cookie, life } = begun;
    let location = HeaderValue::try_from(location.expose_secret());
    let mut location = location.map_err(|_| NotSentOff::Unsendable)?;
    location.set_sensitive(true);
    let cookie = cookie::set(upstream, &cookie, life, pages.flow.is_https());
    Ok((location, cookie.ok_or(NotSentOff::Unsendable)?))
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
    State(Pages { flow, .. }): State<Pages>,
    Extension(id): Extension<RequestId>,
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
    let mut response = match flow.finish(upstream, callback).await {
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

/// How it ended, under an address without secrets. Whose account it is, only an administrator is told.
async fn done(
    State(Pages { flow, access }): State<Pages>,
    Extension(id): Extension<RequestId>,
    Path(upstream): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Some(upstream) = Upstream::from_key(&upstream) else { return refused(&HttpFault::NotFound, &id) };
    if access.require(&headers, Role::Admin).await.is_err() {
        return page::back(upstream);
    }
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
