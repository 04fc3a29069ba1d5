//! Temporary.
use crate::bexio::BexioClient;
use crate::book::BookService;
use crate::domain::catalog::*;
use crate::domain::*;
use crate::graphql::*;
use crate::http::{Document, DocumentFault, DocumentKey, DocumentSource};
use crate::psohub::PsohubClient;
use futures_util::future::{BoxFuture, FutureExt};
use std::sync::Arc;

pub(super) struct Direct {
    pub(super) bexio: BexioClient,
    pub(super) psohub: PsohubClient,
    pub(super) book: Arc<BookService>,
}
impl ReadPayments for Direct {
    fn payments(&self, _invoice: Arc<AccountingInvoice>) -> BoxFuture<'_, Result<Arc<[Payment]>, Fault>> {
        async { Ok(Arc::from(Vec::new())) }.boxed()
    }
}
impl ReadCatalog for Direct {
    fn accounts(&self) -> CatalogList<Vec<Account>> {
        async { Ok(Arc::default()) }.boxed()
    }
    fn taxes(&self) -> CatalogList<Vec<Tax>> {
        async { Ok(Arc::default()) }.boxed()
    }
    fn currencies(&self) -> CatalogList<Currencies> {
        async { Ok(Arc::default()) }.boxed()
    }
    fn units(&self) -> CatalogList<Vec<Named>> {
        async { Ok(Arc::default()) }.boxed()
    }
    fn payment_types(&self) -> CatalogList<Vec<Named>> {
        async { Ok(Arc::default()) }.boxed()
    }
    fn languages(&self) -> CatalogList<Vec<Coded>> {
        async { Ok(Arc::default()) }.boxed()
    }
    fn bank_accounts(&self) -> CatalogList<Vec<BankAccount>> {
        async { Ok(Arc::default()) }.boxed()
    }
}
impl ReadUpstreams for Direct {
    fn counters(&self, _u: Upstream) -> UpstreamCounters {
        let _ = (&self.bexio, &self.psohub, &self.book);
        UpstreamCounters::default()
    }
}
impl DocumentSource for Direct {
    fn fetch(&self, _key: DocumentKey) -> BoxFuture<'_, Result<Document, DocumentFault>> {
        async { Err(DocumentFault::NotFound("x".into())) }.boxed()
    }
}
