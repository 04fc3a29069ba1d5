//! `sendInvoice`.

use std::sync::Arc;

use super::refusal::{
    NO_INVOICE_HINT, bad_lookup, input, of_delivery, of_fault, of_problem, of_send, refused,
};
use super::{outcome, waiting_time};
use crate::book::{CombinedInvoice, Source};
use crate::domain::{ContentHash, plan};
use crate::graphql::inputs::{InvoiceLookup, SendInvoiceInput, SendOptions};
use crate::graphql::operation::{OperationState, known};
use crate::graphql::types::{Outcome, SentInvoice, UserError, UserErrorCode};
use crate::services::deliveries::{SendError, SendRequest, Sent};

/// Sends an invoice, or shows what would be sent.
pub(super) async fn run(operation: &OperationState, given: SendInvoiceInput) -> Outcome<SentInvoice> {
    let mut sent = SentInvoice::default();
    let errors = send(operation, given, &mut sent).await.err().unwrap_or_default();
    let mut outcome = outcome(operation, sent, errors);
    // The invoice and its delivery as they are now.
    let invoice = outcome.given.invoice.as_ref().map(|row| row.psohub.id);
    if let Some(row) = invoice.and_then(|id| outcome.snapshot.book.by_psohub_id(id)) {
        outcome.given.invoice = Some(Arc::clone(row));
    }
    outcome
}

async fn send(
    operation: &OperationState,
    given: SendInvoiceInput,
    sent: &mut SentInvoice,
) -> Result<(), Vec<UserError>> {
    let row = find(operation, &given.invoice, &input(&["invoice"])).map_err(|error| vec![error])?;
    sent.invoice = Some(Arc::clone(&row));
    let options = options(given.options.as_ref()).map_err(|error| vec![error])?;
    if given.dry_run {
        return preview(operation, &row, &options, sent).await;
    }
    let request = SendRequest {
        invoice: row.psohub.id,
        options,
        idempotency_key: given.idempotency_key.map(Into::into),
        expected_plan: given.expected_plan.as_deref().map(plan_hash).transpose()?,
        by: (*operation.caller.name).into(),
        wait: waiting_time(operation, given.wait_seconds)
            .ok_or_else(|| vec![bad_wait(given.wait_seconds)])?,
    };
    match operation.deps.deliveries.send(request).await {
        Ok(Sent { delivery, replayed }) => {
            sent.replayed = replayed;
            let stopped = of_delivery(&delivery, input(&["invoice"]));
            sent.delivery = Some(delivery);
            stopped.map_or(Ok(()), |error| Err(vec![error]))
        }
        Err(error) => {
            let errors = of_send(&error);
            match error {
                SendError::Refused(plan) | SendError::PlanChanged(plan) => sent.preview = Some(plan),
                SendError::NotResumable { delivery, .. } => sent.delivery = Some(delivery),
                _ => {}
            }
            Err(errors)
        }
    }
}

async fn preview(
    operation: &OperationState,
    row: &CombinedInvoice,
    options: &plan::SendOptions,
    sent: &mut SentInvoice,
) -> Result<(), Vec<UserError>> {
    let plan = operation.deps.deliveries.preview(row.psohub.id, options).await;
    let plan = plan.map_err(|error| of_send(&error))?;
    let errors: Vec<UserError> = plan.refusals().map(|problem| of_problem(&plan, problem)).collect();
    sent.preview = Some(Box::new(plan));
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// The invoice that `lookup` names, which stands at `field` of the input.
pub(super) fn find(
    operation: &OperationState,
    lookup: &InvoiceLookup,
    field: &[String],
) -> Result<Arc<CombinedInvoice>, UserError> {
    let unread = |fault| of_fault(field.to_vec(), fault);
    let snapshot = operation.invoices().map_err(unread)?;
    if lookup.needs_bexio() {
        known(snapshot, Source::Bexio).map_err(unread)?;
    }
    let found = lookup.find(&snapshot.book).map_err(|bad| bad_lookup(field.to_vec(), bad))?;
    found.cloned().ok_or_else(|| {
        let what = format!("no invoice with the {} '{}' is known", lookup.field(), lookup.given());
        refused(field.to_vec(), UserErrorCode::InvoiceNotFound, what, NO_INVOICE_HINT)
    })
}

/// The options in the domain's terms.
pub(super) fn options(given: Option<&SendOptions>) -> Result<plan::SendOptions, UserError> {
    SendOptions::checked(given).map_err(|message| {
        let hint = "Pass the id on as a string, as bexioCatalog gave it.";
        refused(input(&["options", "bankAccountId"]), UserErrorCode::IdInvalid, message, hint)
    })
}

fn plan_hash(text: &str) -> Result<ContentHash, Vec<UserError>> {
    text.parse().map_err(|_| {
        let hint = "Pass on the planHash of the preview unchanged.";
        let what = "this is not the planHash of a preview";
        vec![refused(input(&["expectedPlan"]), UserErrorCode::ValueInvalid, what, hint)]
    })
}

/// That a waiting time is none.
pub(super) fn bad_wait(seconds: i32) -> UserError {
    refused(
        input(&["waitSeconds"]),
        UserErrorCode::ValueInvalid,
        format!("'waitSeconds' is {seconds}, and 0 to 60 is taken"),
        "Give a number from 0 to 60; the delivery goes on by itself either way.",
    )
}
