//! Gathers what a plan is made from and makes it: the invoice as the book has it, what stands against
//! it, what Bexio has set up, and whose contact it is. Reads, and writes nothing anywhere.

use std::fmt::Display;
use std::sync::Arc;

use jiff::civil::Date;

use super::SendError;
use super::contacts::{ContactError, Contacts, Outdated, Resolved};
use super::queue::Lane;
use super::settings::SettingsSource;
use crate::book::{BookService, CombinedInvoice, ExternalId, FreshnessState, ReadRequest, Snapshot, Source};
use crate::domain::delivery::Delivery;
use crate::domain::plan::{CatalogSnapshot, Plan, PlanInput, SendOptions, plan};
use crate::domain::{Invoice, PsohubInvoiceId};
use crate::services::Catalog;

/// A plan with the snapshot of the invoice that it was made for.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) plan: Plan,
    /// What was remembered of the customer and is not so any more.
    pub(super) outdated: Option<Outdated>,
    pub(super) invoice: Arc<Invoice>,
}

/// Makes plans.
#[derive(Clone)]
pub(super) struct Planner {
    pub(super) catalog: Catalog,
    pub(super) contacts: Contacts,
    /// The same for what people wait for.
    pub(super) urgent_contacts: Contacts,
    pub(super) book: Arc<BookService>,
    pub(super) settings: Arc<dyn SettingsSource>,
}

impl Planner {
    /// The plan for an invoice. `delivery` is the one that it has already: where that can go on, the
    /// plan is the one that it would go on with. `lane` says who waits for it.
    ///
    /// # Errors
    /// `UnknownInvoice`, `Unavailable` or `Store`.
    pub(super) async fn plan(
        &self,
        id: PsohubInvoiceId,
        options: &SendOptions,
        delivery: Option<&Delivery>,
        lane: Lane,
    ) -> Result<Planned, SendError> {
        let (row, today) = self.row(id).await?;
        let standing = row.standing(delivery);
        let invoice = row.as_sent(delivery);
        let settings = self.settings.current().await?;
        let (catalog, resolved) = tokio::try_join!(Box::pin(self.catalog()), self.contact(&invoice, lane))?;
        let Resolved { contact, outdated } = resolved;
        let input = PlanInput {
            invoice: &invoice,
            standing: &standing,
            options,
            settings: &settings,
            catalog: &catalog,
            contact: &contact,
            today,
        };
        Ok(Planned { plan: plan(&input), outdated, invoice })
    }

    /// The invoice as the book has it, and the company's date. Whether it has an external id must be
    /// known: another connector may have sent it.
    async fn row(&self, id: PsohubInvoiceId) -> Result<(Arc<CombinedInvoice>, Date), SendError> {
        let reader = self.book.reader();
        let mut snapshot = reader.read(ReadRequest { external_ids: true, max_age: None }).await;
        let mut row = row_of(&snapshot, id)?;
        if row.external_id == ExternalId::Unknown {
            self.book.refresh(Source::PsohubExternalIds).await.map_err(|error| {
                SendError::Unavailable(format!("PSOhub's external ids could not be read: {error}"))
            })?;
            snapshot = reader.peek();
            row = row_of(&snapshot, id)?;
        }
        Ok((row, snapshot.today))
    }

    async fn catalog(&self) -> Result<CatalogSnapshot, SendError> {
        self.catalog.snapshot().await.map_err(|error| SendError::Unavailable(error.to_string()))
    }

    async fn contact(&self, invoice: &Invoice, lane: Lane) -> Result<Resolved, SendError> {
        let contacts = match lane {
            Lane::People => &self.urgent_contacts,
            Lane::Batch => &self.contacts,
        };
        contacts.resolve(invoice).await.map_err(|error| match error {
            ContactError::Store(error) => SendError::Store(error),
            other => unread("contacts", &other),
        })
    }
}

fn unread(what: &str, error: &dyn Display) -> SendError {
    SendError::Unavailable(format!("Bexio's {what} could not be read: {error}"))
}

fn row_of(snapshot: &Snapshot, id: PsohubInvoiceId) -> Result<Arc<CombinedInvoice>, SendError> {
    if let Some(row) = snapshot.book.by_psohub_id(id) {
        return Ok(Arc::clone(row));
    }
    let psohub = snapshot.freshness_of(Source::Psohub);
    if psohub.state != FreshnessState::Unavailable {
        return Err(SendError::UnknownInvoice(id));
    }
    let why = psohub.last_error.as_deref().unwrap_or("they are being read for the first time");
    Err(SendError::Unavailable(format!("PSOhub's invoices could not be read: {why}")))
}
