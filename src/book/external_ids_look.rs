//! One look at which PSOhub invoices have no external id.
//!
//! PSOhub's rows do not show the external id; the filter `noexternalid=true` lists those without
//! one. The list grows with history where external ids are not used, so it is read only when a
//! query asks for what only it can tell. Source: <https://help.psohub.com/psohub-api-invoices>.

use std::collections::HashSet;
use std::sync::Arc;

use super::publisher::Publisher;
use crate::domain::PsohubInvoiceId;
use crate::psohub::{InvoiceListFilter, PsohubClient};

/// Reads which invoices have no external id.
pub(super) struct ExternalIdsLook {
    pub(super) client: PsohubClient,
    pub(super) publisher: Arc<Publisher>,
}

impl ExternalIdsLook {
    /// Reads once and publishes what changed.
    pub(super) async fn look(&self) -> Result<(), String> {
        let began = self.publisher.look_begins();
        // Taken before asking: of an invoice that appears meanwhile, nothing is known yet.
        let asked = self.publisher.read(|held| held.psohub().told_ids());
        let mut absent: HashSet<PsohubInvoiceId> = HashSet::new();
        let filter = InvoiceListFilter { no_external_id: true, ..InvoiceListFilter::default() };
        let listed = self.client.list(&filter, |invoice| {
            absent.insert(invoice.id);
        });
        let report = listed.await.map_err(|error| error.to_string())?;
        absent.extend(report.problems.kept.iter().filter_map(|problem| PsohubInvoiceId::new(problem.id?)));
        let change =
            self.publisher.change(move |held| held.apply_without_external_id(&asked, &absent, &began));
        change.await.map_err(|_| "the book could not be made; see the log".to_owned())
    }
}
