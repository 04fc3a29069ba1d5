//! The objects of the schema, a file a noun. Thin: what a field means is the domain's and the
//! book's knowledge.

mod action;
mod batch;
mod bexio_invoice;
mod catalog;
mod connection;
mod connection_test;
mod delivery;
mod document;
mod enums;
mod event;
mod freshness;
mod global_id;
mod invoice;
mod invoice_change;
mod line;
mod link_candidate;
mod list_page;
mod money;
mod node;
mod page_info;
mod party;
mod payload;
mod payment_sync;
mod permission;
mod preview;
mod receivables;
mod reconciliation;
mod settings;
mod sums;
mod upstream;
mod viewer;

pub(super) use batch::{Batch, BatchConnection};
pub(super) use bexio_invoice::BexioInvoice;
pub(super) use catalog::{BexioCatalog, Catalog};
pub(super) use connection::{Connection, InvoiceConnection};
pub(super) use connection_test::ConnectionTestLevel;
pub(super) use delivery::{
    Delivery, DeliveryConnection, DeliveryDecision, DeliveryReasonCode, DeliveryState, ExternalIdKind,
    message,
};
pub(super) use enums::{BexioInvoiceStatus, InvoiceStatus};
pub(super) use freshness::freshness_extension;
pub(super) use global_id::GlobalId;
pub(super) use invoice::Invoice;
pub(super) use invoice_change::{InvoiceChange, SeenChange};
pub(super) use link_candidate::CANDIDATES_DEFAULT;
pub(super) use list_page::{NewestFirst, rows_to_read};
pub(super) use node::{Node, Nodes};
pub(super) use payload::{
    CancelBatchPayload, Changed, DisconnectPayload, LinkInvoicePayload, MarkInvoicePaidPayload, Outcome,
    PlannedChange, ResolveDeliveryPayload, SendInvoicePayload, SendInvoicesPayload, SentInvoice,
    SentInvoices, SetInvoiceExternalIdPayload, TestConnectionPayload, TestedConnection, UnlinkInvoicePayload,
    UpdateSettingsPayload, UpstreamEnded, UserError, UserErrorCode, UserErrorOutcome, UserErrorType,
};
pub(super) use payment_sync::{
    AskedRun, PaymentSync, PaymentSyncRun, PaymentSyncRunConnection, RunPaymentSyncPayload,
};
#[cfg(test)]
pub(super) use payment_sync::{PaymentSyncFailureCode, PaymentSyncSkipReason};
pub(super) use permission::Permission;
pub(super) use preview::SendPreview;
pub(super) use receivables::{ReceivablesDimension, ReceivablesGroup};
pub(super) use reconciliation::{ReconciliationReport, ReconciliationVerdict};
pub(super) use settings::{DetailLines, Settings, SettingsState, VatMode};
pub(super) use upstream::{Connection as UpstreamState, UpstreamConnection, UpstreamName};
pub(super) use viewer::{RoleName, Viewer};
