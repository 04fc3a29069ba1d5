//! What mutations answer.

mod changed;
mod code;
mod disconnect;
mod user_error;

use std::sync::Arc;

pub(in crate::graphql) use changed::{
    Changed, LinkInvoicePayload, MarkInvoicePaidPayload, PlannedChange, SetInvoiceExternalIdPayload,
    UnlinkInvoicePayload,
};
pub(in crate::graphql) use code::UserErrorCode;
pub(in crate::graphql) use disconnect::{DisconnectPayload, UpstreamEnded};
pub(in crate::graphql) use user_error::{UserError, UserErrorOutcome, UserErrorType};

use super::batch::Batch;
use super::connection_test::ConnectionTest;
use super::delivery::Delivery;
use super::invoice::Invoice;
use super::preview::SendPreview;
use super::settings::{Settings, SettingsState};
use crate::book::{CombinedInvoice, DeliveryEntry, Snapshot};
use crate::domain;
use crate::domain::connection_test;
use crate::domain::plan::Plan;
use crate::graphql::errors::Fault;
use crate::graphql::output::{Root, object};

/// What became of a mutation.
pub(in crate::graphql) struct Outcome<T> {
    /// The state after it.
    pub(in crate::graphql) snapshot: Snapshot,
    /// What it gave.
    pub(in crate::graphql) given: T,
    /// Why it did not do all that was asked.
    pub(in crate::graphql) errors: Vec<UserError>,
}

/// Makes a payload a root that shows the state after its mutation.
macro_rules! payload_root {
    ($($payload:ident of $given:ty),+ $(,)?) => {$(
        impl Root for $payload {
            type Owned = Outcome<$given>;

            fn source(owned: &Self::Owned) -> Self::Source<'_> {
                owned
            }

            fn snapshot(owned: &Self::Owned) -> Option<&Snapshot> {
                Some(&owned.snapshot)
            }
        }
    )+};
}

/// What sendInvoice gave.
#[derive(Debug, Default)]
pub(in crate::graphql) struct SentInvoice {
    /// The invoice, where it was found.
    pub(in crate::graphql) invoice: Option<Arc<CombinedInvoice>>,
    /// Its delivery, where there is one.
    pub(in crate::graphql) delivery: Option<Arc<DeliveryEntry>>,
    /// Whether the delivery was there before.
    pub(in crate::graphql) replayed: bool,
    /// The plan of a dry run, or the one for which it was refused.
    pub(in crate::graphql) preview: Option<Box<Plan>>,
}

object! {
    /// What became of sendInvoice.
    "SendInvoicePayload" SendInvoicePayload<'a> from &'a Outcome<SentInvoice> {
        /// The invoice, as it is now. Null where there is none of that name.
        "invoice": Option<Invoice> = |outcome, out| {
            out.opt::<Invoice>(outcome.given.invoice.as_deref());
        };
        /// Its delivery: settled, or as it stood when the waiting time was over. It goes on by itself.
        /// Null after a dry run and where nothing was sent.
        "delivery": Option<Delivery> = |outcome, out| {
            out.opt::<Delivery>(outcome.given.delivery.as_deref());
        };
        /// Whether the delivery was there before this request: somebody else had asked for it, or the
        /// request was repeated.
        "wasThereBefore": bool = |outcome, out| out.boolean(outcome.given.replayed);
        /// What would be sent: after a dry run, and where it was refused because of what would be sent.
        "preview": Option<SendPreview> = |outcome, out| {
            out.opt::<SendPreview>(outcome.given.preview.as_deref());
        };
        /// Why the invoice was not sent, or why its delivery stopped. Empty where all is well.
        "userErrors": Vec<UserErrorType> = |outcome, out| out.list::<UserErrorType>(&outcome.errors);
    }
}

/// What sendInvoices gave.
#[derive(Debug, Default)]
pub(in crate::graphql) struct SentInvoices {
    /// The batch, where it was taken on.
    pub(in crate::graphql) batch: Option<domain::Batch>,
    /// The plans of a dry run.
    pub(in crate::graphql) previews: Option<Vec<Plan>>,
}

