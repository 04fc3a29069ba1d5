//! The PDF of one PSOhub invoice: taken out of its row of the list while that arrives.
//!
//! PSOhub has no call for a document. The list is asked for the invoice's number, which narrows the
//! answer; the row is told by its id.

use bytes::Bytes;

use super::client::{InvoiceListFilter, ListReport, PsohubClient, same_number};
use super::error::PsohubError;
use super::list::ListDecoder;
use crate::domain::PsohubInvoiceId;

impl PsohubClient {
    /// The PDF of the invoice with this id, whose number is `number`.
    ///
    /// <https://help.psohub.com/psohub-api-invoices> `InvoicePDF`
    ///
    /// # Errors
    /// [`PsohubError::NoSuchInvoice`], [`PsohubError::NoPdf`] (drafts have none),
    /// [`PsohubError::BadPdf`], and those of [`Self::list`].
    pub async fn pdf(&self, number: &str, id: PsohubInvoiceId) -> Result<Bytes, PsohubError> {
        let decoder = ListDecoder::keeping_pdfs(self.options.pdf_bytes_max);
        let mut report = ListReport::default();
        let mut found = None;
        let filter = InvoiceListFilter::by_number(number);
        self.read_list(&filter, decoder, |mut row| {
            let pdf = row.pdf.take();
            let invoice = self.decode(&row, &mut report);
            if invoice.is_some_and(|invoice| invoice.id == id && same_number(&invoice.number, number)) {
                found = Some(pdf);
            }
        })
        .await?;
        let number = || number.to_owned();
        let collected = found.ok_or_else(|| PsohubError::NoSuchInvoice { number: number() })?;
        match collected.map(super::pdf::PdfCollector::finish).transpose() {
            Ok(Some(Some(bytes))) => Ok(bytes.into()),
            Ok(_) => Err(PsohubError::NoPdf { number: number() }),
            Err(fault) => Err(PsohubError::BadPdf { number: number(), fault }),
        }
    }
}
