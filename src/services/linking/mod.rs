//! Tying a PSOhub invoice to a Bexio invoice that exists already, and undoing that. Nothing is written
//! to an upstream: a link is the gateway's own record.
//!
//! | file | does |
//! |---|---|
//! | `service` | the door: what stands against it, the record |
//! | `error` | why nothing was linked or unlinked |

mod error;
mod service;

pub use error::LinkError;
pub use service::{LinkChange, LinkInvoice, LinkingParts, LinkingService, UnlinkInvoice};
