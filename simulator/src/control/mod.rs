//! The control API: what people do in PSOhub and Bexio, and what goes wrong, by JSON over HTTP on a port of its own.
//!
//! It is open to whoever reaches it. Every call is documented with an example in docs/simulator.md. Invoices are
//! named by id or by number.

mod bexio;
mod observation;
mod psohub;

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRef, FromRequest, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::seed::{self, SeedOptions};
use crate::simulator::Parts;
use crate::world::SharedWorld;

/// What a control call works on.
#[derive(Clone, Debug)]
pub(crate) struct Control {
    pub(crate) world: SharedWorld,
    pub(crate) parts: Arc<Parts>,
}

impl FromRef<Control> for SharedWorld {
    fn from_ref(control: &Control) -> Self {
        control.world.clone()
    }
}

/// Why a control call is refused.
#[derive(Debug, thiserror::Error)]
enum ControlError {
    /// The call names something that is not there.
    #[error("{0} not found")]
    NotFound(String),
    /// The body or a value in it cannot be understood.
    #[error("cannot understand the call: {0}")]
    Invalid(String),
    /// The upstream refuses the change.
    #[error("{0}")]
    Refused(String),
    /// A port could not be bound again.
    #[error("cannot listen: {0}")]
    Listen(#[from] std::io::Error),
}

impl IntoResponse for ControlError {
    fn into_response(self) -> Response {
        let status = match self {
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::Refused(_) => StatusCode::CONFLICT,
            Self::Listen(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (status, axum::Json(json!({ "error": self.to_string() }))).into_response()
    }
}

type Answer = Result<axum::Json<Value>, ControlError>;

/// A body of JSON, whatever its content type; an empty body is `{}`.
struct Body<T>(T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = ControlError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ControlError> {
        let invalid = |text: String| ControlError::Invalid(text);
        let bytes = axum::body::Bytes::from_request(request, state)
            .await
            .map_err(|error| invalid(error.to_string()))?;
        let bytes = if bytes.is_empty() { &b"{}"[..] } else { &bytes[..] };
        serde_json::from_slice(bytes).map(Body).map_err(|error| invalid(error.to_string()))
    }
}

/// The control API's routes.
pub(crate) fn router(control: Control) -> Router {
    Router::new()
        .route("/", get(overview))
        .route("/state", get(state))
        .route("/seed", post(fill))
        .route("/live/step", post(live_step))
        .merge(psohub::router())
        .merge(bexio::router())
        .merge(observation::router())
        .fallback(async || ControlError::NotFound("this call".to_owned()))
        .with_state(control)
}

/// What is where, and how much there is.
async fn overview(State(world): State<SharedWorld>) -> Answer {
    let (psohub_invoices, bexio_invoices) = (world.psohub().invoices().len(), world.bexio().invoices().len());
    answer(&json!({
        "psohub": { "url": world.urls.psohub, "invoices": psohub_invoices },
        "bexio": {
            "url": world.urls.bexio,
            "issuer": format!("{}/realms/bexio", world.urls.bexio),
            "invoices": bexio_invoices,
        },
        "clock": { "now": world.clock.now() },
        "faults": world.faults.rules().len(),
    }))
}

/// Everything, PDFs aside.
async fn state(State(world): State<SharedWorld>) -> Answer {
    let psohub = psohub::dump(&world);
    let bexio = bexio::dump(&world);
    answer(&json!({ "now": world.clock.now(), "psohub": psohub, "bexio": bexio }))
}

async fn fill(State(world): State<SharedWorld>, Body(options): Body<SeedOptions>) -> Answer {
    if !world.psohub().invoices().is_empty() {
        return Err(ControlError::Refused("the world has invoices already; start an empty one".to_owned()));
    }
    seed::fill(&world, options);
    let invoices = world.psohub().invoices().len();
    answer(&json!({ "invoices": invoices }))
}

async fn live_step(State(control): State<Control>) -> Answer {
    answer(&control.parts.live_step(&control.world))
}

fn answer(value: &impl Serialize) -> Answer {
    serde_json::to_value(value).map(axum::Json).map_err(|error| ControlError::Invalid(error.to_string()))
}

fn done() -> Answer {
    answer(&json!({ "ok": true }))
}
