//! Ground floor: what an invoice, an amount, a status is, and the rules over them.
//!
//! Pure: no async, no I/O, no vendor's field names, no clock but the one that is handed in.
//! Everything above may name this module; this module names nothing of the crate.

pub mod access;
pub mod accounting;
pub mod batch;
pub mod catalog;
pub mod clock;
pub mod connection;
pub mod connection_test;
pub mod content_hash;
pub mod delivery;
pub mod external_id;
pub mod hex;
pub mod id;
pub mod invoice;
pub mod invoice_action;
pub mod link_candidates;
pub mod link_check;
pub mod mark_paid;
pub mod money;
pub mod new_external_id;
pub mod payment;
pub mod plan;
pub mod problem;
pub mod receivables;
pub mod reconciliation;
pub mod rounding;
pub mod schedule;
pub mod secret_key;
pub mod settings;
pub mod spacing;
pub mod status;
mod word;

pub use access::{AccessKey, Caller, Role, name_in_logs};
pub use accounting::{AccountingInvoice, AccountingInvoiceDetail, AccountingPosition, Payment, PaymentKind};
pub use batch::{BATCH_INVOICES_MAX, Batch, BatchId, BatchItem, BatchProgress};
pub use catalog::{Currencies, Currency};
pub use clock::{Clock, ManualClock, SharedClock, SystemClock};
pub use connection::Upstream;
pub use content_hash::{ContentHash, ContentHashError, ContentHasher};
pub use external_id::ExternalId;
pub use id::{BexioContactId, BexioInvoiceId, IdError, PsohubContactId, PsohubCustomerId, PsohubInvoiceId};
pub use invoice::{DetailKind, Invoice, InvoiceContact, InvoiceCustomer, InvoiceLine, LineDetail};
pub use invoice_action::{
    ActionCause, ActionChange, ActionId, ActionOutcome, InvoiceAction, LinkedInvoice, NewAction,
};
pub use mark_paid::MarkObstacle;
pub use money::{CurrencyCode, Money, MoneyError};
pub use new_external_id::{NewExternalId, NewExternalIdError, recorded_external_id};
pub use problem::{Cost, Problems, RowProblem, UnknownFields};
pub use rounding::{NotATolerance, RoundingTolerance};
pub use status::{AccountingStatus, InvoiceStatus};
