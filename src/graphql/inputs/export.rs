//! What an export is asked for by: the inputs of the lists, as JSON in parameters of a URL.

use async_graphql::{InputType, Pos, Value};

use super::unknown_fields::unknown_field;
use super::{InvoiceFilter, InvoiceOrder};
use crate::graphql::errors::Fault;
use crate::graphql::types::ReconciliationVerdict;

/// The filter in `json`.
pub(in crate::graphql) fn filter(json: Option<&str>) -> Result<InvoiceFilter, Fault> {
    Ok(parameter("filter", json)?.unwrap_or_default())
}

/// The order in `json`.
pub(in crate::graphql) fn order(json: Option<&str>) -> Result<Option<InvoiceOrder>, Fault> {
    parameter("orderBy", json)
}

/// The verdicts in `json`.
pub(in crate::graphql) fn verdicts(json: Option<&str>) -> Result<Option<Vec<ReconciliationVerdict>>, Fault> {
    parameter("verdicts", json)
}

/// The value that a parameter holds as JSON, by the rules of the schema. Empty means left out.
fn parameter<T: InputType>(name: &str, json: Option<&str>) -> Result<Option<T>, Fault> {
    let Some(json) = json.filter(|json| !json.trim().is_empty()) else { return Ok(None) };
    let value: Value = serde_json::from_str(json)
        .map_err(|error| Fault::bad_input(format!("'{name}' is not valid JSON: {error}")))?;
    if let Some(path) = unknown_field::<T>(name, &value) {
        let what = T::type_name();
        return Err(Fault::bad_input(format!("'{path}' is not a field of {what}: see schema.graphql")));
    }
    if value == Value::Null {
        return Ok(None);
    }
    let read = T::parse(Some(value));
    read.map(Some).map_err(|error| {
        Fault::bad_input(format!("'{name}': {}", error.into_server_error(Pos::default()).message))
    })
}
