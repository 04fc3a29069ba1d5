//! `/livez` and `/readyz`: whether to restart this process, and whether to send it requests.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures_util::future::BoxFuture;
use http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;

use super::HttpState;

/// Longest time a readiness answer may take; what has not answered by then is not ready.
const CHECK_TIMEOUT: Duration = Duration::from_secs(2);

/// Says what the process needs to answer requests.
pub trait Readiness: Send + Sync + 'static {
    /// Every check with its outcome.
    fn check(&self) -> BoxFuture<'_, Vec<Check>>;
}

/// One thing that is needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What is needed: `process`, `store`, `book`.
    pub name: &'static str,
    /// Whether it is there.
    pub ok: bool,
    /// Why not, for the operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Since when it is not there, as far as it was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
}

impl Check {
    /// A check that passed (`Ok`) or did not and why (`Err`).
    pub fn new(name: &'static str, outcome: Result<(), String>) -> Self {
        Self { name, ok: outcome.is_ok(), reason: outcome.err(), since: None }
    }
}

#[derive(Serialize)]
struct Report {
    status: &'static str,
    checks: Vec<Check>,
}

/// The process answers.
pub(super) async fn live() -> Json<serde_json::Value> {
    Json(serde_json::json!({ "status": "live" }))
}

/// 200 when everything needed is there, else 503 with the reasons.
pub(super) async fn ready(State(state): State<HttpState>) -> Response {
    let checks = match tokio::time::timeout(CHECK_TIMEOUT, state.readiness.check()).await {
        Ok(checks) => checks,
        Err(_elapsed) => {
            let reason = format!("no answer within {} ms", CHECK_TIMEOUT.as_millis());
            vec![Check::new("readiness", Err(reason))]
        }
    };
    if checks.iter().all(|check| check.ok) {
        return Json(Report { status: "ready", checks }).into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, Json(Report { status: "not ready", checks })).into_response()
}
