//! Control calls for PSOhub: what a person does in its interface, and how it behaves.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, patch, post};
use serde_json::{Value, json};

use super::{Answer, Body, Control, ControlError, answer, done};
use crate::psohub::{EditPsohubInvoice, Invoice, NewPsohubInvoice, Psohub, PsohubOptions, Refusal};
use crate::world::{SharedWorld, World};

pub(super) fn router() -> Router<Control> {
    Router::new()
        .route("/psohub/invoices", get(list).post(add))
        .route("/psohub/invoices/{key}", patch(edit).get(show).delete(remove))
        .route("/psohub/invoices/{key}/book", post(book))
        .route("/psohub/options", get(options).patch(change_options))
        .route("/psohub/revoke-tokens", post(revoke_tokens))
        .route("/psohub/stop", post(stop))
        .route("/psohub/start", post(start))
}

impl From<Refusal> for ControlError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal.to_string())
    }
}

/// All invoices, PDFs aside.
pub(super) fn dump(world: &World) -> Value {
    let invoices: Vec<Arc<Invoice>> = world.psohub().invoices().to_vec();
    json!({ "invoices": invoices.iter().map(|invoice| &**invoice).collect::<Vec<_>>() })
}

/// The id behind an id or a number.
fn id_of(psohub: &Psohub, key: &str) -> Result<i64, ControlError> {
    let by_id = key.parse().ok().filter(|&id| psohub.invoice(id).is_some());
    let by_number =
        || psohub.invoices().iter().find(|invoice| *invoice.number == *key).map(|invoice| invoice.id);
    by_id.or_else(by_number).ok_or_else(|| ControlError::NotFound(format!("PSOhub invoice {key}")))
}

async fn list(State(world): State<SharedWorld>) -> Answer {
    answer(&dump(&world))
}

async fn show(State(world): State<SharedWorld>, Path(key): Path<String>) -> Answer {
    let psohub = world.psohub();
    let id = id_of(&psohub, &key)?;
    answer(&psohub.invoice(id).map(|invoice| &**invoice))
}

async fn add(State(world): State<SharedWorld>, Body(new): Body<NewPsohubInvoice>) -> Answer {
    let mut psohub = world.psohub();
    let id = psohub.add(new);
    answer(&psohub.invoice(id).map(|invoice| &**invoice))
}

async fn edit(
    State(world): State<SharedWorld>,
    Path(key): Path<String>,
    Body(change): Body<EditPsohubInvoice>,
) -> Answer {
    let mut psohub = world.psohub();
    let id = id_of(&psohub, &key)?;
    psohub.edit(id, change)?;
    answer(&psohub.invoice(id).map(|invoice| &**invoice))
}

async fn remove(State(world): State<SharedWorld>, Path(key): Path<String>) -> Answer {
    let mut psohub = world.psohub();
    let id = id_of(&psohub, &key)?;
    psohub.delete(id)?;
    done()
}

/// What the accountant does: books the invoice in Bexio, as a draft.
async fn book(State(world): State<SharedWorld>, Path(key): Path<String>) -> Answer {
    let id = id_of(&world.psohub(), &key)?;
    let bexio_id =
        world.book_in_bexio(id).ok_or_else(|| ControlError::NotFound(format!("PSOhub invoice {key}")))?;
    super::bexio::show_one(&world, bexio_id)
}

async fn options(State(world): State<SharedWorld>) -> Answer {
    answer(&world.psohub().options)
}

/// Changes the options that the body names.
async fn change_options(State(world): State<SharedWorld>, Body(change): Body<Value>) -> Answer {
    let mut psohub = world.psohub();
    let mut options =
        serde_json::to_value(&psohub.options).map_err(|error| ControlError::Invalid(error.to_string()))?;
    merge(&mut options, change);
    psohub.options = serde_json::from_value::<PsohubOptions>(options)
        .map_err(|error| ControlError::Invalid(error.to_string()))?;
    answer(&psohub.options)
}

/// JSON Merge Patch (RFC 7396), less the removal of fields.
fn merge(target: &mut Value, change: Value) {
    match (target, change) {
        (Value::Object(target), Value::Object(change)) => {
            for (name, value) in change {
                merge(target.entry(name).or_insert(Value::Null), value);
            }
        }
        (target, change) => *target = change,
    }
}

async fn revoke_tokens(State(world): State<SharedWorld>) -> Answer {
    world.psohub().revoke_tokens();
    done()
}

async fn stop(State(control): State<Control>) -> Answer {
    control.parts.psohub.stop().await;
    done()
}

async fn start(State(control): State<Control>) -> Answer {
    control.parts.psohub.start().await?;
    done()
}