object! {
    /// What became of sendInvoices.
    "SendInvoicesPayload" SendInvoicesPayload<'a> from &'a Outcome<SentInvoices> {
        /// The batch. The gateway works through it by itself. Null after a dry run and where nothing was
        /// taken on.
        "batch": Option<Batch> = |outcome, out| out.opt::<Batch>(outcome.given.batch.as_ref());
        /// What would be sent, one for each invoice; null unless it was a dry run.
        "previews": Option<Vec<SendPreview>> = |outcome, out| match &outcome.given.previews {
            Some(previews) => out.list::<SendPreview>(previews),
            None => out.null(),
        };
        /// Why the batch was not taken on. What becomes of each invoice stands in the batch.
        "userErrors": Vec<UserErrorType> = |outcome, out| out.list::<UserErrorType>(&outcome.errors);
    }
}

object! {
    /// What became of cancelBatch.
    "CancelBatchPayload" CancelBatchPayload<'a> from &'a Outcome<Option<domain::Batch>> {
        /// The batch, as it is now. Null where there is none with that id.
        "batch": Option<Batch> = |outcome, out| out.opt::<Batch>(outcome.given.as_ref());
        /// Why it was not cancelled.
        "userErrors": Vec<UserErrorType> = |outcome, out| out.list::<UserErrorType>(&outcome.errors);
    }
}

object! {
    /// What became of testConnection.
    "TestConnectionPayload" TestConnectionPayload<'a> from &'a Outcome<TestedConnection> {
        /// The test. What does not work stands in its steps. Null only with an error, where the gateway
        /// itself failed.
        "test": Option<ConnectionTest> = |outcome, out| match &outcome.given {
            Ok(test) => out.object::<ConnectionTest>(test),
            Err(fault) => out.fault(fault),
        };
        /// Why nothing was tested. Empty: whatever is wrong, a test says so.
        "userErrors": Vec<UserErrorType> = |outcome, out| out.list::<UserErrorType>(&outcome.errors);
    }
}

object! {
    /// What became of updateSettings.
    "UpdateSettingsPayload" UpdateSettingsPayload<'a> from &'a Outcome<Result<SettingsState, Fault>> {
        /// The settings as they are now. Null only with an error, where the gateway itself failed.
        "settings": Option<Settings> = |outcome, out| match &outcome.given {
            Ok(state) => out.object::<Settings>(state),
            Err(fault) => out.fault(fault),
        };
        /// Why nothing was saved. Empty where it was, also where it was so already.
        "userErrors": Vec<UserErrorType> = |outcome, out| out.list::<UserErrorType>(&outcome.errors);
    }
}

/// What testConnection gave.
pub(in crate::graphql) type TestedConnection = Result<connection_test::ConnectionTest, Fault>;

object! {
    /// What became of resolveDelivery.
    "ResolveDeliveryPayload" ResolveDeliveryPayload<'a> from &'a Outcome<Option<Arc<DeliveryEntry>>> {
        /// The delivery: settled again, or as it stood when the waiting time was over. Where the decision
        /// was not taken, as it is. Null where there is none with that id.
        "delivery": Option<Delivery> = |outcome, out| out.opt::<Delivery>(outcome.given.as_deref());
        /// Why the decision was not taken, or why the delivery stopped again.
        "userErrors": Vec<UserErrorType> = |outcome, out| out.list::<UserErrorType>(&outcome.errors);
    }
}

payload_root! {
    SendInvoicePayload of SentInvoice,
    SendInvoicesPayload of SentInvoices,
    CancelBatchPayload of Option<domain::Batch>,
    TestConnectionPayload of TestedConnection,
    UpdateSettingsPayload of Result<SettingsState, Fault>,
    DisconnectPayload of UpstreamEnded,
    MarkInvoicePaidPayload of Changed,
    SetInvoiceExternalIdPayload of Changed,
    LinkInvoicePayload of Changed,
    UnlinkInvoicePayload of Changed,
    ResolveDeliveryPayload of Option<Arc<DeliveryEntry>>,
}
