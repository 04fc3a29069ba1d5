//! `linkInvoice` and `unlinkInvoice`.

use std::sync::Arc;

use super::refusal::{NO_INVOICE_HINT, input, not_connected, of_fault, refused};
use super::send_invoice::find;
use super::unwritten::not_written_down;
use crate::book::Source;
use crate::domain::link_check::LinkDifference;
use crate::domain::{ActionChange, BexioInvoiceId};
use crate::graphql::inputs::{LinkInvoiceInput, UnlinkInvoiceInput};
use crate::graphql::operation::{OperationState, known};
use crate::graphql::scalars::IdInput;
use crate::graphql::types::{Changed, GlobalId, Outcome, PlannedChange, UserError, UserErrorCode};
use crate::services::linking::{LinkError, LinkInvoice, UnlinkInvoice};

/// Ties an invoice to a Bexio invoice, or shows what would be done.
pub(super) async fn link(operation: &OperationState, given: LinkInvoiceInput) -> Outcome<Changed> {
    let mut changed = Changed::default();
    let errors = try_link(operation, &given, &mut changed).await.err().unwrap_or_default();
    Outcome::of_change(operation.deps.book.peek(), changed, errors)
}

/// Undoes a link, or shows what would be done.
pub(super) async fn unlink(operation: &OperationState, given: UnlinkInvoiceInput) -> Outcome<Changed> {
    let mut changed = Changed::default();
    let errors = try_unlink(operation, &given, &mut changed).await.err().unwrap_or_default();
    Outcome::of_change(operation.deps.book.peek(), changed, errors)
}

async fn try_link(
    operation: &OperationState,
    given: &LinkInvoiceInput,
    changed: &mut Changed,
) -> Result<(), Vec<UserError>> {
    let row = find(operation, &given.invoice, &input(&["invoice"])).map_err(|error| vec![error])?;
    changed.invoice = Some(Arc::clone(&row));
    known(&operation.deps.book.peek(), Source::Bexio)
        .map_err(|fault| vec![of_fault(input(&["bexioInvoice"]), fault)])?;
    let request = LinkInvoice {
        invoice: row.psohub.id,
        bexio: bexio_id(&given.bexio_invoice).map_err(|error| vec![error])?,
        accept_differences: given.accept_differences,
        actor: (*operation.caller.name).into(),
    };
    let marking = &operation.deps.marking;
    if given.dry_run {
        let planned = marking.preview_link(request).await.map_err(|error| of_link(&error))?;
        changed.preview = planned
            .linked
            .map(|linked| PlannedChange { change: ActionChange::Link(linked), is_change: planned.is_change });
        return Ok(());
    }
    marking.link(request).await.map(|_| ()).map_err(|error| of_link(&error))
}

async fn try_unlink(
    operation: &OperationState,
    given: &UnlinkInvoiceInput,
    changed: &mut Changed,
) -> Result<(), Vec<UserError>> {
    let row = find(operation, &given.invoice, &input(&["invoice"])).map_err(|error| vec![error])?;
    changed.invoice = Some(Arc::clone(&row));
    let request = UnlinkInvoice { invoice: row.psohub.id, actor: (*operation.caller.name).into() };
    let marking = &operation.deps.marking;
    if given.dry_run {
        let planned = marking.preview_unlink(request).await.map_err(|error| of_link(&error))?;
        changed.preview = planned.linked.map(|linked| PlannedChange {
            change: ActionChange::Unlink(linked),
            is_change: planned.is_change,
        });
        return Ok(());
    }
    marking.unlink(request).await.map(|_| ()).map_err(|error| of_link(&error))
}

/// The gateway's id of a Bexio invoice, or Bexio's own.
fn bexio_id(given: &IdInput) -> Result<BexioInvoiceId, UserError> {
    let bad = |message: String| {
        let hint = "Pass on the id or the bexioId of a Bexio invoice unchanged, as a string.";
        refused(input(&["bexioInvoice"]), UserErrorCode::IdInvalid, message, hint)
    };
    if let Ok(id) = given.parsed::<BexioInvoiceId>() {
        return Ok(id);
    }
    match GlobalId::of(given) {
        Ok(GlobalId::BexioInvoice(id)) => Ok(id),
        Ok(_) => Err(bad("this is the id of something else than a Bexio invoice".to_owned())),
        Err(message) => Err(bad(message)),
    }
}

/// Why nothing was linked or unlinked. What does not agree is an error each.
fn of_link(error: &LinkError) -> Vec<UserError> {
    let message = error.to_string();
    let at = |field: &str, code, hint: &str| refused(input(&[field]), code, message.clone(), hint);
    vec![match error {
        LinkError::UnknownInvoice(_) => at("invoice", UserErrorCode::InvoiceNotFound, NO_INVOICE_HINT),
        LinkError::UnknownBexioInvoice(_) => at(
            "bexioInvoice",
            UserErrorCode::BexioInvoiceNotFound,
            "Check the id. An invoice that was made in Bexio just now appears within a few minutes.",
        ),
        LinkError::UnderDelivery { .. } => {
            at("invoice", UserErrorCode::AlreadyUnderDelivery, "Look at its delivery.")
        }
        LinkError::HasAnother { .. } => at(
            "invoice",
            UserErrorCode::AlreadyLinked,
            "If that link is wrong and was made by hand, undo it with unlinkInvoice first.",
        ),
        LinkError::Taken { .. } => at(
            "bexioInvoice",
            UserErrorCode::BexioInvoiceLinked,
            "Look at both; if the other link is wrong and was made by hand, undo it with unlinkInvoice first.",
        ),
        LinkError::Differs { number, bexio, differences } => {
            return differences.iter().map(|difference| of_difference(number, bexio, difference)).collect();
        }
        LinkError::NotConnected(_) => not_connected(input(&["bexioInvoice"]), &message),
        LinkError::Unavailable { .. } => at(
            "bexioInvoice",
            UserErrorCode::UpstreamUnavailable,
            "Nothing was changed. Try again in a moment.",
        ),
        LinkError::NotByHand { .. } => at(
            "invoice",
            UserErrorCode::LinkNotByHand,
            "Change it where it comes from; only what was linked by hand is unlinked by hand.",
        ),
        LinkError::Store(cause) => not_written_down(cause),
    }]
}

fn of_difference(number: &str, bexio: &str, difference: &LinkDifference) -> UserError {
    let code = match difference {
        LinkDifference::Customer { .. } => UserErrorCode::CustomerDiffers,
        LinkDifference::Currency { .. } => UserErrorCode::CurrencyDiffers,
        LinkDifference::Total { .. } => UserErrorCode::AmountMismatch,
        LinkDifference::Cancelled { .. } => UserErrorCode::CancelledInBexio,
    };
    let message = format!("invoice {number} and Bexio invoice {bexio} do not agree: {difference}");
    let hint = "Compare both; acceptDifferences: true links them all the same.";
    refused(input(&["acceptDifferences"]), code, message, hint)
}
