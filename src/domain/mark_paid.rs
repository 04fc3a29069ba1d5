//! What stands against marking an invoice as paid, by what both sides say of it. Pure.

use super::{AccountingInvoice, AccountingStatus, Invoice, InvoiceStatus};

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
}

impl<'a> MarkObstacle<'a> {
    /// The first of them for `invoice`, of which Bexio has `bexio`.
    pub fn of(invoice: &Invoice, bexio: Option<&'a AccountingInvoice>) -> Option<Self> {
        match (invoice.status, bexio) {
            (InvoiceStatus::Paid, _) => Some(Self::AlreadyPaid),
            (status, _) if !status.is_receivable() => Some(Self::Status),
            (_, None) => Some(Self::NotInBexio),
            (_, Some(bexio)) if bexio.status == AccountingStatus::Paid => None,
            (_, Some(bexio)) => Some(Self::NotPaidInBexio(bexio)),
        }
    }

    /// Whether a person's word is enough to do it all the same.
    pub const fn may_be_confirmed(&self) -> bool {
        matches!(self, Self::NotInBexio | Self::NotPaidInBexio(_))
    }
}
