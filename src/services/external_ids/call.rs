//! The call that sets an external id, and what is learned where its answer leaves a doubt.
//!
//! It sets one value, so a second call can do no harm; still none is made before PSOhub was looked at.
//! A look tells the value where PSOhub shows one, else only whether there is one.

use super::ExternalIdError;
use crate::domain::{Invoice, NewExternalId};
use crate::psohub::{InvoiceListFilter, PsohubClient, PsohubError, WriteError};
use crate::services::invoice_write::InvoiceWriteFailure;

/// Calls for one request: the second one only after a look.
const CALLS_MAX: u32 = 2;

/// What PSOhub shows after a call whose outcome is not known.
enum Seen {
    /// It was applied.
    Applied,
    /// It was not, or whether it was cannot be seen.
    Absent,
    /// PSOhub could not be read.
    Unread(String),
}

/// Sets the external id of `invoice` in PSOhub. `had_none`: it is known to have had none before.
pub(super) async fn set(
    psohub: &PsohubClient,
    invoice: &Invoice,
    value: &NewExternalId,
    had_none: bool,
) -> Result<(), ExternalIdError> {
    let mut doubt: Option<String> = None;
    for _ in 0..CALLS_MAX {
        match psohub.set_external_id(invoice.id, value.as_str()).await {
            Ok(()) => return Ok(()),
            Err(WriteError::OutcomeUnknown { why }) => match look(psohub, invoice, value, had_none).await {
                Seen::Applied => return Ok(()),
                Seen::Absent => doubt = Some(why),
                Seen::Unread(unread) => return Err(unknown(invoice, format!("{why}. {unread}"))),
            },
            // The second call changed nothing; what the first one did is still not known.
            Err(error) => {
                return Err(match doubt {
                    Some(why) => unknown(invoice, why),
                    None => ExternalIdError::not_written(&*invoice.number, error),
                });
            }
        }
    }
    Err(unknown(invoice, doubt.unwrap_or_default()))
}

fn unknown(invoice: &Invoice, why: String) -> ExternalIdError {
    ExternalIdError::not_written(&*invoice.number, InvoiceWriteFailure::OutcomeUnknown { why })
}

async fn look(psohub: &PsohubClient, invoice: &Invoice, value: &NewExternalId, had_none: bool) -> Seen {
    match shows(psohub, invoice, value, had_none).await {
        Ok(true) => Seen::Applied,
        Ok(false) => Seen::Absent,
        Err(error) => Seen::Unread(format!("PSOhub could not be read either: {error}")),
    }
}

/// Whether PSOhub shows that `value` is set.
async fn shows(
    psohub: &PsohubClient,
    invoice: &Invoice,
    value: &NewExternalId,
    had_none: bool,
) -> Result<bool, PsohubError> {
    let found = psohub.find_by_number(&invoice.number).await?;
    let Some(found) = found.into_iter().find(|found| found.id == invoice.id) else { return Ok(false) };
    if let Some(shown) = &found.external_id {
        return Ok(**shown == *value.as_str());
    }
    if !had_none {
        return Ok(false);
    }
    let mut is_without = false;
    let without = InvoiceListFilter { no_external_id: true, ..InvoiceListFilter::by_number(&invoice.number) };
    psohub.list(&without, |found| is_without |= found.id == invoice.id).await?;
    Ok(!is_without)
}
