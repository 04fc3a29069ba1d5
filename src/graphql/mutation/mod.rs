//! The root of every write. A mutation checks what it was given, asks the service, and shows the state
//! after it.
//!
//! What the person who asked can act on is told in `userErrors`; everything else is an error of the
//! field, whose payload is then null, so that the payloads of the mutations before it are not lost.

mod cancel_batch;
mod disconnect;
mod link_invoice;
mod mark_invoice_paid;
mod refusal;
mod resolve_delivery;
mod run_payment_sync;
mod send_invoice;
mod send_invoices;
mod set_invoice_external_id;
mod test_connection;
mod unwritten;
mod update_settings;

use std::borrow::Cow;
use std::time::Duration;

use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::{Context, ContextSelectionSet, Object, OutputType, Positioned, ServerResult, Value};

use super::errors::Fault;
use super::inputs::{
    CancelBatchInput, DisconnectInput, LinkInvoiceInput, MarkInvoicePaidInput, ResolveDeliveryInput,
    RunPaymentSyncInput, SendInvoiceInput, SendInvoicesInput, SetInvoiceExternalIdInput, TestConnectionInput,
    UnlinkInvoiceInput, UpdateSettingsInput,
};
use super::operation::OperationState;
use super::output::{Root, register_object, write_root};
use super::rights::requires_role;
use super::types::{
    CancelBatchPayload, DisconnectPayload, LinkInvoicePayload, MarkInvoicePaidPayload, Outcome,
    ResolveDeliveryPayload, RoleName, RunPaymentSyncPayload, SendInvoicePayload, SendInvoicesPayload,
    SetInvoiceExternalIdPayload, TestConnectionPayload, UnlinkInvoicePayload, UpdateSettingsPayload,
    UserError,
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
    #[graphql(directive = requires_role::apply(RoleName::Operator))]
    async fn send_invoice(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be sent, and how.")] input: SendInvoiceInput,
    ) -> async_graphql::Result<Option<Payload<SendInvoicePayload>>> {
        let run = async |operation: &OperationState| send_invoice::run(operation, input).await;
        Ok(Some(Payload::of(ctx, run).await?))
    }

    /// Sends many invoices in the background and answers at once. Each has an outcome of its own; the batch
    /// shows them. Needs the role OPERATOR.
    #[graphql(directive = requires_role::apply(RoleName::Operator))]
    async fn send_invoices(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be sent, and how.")] input: SendInvoicesInput,
    ) -> async_graphql::Result<Option<Payload<SendInvoicesPayload>>> {
        let run = async |operation: &OperationState| send_invoices::run(operation, input).await;
        Ok(Some(Payload::of(ctx, run).await?))
    }

    /// Cancels a batch: the invoices whose turn has not come stay unsent, the others are finished. Needs the
    /// role OPERATOR.
    #[graphql(directive = requires_role::apply(RoleName::Operator))]
    async fn cancel_batch(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which batch.")] input: CancelBatchInput,
    ) -> async_graphql::Result<Option<Payload<CancelBatchPayload>>> {
        let run = async |operation: &OperationState| cancel_batch::run(operation, input).await;
        Ok(Some(Payload::of(ctx, run).await?))
    }

    /// Tests both connections, step by step: the tokens, the rights, and whether Bexio's set-up is fit for
    /// sending. With the level WRITE it also creates a contact and a draft in Bexio and deletes them again.
    /// Nothing is left behind, also when the gateway stops in between. Needs the role OPERATOR, with the
    /// level WRITE the role ADMIN.
    #[graphql(directive = requires_role::apply(RoleName::Operator))]
    async fn test_connection(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How far the test goes.")] input: TestConnectionInput,
    ) -> async_graphql::Result<Option<Payload<TestConnectionPayload>>> {
        let level = input.level();
        OperationState::of(ctx)?.require(test_connection::role(level), "testConnection(level: WRITE)")?;
        let run = async |operation: &OperationState| test_connection::run(operation, level).await;
        Ok(Some(Payload::of(ctx, run).await?))
    }

    /// Changes how invoices are sent. What is named is held against what Bexio has set up now; nothing is
    /// saved unless all of it fits. Needs the role ADMIN.
    #[graphql(directive = requires_role::apply(RoleName::Admin))]
    async fn update_settings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be changed.")] input: UpdateSettingsInput,
    ) -> async_graphql::Result<Option<Payload<UpdateSettingsPayload>>> {
        let run = async |operation: &OperationState| update_settings::run(operation, input).await;
        Ok(Some(Payload::of(ctx, run).await?))
    }

    /// Disconnects the account in one of the services: the service is asked to end the tokens, and they are
    /// forgotten here whatever it says. Invoices stay as they were read last; nothing is sent until somebody
    /// connects an account again. Needs the role ADMIN.
    #[graphql(directive = requires_role::apply(RoleName::Admin))]
    async fn disconnect(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which account.")] input: DisconnectInput,
    ) -> async_graphql::Result<Option<Payload<DisconnectPayload>>> {
        let run = async |operation: &OperationState| disconnect::run(operation, input).await;
        Ok(Some(Payload::of(ctx, run).await?))
    }

    /// Runs the payment sync now: sets to Paid in PSOhub what Bexio calls paid. One run goes on at a time;
    /// while there is one, this gives it. Needs the role OPERATOR.
    #[graphql(directive = requires_role::apply(RoleName::Operator))]
    async fn run_payment_sync(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How it is to run.")] input: RunPaymentSyncInput,
    ) -> async_graphql::Result<Option<Payload<RunPaymentSyncPayload>>> {
        let run = async |operation: &OperationState| run_payment_sync::run(operation, input).await;
        Ok(Some(Payload::of(ctx, run).await?))
    }

    /// Marks an invoice as paid in PSOhub. Only an approved or sent one can be; one that is paid already
    /// stays as it is. Where Bexio does not call it paid, this has to be confirmed. Needs the role OPERATOR.
    #[graphql(directive = requires_role::apply(RoleName::Operator))]
    async fn mark_invoice_paid(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which invoice.")] input: MarkInvoicePaidInput,
    ) -> async_graphql::Result<Option<Payload<MarkInvoicePaidPayload>>> {
        let run = async |operation: &OperationState| mark_invoice_paid::run(operation, input).await;
        Ok(Some(Payload::of(ctx, run).await?))
    }

    /// Sets an invoice's external id in PSOhub, such as the number of its document in accounting. The same
    /// value again changes nothing; another value than the one there needs `replace: true`. Needs the role
    /// OPERATOR.
    #[graphql(directive = requires_role::apply(RoleName::Operator))]
    async fn set_invoice_external_id(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which invoice, and the value.")] input: SetInvoiceExternalIdInput,
    ) -> async_graphql::Result<Option<Payload<SetInvoiceExternalIdPayload>>> {
        let run = async |operation: &OperationState| set_invoice_external_id::run(operation, input).await;
        Ok(Some(Payload::of(ctx, run).await?))
    }

    /// Ties an invoice to a Bexio invoice that exists already, made by hand or by other software, once their
    /// customer, currency and total agree. Writes nothing to PSOhub or Bexio. A linked invoice is not sent.
    /// Needs the role OPERATOR.
    #[graphql(directive = requires_role::apply(RoleName::Operator))]
    async fn link_invoice(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which invoices.")] input: LinkInvoiceInput,
    ) -> async_graphql::Result<Option<Payload<LinkInvoicePayload>>> {
        let run = async |operation: &OperationState| link_invoice::link(operation, input).await;
        Ok(Some(Payload::of(ctx, run).await?))
    }

    /// Undoes a link that was made with linkInvoice. Needs the role OPERATOR.
    #[graphql(directive = requires_role::apply(RoleName::Operator))]
    async fn unlink_invoice(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which invoice.")] input: UnlinkInvoiceInput,
    ) -> async_graphql::Result<Option<Payload<UnlinkInvoicePayload>>> {
        let run = async |operation: &OperationState| link_invoice::unlink(operation, input).await;
        Ok(Some(Payload::of(ctx, run).await?))
    }

    /// Decides what a delivery asks, which then goes on. Needs the role OPERATOR.
    #[graphql(directive = requires_role::apply(RoleName::Operator))]
    async fn resolve_delivery(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which delivery, and what was decided.")] input: ResolveDeliveryInput,
    ) -> async_graphql::Result<Option<Payload<ResolveDeliveryPayload>>> {
        let run = async |operation: &OperationState| resolve_delivery::run(operation, input).await;
        Ok(Some(Payload::of(ctx, run).await?))
    }
}

