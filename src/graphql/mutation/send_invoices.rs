//! `sendInvoices`.

use futures_util::StreamExt;

use super::outcome;
use super::refusal::{input, of_batch, of_fault, of_send, refused};
use super::send_invoice::{find, options};
use crate::book::{Direction, InvoiceOrder, OrderField, Source};
use crate::domain::plan::{self, Plan};
use crate::domain::{BATCH_INVOICES_MAX, PsohubInvoiceId};
use crate::graphql::errors::Fault;
use crate::graphql::inputs::{
    DRY_RUN_MAX, InvoiceFilter, InvoiceLookup, InvoiceSelection, SendInvoicesInput, SendOptions,
};
use crate::graphql::operation::{OperationState, known};
use crate::graphql::types::{Outcome, SentInvoices, UserError, UserErrorCode};
use crate::services::deliveries::{BatchError, SendManyRequest};

/// Plans of a dry run that are made at a time.
const PLANS_AT_ONCE: usize = 4;

/// Sends many invoices, or shows what would be sent.
pub(super) async fn run(operation: &OperationState, given: SendInvoicesInput) -> Outcome<SentInvoices> {
    let mut sent = SentInvoices::default();
    let errors = send(operation, given, &mut sent).await.err().unwrap_or_default();
    outcome(operation, sent, errors)
}

async fn send(
    operation: &OperationState,
    given: SendInvoicesInput,
    sent: &mut SentInvoices,
) -> Result<(), Vec<UserError>> {
    let invoices = select(operation, given.invoices)?;
    if given.options.as_ref().is_some_and(SendOptions::names_recipient) {
        let hint = "Leave it out: each e-mail goes to its own invoice's contact.";
        let what = "one recipient cannot be given for many invoices";
        let field = input(&["options", "recipient"]);
        return Err(vec![refused(field, UserErrorCode::OptionNotForBatch, what, hint)]);
    }
    let options = options(given.options.as_ref()).map_err(|error| vec![error])?;
    if given.dry_run {
        sent.previews = Some(preview(operation, &invoices, &options).await?);
        return Ok(());
    }
    let request = SendManyRequest {
        invoices,
        options,
        idempotency_key: given.idempotency_key.map(Into::into),
        by: (*operation.caller.name).into(),
    };
    let batch = operation.deps.deliveries.send_many(request).await;
    sent.batch = Some(batch.map_err(|error| vec![of_batch(&error)])?);
    Ok(())
}

/// The invoices that are meant, in order.
fn select(
    operation: &OperationState,
    selection: InvoiceSelection,
) -> Result<Vec<PsohubInvoiceId>, Vec<UserError>> {
    let invoices = match selection {
        InvoiceSelection::Lookups(lookups) => find_all(operation, &lookups)?,
        InvoiceSelection::Filter(filter) => matching(operation, *filter)
            .map_err(|fault| vec![of_fault(input(&["invoices", "filter"]), fault)])?,
    };
    match invoices.len() {
        1..=BATCH_INVOICES_MAX => Ok(invoices),
        length => Err(vec![of_batch(&BatchError::Size(length))]),
    }
}

fn find_all(
    operation: &OperationState,
    lookups: &[InvoiceLookup],
) -> Result<Vec<PsohubInvoiceId>, Vec<UserError>> {
    if lookups.len() > BATCH_INVOICES_MAX {
        return Err(vec![of_batch(&BatchError::Size(lookups.len()))]);
    }
    let (mut found, mut errors) = (Vec::with_capacity(lookups.len()), Vec::new());
    for (index, lookup) in lookups.iter().enumerate() {
        match find(operation, lookup, &input(&["invoices", "lookups", &index.to_string()])) {
            Ok(row) if found.contains(&row.psohub.id) => {}
            Ok(row) => found.push(row.psohub.id),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(found) } else { Err(errors) }
}

fn matching(operation: &OperationState, filter: InvoiceFilter) -> Result<Vec<PsohubInvoiceId>, Fault> {
    let snapshot = operation.invoices()?;
    if filter.needs_bexio() {
        known(snapshot, Source::Bexio)?;
    }
    if filter.needs_external_ids() {
        known(snapshot, Source::PsohubExternalIds)?;
    }
    let order = InvoiceOrder { field: OrderField::Date, direction: Direction::Ascending };
    let rows = snapshot.list(&filter.checked()?, order);
    Ok(rows.iter().map(|row| row.psohub.id).collect())
}

async fn preview(
    operation: &OperationState,
    invoices: &[PsohubInvoiceId],
    options: &plan::SendOptions,
) -> Result<Vec<Plan>, Vec<UserError>> {
    if invoices.len() > DRY_RUN_MAX {
        let what = format!("a dry run shows at most {DRY_RUN_MAX} invoices, not {}", invoices.len());
        let hint = "Look at fewer invoices at a time; sending itself takes up to 500.";
        return Err(vec![refused(input(&["invoices"]), UserErrorCode::BatchTooLarge, what, hint)]);
    }
    let plans = invoices.iter().map(|invoice| operation.deps.deliveries.preview(*invoice, options));
    let plans: Vec<_> = plans.collect();
    let plans: Vec<_> = futures_util::stream::iter(plans).buffered(PLANS_AT_ONCE).collect().await;
    let plans: Result<Vec<Plan>, _> = plans.into_iter().collect();
    plans.map_err(|error| {
        let field = input(&["invoices"]);
        of_send(&error).into_iter().map(|error| UserError { field: field.clone(), ..error }).collect()
    })
}
