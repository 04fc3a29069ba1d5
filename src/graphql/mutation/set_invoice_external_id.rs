//! `setInvoiceExternalId`.

use std::sync::Arc;

use super::refusal::{NO_INVOICE_HINT, input, refused};
use super::send_invoice::find;
use super::unwritten::{not_written_down, unwritten};
use crate::domain::{ActionChange, NewExternalId};
use crate::graphql::inputs::SetInvoiceExternalIdInput;
use crate::graphql::operation::OperationState;
use crate::graphql::types::{Changed, Outcome, PlannedChange, UserError, UserErrorCode};
use crate::services::external_ids::{ExternalIdError, SetExternalId};

/// Sets an invoice's external id, or shows what would be done.
pub(super) async fn run(operation: &OperationState, given: SetInvoiceExternalIdInput) -> Outcome<Changed> {
    let mut changed = Changed::default();
    let errors = set(operation, &given, &mut changed).await.err().map(|error| vec![error]);
    Outcome::of_change(operation.deps.book.peek(), changed, errors.unwrap_or_default())
}

async fn set(
    operation: &OperationState,
    given: &SetInvoiceExternalIdInput,
    changed: &mut Changed,
) -> Result<(), UserError> {
    let row = find(operation, &given.invoice, &input(&["invoice"]))?;
    changed.invoice = Some(Arc::clone(&row));
    let value = NewExternalId::of(&given.external_id).map_err(|error| {
        let hint = format!("Give one line of 1 to {} characters.", NewExternalId::CHARS_MAX);
        refused(input(&["externalId"]), UserErrorCode::ValueInvalid, error.to_string(), hint)
    })?;
    let after = value.as_str().into();
    let actor = (*operation.caller.name).into();
    let request = SetExternalId { invoice: row.psohub.id, value, replace: given.replace, actor };
    let marking = &operation.deps.marking;
    if given.dry_run {
        let planned = marking.preview_external_id(request).await.map_err(|error| of_external_id(&error))?;
        let change = ActionChange::ExternalId { before: planned.before, after };
        changed.preview = Some(PlannedChange { change, is_change: planned.is_change });
        return Ok(());
    }
    marking.set_external_id(request).await.map(|_| ()).map_err(|error| of_external_id(&error))
}

/// Why it was not set.
fn of_external_id(error: &ExternalIdError) -> UserError {
    let message = error.to_string();
    let at = |field: &str, code, hint: &str| refused(input(&[field]), code, message.clone(), hint);
    match error {
        ExternalIdError::UnknownInvoice(_) => at("invoice", UserErrorCode::InvoiceNotFound, NO_INVOICE_HINT),
        ExternalIdError::UnderDelivery { .. } => at(
            "invoice",
            UserErrorCode::AlreadyUnderDelivery,
            "Wait until its delivery is done, or decide what it asks; then look at the external id again.",
        ),
        ExternalIdError::HasAnother { .. } => at(
            "replace",
            UserErrorCode::AlreadyHasExternalId,
            "Set replace: true if the new value is to stand in its place.",
        ),
        ExternalIdError::Unread { .. } => at(
            "invoice",
            UserErrorCode::UpstreamUnavailable,
            "Try again in a moment, or set replace: true if the new value is to stand whatever is there.",
        ),
        ExternalIdError::NotWritten { failure, .. } => unwritten(failure, message),
        ExternalIdError::Store(cause) => not_written_down(&**cause),
    }
}
