//! The issuer's answers that need no state, and the shape of the others.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION, PRAGMA};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

/// Scopes that can be asked for. `general`, shown in the reference, is not one of them.
pub(super) const SCOPES: &[&str] = &[
    "openid",
    "profile",
    "email",
    "offline_access",
    "company_profile",
    "accounting",
    "article_show",
    "article_edit",
    "bank_account_show",
    "bank_payment_show",
    "bank_payment_edit",
    "contact_show",
    "contact_edit",
    "file",
    "kb_invoice_show",
    "kb_invoice_edit",
    "kb_credit_voucher_show",
    "kb_credit_voucher_edit",
    "kb_offer_show",
    "kb_offer_edit",
    "kb_order_show",
    "kb_order_edit",
    "project_show",
    "project_edit",
];

/// A JSON answer.
pub(super) fn json_answer(status: StatusCode, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

/// An OAuth error (RFC 6749, 5.2).
pub(super) fn error(status: StatusCode, error: &str, description: &str) -> Response {
    json_answer(status, &json!({ "error": error, "error_description": description }))
}

/// An answer without a body.
pub(super) fn status(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// Keycloak's own 404.
pub(super) fn not_found() -> Response {
    json_answer(StatusCode::NOT_FOUND, &json!({ "error": "HTTP 404 Not Found" }))
}

/// Sends the browser on.
pub(super) fn redirect(to: &str) -> Response {
    let mut response = status(StatusCode::FOUND);
    match HeaderValue::try_from(to) {
        Ok(location) => {
            response.headers_mut().insert(LOCATION, location);
        }
        Err(_) => *response.status_mut() = StatusCode::BAD_REQUEST,
    }
    response
}

/// A page for the user: what must not be sent to a redirect URL that is not trusted.
pub(super) fn error_page(text: &str) -> Response {
    let mut response = Response::new(Body::from(format!(
        "<!doctype html><title>bexio</title><h1>We are sorry...</h1><p>{text}</p>"
    )));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html;charset=utf-8"));
    response
}

/// The public keys: none, since nothing is signed.
pub(super) fn certs() -> Response {
    json_answer(StatusCode::OK, &json!({ "keys": [] }))
}

/// The discovery document.
pub(super) fn discovery(issuer: &str) -> Response {
    let at = |path: &str| format!("{issuer}/protocol/openid-connect/{path}");
    let client_auth = ["client_secret_basic", "client_secret_post"];
    json_answer(
        StatusCode::OK,
        &json!({
            "issuer": issuer,
            "authorization_endpoint": at("auth"),
            "token_endpoint": at("token"),
            "introspection_endpoint": at("token/introspect"),
            "userinfo_endpoint": at("userinfo"),
            "end_session_endpoint": at("logout"),
            "revocation_endpoint": at("revoke"),
            "jwks_uri": at("certs"),
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["plain", "S256"],
            "token_endpoint_auth_methods_supported": client_auth,
            "introspection_endpoint_auth_methods_supported": client_auth,
            "revocation_endpoint_auth_methods_supported": client_auth,
            "scopes_supported": SCOPES,
            "claims_supported": ["sub", "email", "email_verified", "given_name", "family_name", "locale",
                "gender", "company_id", "company_name", "company_user_id"],
            "authorization_response_iss_parameter_supported": true,
        }),
    )
}
