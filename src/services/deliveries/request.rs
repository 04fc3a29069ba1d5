//! What callers ask of deliveries, and how they are answered.

use std::sync::Arc;
use std::time::Duration;

use super::keys::IDEMPOTENCY_KEY_BYTES_MAX;
use crate::book::DeliveryEntry;
use crate::domain::delivery::{Decision, DeliveryId, ResolveError, State};
use crate::domain::plan::{Plan, SendOptions};
use crate::domain::{BATCH_INVOICES_MAX, BatchId, ContentHash, PsohubInvoiceId};
use crate::store::StoreError;

/// One `sendInvoice`.
#[derive(Debug, Clone)]
pub struct SendRequest {
    /// The invoice.
    pub invoice: PsohubInvoiceId,
    /// How it is to be sent.
    pub options: SendOptions,
    /// Repeating the request under the same key gives the same delivery.
    pub idempotency_key: Option<Box<str>>,
    /// [`Plan::content_hash`] that the caller saw in the preview: anything else is refused.
    pub expected_plan: Option<ContentHash>,
    /// Who asks.
    pub by: Box<str>,
    /// How long to wait for the delivery to settle.
    pub wait: Duration,
}

/// A request that was taken on.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The delivery, settled or as it stood when the waiting time was over.
    pub delivery: Arc<DeliveryEntry>,
    /// Whether it was there before this request: another caller's, or this key's.
    pub replayed: bool,
}

/// Why an invoice was not taken on. Nothing was written anywhere.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// There is no such invoice.
    #[error("no invoice with the PSOhub id {0} is known")]
    UnknownInvoice(PsohubInvoiceId),
    /// The plan says why not ([`Plan::refusals`]).
    #[error("invoice {} cannot be sent", .0.invoice_number)]
    Refused(Box<Plan>),
    /// It would be sent otherwise than the caller saw it.
    #[error("the plan for invoice {} is not the one of the preview any more", .0.invoice_number)]
    PlanChanged(Box<Plan>),
    /// Its delivery waits for a person's decision, or has come to its end.
    #[error("invoice {} {}", .delivery.invoice_number, .state.words())]
    NotResumable {
        /// The delivery.
        delivery: Arc<DeliveryEntry>,
        /// Its state.
        state: State,
    },
    /// The key was used for another request.
    #[error("the idempotency key was used for another request")]
    KeyConflict,
    /// The key is too long, empty or not printable.
    #[error("an idempotency key has 1 to {IDEMPOTENCY_KEY_BYTES_MAX} printable characters")]
    BadKey,
    /// An account that a send writes to is not connected; the text says which, why and where to connect it.
    #[error("{0}")]
    NotConnected(String),
    /// What the plan is made from could not be read; the text says which and why.
    #[error("{0}")]
    Unavailable(String),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// One `sendInvoices`.
#[derive(Debug, Clone)]
pub struct SendManyRequest {
    /// The invoices, in order; doubles are dropped. 1 to [`BATCH_INVOICES_MAX`].
    pub invoices: Vec<PsohubInvoiceId>,
    /// How they are to be sent. An option of one invoice, such as a recipient, makes no sense here.
    pub options: SendOptions,
    /// Repeating the request under the same key gives the same batch.
    pub idempotency_key: Option<Box<str>>,
    /// Who asks.
    pub by: Box<str>,
}

/// Why a batch was not taken on, or not cancelled. Nothing was written anywhere.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    /// Too many invoices, or none.
    #[error("a batch has 1 to {BATCH_INVOICES_MAX} invoices, not {0}")]
    Size(usize),
    /// There is no such batch.
    #[error("there is no batch {0}")]
    Unknown(BatchId),
    /// The key was used for another request.
    #[error("the idempotency key was used for another request")]
    KeyConflict,
    /// The key is too long, empty or not printable.
    #[error("an idempotency key has 1 to {IDEMPOTENCY_KEY_BYTES_MAX} printable characters")]
    BadKey,
    /// An account that a send writes to is not connected; the text says which, why and where to connect it.
    #[error("{0}")]
    NotConnected(String),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// One `resolveDelivery`.
#[derive(Debug, Clone)]
pub struct ResolveRequest {
    /// Which.
    pub delivery: DeliveryId,
    /// What the person decided.
    pub decision: Decision,
    /// The version that the person saw.
    pub expected_version: u64,
    /// Who.
    pub by: Box<str>,
    /// How long to wait for the delivery to settle again.
    pub wait: Duration,
}

/// Why a decision was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ResolveRefused {
    /// There is no such delivery.
    #[error("there is no delivery {0}")]
    Unknown(DeliveryId),
    /// It does not fit.
    #[error(transparent)]
    Decision(#[from] ResolveError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}
