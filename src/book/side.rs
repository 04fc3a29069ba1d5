//! The two sides of the book, told apart by type: which rows they are and where they are kept.

use std::future::Future;
use std::sync::Arc;

use super::Source;
use super::holdings::{BexioRows, Holdings, PsohubRows};
use super::shown::{Brought, Changes};
use crate::domain::{AccountingInvoice, BexioInvoiceId, Invoice, PsohubInvoiceId};
use crate::store::{MirrorWrite, Mirrored, Store, StoreError};

/// One upstream's part of the book.
pub(super) trait Side: Send + Sync + 'static {
    /// Which source it is read from.
    const SOURCE: Source;
    /// A row.
    type Row: Send + Sync + 'static;
    /// A row's id.
    type Id: Copy + Send + Sync + 'static;
    /// All rows.
    type Rows: Default + Send + 'static;

    /// All rows as the upstream told them.
    fn told(holdings: &Holdings) -> Vec<Arc<Self::Row>>;
    fn apply(holdings: &mut Holdings, brought: Brought<Self::Row, Self::Id>) -> Changes<Self::Row, Self::Id>;
    fn load(store: &Store) -> impl Future<Output = Result<Option<Mirrored<Self::Row>>, StoreError>> + Send;
    /// Rows as the mirror has them.
    fn mirrored(rows: Vec<Arc<Self::Row>>) -> Self::Rows;
    fn write(
        store: &Store,
        write: MirrorWrite<Self::Row, Self::Id>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// PSOhub's invoices.
#[derive(Debug)]
pub(super) enum PsohubSide {}

impl Side for PsohubSide {
    const SOURCE: Source = Source::Psohub;
    type Row = Invoice;
    type Id = PsohubInvoiceId;
    type Rows = PsohubRows;

    fn told(holdings: &Holdings) -> Vec<Arc<Invoice>> {
        holdings.psohub().told().cloned().collect()
    }

    fn apply(
        holdings: &mut Holdings,
        brought: Brought<Invoice, PsohubInvoiceId>,
    ) -> Changes<Invoice, PsohubInvoiceId> {
        holdings.apply_psohub(brought)
    }

    async fn load(store: &Store) -> Result<Option<Mirrored<Invoice>>, StoreError> {
        store.load_psohub_mirror().await
    }

    fn mirrored(rows: Vec<Arc<Invoice>>) -> PsohubRows {
        PsohubRows::mirrored(rows, |invoice| invoice.id)
    }

    async fn write(store: &Store, write: MirrorWrite<Invoice, PsohubInvoiceId>) -> Result<(), StoreError> {
        store.write_psohub_mirror(write).await
    }
}

/// Bexio's invoices.
#[derive(Debug)]
pub(super) enum BexioSide {}

impl Side for BexioSide {
    const SOURCE: Source = Source::Bexio;
    type Row = AccountingInvoice;
    type Id = BexioInvoiceId;
    type Rows = BexioRows;

    fn told(holdings: &Holdings) -> Vec<Arc<AccountingInvoice>> {
        holdings.bexio().told().cloned().collect()
    }

    fn apply(
        holdings: &mut Holdings,
        brought: Brought<AccountingInvoice, BexioInvoiceId>,
    ) -> Changes<AccountingInvoice, BexioInvoiceId> {
        holdings.apply_bexio(brought)
    }

    async fn load(store: &Store) -> Result<Option<Mirrored<AccountingInvoice>>, StoreError> {
        store.load_bexio_mirror().await
    }

    fn mirrored(rows: Vec<Arc<AccountingInvoice>>) -> BexioRows {
        BexioRows::mirrored(rows, |invoice| invoice.id)
    }

    async fn write(
        store: &Store,
        write: MirrorWrite<AccountingInvoice, BexioInvoiceId>,
    ) -> Result<(), StoreError> {
        store.write_bexio_mirror(write).await
    }
}
