//! What every operation has to pass before GraphQL sees it, whatever transport it comes by.

use super::fault::HttpFault;
use super::persisted::PersistedDocuments;
use super::rate::{OperationRate, TooFast};
use crate::graphql::Caller;

/// The gate of all transports.
#[derive(Debug)]
pub(super) struct Admission {
    /// How many operations each caller may send.
    pub(super) rate: OperationRate,
    /// Which documents may run.
    pub(super) documents: PersistedDocuments,
}

impl Admission {
    /// Counts an operation that came by HTTP.
    pub(super) fn count(&self, caller: &Caller) -> Result<(), HttpFault> {
        self.rate
            .take(caller)
            .map_err(|TooFast { retry_after_seconds }| HttpFault::RateLimited { retry_after_seconds })
    }
}
