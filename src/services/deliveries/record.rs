//! Loading and storing deliveries. Every change goes through [`Records::store`]: compared and set on
//! disk first, shown on the board and in the book after.

use std::sync::Arc;

use super::log;
use super::told::Told;
use crate::book::{BookService, DeliveryEntry};
use crate::domain::Invoice;
use crate::domain::delivery::{Delivery, DeliveryId, LogKind};
use crate::domain::plan::Plan;
use crate::store::{
    ContactMapping, DeliveryRow, Link, PersonMapping, Saved, Store, StoreError, StoredDelivery, Update,
};

/// What the store's link table calls links that a delivery made.
const LINK_ORIGIN: &str = "delivery";

/// A change of a delivery, beside the new record.
#[derive(Debug)]
pub(super) struct Change<'a> {
    pub(super) kind: LogKind,
    /// The person who asked for it.
    pub(super) actor: Option<&'a str>,
    pub(super) replan: Option<(&'a Plan, &'a Arc<Invoice>)>,
    pub(super) contact: Option<ContactMapping>,
    pub(super) person: Option<PersonMapping>,
    /// What the book is told.
    pub(super) told: Option<Told<'a>>,
}

impl Change<'_> {
    /// A change that the gateway made by itself.
    pub(super) const fn by_itself(kind: LogKind) -> Self {
        Self { kind, actor: None, replan: None, contact: None, person: None, told: None }
    }
}

/// The deliveries' records.
#[derive(Clone)]
pub(super) struct Records {
    pub(super) store: Store,
    pub(super) book: Arc<BookService>,
}

impl Records {
    pub(super) async fn load(&self, id: DeliveryId) -> Result<Option<StoredDelivery>, StoreError> {
        self.store.delivery(id).await
    }

    /// Stores `next` in place of `stored`, which then is what is stored.
    pub(super) async fn store(
        &self,
        stored: &mut StoredDelivery,
        next: Delivery,
        change: Change<'_>,
    ) -> Result<Saved, StoreError> {
        let entry = log::entry(&stored.delivery, &next, change.kind, change.actor);
        let saved = self
            .store
            .update_delivery(Update {
                expected_version: stored.delivery.version(),
                delivery: &next,
                replan: change.replan.map(|(plan, invoice)| (plan, &**invoice)),
                log: &entry,
                contact: change.contact,
                person: change.person,
                link: new_link(&stored.delivery, &next),
            })
            .await?;
        if saved == Saved::Stored {
            report(&stored.delivery, &next);
            // Before the board: whoever sees the step there finds in the book what it did.
            if let Some(told) = change.told {
                told.tell(&self.book, &stored.delivery, &next);
            }
            stored.delivery = next;
            if let Some((plan, invoice)) = change.replan {
                stored.plan = plan.clone();
                stored.invoice = (**invoice).clone();
            }
            self.show(stored);
        }
        Ok(saved)
    }

    /// Shows what is stored.
    pub(super) fn show(&self, stored: &StoredDelivery) -> Arc<DeliveryEntry> {
        let entry = Arc::new(entry_of(stored));
        self.book.deliveries().put([Arc::clone(&entry)]);
        entry
    }

    /// Shows rows as the store lists them.
    pub(super) fn show_rows(&self, rows: Vec<DeliveryRow>) {
        self.book.deliveries().put(rows.into_iter().map(|row| {
            let DeliveryRow { delivery, invoice_number, recipient, accepted_by, batch } = row;
            Arc::new(DeliveryEntry { delivery, invoice_number, recipient, accepted_by, batch })
        }));
    }
}

/// What readers see of a record.
pub(super) fn entry_of(stored: &StoredDelivery) -> DeliveryEntry {
    DeliveryEntry {
        delivery: stored.delivery.clone(),
        invoice_number: stored.plan.invoice_number.clone(),
        recipient: stored.plan.email.as_ref().map(|email| email.recipient.clone()),
        accepted_by: stored.accepted_by.clone(),
        batch: stored.batch,
    }
}

/// The link to store with this step: the invoice is known to be issued now, and was not before.
fn new_link(before: &Delivery, after: &Delivery) -> Option<Link> {
    let issued_at = after.issued_at().filter(|_| before.issued_at().is_none())?;
    Some(Link {
        psohub_invoice_id: after.invoice_id(),
        bexio_invoice_id: after.pin()?.id,
        origin: LINK_ORIGIN.to_owned(),
        created_at: issued_at,
    })
}

/// One line in the log for each state that people see.
fn report(before: &Delivery, after: &Delivery) {
    let (from, to) = (before.state(), after.state());
    if from != to {
        let (delivery, invoice) = (after.id(), after.invoice_id());
        let reason = after.reason().map(|reason| reason.code());
        tracing::info!(%delivery, invoice.id = %invoice, ?from, ?to, reason, "a delivery went on");
    }
}
