//! The PDFs of both sides, kept by weight: a page shows and reloads the same few.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::keyed_cache::{CacheError, CachePolicy, KeyedCache};
use crate::bexio::{BexioClient, BexioError};
use crate::domain::{AccountingInvoice, BexioInvoiceId, Invoice, PsohubInvoiceId, SharedClock};
use crate::psohub::{PsohubClient, PsohubError};

/// Largest document that is handed out, in bytes.
pub const PDF_BYTES_MAX: usize = 20 * 1024 * 1024;

/// A letterhead can change without a trace in the invoice.
const AGE_MAX: Duration = Duration::from_hours(1);
const POLICY: CachePolicy = CachePolicy {
    name: "documents",
    stale_max: Duration::from_hours(24),
    error_ttl: Duration::from_secs(5),
    bytes_max: 64 * 1024 * 1024,
};

/// A PDF document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pdf {
    /// What it may be saved as, such as `INV-2024-33.pdf`; as the upstream wrote it, so not safe as a
    /// path.
    pub file_name: Box<str>,
    /// Its bytes.
    pub bytes: Bytes,
}

/// Why there is no document.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DocumentError {
    /// PSOhub's list failed, or has no such invoice or no PDF of it.
    #[error(transparent)]
    Psohub(#[from] PsohubError),
    /// Bexio failed, or has no such invoice.
    #[error(transparent)]
    Bexio(#[from] BexioError),
    /// It is larger than [`PDF_BYTES_MAX`].
    #[error("the PDF {file_name} has {bytes} bytes; up to {PDF_BYTES_MAX} are handed out")]
    TooLarge {
        /// Which document.
        file_name: Box<str>,
        /// Its size.
        bytes: usize,
    },
}

/// A document in one state of its invoice.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Psohub(PsohubInvoiceId, ContentHash),
    Bexio(BexioInvoiceId, Timestamp),
}

/// PSOhub names no version of an invoice: its content is one.
type ContentHash = [u8; 32];

/// Documents by invoice. Cloning shares them.
#[derive(Debug, Clone)]
pub struct Documents {
    psohub: PsohubClient,
    bexio: BexioClient,
    cache: KeyedCache<Key, Pdf, DocumentError>,
}

impl Documents {
    /// Documents through both clients, none kept yet.
    pub fn new(psohub: PsohubClient, bexio: BexioClient, clock: SharedClock) -> Self {
        let cache = KeyedCache::new(POLICY, clock, |_, pdf: &Pdf| pdf.bytes.len() + pdf.file_name.len());
        Self { psohub, bexio, cache }
    }

    /// PSOhub's PDF of an invoice. Asks nothing where PSOhub sent none with it, as with drafts.
    pub async fn psohub(&self, invoice: &Invoice) -> Result<Pdf, CacheError<DocumentError>> {
        let (id, number) = (invoice.id, invoice.number.clone());
        if !invoice.has_pdf {
            let none = PsohubError::NoPdf { number: number.into() };
            return Err(CacheError::Load(Arc::new(none.into())));
        }
        let psohub = self.psohub.clone();
        let load = move || async move {
            let bytes = psohub.pdf(&number, id).await?;
            let name = if number.trim().is_empty() { format!("{id}.pdf") } else { format!("{number}.pdf") };
            limited(Pdf { file_name: name.into(), bytes })
        };
        Ok(self.cache.get(Key::Psohub(id, content_hash(invoice)), AGE_MAX, load).await?.value)
    }

    /// Bexio's PDF of an invoice.
    pub async fn bexio(&self, invoice: &AccountingInvoice) -> Result<Pdf, CacheError<DocumentError>> {
        let (bexio, id) = (self.bexio.clone(), invoice.id);
        let load = move || async move {
            let pdf = bexio.pdf(id).await?;
            limited(Pdf { file_name: pdf.name, bytes: pdf.bytes })
        };
        Ok(self.cache.get(Key::Bexio(id, invoice.updated_at), AGE_MAX, load).await?.value)
    }

    /// Forgets everything: other accounts may be connected now.
    pub fn invalidate_all(&self) {
        self.cache.invalidate_all();
    }
}

fn limited(pdf: Pdf) -> Result<Pdf, DocumentError> {
    if pdf.bytes.len() > PDF_BYTES_MAX {
        return Err(DocumentError::TooLarge { bytes: pdf.bytes.len(), file_name: pdf.file_name });
    }
    Ok(pdf)
}

/// Of everything that the invoice says: whatever changes may stand on its PDF.
fn content_hash(invoice: &Invoice) -> ContentHash {
    Sha256::digest(format!("{invoice:?}")).into()
}
