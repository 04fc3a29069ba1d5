//! The two changes that PSOhub offers. Each is sent once: the caller learns what happened before it
//! sends again.
//!
//! <https://help.psohub.com/psohub-api-invoices> "Update invoice". Neither the bodies of the answers
//! nor the statuses of refusals are documented.

use super::client::{INVOICES, PsohubClient};
use super::error::WriteError;
use crate::domain::PsohubInvoiceId;
use crate::transport::json::{self, Fields};
use crate::transport::{Answer, Method, Request, TransportError, Url, WriteFailure};

impl PsohubClient {
    /// Sets an invoice to Paid. PSOhub takes this from Approved or Sent only, and never back.
    ///
    /// # Errors
    /// [`WriteError`], by what to do next.
    pub async fn mark_paid(&self, id: PsohubInvoiceId) -> Result<(), WriteError> {
        let id = id.to_string();
        let url = self.base.at_with(&format!("{INVOICES}/paid"), [("invoiceid", id.as_str())]);
        self.patch(url, "PATCH /rest/psohubapi/v1/invoices/paid").await
    }

    /// Sets an invoice's external id, such as the number of its Bexio invoice.
    ///
    /// # Errors
    /// [`WriteError`], by what to do next.
    pub async fn set_external_id(&self, id: PsohubInvoiceId, external_id: &str) -> Result<(), WriteError> {
        let id = id.to_string();
        let query = [("invoiceid", id.as_str()), ("externalid", external_id)];
        let url = self.base.at_with(&format!("{INVOICES}/external"), query);
        self.patch(url, "PATCH /rest/psohubapi/v1/invoices/external").await
    }

    async fn patch(&self, url: Url, route: &'static str) -> Result<(), WriteError> {
        let request = Request::write(Method::PATCH, url, route, None);
        let answer = self.transport.fetch(&request, &*self.token).await.map_err(write_error)?;
        confirmed(&answer)
    }
}

fn write_error(error: TransportError) -> WriteError {
    match WriteFailure::from(error) {
        WriteFailure::NotSent(error) => WriteError::NotSent(error),
        WriteFailure::Refused { status, body, wait } => {
            WriteError::Refused { status, message: message_in(body.as_str()), retry_after: wait }
        }
        WriteFailure::OutcomeUnknown { why } => WriteError::OutcomeUnknown { why },
    }
}

/// A 2xx is a success unless its body says otherwise: nothing, `true`, a word, or the invoice may
/// come. A page of HTML is a login or an error page, and an object with an error is an error.
fn confirmed(answer: &Answer) -> Result<(), WriteError> {
    let text = String::from_utf8_lossy(&answer.body);
    let doubt = |what: &str| {
        let why = format!("{} answered {} with {what}", answer.call, answer.status);
        Err(WriteError::OutcomeUnknown { why })
    };
    if text.trim_start().starts_with('<') {
        return doubt(json::describe(&answer.body));
    }
    let Ok(mut fields) = Fields::parse(&text) else { return Ok(()) };
    let error = fields.value(&["error", "errors", "errormessage"]);
    let success = fields.value(&["success"]).map(json::bool_of);
    let says_error = error.is_some_and(|raw| !matches!(raw.get(), "false" | "[]" | "{}" | "0"));
    if says_error || matches!(success, Some(Ok(false))) { doubt("an error inside") } else { Ok(()) }
}

/// PSOhub's own words in a refusal: nothing is documented, so the usual names are tried.
pub fn message_in(body: &str) -> Option<String> {
    const CHARS_MAX: usize = 300;
    let mut fields = Fields::parse(body).ok()?;
    let raw = fields.value(&["message", "error_description", "errormessage", "error", "detail"])?;
    let text = json::text_of(raw).ok()?;
    Some(text.trim().chars().take(CHARS_MAX).collect())
}