/// What a mutation answers; nothing where the same field ran already in this operation.
struct Payload<T: Root>(Option<T::Owned>);

impl<T: Root> Payload<T> {
    /// Runs a mutation once.
    async fn of(
        ctx: &Context<'_>,
        run: impl AsyncFnOnce(&OperationState) -> T::Owned,
    ) -> Result<Self, Fault> {
        let operation = OperationState::of(ctx)?;
        let path = ctx.path_node.as_ref().map(ToString::to_string).unwrap_or_default();
        if !operation.runs_first(path) {
            return Ok(Self(None));
        }
        Ok(Self(Some(run(operation).await)))
    }
}

impl<T: Root> OutputType for Payload<T> {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed(T::NAME)
    }

    fn create_type_info(registry: &mut Registry) -> String {
        register_object::<T>(registry)
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        _field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        match &self.0 {
            Some(owned) => write_root::<T>(owned, ctx).await,
            // The first one was written with what all of them select.
            None => Ok(Value::Null),
        }
    }
}

/// What was given, beside why not all that was asked was done, with the state as it is now.
fn outcome<T>(operation: &OperationState, given: T, errors: Vec<UserError>) -> Outcome<T> {
    Outcome { snapshot: operation.deps.book.peek(), given, errors }
}

/// How long this field may wait: what was asked, as far as the fields before it left something of what
/// one operation waits at most. `None` where what was asked is no waiting time.
fn waiting_time(operation: &OperationState, seconds: i32) -> Option<Duration> {
    let asked = u64::try_from(seconds).ok().map(Duration::from_secs).filter(|asked| *asked <= WAIT_MAX)?;
    let begun = operation.snapshot.taken_at;
    let passed = operation.deps.book.peek().taken_at.duration_since(begun).unsigned_abs();
    Some(asked.min(WAIT_MAX.saturating_sub(passed)))
}
