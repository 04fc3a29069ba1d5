//! PSOhub's API calls under `/rest/psohubapi/v1` and the OAuth pages' routes.

use axum::Router;
use axum::extract::{FromRequestParts, Query, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, patch, post};
use serde::Deserialize;
use serde_json::json;

use super::error::error;
use super::list::{ListQuery, body, select};
use super::oauth;
use super::state::Refusal;
use crate::world::SharedWorld;

/// PSOhub's routes.
pub fn router() -> Router<SharedWorld> {
    Router::new()
        .route("/rest/psohubapi/v1/invoices", get(list))
        .route("/rest/psohubapi/v1/invoices/paid", patch(paid))
        .route("/rest/psohubapi/v1/invoices/external", patch(external))
        .route("/link/apiauthorization", get(oauth::authorize))
        .route("/link/apitoken", post(oauth::token))
        .fallback(not_found)
        .method_not_allowed_fallback(wrong_method)
}

/// Proof that the request has a live bearer token.
struct Authorized;

impl FromRequestParts<SharedWorld> for Authorized {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, world: &SharedWorld) -> Result<Self, Response> {
        let psohub = world.psohub();
        let is_live = bearer(&parts.headers).is_some_and(|token| {
            token == psohub.options.access_token || psohub.oauth.is_live(token, world.clock.now())
        });
        let refused =
            || error(psohub.options.error_shape, StatusCode::UNAUTHORIZED, "Invalid or expired access token");
        is_live.then_some(Self).ok_or_else(refused)
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

async fn list(_: Authorized, State(world): State<SharedWorld>, Query(query): Query<ListQuery>) -> Response {
    let psohub = world.psohub();
    match select(&psohub, &query) {
        Ok(rows) => {
            let body = body(rows, psohub.options.clone());
            ([(header::CONTENT_TYPE, "application/json; charset=utf-8")], body).into_response()
        }
        Err(message) => error(psohub.options.error_shape, StatusCode::BAD_REQUEST, &message),
    }
}

#[derive(Debug, Deserialize)]
struct WriteQuery {
    invoiceid: Option<String>,
    externalid: Option<String>,
}

async fn paid(_: Authorized, State(world): State<SharedWorld>, Query(query): Query<WriteQuery>) -> Response {
    let mut psohub = world.psohub();
    let result = invoice_id(&query).map(|id| psohub.mark_paid(id));
    answer(psohub.options.error_shape, result)
}

async fn external(
    _: Authorized,
    State(world): State<SharedWorld>,
    Query(query): Query<WriteQuery>,
) -> Response {
    let mut psohub = world.psohub();
    let external_id = query.externalid.as_deref().filter(|text| !text.is_empty());
    let result = match external_id {
        None => Err("externalid is required".to_owned()),
        Some(external_id) => invoice_id(&query).map(|id| psohub.set_external_id(id, external_id)),
    };
    answer(psohub.options.error_shape, result)
}

fn invoice_id(query: &WriteQuery) -> Result<i64, String> {
    let text = query.invoiceid.as_deref().ok_or("invoiceid is required")?;
    text.parse().map_err(|_| format!("invoiceid '{text}' is not a number"))
}

fn answer(shape: super::ErrorShape, result: Result<Result<(), Refusal>, String>) -> Response {
    match result {
        Ok(Ok(())) => axum::Json(json!({ "success": true })).into_response(),
        Ok(Err(refusal @ Refusal::NotFound(_))) => error(shape, StatusCode::NOT_FOUND, &refusal.to_string()),
        Ok(Err(refusal)) => error(shape, StatusCode::BAD_REQUEST, &refusal.to_string()),
        Err(message) => error(shape, StatusCode::BAD_REQUEST, &message),
    }
}

async fn not_found(State(world): State<SharedWorld>) -> Response {
    error(world.psohub().options.error_shape, StatusCode::NOT_FOUND, "No such call")
}

async fn wrong_method(State(world): State<SharedWorld>) -> Response {
    error(world.psohub().options.error_shape, StatusCode::METHOD_NOT_ALLOWED, "Method not allowed")
}
