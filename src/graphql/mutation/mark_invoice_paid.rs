//! `markInvoicePaid`.

use std::sync::Arc;

use super::refusal::{NO_INVOICE_HINT, input, refused};
use super::send_invoice::find;
use super::unwritten::{not_written_down, unwritten};
use crate::book::{CombinedInvoice, Snapshot};
use crate::domain::{ActionChange, InvoiceStatus};
use crate::graphql::inputs::MarkInvoicePaidInput;
use crate::graphql::operation::OperationState;
use crate::graphql::types::{Changed, Outcome, Permission, PlannedChange, UserError, UserErrorCode};
use crate::services::marking::{MarkCause, MarkError, MarkPaid};

/// Marks an invoice as paid, or shows what would be done.
pub(super) async fn run(operation: &OperationState, given: MarkInvoicePaidInput) -> Outcome<Changed> {
    let mut changed = Changed::default();
    let errors = mark(operation, &given, &mut changed).await.err().map(|error| vec![error]);
    Outcome::of_change(operation.deps.book.peek(), changed, errors.unwrap_or_default())
}

async fn mark(
    operation: &OperationState,
    given: &MarkInvoicePaidInput,
    changed: &mut Changed,
) -> Result<(), UserError> {
    let row = find(operation, &given.invoice, &input(&["invoice"]))?;
    changed.invoice = Some(Arc::clone(&row));
    let now = operation.deps.book.peek();
    let row = now.book.by_psohub_id(row.psohub.id).cloned().unwrap_or(row);
    may_mark(&row, &now, given.confirm_unpaid_in_bexio)?;
    if given.dry_run {
        let before = row.psohub.status;
        let is_change = before != InvoiceStatus::Paid;
        changed.preview = Some(PlannedChange { change: ActionChange::MarkPaid { before }, is_change });
        return Ok(());
    }
    let actor = (*operation.caller.name).into();
    let request = MarkPaid { invoice: row.psohub.id, actor, cause: MarkCause::Person };
    let marked = operation.deps.marking.mark_paid(request).await;
    marked.map(|_| ()).map_err(|error| of_mark(&error))
}

/// By what both sides say; what is paid already passes, since there is nothing to do.
fn may_mark(row: &CombinedInvoice, snapshot: &Snapshot, is_confirmed: bool) -> Result<(), UserError> {
    let Some(reason) = Permission::obstacle_to_mark_paid(row, snapshot) else { return Ok(()) };
    let is_settled = reason.code == UserErrorCode::AlreadyPaid;
    let is_confirmable = matches!(
        reason.code,
        UserErrorCode::NotPaidInBexio
            | UserErrorCode::BexioInvoiceInDoubt
            | UserErrorCode::UpstreamUnavailable
    );
    if is_settled || (is_confirmed && is_confirmable) {
        return Ok(());
    }
    let field = if is_confirmable { "confirmUnpaidInBexio" } else { "invoice" };
    Err(refused(input(&[field]), reason.code, reason.message, reason.hint))
}

/// Why it was not marked.
fn of_mark(error: &MarkError) -> UserError {
    let message = error.to_string();
    let at_invoice = |code, hint: &str| refused(input(&["invoice"]), code, message.clone(), hint);
    match error {
        MarkError::UnknownInvoice(_) => at_invoice(UserErrorCode::InvoiceNotFound, NO_INVOICE_HINT),
        MarkError::NotAllowed { .. } => at_invoice(
            UserErrorCode::StatusNotPayable,
            "Look at the invoice in PSOhub: its status changed meanwhile, or does not allow it.",
        ),
        MarkError::NotWritten { failure, .. } => unwritten(failure, message),
        MarkError::Store(cause) => not_written_down(&**cause),
    }
}
