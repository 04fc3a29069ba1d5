//! The payments booked on Bexio invoices, one call an invoice, kept until the invoice changes.
//!
//! That a payment moves an invoice's `updated_at` is likely and not proven, so its amounts are
//! part of the key as well: a payment cannot be booked without moving those.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::keyed_cache::{CacheError, CachePolicy, KeyedCache};
use crate::bexio::{BexioClient, BexioError};
use crate::domain::{AccountingInvoice, AccountingStatus, BexioInvoiceId, Payment, SharedClock};

/// A payment's date or title can be corrected without a trace in the invoice.
const AGE_MAX: Duration = Duration::from_hours(1);
const POLICY: CachePolicy = CachePolicy {
    name: "payments",
    stale_max: Duration::from_hours(24),
    error_ttl: Duration::from_secs(5),
    bytes_max: 16 * 1024 * 1024,
};

/// An invoice in one state of its books.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    id: BexioInvoiceId,
    updated_at: Timestamp,
    received: Decimal,
    credited: Decimal,
    remaining: Decimal,
}

/// Payments by invoice. Cloning shares them.
#[derive(Debug, Clone)]
pub struct Payments {
    bexio: BexioClient,
    cache: KeyedCache<Key, Arc<[Payment]>, BexioError>,
}

impl Payments {
    /// Payments through `bexio`, none known yet.
    pub fn new(bexio: BexioClient, clock: SharedClock) -> Self {
        Self { bexio, cache: KeyedCache::new(POLICY, clock, |_, payments: &Arc<[Payment]>| bytes(payments)) }
    }

    /// The payments booked on an invoice, in Bexio's order. Asks nothing where the invoice says that
    /// there are none.
    pub async fn of(&self, invoice: &AccountingInvoice) -> Result<Arc<[Payment]>, CacheError<BexioError>> {
        if nothing_booked(invoice) {
            return Ok(Arc::default());
        }
        let key = Key {
            id: invoice.id,
            updated_at: invoice.updated_at,
            received: invoice.received,
            credited: invoice.credited,
            remaining: invoice.remaining,
        };
        let (bexio, id, currency) = (self.bexio.clone(), invoice.id, invoice.currency);
        let load = move || async move {
            let rows = bexio.payments(id, currency).await?;
            if rows.problems.rows_lost + rows.problems.fields_lost > 0 {
                tracing::warn!(
                    invoice.id = id.get(),
                    rows_lost = rows.problems.rows_lost,
                    fields_lost = rows.problems.fields_lost,
                    "some payments of Bexio's invoice {id} were not understood"
                );
            }
            Ok(rows.rows.into())
        };
        Ok(self.cache.get(key, AGE_MAX, load).await?.value)
    }

    /// Forgets everything: another company may be connected now.
    pub fn invalidate_all(&self) {
        self.cache.invalidate_all();
    }
}

/// A settled invoice is asked about whatever its amounts say: how Bexio counts a cash discount that
/// settles one alone is not known.
fn nothing_booked(invoice: &AccountingInvoice) -> bool {
    let settled = matches!(invoice.status, AccountingStatus::Paid | AccountingStatus::Partial);
    invoice.received.is_zero() && invoice.credited.is_zero() && !settled
}

fn bytes(payments: &[Payment]) -> usize {
    let titles: usize = payments.iter().map(|payment| payment.title.as_deref().map_or(0, str::len)).sum();
    // The key and what a cache keeps about an entry count as well: most lists hold one payment.
    size_of_val(payments) + titles + 2 * size_of::<Key>()
}
