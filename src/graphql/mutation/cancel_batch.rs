//! `cancelBatch`.

use super::outcome;
use super::refusal::{input, no_batch, of_batch, refused};
use crate::domain::Batch;
use crate::graphql::inputs::CancelBatchInput;
use crate::graphql::operation::OperationState;
use crate::graphql::types::{GlobalId, Outcome, UserError, UserErrorCode};

/// Cancels a batch.
pub(super) async fn run(operation: &OperationState, given: CancelBatchInput) -> Outcome<Option<Batch>> {
    match cancel(operation, &given).await {
        Ok(batch) => outcome(operation, Some(batch), Vec::new()),
        Err(error) => outcome(operation, None, vec![error]),
    }
}

async fn cancel(operation: &OperationState, given: &CancelBatchInput) -> Result<Batch, UserError> {
    let id = match GlobalId::of(&given.batch) {
        Ok(GlobalId::Batch(id)) => id,
        Ok(_) => return Err(no_batch()),
        Err(message) => {
            let hint = "Pass the id of a batch on unchanged, as a string.";
            return Err(refused(input(&["batch"]), UserErrorCode::IdInvalid, message, hint));
        }
    };
    let cancelled = operation.deps.deliveries.cancel_batch(id, &operation.caller.name).await;
    cancelled.map_err(|error| of_batch(&error))
}
