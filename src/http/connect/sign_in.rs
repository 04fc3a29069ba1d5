//! The page that asks an administrator for a key, and what becomes of it.
//!
//! The key is read from the posted form, used once and forgotten: no cookie carries it. A page of another
//! site cannot post it for somebody, since the browser says where a form comes from. The answer is a page and
//! no redirect: browsers hold the form's security policy against redirects, too, and the upstream's address is
//! not known when the form is made.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Extension, Path, State};
use axum::http::request::Parts;
use axum::response::Response;
use http::header::{ORIGIN, SET_COOKIE, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{Pages, page, send_off};
use crate::domain::{Role, Upstream};
use crate::http::fault::HttpFault;
use crate::http::origin::{self, AllowedOrigins};
use crate::http::request_id::RequestId;
use crate::http::router::refused;
use crate::services::access::AccessError;

/// What the form posts. It has no `Debug`.
#[derive(Deserialize)]
pub(super) struct Posted {
    key: String,
}

/// The page that asks for a key; `why` says what was wrong with the last one.
pub(super) fn ask(upstream: Upstream, why: Option<&HttpFault>) -> Response {
    let status = why.map_or(StatusCode::UNAUTHORIZED, HttpFault::status);
    let mut response = page::sign_in(upstream, status, why.map(ToString::to_string).as_deref());
    let challenge = why.map_or_else(|| HttpFault::Access(AccessError::Missing).header(), HttpFault::header);
    let challenge = challenge.filter(|(name, _)| *name == WWW_AUTHENTICATE);
    response.headers_mut().extend(challenge.map(|(name, value)| (Some(name), value)));
    response
}

/// Takes the posted key and sends the browser to the upstream.
pub(super) async fn begin(
    State(pages): State<Pages>,
    Extension(id): Extension<RequestId>,
    Path(upstream): Path<String>,
    parts: Parts,
    posted: Result<Form<Posted>, FormRejection>,
) -> Response {
    let Some(upstream) = Upstream::from_key(&upstream) else { return refused(&HttpFault::NotFound, &id) };
    if let Err(fault) = from_own_page(parts) {
        return refused(&fault, &id);
    }
    let Ok(Form(Posted { key })) = posted else {
        return ask(upstream, Some(&HttpFault::Access(AccessError::Malformed)));
    };
    let key = SecretString::from(key);
    let admitted = match pages.access.of_credential(key.expose_secret().trim(), Role::Admin).await {
        Ok(admitted) => admitted,
        Err(fault) => return ask(upstream, Some(&fault)),
    };
    match send_off(&pages, upstream, &admitted.caller.name).await {
        Ok((location, cookie)) => {
            let mut response = page::go_on(upstream, &location);
            response.headers_mut().insert(SET_COOKIE, cookie);
            response
        }
        Err(error) => error.page(upstream, &id),
    }
}

/// Refuses a form that does not come from the page above. Browsers send `Origin` with every post.
fn from_own_page(parts: Parts) -> Result<(), HttpFault> {
    let headers: &HeaderMap = &parts.headers;
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    if site.is_some_and(|site| site != b"same-origin") || !headers.contains_key(ORIGIN) {
        return Err(HttpFault::CrossSitePost);
    }
    origin::check(&Request::from_parts(parts, ()), &AllowedOrigins::default())
        .map_err(|_| HttpFault::CrossSitePost)
}
