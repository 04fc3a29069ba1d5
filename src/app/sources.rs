//! What GraphQL and HTTP ask for, answered by the services: the joints between them, and the words
//! in which a service's failure reaches a client.

use std::error::Error;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::bexio::{BexioClient, BexioError};
use crate::book::{BookReader, BookService, Source};
use crate::domain::catalog::{Account, BankAccount, Coded, Currencies, Named, Tax};
use crate::domain::{AccountingInvoice, BexioInvoiceId, Payment, Upstream};
use crate::graphql::{
    CatalogList, ErrorCode, Fault, ManageUpstreams, ReadCatalog, ReadPayments, UpstreamCounters,
};
use crate::http::{Document, DocumentFault, DocumentKey, DocumentSource};
use crate::psohub::{PsohubClient, PsohubError};
use crate::services::connect::{ConnectError, ConnectService, ConnectionStatus, Disconnected};
use crate::services::documents::{DocumentError, Documents, Pdf};
use crate::services::keyed_cache::CacheError;
use crate::services::{Catalog, Payments};
use crate::transport::Transport;

/// Payments booked in Bexio.
pub(super) struct BexioPayments(pub(super) Payments);

impl ReadPayments for BexioPayments {
    fn payments(&self, invoice: Arc<AccountingInvoice>) -> BoxFuture<'_, Result<Arc<[Payment]>, Fault>> {
        async move { self.0.of(&invoice).await.map_err(|error| unavailable(&error)) }.boxed()
    }
}

/// Bexio's side of an invoice, whether or not PSOhub has one.
fn accounting_invoice(reader: &BookReader, id: BexioInvoiceId) -> Option<Arc<AccountingInvoice>> {
    reader.peek().book.bexio_invoice(id).cloned()
}

/// Bexio's set-up.
pub(super) struct BexioCatalog(pub(super) Catalog);

macro_rules! catalog_lists {
    ($($name:ident: $rows:ty),+ $(,)?) => {
        impl ReadCatalog for BexioCatalog {$(
            fn $name(&self) -> CatalogList<$rows> {
                let catalog = self.0.clone();
                async move { catalog.$name().await.map_err(|error| unavailable(&error)) }.boxed()
            }
        )+}
    };
}

catalog_lists! {
    accounts: Vec<Account>,
    taxes: Vec<Tax>,
    currencies: Currencies,
    units: Vec<Named>,
    payment_types: Vec<Named>,
    languages: Vec<Coded>,
    bank_accounts: Vec<BankAccount>,
}

/// A failed call in Bexio's or our own words, which hold no secret: the transport sees to that.
pub(super) fn unavailable(error: &dyn Error) -> Fault {
    Fault::new(ErrorCode::UpstreamUnavailable, format!("Bexio could not be asked: {error}."))
}

/// Counters of both upstreams.
pub(super) struct UpstreamReports {
    pub(super) book: Arc<BookService>,
    pub(super) psohub: PsohubClient,
    pub(super) bexio: BexioClient,
    pub(super) connect: ConnectService,
}

impl ManageUpstreams for UpstreamReports {
    fn status(&self, upstream: Upstream) -> BoxFuture<'_, ConnectionStatus> {
        let transport = match upstream {
            Upstream::Psohub => self.psohub.transport(),
            Upstream::Bexio => self.bexio.transport(),
        };
        self.connect.status(upstream, transport.stats().last_success_at).boxed()
    }

    fn disconnect<'a>(
        &'a self,
        upstream: Upstream,
        by: &'a str,
    ) -> BoxFuture<'a, Result<Disconnected, ConnectError>> {
        self.connect.disconnect(upstream, by).boxed()
    }

    fn counters(&self, upstream: Upstream) -> UpstreamCounters {
        match upstream {
            Upstream::Psohub => self.of(self.psohub.transport(), Source::Psohub),
            Upstream::Bexio => self.of(self.bexio.transport(), Source::Bexio),
        }
    }
}

impl UpstreamReports {
    fn of(&self, transport: &Transport, source: Source) -> UpstreamCounters {
        let stats = transport.stats();
        UpstreamCounters {
            requests: stats.calls,
            failures: stats.failures,
            requests_last_hour: stats.calls_last_hour,
            rate_limit_remaining: transport.buckets().into_iter().filter_map(|bucket| bucket.remaining).min(),
            circuit: stats.circuit.state,
            circuit_retry_at: stats.circuit.retry_at,
            report: self.book.report(source),
        }
    }
}

/// PDFs of the invoices that the book holds.
pub(super) struct BookDocuments {
    pub(super) documents: Documents,
    pub(super) reader: BookReader,
}

impl DocumentSource for BookDocuments {
    fn fetch(&self, key: DocumentKey) -> BoxFuture<'_, Result<Document, DocumentFault>> {
        async move {
            let pdf = match key {
                DocumentKey::Psohub(id) => {
                    let book = self.reader.peek().book;
                    let row = book.by_psohub_id(id).ok_or_else(|| no_invoice("PSOhub", id))?;
                    self.documents.psohub(&row.psohub).await
                }
                DocumentKey::Bexio(id) => {
                    let invoice =
                        accounting_invoice(&self.reader, id).ok_or_else(|| no_invoice("Bexio", id))?;
                    self.documents.bexio(&invoice).await
                }
            };
            pdf.map(document).map_err(|error| document_fault(&error))
        }
        .boxed()
    }
}

fn document(pdf: Pdf) -> Document {
    Document { bytes: pdf.bytes, file_name: pdf.file_name.into() }
}

fn no_invoice(upstream: &str, id: impl std::fmt::Display) -> DocumentFault {
    DocumentFault::NotFound(format!("no invoice with the {upstream} id {id} is known"))
}

fn document_fault(error: &CacheError<DocumentError>) -> DocumentFault {
    let words = error.to_string();
    match error {
        CacheError::Load(cause) => match &**cause {
            DocumentError::Psohub(PsohubError::NoPdf { .. } | PsohubError::NoSuchInvoice { .. }) => {
                DocumentFault::NotFound(words)
            }
            DocumentError::Bexio(BexioError::Refused { status: 404, .. }) => DocumentFault::NotFound(words),
            DocumentError::Psohub(PsohubError::BadPdf { .. }) | DocumentError::TooLarge { .. } => {
                DocumentFault::BadGateway(words)
            }
            _ => DocumentFault::Unavailable { reason: words, retry_after_seconds: None },
        },
        CacheError::CutShort => DocumentFault::Unavailable { reason: words, retry_after_seconds: None },
    }
}
