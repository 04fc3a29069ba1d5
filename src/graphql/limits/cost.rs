//! What a field costs: asked for beforehand, and written in the end, by the same measure.

use async_graphql::{Name, Value};

/// What a field counts for whose value is not in memory: it may cost a call to Bexio or a read of the
/// database.
const FETCHED: u64 = 20;

/// What the field `name` costs by itself, without what is selected of it.
pub(in crate::graphql) fn cost_of(name: &str) -> u64 {
    // A match and no list: this is asked for each field of each operation.
    match name {
        "payments" | "steps" | "history" | "plan" | "batch" | "batches" | "contactCandidates"
        | "sendPreview" | "paymentSync" | "paymentSyncRun" | "paymentSyncRuns" => FETCHED,
        _ => 1,
    }
}

/// `extensions.cost`: what the operation could have cost by what it asks for, what it did cost by what was
/// written, and what it may cost.
pub(in crate::graphql) fn cost_extension(requested: usize, actual: u64, maximum: usize) -> Value {
    let entry = |name: &str, value: u64| (Name::new(name), Value::from(value));
    let number = |value: usize| u64::try_from(value).unwrap_or(u64::MAX);
    Value::Object(
        [entry("requested", number(requested)), entry("actual", actual), entry("maximum", number(maximum))]
            .into_iter()
            .collect(),
    )
}
