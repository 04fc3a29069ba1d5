//! Every route but `/graphql`, which [`super::service`] answers itself.

use axum::Router;
use axum::extract::Extension;
use axum::response::{Redirect, Response};
use axum::routing::get;
use http_body_util::Either;

use super::fault::HttpFault;
use super::media_type::MediaType;
use super::request_id::RequestId;
use super::{HttpState, documents, export, graphiql, health, response, schema};

/// The routes over `state`.
pub(super) fn build(state: HttpState) -> Router {
    Router::new()
        .route("/", get(|| async { Redirect::temporary("/graphiql") }))
        .route("/schema.graphql", get(schema::serve))
        .route("/livez", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/documents/{source}/{id}", get(documents::serve))
        .route("/documents/{source}/{id}/{file_name}", get(documents::serve_named))
        .route("/export/invoices.csv", get(export::invoices))
        .route("/export/reconciliation.csv", get(export::reconciliation))
        .merge(graphiql::router())
        .method_not_allowed_fallback(reads_only)
        .fallback(not_found)
        .with_state(state)
}

/// Everything here reads: every method but GET and HEAD is answered 405.
pub(super) async fn reads_only(id: Extension<RequestId>) -> Response {
    refused(&HttpFault::MethodNotAllowed { allow: "GET, HEAD" }, &id)
}

async fn not_found(id: Extension<RequestId>) -> Response {
    refused(&HttpFault::NotFound, &id)
}

/// A refusal in the form that every route gives it.
pub(super) fn refused(fault: &HttpFault, id: &RequestId) -> Response {
    response::refusal(fault, MediaType::Json, id).map(|body| match body {
        Either::Left(whole) => axum::body::Body::new(whole),
        Either::Right(streamed) => streamed,
    })
}
