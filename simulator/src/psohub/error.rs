//! PSOhub's error answers. Their bodies are undocumented, so the shape is a switch.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use super::options::ErrorShape;

/// An error answer in the chosen shape.
pub(super) fn error(shape: ErrorShape, status: StatusCode, message: &str) -> Response {
    match shape {
        ErrorShape::Message => (status, axum::Json(json!({ "message": message }))).into_response(),
        ErrorShape::ErrorObject => {
            (status, axum::Json(json!({ "error": { "code": status.as_u16(), "message": message } })))
                .into_response()
        }
        ErrorShape::Text => (status, message.to_owned()).into_response(),
        ErrorShape::Html => {
            let page = format!(
                "<!DOCTYPE html><html><head><title>{status}</title></head><body><h1>{message}</h1></body></html>"
            );
            (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
        }
        ErrorShape::Empty => status.into_response(),
    }
}
