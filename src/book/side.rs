//! The two sides of the book, told apart by type: which rows they are and where they are kept.

use std::future::Future;
use std::sync::Arc;

use super::Source;
use super::holdings::{Changes, Holdings};
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

    fn held(holdings: &Holdings) -> Vec<Arc<Self::Row>>;
    fn apply(
        holdings: &mut Holdings,
        read: Vec<Arc<Self::Row>>,
        gone: Vec<Self::Id>,
    ) -> Changes<Self::Row, Self::Id>;
    fn load(store: &Store) -> impl Future<Output = Result<Option<Mirrored<Self::Row>>, StoreError>> + Send;
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

    fn held(holdings: &Holdings) -> Vec<Arc<Invoice>> {
        holdings.psohub().cloned().collect()
    }

    fn apply(
        holdings: &mut Holdings,
        read: Vec<Arc<Invoice>>,
        gone: Vec<PsohubInvoiceId>,
    ) -> Changes<Invoice, PsohubInvoiceId> {
        holdings.apply_psohub(read, gone)
    }

    async fn load(store: &Store) -> Result<Option<Mirrored<Invoice>>, StoreError> {
        store.load_psohub_mirror().await
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

    fn held(holdings: &Holdings) -> Vec<Arc<AccountingInvoice>> {
        holdings.bexio().cloned().collect()
    }

    fn apply(
        holdings: &mut Holdings,
        read: Vec<Arc<AccountingInvoice>>,
        gone: Vec<BexioInvoiceId>,
    ) -> Changes<AccountingInvoice, BexioInvoiceId> {
        holdings.apply_bexio(read, gone)
    }

    async fn load(store: &Store) -> Result<Option<Mirrored<AccountingInvoice>>, StoreError> {
        store.load_bexio_mirror().await
    }

    async fn write(
        store: &Store,
        write: MirrorWrite<AccountingInvoice, BexioInvoiceId>,
    ) -> Result<(), StoreError> {
        store.write_bexio_mirror(write).await
    }
}
