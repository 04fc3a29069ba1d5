//! The call that sets an external id, and what is learned where its answer leaves a doubt.
//!
//! It sets one value, so a second call can do no harm; still none is made before PSOhub was looked at.
//! A look tells the value where PSOhub shows one, else only whether there is one.

use super::ExternalIdError;
use crate::domain::{Invoice, NewExternalId};
use crate::psohub::{InvoiceListFilter, PsohubClient, PsohubError, WriteError};

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
    let number = || invoice.number.clone();
    let mut doubt: Option<String> = None;
    for _ in 0..CALLS_MAX {
        match psohub.set_external_id(invoice.id, value.as_str()).await {
            Ok(()) => return Ok(()),
            Err(WriteError::OutcomeUnknown { why }) => match look(psohub, invoice, value, had_none).await {
                Seen::Applied => return Ok(()),
                Seen::Absent => doubt = Some(why),
                Seen::Unread(unread) => {
                    let why = format!("{why}. {unread}");
                    return Err(ExternalIdError::OutcomeUnknown { number: number(), why });
                }
            },
            // The second call changed nothing; what the first one did is still not known.
            Err(error) => {
                return Err(match doubt {
                    Some(why) => ExternalIdError::OutcomeUnknown { number: number(), why },
                    None => without_effect(invoice, error),
                });
            }
        }
    }
    Err(ExternalIdError::OutcomeUnknown { number: number(), why: doubt.unwrap_or_default() })
}

fn without_effect(invoice: &Invoice, error: WriteError) -> ExternalIdError {
    let number = invoice.number.clone();
    match error {
        WriteError::Refused { status, message, retry_after } => {
            ExternalIdError::Refused { number, status, message, retry_after }
        }
        WriteError::NotSent(error) => {
            ExternalIdError::NotSent { number, why: error.to_string(), retry_after: error.wait() }
        }
        WriteError::OutcomeUnknown { why } => ExternalIdError::OutcomeUnknown { number, why },
    }
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
