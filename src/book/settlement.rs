//! Which invoices may still become Paid, found without walking history, and what speaks against the
//! tie between an invoice and its Bexio invoice.

use std::collections::HashSet;
use std::sync::Arc;

use super::{CombinedInvoice, InvoiceBook};
use crate::domain::delivery::State;
use crate::domain::payment::{Claim, Evidence};
use crate::domain::{AccountingInvoice, AccountingStatus, BexioInvoiceId, InvoiceStatus};

/// Made with the book, by its one walk over all rows.
#[derive(Debug, Default)]
pub(super) struct SettlementIndex {
    /// Positions of the rows whose settlement is open.
    unsettled: Vec<u32>,
    /// Bexio invoices that stand for several rows.
    shared: HashSet<BexioInvoiceId>,
}

impl SettlementIndex {
    pub(super) fn note(&mut self, position: u32, row: &CombinedInvoice) {
        if is_unsettled(row) {
            self.unsettled.push(position);
        }
    }

    pub(super) fn note_shared(&mut self, bexio: BexioInvoiceId) {
        self.shared.insert(bexio);
    }

    pub(super) fn positions(&self) -> &[u32] {
        &self.unsettled
    }

    /// `status`: that of a Bexio invoice, where it is known.
    pub(super) fn claim(
        &self,
        row: &CombinedInvoice,
        status: impl Fn(&BexioInvoiceId) -> Option<AccountingStatus>,
    ) -> Claim {
        if row.duplicates.iter().any(|id| may_be_paid(status(id))) {
            Claim::Duplicate
        } else if row.bexio.as_ref().is_some_and(|bexio| self.shared.contains(&bexio.id)) {
            Claim::Shared
        } else {
            Claim::Sole
        }
    }
}

/// Nobody can pay a draft or a cancelled invoice; of what is not known anything is to be expected.
const fn may_be_paid(status: Option<AccountingStatus>) -> bool {
    !matches!(status, Some(AccountingStatus::Draft | AccountingStatus::Cancelled))
}

fn is_unsettled(row: &CombinedInvoice) -> bool {
    let is_paid = |bexio: &Arc<AccountingInvoice>| bexio.status == AccountingStatus::Paid;
    match row.psohub.status {
        InvoiceStatus::Approved | InvoiceStatus::Sent => true,
        InvoiceStatus::Paid => row.bexio.as_ref().is_some_and(|bexio| !is_paid(bexio)),
        InvoiceStatus::Draft | InvoiceStatus::Void | InvoiceStatus::Unknown => false,
    }
}

impl InvoiceBook {
    /// What is known of whether `row` was paid.
    pub fn payment_evidence<'r>(&self, row: &'r CombinedInvoice, delivery: Option<State>) -> Evidence<'r> {
        let (invoice, bexio) = (&*row.psohub, row.bexio.as_deref());
        Evidence { invoice, bexio, claim: self.claim(row), delivery, tolerance: self.tolerance() }
    }
}
