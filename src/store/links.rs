//! Links that we know of our own: which Bexio invoice stands for which PSOhub invoice.

use jiff::Timestamp;
use sqlx::{AnyConnection, Row};

use super::{Store, StoreError};
use crate::domain::{BexioInvoiceId, PsohubInvoiceId};

/// One PSOhub invoice and the Bexio invoice that stands for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The PSOhub invoice; it has one link at most.
    pub psohub_invoice_id: PsohubInvoiceId,
    /// The Bexio invoice.
    pub bexio_invoice_id: BexioInvoiceId,
    /// Who made the link, in a word of the service that made it.
    pub origin: String,
    /// When, to the millisecond.
    pub created_at: Timestamp,
}

impl Store {
    /// All links, by PSOhub invoice.
    pub async fn links(&self) -> Result<Vec<Link>, StoreError> {
        let rows = sqlx::query(
            "SELECT psohub_invoice_id, bexio_invoice_id, origin, created_at_ms FROM links ORDER BY psohub_invoice_id",
        )
        .fetch_all(&self.readers)
        .await?;
        let mut links = Vec::with_capacity(rows.len());
        for row in rows {
            let (psohub, bexio): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
            let created_at = Timestamp::from_millisecond(row.try_get(3)?).ok();
            let ids = PsohubInvoiceId::new(psohub).zip(BexioInvoiceId::new(bexio)).zip(created_at);
            let Some(((psohub_invoice_id, bexio_invoice_id), created_at)) = ids else {
                // Only a hand in the database can write this; one such row must not hide the rest.
                tracing::error!(
                    psohub,
                    bexio,
                    "the link {psohub} → {bexio} has an impossible id or time: ignored"
                );
                continue;
            };
            links.push(Link { psohub_invoice_id, bexio_invoice_id, origin: row.try_get(2)?, created_at });
        }
        Ok(links)
    }

    /// Saves a link, in place of the PSOhub invoice's former one.
    pub async fn save_link(&self, link: &Link) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        save(&mut transaction, link).await?;
        Ok(transaction.commit().await?)
    }

    /// Removes the link of a PSOhub invoice. Whether there was one.
    pub async fn remove_link(&self, psohub_invoice_id: PsohubInvoiceId) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        let removed = sqlx::query("DELETE FROM links WHERE psohub_invoice_id = $1")
            .bind(psohub_invoice_id.get())
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        transaction.commit().await?;
        Ok(removed > 0)
    }
}

/// Saves a link as part of a larger change.
pub(super) async fn save(connection: &mut AnyConnection, link: &Link) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO links (psohub_invoice_id, bexio_invoice_id, origin, created_at_ms) VALUES ($1, $2, $3, $4)
         ON CONFLICT (psohub_invoice_id) DO UPDATE SET bexio_invoice_id = excluded.bexio_invoice_id,
         origin = excluded.origin, created_at_ms = excluded.created_at_ms",
    )
    .bind(link.psohub_invoice_id.get())
    .bind(link.bexio_invoice_id.get())
    .bind(link.origin.as_str())
    .bind(link.created_at.as_millisecond())
    .execute(connection)
    .await?;
    Ok(())
}
