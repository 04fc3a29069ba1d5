//! The root of every write. A mutation checks what it was given, asks the service, and shows the state
//! after it.
//!
//! What the person who asked can act on is told in `userErrors`; everything else is an error of the
//! field, whose payload is then null, so that the payloads of the mutations before it are not lost.

mod cancel_batch;
mod refusal;
mod resolve_delivery;
mod send_invoice;
mod send_invoices;

use std::time::Duration;

use async_graphql::{Context, Object};
use jiff::Timestamp;

use super::errors::Fault;
use super::inputs::{CancelBatchInput, ResolveDeliveryInput, SendInvoiceInput, SendInvoicesInput};
use super::operation::{OperationState, Role};
use super::output::Answer;
use super::types::{
    CancelBatchPayload, Outcome, ResolveDeliveryPayload, SendInvoicePayload, SendInvoicesPayload, UserError,
};

/// The longest that one operation waits for deliveries, however many it sends.
const WAIT_MAX: Duration = Duration::from_mins(1);

/// Everything that can be changed.
#[derive(Debug)]
pub(super) struct Mutation;

/// Everything that can be changed. The fields of one operation run one after the other; each payload shows
/// the state after its own. A payload is null only with an error beside it.
#[Object]
impl Mutation {
    /// Sends an invoice: finds or creates the customer in Bexio, creates the invoice there, issues it, has
    /// Bexio e-mail it, and writes its number back to PSOhub. An invoice is sent once, however often this
    /// is asked; what failed goes on where it stopped. Needs the role OPERATOR.
    async fn send_invoice(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be sent, and how.")] input: SendInvoiceInput,
    ) -> async_graphql::Result<Option<Answer<SendInvoicePayload>>> {
        let operation = operator(ctx, "sendInvoice")?;
        Ok(Some(Answer(send_invoice::run(operation, input).await)))
    }

    /// Sends many invoices in the background and answers at once. Each has an outcome of its own; the batch
    /// shows them. Needs the role OPERATOR.
    async fn send_invoices(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be sent, and how.")] input: SendInvoicesInput,
    ) -> async_graphql::Result<Option<Answer<SendInvoicesPayload>>> {
        let operation = operator(ctx, "sendInvoices")?;
        Ok(Some(Answer(send_invoices::run(operation, input).await)))
    }

    /// Cancels a batch: the invoices whose turn has not come stay unsent, the others are finished. Needs the
    /// role OPERATOR.
    async fn cancel_batch(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which batch.")] input: CancelBatchInput,
    ) -> async_graphql::Result<Option<Answer<CancelBatchPayload>>> {
        let operation = operator(ctx, "cancelBatch")?;
        Ok(Some(Answer(cancel_batch::run(operation, input).await)))
    }

    /// Decides what a delivery asks, which then goes on. Needs the role OPERATOR.
    async fn resolve_delivery(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which delivery, and what was decided.")] input: ResolveDeliveryInput,
    ) -> async_graphql::Result<Option<Answer<ResolveDeliveryPayload>>> {
        let operation = operator(ctx, "resolveDelivery")?;
        Ok(Some(Answer(resolve_delivery::run(operation, input).await)))
    }
}

/// The operation, if its caller may send.
fn operator<'c>(ctx: &Context<'c>, mutation: &str) -> Result<&'c OperationState, Fault> {
    let operation = OperationState::of(ctx)?;
    operation.require(Role::Operator, mutation)?;
    Ok(operation)
}

/// What was given, beside why not all that was asked was done, with the state as it is now.
fn outcome<T>(operation: &OperationState, given: T, errors: Vec<UserError>) -> Outcome<T> {
    Outcome { snapshot: operation.deps.book.peek(), given, errors }
}

/// How long this field may wait: what was asked, as far as the fields before it left something of what
/// one operation waits at most. `None` where what was asked is no waiting time.
fn waiting_time(operation: &OperationState, seconds: i32) -> Option<Duration> {
    let asked = u64::try_from(seconds).ok().map(Duration::from_secs).filter(|asked| *asked <= WAIT_MAX)?;
    let begun: Timestamp = operation.snapshot.taken_at;
    let passed = operation.deps.book.peek().taken_at.duration_since(begun).unsigned_abs();
    Some(asked.min(WAIT_MAX.saturating_sub(passed)))
}
