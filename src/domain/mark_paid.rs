//! What stands against a person's marking an invoice as paid. Pure.
//!
//! The evidence is that of the payment sync ([`payment::obstacle`](super::payment::obstacle)); what differs is
//! that a person may know better than Bexio, and says so.

use super::payment::{Evidence, SkipReason, obstacle};
use super::{AccountingInvoice, AccountingStatus};

/// What stands against marking an invoice as paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkObstacle<'a> {
    /// It is paid already: nothing is to be done.
    AlreadyPaid,
    /// PSOhub takes only approved and sent invoices.
    Status,
    /// It has no invoice in Bexio that could be paid. A person may know better.
    NotInBexio,
    /// Bexio does not call its invoice paid. A person may know better.
    NotPaidInBexio(&'a AccountingInvoice),
    /// Bexio calls an invoice paid of which it is in doubt whether it is this one's. A person may know better.
    InDoubt(&'a AccountingInvoice, SkipReason),
}

impl<'a> MarkObstacle<'a> {
    /// The one that `evidence` shows; `None` where the payment sync would mark it as well.
    pub fn of(evidence: &Evidence<'a>) -> Option<Self> {
        let reason = obstacle(evidence)?;
        match reason {
            SkipReason::AlreadyPaid | SkipReason::PaidOnlyInPsohub => return Some(Self::AlreadyPaid),
            _ if !evidence.invoice.status.is_receivable() => return Some(Self::Status),
            _ => {}
        }
        let Some(bexio) = evidence.bexio else { return Some(Self::NotInBexio) };
        Some(match bexio.status {
            AccountingStatus::Paid => Self::InDoubt(bexio, reason),
            _ => Self::NotPaidInBexio(bexio),
        })
    }
}
