//! May an invoice become Paid in PSOhub, by what Bexio's books say? Pure and total.
//!
//! Paid is Bexio's status 9 and nothing else: a cancelled invoice has nothing left to pay either.
//! PSOhub takes Paid from Approved or Sent only, and never back, so every doubt ends in leaving
//! the invoice alone and saying why. [`obstacle`] is what the book alone can tell; [`decide`] also
//! knows the payments.

mod evidence;
mod reason;
pub mod run;
mod settlement;
#[cfg(test)]
mod tests;

pub use evidence::{Claim, Evidence};
pub use reason::SkipReason;
pub use settlement::{Settled, SettledBy};

use super::{AccountingStatus, InvoiceStatus, Payment};

/// What is to be done with an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Set it to Paid in PSOhub.
    MarkPaid(Settled),
    /// Leave it as it is.
    Skip(SkipReason),
    /// Its payments do not add up to its total: one may have been deleted since the invoice was read.
    /// Read the invoice, and decide by what it is then.
    ReadAgain,
}

/// When Bexio's invoice was read, seen from its payments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadOrder {
    /// Before them, in a list.
    InvoiceFirst,
    /// After them, by its id: its status stands above what its payments add up to.
    PaymentsFirst,
}

/// What stands against marking the invoice as paid, by what the book knows; `None` where nothing does
/// and its payments are to be read.
pub fn obstacle(evidence: &Evidence<'_>) -> Option<SkipReason> {
    let Evidence { invoice, bexio, .. } = *evidence;
    let status = bexio.map(|bexio| bexio.status);
    match invoice.status {
        InvoiceStatus::Approved | InvoiceStatus::Sent => {}
        InvoiceStatus::Paid => {
            let agrees = matches!(status, None | Some(AccountingStatus::Paid));
            return Some(if agrees { SkipReason::AlreadyPaid } else { SkipReason::PaidOnlyInPsohub });
        }
        InvoiceStatus::Draft | InvoiceStatus::Void => return Some(SkipReason::NotApprovedOrSent),
        InvoiceStatus::Unknown => return Some(SkipReason::UnknownStatus),
    }
    let Some(bexio) = bexio else { return Some(SkipReason::NotLinked) };
    // Before the status: which of several Bexio invoices was paid is a question for a person.
    evidence.claim.doubt().or_else(|| unpaid(bexio.status)).or_else(|| evidence.disagreement())
}

/// Decides by the invoice and all its payments.
pub fn decide(evidence: &Evidence<'_>, payments: &[Payment], order: ReadOrder) -> Decision {
    if let Some(reason) = obstacle(evidence) {
        return Decision::Skip(reason);
    }
    let Some(bexio) = evidence.bexio else { return Decision::Skip(SkipReason::NotLinked) };
    if order == ReadOrder::InvoiceFirst && !settlement::covers(payments, bexio, evidence.tolerance) {
        return Decision::ReadAgain;
    }
    Decision::MarkPaid(Settled::by(payments))
}

/// Why a Bexio invoice of this status is not paid; `None` where it is.
const fn unpaid(status: AccountingStatus) -> Option<SkipReason> {
    match status {
        AccountingStatus::Paid => None,
        AccountingStatus::Partial => Some(SkipReason::PartlyPaid),
        AccountingStatus::Cancelled => Some(SkipReason::CancelledInBexio),
        AccountingStatus::Unknown => Some(SkipReason::UnknownStatus),
        AccountingStatus::Draft | AccountingStatus::Pending | AccountingStatus::Unpaid => {
            Some(SkipReason::NotPaidInBexio)
        }
    }
}
