//! Links that a person makes and undoes, each with the record of who did it in the same transaction.

use jiff::Timestamp;
use sqlx::{AnyConnection, Row};

use super::counters::{self, Counter};
use super::links::{self, Link};
use super::{Store, StoreError, invoice_actions};
use crate::domain::{ActionOutcome, BexioInvoiceId, NewAction, PsohubInvoiceId};

/// What [`Link::origin`] says of a link that a person made.
pub const BY_HAND: &str = "person";

/// What became of a link that a person wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandLinked {
    /// It is stored.
    Stored,
    /// The PSOhub invoice has a link to another Bexio invoice.
    HasAnother(BexioInvoiceId),
    /// The Bexio invoice stands for another PSOhub invoice.
    Taken(PsohubInvoiceId),
    /// The PSOhub invoice has a delivery that was not given up.
    UnderDelivery,
}

impl Store {
    /// The link of a PSOhub invoice.
    pub async fn link_of(&self, invoice: PsohubInvoiceId) -> Result<Option<Link>, StoreError> {
        let mut connection = self.readers.acquire().await?;
        of_invoice(&mut connection, invoice).await
    }

    /// Stores a link that a person made, where nothing stands against it, and that they did.
    pub async fn link_by_hand(
        &self,
        action: NewAction,
        bexio: BexioInvoiceId,
    ) -> Result<HandLinked, StoreError> {
        let (invoice, at) = (action.invoice, action.at);
        let mut transaction = self.write().await?;
        // First: by these counters such transactions, and claims of invoices, come one after the other.
        counters::next(&mut transaction, Counter::Change).await?;
        invoice_actions::insert(&mut transaction, action, ActionOutcome::Done, Some(at)).await?;
        if let Some(link) = of_invoice(&mut transaction, invoice).await?
            && link.bexio_invoice_id != bexio
        {
            return Ok(HandLinked::HasAnother(link.bexio_invoice_id));
        }
        if let Some(other) = taken_by(&mut transaction, bexio, invoice).await? {
            return Ok(HandLinked::Taken(other));
        }
        if has_delivery(&mut transaction, invoice).await? {
            return Ok(HandLinked::UnderDelivery);
        }
        let link = Link {
            psohub_invoice_id: invoice,
            bexio_invoice_id: bexio,
            origin: BY_HAND.to_owned(),
            created_at: at,
        };
        links::save(&mut transaction, &link).await?;
        transaction.commit().await?;
        Ok(HandLinked::Stored)
    }

    /// Removes a link that a person made, and writes down who did. Whether there was one.
    pub async fn unlink_by_hand(&self, action: NewAction) -> Result<bool, StoreError> {
        let (invoice, at) = (action.invoice, action.at);
        let mut transaction = self.write().await?;
        invoice_actions::insert(&mut transaction, action, ActionOutcome::Done, Some(at)).await?;
        let removed = sqlx::query("DELETE FROM links WHERE psohub_invoice_id = $1 AND origin = $2")
            .bind(invoice.get())
            .bind(BY_HAND)
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        if removed == 0 {
            return Ok(false);
        }
        transaction.commit().await?;
        Ok(true)
    }
}

/// The link of a PSOhub invoice, as this transaction sees it.
pub(super) async fn of_invoice(
    connection: &mut AnyConnection,
    invoice: PsohubInvoiceId,
) -> Result<Option<Link>, StoreError> {
    let row =
        sqlx::query("SELECT bexio_invoice_id, origin, created_at_ms FROM links WHERE psohub_invoice_id = $1")
            .bind(invoice.get())
            .fetch_optional(connection)
            .await?;
    let Some(row) = row else { return Ok(None) };
    let Some(bexio_invoice_id) = BexioInvoiceId::new(row.try_get(0)?) else { return Ok(None) };
    let created_at = Timestamp::from_millisecond(row.try_get(2)?).unwrap_or(Timestamp::UNIX_EPOCH);
    Ok(Some(Link { psohub_invoice_id: invoice, bexio_invoice_id, origin: row.try_get(1)?, created_at }))
}

async fn taken_by(
    connection: &mut AnyConnection,
    bexio: BexioInvoiceId,
    invoice: PsohubInvoiceId,
) -> Result<Option<PsohubInvoiceId>, StoreError> {
    let other: Option<i64> = sqlx::query_scalar(
        "SELECT psohub_invoice_id FROM links WHERE bexio_invoice_id = $1 AND psohub_invoice_id <> $2",
    )
    .bind(bexio.get())
    .bind(invoice.get())
    .fetch_optional(connection)
    .await?;
    Ok(other.and_then(PsohubInvoiceId::new))
}

async fn has_delivery(connection: &mut AnyConnection, invoice: PsohubInvoiceId) -> Result<bool, StoreError> {
    let state: Option<String> =
        sqlx::query_scalar("SELECT state FROM deliveries WHERE psohub_invoice_id = $1")
            .bind(invoice.get())
            .fetch_optional(connection)
            .await?;
    Ok(state.is_some_and(|state| state != "ABANDONED"))
}
