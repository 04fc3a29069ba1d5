//! The read model: one immutable, indexed set of combined invoices, replaced as a whole.
//!
//! A GraphQL operation takes one [`Snapshot`] at its start and reads nothing else, so what it
//! answers is consistent. Refreshers publish a new book when something changed; nothing here
//! writes to an upstream.

mod bexio_look;
mod both;
pub mod changes;
pub mod combined;
mod contacts;
pub mod cursor;
pub mod deliveries;
mod delivery_condition;
pub mod delivery_list;
mod external_ids;
mod external_ids_look;
pub mod filter;
#[cfg(test)]
pub(crate) mod fixtures;
pub mod freshness;
mod holdings;
pub mod index;
mod keeper;
mod link_index;
mod links;
mod listing;
mod note_queue;
pub mod order;
mod own_writes;
pub mod page;
mod psohub_look;
mod publisher;
pub mod reader;
mod receivables;
pub mod reconciliation;
mod refresher;
pub mod reports;
pub mod service;
mod settlement;
mod shown;
mod side;
pub mod snapshot;
mod standing;

pub use changes::{ChangeKind, ChangeKinds, InvoiceChange, InvoiceChanges, Presence};
pub use combined::{CombinedInvoice, ExternalId, LinkOrigin};
pub use cursor::{Cursor, CursorError};
pub use deliveries::{Deliveries, DeliveryBoard, DeliveryEntry};
pub use delivery_list::{DeliveryFilter, DeliveryPage, DeliveryPageRequest};
pub use filter::{Beside, Bounds, InvoiceFilter};
pub use freshness::{FreshnessState, Source, SourceFreshness};
pub use index::InvoiceBook;
pub use order::{Direction, InvoiceOrder, OrderField};
pub use page::{Page, PageRequest};
pub use reader::{BookReader, ReadPeriods};
pub use reconciliation::{
    Reconciled, ReconciledRow, ReconciliationCursor, ReconciliationReport, VerdictTotal,
};
pub use reports::LookReport;
pub use service::{BookPeriods, BookService, BookSources};
pub use snapshot::{ReadRequest, Snapshot};
