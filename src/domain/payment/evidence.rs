//! What is known of an invoice when it is decided whether it was paid.

use super::SkipReason;
use crate::domain::delivery::{State, is_within};
use crate::domain::{AccountingInvoice, Invoice, RoundingTolerance};

/// How firmly a Bexio invoice and a PSOhub invoice belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// One Bexio invoice stands for it, and for no other. Drafts and cancelled ones beside it do not
    /// count: nobody can pay them.
    Sole,
    /// Several Bexio invoices claim it.
    Duplicate,
    /// Its Bexio invoice stands for other PSOhub invoices as well.
    Shared,
}

/// What is known of an invoice.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// PSOhub's side.
    pub invoice: &'a Invoice,
    /// Bexio's side; `None` while it does not exist there.
    pub bexio: Option<&'a AccountingInvoice>,
    /// How firmly the two belong together.
    pub claim: Claim,
    /// The state of its delivery, if it has one.
    pub delivery: Option<State>,
    /// Within which amount totals count as equal.
    pub tolerance: RoundingTolerance,
}

impl Claim {
    pub(super) const fn doubt(self) -> Option<SkipReason> {
        match self {
            Self::Sole => None,
            Self::Duplicate => Some(SkipReason::AmbiguousLink),
            Self::Shared => Some(SkipReason::SharedLink),
        }
    }
}

impl Evidence<'_> {
    /// Why a Bexio invoice that is paid may still not be this invoice's payment.
    pub(super) fn disagreement(&self) -> Option<SkipReason> {
        let bexio = self.bexio?;
        match self.delivery {
            Some(State::NeedsReview) => return Some(SkipReason::DeliveryNeedsReview),
            Some(state) if !state.is_settled() => return Some(SkipReason::DeliveryInProgress),
            _ => {}
        }
        if bexio.currency != self.invoice.currency {
            return Some(SkipReason::CurrencyDiffers);
        }
        let agrees = is_within(bexio.total, self.invoice.total_inc_vat, self.tolerance.of(bexio.currency));
        (!agrees).then_some(SkipReason::TotalDiffers)
    }
}
