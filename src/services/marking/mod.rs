//! Marking invoices as paid in PSOhub: once for everybody who asks at the same time, never repeated
//! before it was learned what became of the call, shown at once and written down.
//!
//! It knows nothing of what Bexio says: whether an invoice should be marked is decided by its callers
//! (a person, the payment sync).
//!
//! | file | does |
//! |---|---|
//! | `service` | the door; joins those who ask for the same invoice |
//! | `call` | the call, and what is learned where its answer leaves a doubt |
//! | `error` | why an invoice was not marked |

mod call;
mod error;
mod service;

pub use crate::domain::ActionCause as MarkCause;
pub use error::MarkError;
pub use service::{MarkPaid, Marked, MarkingParts, MarkingService};
