//! Setting external ids in PSOhub by hand: the same value changes nothing, another one needs to be
//! asked for, and a delivery that is going to write it is not overtaken.
//!
//! PSOhub shows only whether an invoice has an external id. Which one is known where we wrote it: a
//! person through this service, or a delivery.
//!
//! | file | does |
//! |---|---|
//! | `service` | the door: what is there already, whether that stands against it, the record |
//! | `call` | the call, and what is learned where its answer leaves a doubt |
//! | `error` | why it was not set |

mod call;
mod error;
mod service;

pub use error::ExternalIdError;
pub use service::{ExternalIdChange, ExternalIdParts, ExternalIdService, SetExternalId};
