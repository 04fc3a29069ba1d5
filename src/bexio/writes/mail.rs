//! Letting Bexio mail an invoice.
//!
//! <https://docs.bexio.com/#tag/Invoices/operation/v2SendInvoice>. It leaves at once, and nothing that can
//! be read says so afterwards.

use serde::Serialize;

use super::WriteError;
use crate::bexio::BexioClient;
use crate::bexio::invoices::PATH;
use crate::domain::BexioInvoiceId;
use crate::domain::plan::Email;

impl BexioClient {
    /// Mails an issued invoice. The e-mail bears Bexio's number already ([`Email::for_document`]).
    ///
    /// # Errors
    /// [`WriteError`], by what to do next. After `OutcomeUnknown` nobody but the recipient can tell.
    pub async fn mail_invoice(&self, id: BexioInvoiceId, email: &Email) -> Result<(), WriteError> {
        let mail = Mail {
            recipient_email: &email.recipient,
            subject: &email.subject,
            message: &email.message,
            mark_as_open: true,
            attach_pdf: email.attach_pdf,
        };
        let path = format!("{PATH}/{id}/send");
        let answer = self.change(&path, "POST /2.0/kb_invoice/{invoice_id}/send", &mail).await?;
        self.confirmed(&answer)
    }
}

/// The body of a send.
#[derive(Debug, Serialize)]
struct Mail<'a> {
    recipient_email: &'a str,
    subject: &'a str,
    message: &'a str,
    /// Demanded by older documentation, and what is seen sent for issued invoices too.
    mark_as_open: bool,
    attach_pdf: bool,
}
