//! What the clients' results mean as answers to a delivery's calls, with refusals in words that a
//! finance person understands and the upstream's own beside them.

use std::fmt::Write as _;

use crate::bexio::{self, BexioError, FieldError, Rows, refused_parts};
use crate::domain::AccountingInvoice;
use crate::domain::delivery::{Answer, Hit, Refusal};
use crate::domain::plan::{Plan, explain};
use crate::psohub;
use crate::transport::TransportError;

/// Of a change in Bexio that was not confirmed.
pub(super) fn from_write(error: bexio::WriteError, plan: &Plan) -> Answer {
    let wait = error.wait();
    match error {
        bexio::WriteError::NotSent(_) => Answer::NotSent { wait },
        bexio::WriteError::OutcomeUnknown { .. } => Answer::Unknown,
        bexio::WriteError::Refused { status, message, fields, .. } => {
            Answer::Refused { refusal: refusal(plan, status, message.as_deref(), &fields), wait }
        }
    }
}

/// Of a search or a reading that failed.
pub(super) fn from_reading(error: BexioError) -> Answer {
    match error {
        BexioError::Refused { status, message, fields, .. } => {
            let raw = raw_text(message.as_deref(), &fields);
            Answer::Refused { refusal: in_bexios_words(status, raw), wait: None }
        }
        BexioError::Call(error @ TransportError::NotSent { .. }) => Answer::NotSent { wait: error.wait() },
        BexioError::Call(TransportError::Status { status, wait, .. }) => {
            Answer::Refused { refusal: in_bexios_words(status, None), wait }
        }
        BexioError::Call(_)
        | BexioError::Missing { .. }
        | BexioError::Endless { .. }
        | BexioError::BadAddress(_) => Answer::Unknown,
    }
}

/// Of a write-back that was not confirmed.
pub(super) fn from_psohub(error: psohub::WriteError) -> Answer {
    let wait = error.wait();
    match error {
        psohub::WriteError::NotSent(_) => Answer::NotSent { wait },
        psohub::WriteError::OutcomeUnknown { .. } => Answer::Unknown,
        psohub::WriteError::Refused { status, message, .. } => {
            let words = message.as_deref().unwrap_or("PSOhub gave no reason");
            let refusal = Refusal { status, message: words.into(), raw: message.as_deref().map(Box::from) };
            Answer::Refused { refusal, wait }
        }
    }
}

/// Of a search for invoices: those that `is_one` keeps. A row that could not be understood may be the
/// very one, so then nothing is concluded.
pub(super) fn hits(
    found: Result<Rows<AccountingInvoice>, BexioError>,
    is_one: impl Fn(&AccountingInvoice) -> bool,
) -> Answer {
    match found {
        Err(error) => from_reading(error),
        Ok(rows) if rows.problems.rows_lost > 0 => {
            tracing::warn!(rows_lost = rows.problems.rows_lost, "some of Bexio's hits were not understood");
            Answer::Unknown
        }
        Ok(rows) => {
            Answer::Invoices(rows.rows.iter().filter(|invoice| is_one(invoice)).map(Hit::from).collect())
        }
    }
}

fn refusal(plan: &Plan, status: u16, message: Option<&str>, fields: &[FieldError]) -> Refusal {
    let raw = raw_text(message, fields);
    let parts = refused_parts(fields);
    if parts.is_empty() {
        return in_bexios_words(status, raw);
    }
    let sentences: Vec<String> =
        parts.iter().map(|(position, part)| explain(plan, *position, part)).collect();
    Refusal { status, message: sentences.join("; ").into(), raw }
}

fn in_bexios_words(status: u16, raw: Option<Box<str>>) -> Refusal {
    let message = raw.clone().unwrap_or_else(|| "Bexio gave no reason".into());
    Refusal { status, message, raw }
}

/// Bexio's message and complaints, as it wrote them.
fn raw_text(message: Option<&str>, fields: &[FieldError]) -> Option<Box<str>> {
    let mut text = message.unwrap_or_default().to_owned();
    for error in fields {
        let separator = if text.is_empty() { "" } else { " " };
        let field = error.field.as_deref().map(|field| format!("{field}: ")).unwrap_or_default();
        let _ = write!(text, "{separator}[{field}{}]", error.message);
    }
    Some(text.into_boxed_str()).filter(|text| !text.is_empty())
}
